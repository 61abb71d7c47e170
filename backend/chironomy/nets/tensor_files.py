"""Networks' tensors in safetensors files: no code in them, nothing but numbers."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ..errors import UserError


def write_tensors(network: nn.Module, path: Path) -> None:
    """Writes all that the network saves. Raises OSError where there is no room."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    try:
        safetensors.torch.save_file(tensors, path)
    except SafetensorError as error:  # the reason of the system is in its text alone
        raise OSError(str(error)) from error


def read_tensors(network: nn.Module, path: Path, remedy: str) -> None:
    """Gives the network the file's tensors, all of them and no others.

    Raises UserError, which ends in `remedy`, where they are those of another network or the file is damaged.
    """
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error}): {remedy}") from error
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    if expected != found:
        wrong = next(name for name in {**expected, **found} if expected.get(name) != found.get(name))
        raise UserError(f"{path}: does not fit the folder's config.yaml ({wrong}): {remedy}")
    network.load_state_dict(tensors, assign=True)
