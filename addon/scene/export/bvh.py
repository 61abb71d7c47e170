"""BVH by our own writer, since Blender's writes its own axes (Z up)."""

from pathlib import Path

import bpy

from ...core.formats.bvh_writer import write_bvh
from ..armature import body_of
from ..keyframes import Motion
from .profiles import Profile


def write(path: Path, armature: bpy.types.Object, motion: Motion, profile: Profile) -> None:
    """Writes the 55 joints with the rig's own proportions, in the profile's unit of length."""
    body = body_of(armature)
    write_bvh(path, motion.rotations, motion.translation, body, motion.fps, unit_m=1.0 / profile.units_per_metre)
