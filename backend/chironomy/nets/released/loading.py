"""Published tensors into our networks, every name and shape checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import UserError
from .names import COUNTER, TENSOR_NAMES, WRAPPER, TensorNames, may_be_missing, published_names

_SHOWN = 3
_REAL_NUMBERS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def load_published(network: nn.Module, state_dict: Mapping[str, Tensor], origin: str | Path = "state_dict") -> None:
    """Gives a network the tensors of a published checkpoint by their published names.

    An optional `module.` before the names, and tensors without effect, are left out. Raises UserError, which names
    `origin`, where tensors are missing, unknown, of another shape or kind, or hold values that are no numbers; the
    network stays as it was.
    """
    names = _names(network)
    tensors = _used(state_dict, names)
    expected = _expected(network, names)
    problems = list(_problems(tensors, expected, names))
    if problems:
        raise UserError(f"{origin}: {'; '.join(problems)}: choose the checkpoint that this network was published with")
    ours = published_names(network.state_dict(), names)
    network.load_state_dict({ours[name]: tensor for name, tensor in tensors.items()}, strict=False)


def published_shapes(network: nn.Module) -> dict[str, torch.Size]:
    """The shape of every tensor of the network, by its published name."""
    return {name: tensor.shape for name, tensor in _expected(network, _names(network)).items()}


def share_of_tensors(shapes: Mapping[str, torch.Size], state_dict: Mapping[str, Tensor]) -> float:
    """How much of `published_shapes` a checkpoint has, 0…1: it tells which network a checkpoint is of."""
    found = {name.removeprefix(WRAPPER): tensor for name, tensor in state_dict.items()}
    return sum(_shape(found.get(name)) == shape for name, shape in shapes.items()) / len(shapes)


def _names(network: nn.Module) -> TensorNames:
    return TENSOR_NAMES.get(type(network).__name__, TensorNames())


def _used(state_dict: Mapping[str, Tensor], names: TensorNames) -> dict[str, Tensor]:
    plain = {name.removeprefix(WRAPPER): tensor for name, tensor in state_dict.items()}
    return {
        name: tensor for name, tensor in plain.items() if not (name.startswith(names.unused) or name.endswith(COUNTER))
    }


def _expected(network: nn.Module, names: TensorNames) -> dict[str, Tensor]:
    """The network's tensors by their published names."""
    own = network.state_dict()
    return {published: own[name] for published, name in published_names(own, names).items()}


def _problems(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], names: TensorNames) -> Iterator[str]:
    """What does not fit, one short clause per kind."""
    missing = [name for name in expected if name not in tensors and not may_be_missing(name, names)]
    if missing:
        yield f"{_counted(missing)} missing"
    unknown = [name for name in tensors if name not in expected]
    if unknown:
        yield f"{_counted(unknown)} unknown"
    known = [name for name in expected if name in tensors]
    kinds = [name for name in known if not _same_kind(tensors[name])]
    if kinds:
        yield f"{_counted(kinds)} of another kind"
    shapes = [name for name in known if name not in kinds and tensors[name].shape != expected[name].shape]
    if shapes:
        found, needed = (list(where[shapes[0]].shape) for where in (tensors, expected))
        yield f"{_counted(shapes)} of another shape ({found}, not {needed})"
    fitting = (name for name in known if name not in kinds and name not in shapes)
    broken = [name for name in fitting if not torch.isfinite(tensors[name].to(expected[name].dtype)).all()]
    if broken:
        yield f"{_counted(broken)} not made of numbers"


def _same_kind(tensor: object) -> bool:
    """Real numbers, all of them there."""
    return (
        isinstance(tensor, Tensor)
        and tensor.layout == torch.strided
        and not tensor.is_meta
        and tensor.dtype in _REAL_NUMBERS
    )


def _shape(tensor: object) -> torch.Size | None:
    return tensor.shape if isinstance(tensor, Tensor) else None


def _counted(names: list[str]) -> str:
    """ "1 tensor (a) is", "5 tensors (a, b, c, …) are"."""
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return f"1 tensor ({shown}) is" if len(names) == 1 else f"{len(names)} tensors ({shown}) are"
