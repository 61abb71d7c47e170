"""The bridge to Blender's module: the character in a scene, and files that Blender writes.

bpy is loaded through here, and only when a file needs it.
"""

# The add-on's folder is the package chironomy_blender only once installed, where pyright does not look.
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .performance import Performance

if TYPE_CHECKING:
    from .smplx_model import SmplxModel


@dataclass(frozen=True)
class Character:
    """What stands in Blender's scene."""

    armature: Any
    mesh: Any


def require_blender() -> None:
    """Raises UserError where Blender's module is missing or does not open here."""
    try:
        import bpy  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"this format needs Blender's Python module, which does not open here ({error}): "
            "run `chironomy doctor` to see what to install"
        ) from error


@contextmanager
def character(performance: Performance, model: SmplxModel | None = None) -> Iterator[Character]:
    """An empty scene with the mannequin in it, or with the user's SMPL-X model; empty again afterwards.

    The add-on has an error class of its own for what is meant for the user: out of the block it comes as UserError.
    """
    require_blender()
    from chironomy_blender.core.errors import UserError as AddonError
    from chironomy_blender.scene.armature import create_armature
    from chironomy_blender.scene.session import open_empty_scene

    open_empty_scene()
    armature = create_armature("Chironomy", performance.body)
    try:
        yield Character(armature, _create_mesh(armature, performance, model))
    except AddonError as error:
        raise UserError(str(error)) from error
    finally:
        open_empty_scene()


def _create_mesh(armature: Any, performance: Performance, model: SmplxModel | None) -> Any:
    if model is None:
        from chironomy_blender.scene.mannequin import create_mannequin

        return create_mannequin(armature, performance.body)
    from chironomy_blender.scene.surface import create_surface

    return create_surface(armature, model)


def motion_of(performance: Performance) -> Any:
    """The mixed motion in the form that the Blender side takes."""
    from chironomy_blender.scene.keyframes import Motion

    take = performance.take
    return Motion(performance.rotations(), performance.translation(), performance.fps, take.face)


def export(stage: Character, performance: Performance, path: Path, profile_name: str, fps: float | None) -> None:
    """Writes .fbx, .glb, .usd or .blend by an export profile, whose frame rate `fps` overrides. Raises UserError."""
    from chironomy_blender.scene.export import Live, export_take, load_profile

    profile = load_profile(profile_name)
    if fps is not None:
        profile = replace(profile, fps=fps)
    live = None
    if path.suffix.lower() == ".blend" and performance.words:
        live = Live(performance.take, performance.emphasis, path.stem, performance.audio)
    export_take(stage.armature, stage.mesh, motion_of(performance), path, profile, live=live)
