"""Export: one take, one file, through one function.

    from chironomy_blender.scene.export import export_take, load_profile
    from chironomy_blender.scene.keyframes import Motion

    motion = Motion(rotations, translation, fps=30.0, face=face)       # numpy, motion space; face may be None
    export_take(armature, mesh, motion, "line_12.fbx", load_profile("unreal"))

Nothing of the open file is changed: the exporters see copies in a scene of their own, with a baked action whose
time 0 is time 0 of the sound.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.errors import UserError
from ...core.formats.atomic import replacing
from ...core.formats.take import Take
from ...core.motion.rotations import Array
from ..keyframes import Motion, resampled
from .profiles import Profile, load_profile, profile_names

__all__ = ["ENDINGS", "Live", "Profile", "export_take", "load_profile", "profile_names"]

#: What the endings of export_take's path may be.
ENDINGS = (".fbx", ".glb", ".usd", ".usda", ".usdc", ".usdz", ".bvh", ".blend")


@dataclass(frozen=True)
class Live:
    """What a .blend holds beyond the baked motion: the take to shape further, and its sound."""

    take: Take
    emphasis: Array | None = None
    """[T], e(t) at the take's frame rate, 0…2; the generator's psi where it is not given."""
    name: str = "Take"
    audio: str | os.PathLike[str] | None = None
    """Sound file, packed into the .blend as a strip that starts with the take."""


def export_take(
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    path: str | os.PathLike[str],
    profile: Profile | None = None,
    *,
    live: Live | None = None,
) -> None:
    """Writes one take to one file, in the format that the path's ending says (ENDINGS).

    armature, mesh: the character, as `create_armature` and the mannequin make it; no mesh: bones alone.
    motion: what is exported, in motion space, at any frame rate; the file has the profile's rate, or the motion's own
        (for another: dataclasses.replace(profile, fps=25)).
    profile: presets/export/<name>.json through load_profile(name); "generic" where it is not given.
    live: .blend alone: the take as NLA layers with its emphasis curve and sound, in place of the baked motion.
    The file is whole or not there, and an existing one is replaced only by a whole one; scene, selection, frame and
    every data-block of the open file are as before, also after an error.
    Raises UserError for an unknown ending, a folder that cannot be written, and what the exporter reports.
    """
    path, profile = Path(path), profile or load_profile("generic")
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"{path}: no format has this ending: use one of {', '.join(ENDINGS)}")
    motion = resampled(motion, profile.fps or motion.fps)
    with replacing(path) as temporary:
        if ending == ".bvh":
            from .bvh import write

            write(temporary, armature, motion, profile)
        elif ending == ".blend":
            from .blend import write

            write(temporary, armature, mesh, motion, profile, live)
        else:
            from .exporters import write

            write(temporary, armature, mesh, motion, profile)
