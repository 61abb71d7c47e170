"""A performance becomes files; the ending of a path says the format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..formats.take import write_take
from ..presets import presets_folder
from ..progress import Progress, silent, within
from .performance import Performance, at_rate, with_sliders_stored

if TYPE_CHECKING:
    from .blender import Character
    from .smplx_model import SmplxModel

SMPLX_ENDING = ".smplx.npz"
#: What numpy alone can write.
_PLAIN_ENDINGS = (".npz", SMPLX_ENDING, ".bvh")
_BLENDER_ENDINGS = (".fbx", ".glb", ".usd", ".usda", ".usdc", ".usdz", ".blend")
_PICTURE_ENDINGS = (".png", ".mp4")
ENDINGS = (*_PLAIN_ENDINGS, *_BLENDER_ENDINGS, *_PICTURE_ENDINGS)


#: The export profile that changes nothing.
PLAIN_PROFILE = "generic"


@dataclass(frozen=True)
class OutputSettings:
    """How files are written."""

    profile: str = PLAIN_PROFILE
    fps: float | None = None
    """Frame rate of the files; nothing: the take's, or the profile's where it has one."""
    model: SmplxModel | None = None
    """The user's SMPL-X body in the place of the mannequin."""


def ending_of(path: Path) -> str:
    """The ending that says the format: ".smplx.npz" is one."""
    name = path.name.lower()
    return SMPLX_ENDING if name.endswith(SMPLX_ENDING) else path.suffix.lower()


def check_folders(paths: Sequence[Path]) -> None:
    """Before long work: that all folders are there and may be written. Raises UserError."""
    for path in paths:
        if path.parent.is_dir() and not os.access(path.parent, os.W_OK):
            raise UserError(f"{path}: the folder {path.parent} may not be written: choose another")
        if not path.parent.is_dir():
            raise UserError(f"{path}: the folder {path.parent} does not exist: make it, or choose another")
        if path.is_dir():
            raise UserError(f"{path}: is a folder: give the name of a file")


def check_profile(name: str) -> None:
    """Before long work: that there is an export profile of this name, or a file. Raises UserError."""
    folder = presets_folder() / "export"
    if name.endswith(".json") and Path(name).is_file():
        return
    if not (folder / f"{Path(name).name}.json").is_file():
        names = ", ".join(sorted(path.stem for path in folder.glob("*.json")))
        raise UserError(f"{name}: there is no such export profile: use one of {names}")


def write_outputs(
    paths: Sequence[Path], performance: Performance, settings: OutputSettings, progress: Progress = silent
) -> None:
    """Writes every file. Blender is started once, for the files that need it. Raises UserError."""
    plain = [path for path in paths if _is_plain(path, settings)]
    others = [path for path in paths if not _is_plain(path, settings)]
    resampled = performance if settings.fps is None else at_rate(performance, settings.fps)
    for path in plain:
        progress(f"Writing {path.name}", 0.0)
        _write_plain(path, resampled)
    if others:
        from . import blender

        with blender.character(performance, settings.model) as stage:
            for number, path in enumerate(others):
                part = within(progress, number / len(others), (number + 1) / len(others))
                _write_with_blender(path, performance, stage, settings, part)
    progress("Done", 1.0)


def _is_plain(path: Path, settings: OutputSettings) -> bool:
    """Whether the file is written without Blender: a profile's unit of length is the Blender side's business."""
    ending = ending_of(path)
    return ending in _PLAIN_ENDINGS and (ending != ".bvh" or settings.profile == PLAIN_PROFILE)


def _write_plain(path: Path, performance: Performance) -> None:
    ending = ending_of(path)
    if ending == ".npz":
        write_take(path, with_sliders_stored(performance))
    elif ending == ".bvh":
        write_bvh_file(path, performance)
    else:
        write_smplx_file(path, performance)


def write_bvh_file(path: Path, performance: Performance) -> None:
    """The mixed motion as BVH, on the body's own skeleton."""
    from ..formats.bvh_writer import write_bvh

    write_bvh(path, performance.rotations(), performance.translation(), performance.body, performance.fps)


def write_smplx_file(path: Path, performance: Performance) -> None:
    """The mixed motion as BEAT2 and AMASS store it."""
    from ..formats.smplx_npz import SmplxMotion, write_smplx

    take = performance.take
    motion = SmplxMotion(
        performance.rotations(), performance.translation(), performance.fps, expressions=take.expressions
    )
    write_smplx(path, motion)


def _write_with_blender(
    path: Path, performance: Performance, stage: Character, settings: OutputSettings, progress: Progress
) -> None:
    from . import blender

    progress(f"Writing {path.name}", 0.0)
    ending = ending_of(path)
    if ending == ".png":
        from .contact_sheet import write_contact_sheet

        write_contact_sheet(path, performance, stage, progress)
    elif ending == ".mp4":
        from .film import write_film

        write_film(path, performance if settings.fps is None else at_rate(performance, settings.fps), stage, progress)
    else:
        blender.export(stage, performance, path, settings.profile, settings.fps)
