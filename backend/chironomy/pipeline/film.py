"""The `.mp4` of a take: the character in motion, with the recording as its sound."""

# pyright: reportMissingImports=false

from __future__ import annotations

from pathlib import Path

from ..formats.atomic import replacing
from ..progress import Progress, silent
from .blender import Character, motion_of
from .performance import Performance


def write_film(path: Path, performance: Performance, character: Character, progress: Progress = silent) -> None:
    """Renders the performance at its frame rate. Raises UserError where `path` cannot be written."""
    from chironomy_blender.scene.film import render_film

    motion = motion_of(performance)
    with replacing(path) as temporary:
        render_film(character.armature, character.mesh, motion, temporary, performance.audio, progress=progress)
    progress("Encoding the film", 1.0)
