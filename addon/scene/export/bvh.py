"""BVH by our own writer, since Blender's writes its own axes (Z up). Every character comes as the 55 joints."""

from pathlib import Path

import bpy
import numpy as np

from ...core.formats.bvh_writer import write_bvh
from ..armature import body_of
from ..keyframes import Motion
from ..rig_target import rig_of
from .profiles import Profile


def write(path: Path, armature: bpy.types.Object, motion: Motion, profile: Profile) -> None:
    """Writes the 55 joints with the rig's own proportions, in T-pose, in the profile's unit of length."""
    rig, size = rig_of(armature), 1.0
    if rig.figure is not None:
        size = rig.units_per_metre * float(np.mean(armature.matrix_world.to_scale()))
    body = body_of(armature) if rig.figure is None else rig.figure.body(size)
    unit_m = 1.0 / profile.units_per_metre
    write_bvh(path, motion.rotations, motion.translation * size, body, motion.fps, unit_m=unit_m)
