"""Pictures of a character in motion."""

from collections.abc import Sequence
from pathlib import Path

import bpy

from ..core.progress import Progress, silent
from .keyframes import Motion
from .studio import Shot, studio

__all__ = ["Shot", "render_pictures"]


def render_pictures(
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    frames: Sequence[int],
    folder: Path,
    shot: Shot | None = None,
    progress: Progress = silent,
) -> list[Path]:
    """Renders frames of the motion (0 = time 0) to numbered PNG files in the folder; all share one camera.

    Raises what `progress` raises. The folder must exist.
    """
    paths = [folder / f"{number:05d}.png" for number in range(len(frames))]
    with studio(armature, mesh, motion, shot or Shot(), frames) as stage:
        for number, (frame, path) in enumerate(zip(frames, paths, strict=True)):
            progress("Rendering pictures", number / len(frames))
            stage.scene.frame_set(int(frame))
            stage.render(path)
    progress("Rendering pictures", 1.0)
    return paths
