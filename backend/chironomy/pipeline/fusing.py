"""Mixing a take's layers by the networks that made them: the modes `soft` and `hard`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .performance import Performance
from .write import ending_of

if TYPE_CHECKING:
    from ..generators.semtalk.codes import TakeCodes
    from ..generators.semtalk.fusing import FusionMode

#: Slerp between the layers, which needs no network: what the viewport shows.
POSE: FusionMode = "pose"


def fused_by(
    performance: Performance, mode: FusionMode, codes: TakeCodes | None, model_folder: Path | None
) -> Performance:
    """The performance in this mode. Raises UserError where the take has no codes, or they are of another model."""
    if mode == POSE:
        return performance
    if codes is None or model_folder is None:
        raise UserError(f"fusion {mode}: needs a take that a network made, and its codes beside it: use --fusion pose")
    from ..generators.semtalk.fusing import Fuser
    from ..generators.semtalk.loading import loaded

    fuser = Fuser(loaded(model_folder, "cpu", "fp32"), performance.take, codes, performance.body, mode)
    return replace(performance, fused=fuser(performance.emphasis))


def write_codes_beside(outputs: Sequence[Path], codes: TakeCodes) -> list[Path]:
    """Writes the codes beside every take among the files, and says where. Raises UserError."""
    from ..generators.semtalk.codes import codes_path, write_codes

    paths = [codes_path(path) for path in outputs if ending_of(path) == ".npz"]
    for path in paths:
        write_codes(path, codes)
    return paths


def codes_beside(take: Path) -> TakeCodes:
    """The codes that were written along with a take. Raises UserError."""
    from ..generators.semtalk.codes import codes_path, read_codes

    path = codes_path(take)
    if not path.is_file():
        raise UserError(f"{path}: is missing; generate the take again, or use --fusion pose")
    return read_codes(path)
