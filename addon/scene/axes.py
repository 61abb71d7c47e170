"""The one place that knows how motion space and Blender's space lie to each other.

Motion space is SMPL-X's: metres, Y up, the character faces +Z. In Blender Z is up and a character faces −Y.
In both the character's left is +X. Quaternions are (w, x, y, z) on both sides.

A bone's pose is stored relative to its rest orientation B (a 3 × 3 matrix in armature space, columns are the bone's
axes), SMPL-X's local rotation relative to axes that are parallel to the world at rest. Both turn the same limb when
basis = B⁻¹ · C · local · C⁻¹ · B, which is a change of basis: the angle stays, the axis is multiplied by B⁻¹ · C.
Every function is vectorised over leading axes (frames, joints).
"""

import numpy as np
from numpy.typing import ArrayLike

from ..core.motion.rotations import Array

#: C: motion space to Blender's, (x, y, z) ↦ (x, −z, y).
TO_BLENDER: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def points_to_blender(points: ArrayLike) -> Array:
    """Points or directions [..., 3] of motion space in Blender's."""
    return np.asarray(points, dtype=float) @ TO_BLENDER.T


def points_from_blender(points: ArrayLike) -> Array:
    """Inverse of points_to_blender."""
    return np.asarray(points, dtype=float) @ TO_BLENDER


def rotations_to_blender(world: ArrayLike) -> Array:
    """Rotations against the world [..., 4], C · q · C⁻¹."""
    return _turn_axis(world, TO_BLENDER)


def rotations_from_blender(world: ArrayLike) -> Array:
    """Inverse of rotations_to_blender."""
    return _turn_axis(world, TO_BLENDER.T)


def pose_from_local(local: ArrayLike, bone_rest: ArrayLike) -> Array:
    """Local rotations of motion space to `PoseBone.rotation_quaternion`.

    local [..., 4]; bone_rest [..., 3, 3], the rotation of `Bone.matrix_local` (e.g. [T, 55, 4] with [55, 3, 3]).
    """
    return _turn_axis(local, np.swapaxes(np.asarray(bone_rest, dtype=float), -1, -2) @ TO_BLENDER)


def local_from_pose(pose: ArrayLike, bone_rest: ArrayLike) -> Array:
    """Inverse of pose_from_local."""
    return _turn_axis(pose, TO_BLENDER.T @ np.asarray(bone_rest, dtype=float))


def location_from_translation(translation: ArrayLike, bone_rest: ArrayLike) -> Array:
    """A root bone's `PoseBone.location` [..., 3] that moves it by translation [..., 3] of motion space."""
    return _turn(np.swapaxes(np.asarray(bone_rest, dtype=float), -1, -2) @ TO_BLENDER, translation)


def translation_from_location(location: ArrayLike, bone_rest: ArrayLike) -> Array:
    """Inverse of location_from_translation."""
    return _turn(TO_BLENDER.T @ np.asarray(bone_rest, dtype=float), location)


def _turn(matrix: Array, vectors: ArrayLike) -> Array:
    return np.einsum("...ij,...j->...i", matrix, np.asarray(vectors, dtype=float))


def _turn_axis(q: ArrayLike, matrix: Array) -> Array:
    """The same angle about a turned axis: exact, and signs of quaternions stay as they are."""
    q = np.asarray(q, dtype=float)
    return np.concatenate([q[..., :1], _turn(matrix, q[..., 1:])], axis=-1)
