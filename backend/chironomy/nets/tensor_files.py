"""Networks' tensors in safetensors files: no code in them, nothing but numbers."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ..errors import UserError
from .rvq.quantiser import STATISTICS

#: Kinds of real numbers as safetensors calls them.
_REAL = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def write_tensors(
    network: nn.Module, path: Path, dtype: torch.dtype = torch.float32, without: tuple[str, ...] = ()
) -> None:
    """Writes all that the network saves, real numbers as `dtype`; `without`: endings of names that are left out.

    Raises OSError where there is no room, UserError where a number is too large for `dtype`.
    """
    kept = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(without)}
    tensors = {name: _as(tensor.detach().cpu(), dtype) for name, tensor in kept.items()}
    if too_large := [name for name, tensor in tensors.items() if not tensor.isfinite().all()]:
        raise UserError(f"{path.name}: {too_large[0]} does not fit into {dtype}: write the model in full precision")
    try:
        safetensors.torch.save_file(tensors, path)
    except SafetensorError as error:  # the reason of the system is in its text alone
        raise OSError(str(error)) from error


def read_tensors(network: nn.Module, path: Path, remedy: str, dtype: torch.dtype = torch.float32) -> None:
    """Gives the network the file's tensors, all of them and no others, real numbers as `dtype`.

    Codebooks' statistics, which only training needs, may be missing.

    Raises UserError, which ends in `remedy`, where they are those of another network or the file is damaged.
    """
    try:
        tensors = safetensors.torch.load_file(path) if _is_stored_as(path, dtype) else _converted(path, dtype)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error}): {remedy}") from error
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    if expected != found and {n: s for n, s in expected.items() if not n.endswith(STATISTICS)} != found:
        wrong = next(name for name in {**expected, **found} if expected.get(name) != found.get(name))
        raise UserError(f"{path}: does not fit the folder's config.yaml ({wrong}): {remedy}")
    network.load_state_dict(tensors, assign=True)


def _as(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    return (tensor.to(dtype) if tensor.is_floating_point() else tensor).contiguous()


def _is_stored_as(path: Path, dtype: torch.dtype) -> bool:
    with safe_open(path, framework="pt") as file:
        names = list(file.keys())
        kinds = {file.get_slice(name).get_dtype() for name in names}
    return kinds & set(_REAL.values()) <= {_REAL[dtype]}


def _converted(path: Path, dtype: torch.dtype) -> dict[str, Tensor]:
    """The file's tensors, real numbers as `dtype`; opened for each anew: what was read of an open file stays in memory.

    In their own precision tensors are the file's pages in memory, so there they need no such care.
    """
    with safe_open(path, framework="pt") as file:
        names = list(file.keys())
    tensors = {}
    for name in names:
        with safe_open(path, framework="pt") as file:
            tensor = file.get_tensor(name)
        tensors[name] = tensor.to(dtype) if tensor.is_floating_point() else tensor.clone()
        del tensor
    return tensors
