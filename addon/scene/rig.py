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

from ..core.motion import rotations as rot
from ..core.motion.body import Body, neutral_body
from ..core.motion.fit import Figure, fit_motion
from ..core.motion.rotations import Array
from ..core.motion.skeleton import INDEX, JOINT_COUNT, JOINTS


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
    stand: Array
    """[4], turns the armature's own space to motion space (Y up, facing +Z)."""
    units_per_metre: float = 1.0
    """The armature's units of length for one metre of motion."""
    figure: Figure | None = None
    """Its proportions; nothing for armatures of ours, which take every motion as it is."""
    switches: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By bone, custom properties that must have a value for the mapped bones to rule (FK instead of IK)."""

    @property
    def root(self) -> str:
        """The bone of the pelvis, nothing where there is none."""
        return self.bones[self.joints.index(JOINTS[0])] if JOINTS[0] in self.joints else ""

    def fitted(self, rotations: Array, translation: Array, body: Body | None = None) -> tuple[Array, Array]:
        """Motion [T, 55, 4] and [T, 3] of `body` (the neutral one) as this rig can perform it (see `motion.fit`).

        What is written to the rig and read from it is fitted motion; fitting it again would change it.
        """
        if self.figure is None:
            return rotations, translation
        return fit_motion(rotations, translation, body or neutral_body(), self.figure)

    def pose(self, local: ArrayLike) -> Array:
        """`rotation_quaternion` of the bones [T, n, 4] from fitted local rotations [T, 55, 4]."""
        chosen = np.asarray(local, dtype=float)[:, self._numbers]
        return rot.multiply(rot.multiply(self.before, chosen), self.after)

    def local(self, pose: ArrayLike) -> Array:
        """Inverse of `pose`: [T, n, 4] to [T, 55, 4]; joints without a bone keep still."""
        pose = np.asarray(pose, dtype=float)
        rotations = rot.identity((len(pose), JOINT_COUNT))
        turned = rot.multiply(rot.multiply(rot.inverse(self.before), pose), rot.inverse(self.after))
        rotations[:, self._numbers] = turned
        return rotations

    def location(self, translation: ArrayLike) -> Array:
        """The root bone's `location` [T, 3] from a fitted translation [T, 3]."""
        return np.asarray(translation, dtype=float) @ self.root_matrix.T

    def translation(self, location: ArrayLike) -> Array:
        """Inverse of `location`."""
        return np.asarray(location, dtype=float) @ np.linalg.inv(self.root_matrix).T

    def for_steps(self) -> "Rig":
        """The conversion for steps from one layer to another, base⁻¹ · semantic, and for differences in place."""
        return replace(self, before=rot.inverse(self.after), switches={})

    def enlarged(self, factor: float) -> "Rig":
        """The same for an armature whose bones were made longer by this factor."""
        return replace(self, root_matrix=factor * self.root_matrix, units_per_metre=factor * self.units_per_metre)

    @property
    def _numbers(self) -> list[int]:
        return [INDEX[joint] for joint in self.joints]
