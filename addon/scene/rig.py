"""How one armature's bones play the 55 joints: which bone for which joint, and how rotations are converted.

A bone's pose is basis = before · local · after, with two constant rotations for each joint: `after` brings the bone's
axes and rest pose to the joint's, `before` does so on the parent's side. The step from one layer to another,
base⁻¹ · semantic, is then after⁻¹ · δ · after: the same angle about another axis. That is why takes can be layered
and shaped on any armature just as on our own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from ..core.motion import kinematics
from ..core.motion import rotations as rot
from ..core.motion.rotations import Array
from ..core.motion.skeleton import INDEX, JOINT_COUNT, JOINTS, PARENTS


@dataclass(frozen=True)
class Rig:
    """Conversions between motion space and the pose of one armature; n joints have a bone."""

    joints: tuple[str, ...]
    """[n], in SMPL-X's order."""
    bones: tuple[str, ...]
    """[n], the bone of each."""
    before: Array
    """[n, 4]"""
    after: Array
    """[n, 4]"""
    root_matrix: Array
    """[3, 3], turns and scales the translation to the root bone's `location`."""
    hips_offset: Array = field(default_factory=lambda: np.zeros(3))
    """[3], metres: by how much the hips lie otherwise to the root bone than to our pelvis."""
    lift_m: float = 0.0
    """What the root bone is raised by so that the ankles are as high as at rest."""
    switches: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By bone, custom properties that must have a value for the mapped bones to rule (FK instead of IK)."""

    @property
    def root(self) -> str:
        """The bone of the pelvis, nothing where there is none."""
        return self.bones[self.joints.index(JOINTS[0])] if JOINTS[0] in self.joints else ""

    @property
    def numbers(self) -> list[int]:
        """The joints' numbers among the 55."""
        return [INDEX[joint] for joint in self.joints]

    def adapted(self, rotations: Array, translation: Array) -> tuple[Array, Array]:
        """Motion [T, 55, 4] and [T, 3] for just the joints that this rig has.

        What joints without a bone do is taken over by the joints after them (and by half by the one before in the
        spine); the translation moves this rig's root bone such that the hips go where ours go.
        """
        return self._absorbed(rotations), translation + self._root_shift(rotations)

    def restored_translation(self, rotations: Array, translation: Array) -> Array:
        """Inverse of `adapted` for the translation [T, 3]."""
        return translation - self._root_shift(rotations)

    def pose(self, local: ArrayLike) -> Array:
        """`rotation_quaternion` of the bones [T, n, 4] from adapted local rotations [T, 55, 4]."""
        chosen = np.asarray(local, dtype=float)[:, self.numbers]
        return rot.multiply(rot.multiply(self.before, chosen), self.after)

    def local(self, pose: ArrayLike) -> Array:
        """Inverse of `pose`: [T, n, 4] to [T, 55, 4]; joints without a bone keep still."""
        pose = np.asarray(pose, dtype=float)
        rotations = rot.identity((len(pose), JOINT_COUNT))
        turned = rot.multiply(rot.multiply(rot.inverse(self.before), pose), rot.inverse(self.after))
        rotations[:, self.numbers] = turned
        return rotations

    def location(self, translation: ArrayLike) -> Array:
        """The root bone's `location` [T, 3] from an adapted translation [T, 3]."""
        return np.asarray(translation, dtype=float) @ self.root_matrix.T

    def translation(self, location: ArrayLike) -> Array:
        """Inverse of `location`."""
        return np.asarray(location, dtype=float) @ np.linalg.inv(self.root_matrix).T

    def for_steps(self) -> "Rig":
        """The conversion for steps from one layer to another, base⁻¹ · semantic, and for differences in place."""
        return replace(self, before=rot.inverse(self.after), hips_offset=np.zeros(3), lift_m=0.0, switches={})

    def _root_shift(self, rotations: Array) -> Array:
        turned = rot.rotate(rotations[:, 0], self.hips_offset) - self.hips_offset
        return turned + np.array([0.0, self.lift_m, 0.0])

    def _absorbed(self, rotations: Array) -> Array:
        present = set(self.numbers)
        missing = [k for k in range(JOINT_COUNT) if k not in present]
        if all(PARENTS[k] not in missing for k in present) or (rotations[:, missing, 1:] == 0.0).all():
            return rotations  # nothing hangs on what is missing, or it keeps still
        world = kinematics.global_rotations(rotations)
        aims = world.copy()
        for joint, following in (("spine1", "spine2"), ("spine2", "spine3")):
            if INDEX[joint] in present and INDEX[following] in missing:
                aims[:, INDEX[joint]] = rot.slerp(world[:, INDEX[joint]], world[:, INDEX[following]], np.array(0.5))
        local = rot.identity(rotations.shape[:2])
        for k in sorted(present):
            parent = PARENTS[k]
            while parent >= 0 and parent in missing:
                parent = PARENTS[parent]
            local[:, k] = aims[:, k] if parent < 0 else rot.multiply(rot.inverse(aims[:, parent]), aims[:, k])
        return rot.make_continuous(rot.normalize(local))
