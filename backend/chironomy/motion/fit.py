"""Motion of the 55 joints for a figure that has fewer of them and other proportions.

Every bone keeps its direction; what missing joints would do is taken over by those that are there; hips and ankles go
where ours go, so that feet stand and do not slide whatever the lengths of thigh and shin.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import rotations as rot
from .body import Body, neutral_body
from .ik import LEFT_LEG, RIGHT_LEG, move_end
from .kinematics import forward, global_rotations
from .rotations import Array
from .skeleton import INDEX, JOINT_COUNT, PARENTS

_HIPS = [LEFT_LEG.first, RIGHT_LEG.first]
#: Part of a leg's length that stays bent, so that feet are reached, not nearly reached.
_SPARE = 0.004


@dataclass(frozen=True)
class Figure:
    """A figure in motion space, as large as our body when measured by the legs."""

    rest_joints: Array
    """[55, 3], its joints in our T-pose; where it has none, one in our proportions."""
    present: NDArray[np.bool_]
    """[55], which joints it has."""
    offset: Array
    """[3], from where our body stands to where it does: horizontally that of the hips, vertically of the ankles."""

    def body(self, size: float) -> Body:
        """Its joints as a body of its own; size: its legs' length, as a factor of ours."""
        own = neutral_body()
        tips = {
            name: self.rest_joints[INDEX[name]] + np.array(tip) - own.rest_joints[INDEX[name]]
            for name, tip in own.tips.items()
        }
        return Body(self.rest_joints * size, {name: tuple((tip * size).tolist()) for name, tip in tips.items()})


def fit_motion(rotations: Array, translation: Array, body: Body, figure: Figure) -> tuple[Array, Array]:
    """Motion of our body, [T, 55, 4] and [T, 3], for the figure: the same two arrays, the second its own pelvis'.

    Joints that the figure lacks are at rest in the result.
    """
    ours, _ = forward(rotations, translation, body.rest_joints)
    fitted = absorb_missing(rotations, figure.present)
    pelvis_to_hips = figure.rest_joints[_HIPS].mean(axis=0) - figure.rest_joints[0]
    hips = ours[:, _HIPS].mean(axis=1) + figure.offset
    travel = hips - rot.rotate(fitted[:, 0], pelvis_to_hips) - figure.rest_joints[0]
    ankles = ours[:, [LEFT_LEG.end, RIGHT_LEG.end]] + figure.offset
    travel[:, 1] -= _out_of_reach(fitted, travel, figure, ankles)
    for limb, target in ((LEFT_LEG, ankles[:, 0]), (RIGHT_LEG, ankles[:, 1])):
        fitted = move_end(limb, fitted, travel, figure.rest_joints, target, softness=_SPARE / 4)
    return rot.make_continuous(rot.normalize(fitted)), travel


def absorb_missing(rotations: Array, present: NDArray[np.bool_]) -> Array:
    """Local rotations [T, 55, 4] in which the joints that are there face as before and the others are at rest.

    In the spine, the joint before a missing one takes half of its turn.
    """
    local = np.where(present[:, None], rotations, rot.identity())
    world = global_rotations(rotations)
    aims, changed = world.copy(), {k for k in range(JOINT_COUNT) if not present[k]}
    for joint, following in (("spine1", "spine2"), ("spine2", "spine3")):
        k, missing = INDEX[joint], INDEX[following]
        if present[k] and not present[missing]:
            aims[:, k] = rot.slerp(world[:, k], world[:, missing], np.array(0.5))
            changed.add(k)
    for k in np.flatnonzero(present).tolist():
        parent = present_parent(k, present)
        if k in changed or PARENTS[k] in changed:  # all others stay as they are to the bit
            local[:, k] = aims[:, k] if parent < 0 else rot.multiply(rot.inverse(aims[:, parent]), aims[:, k])
    return rot.make_continuous(rot.normalize(local))


def present_parent(joint: int, present: NDArray[np.bool_]) -> int:
    """The nearest joint above that is there, −1 where there is none."""
    parent = PARENTS[joint]
    while parent >= 0 and not present[parent]:
        parent = PARENTS[parent]
    return parent


def unposed(rest: Array, posed: Array, present: NDArray[np.bool_], body: Body) -> Array:
    """Joints [55, 3] of a figure in our T-pose.

    rest [55, 3]: its joints in its own rest pose; posed [55, 4]: the rotations that bring our T-pose into that.
    """
    joints = np.empty((JOINT_COUNT, 3))
    joints[0] = rest[0]
    for k in range(1, JOINT_COUNT):
        parent = present_parent(k, present)
        if present[k]:
            joints[k] = joints[parent] + rot.rotate(rot.inverse(posed[parent]), rest[k] - rest[parent])
        else:
            joints[k] = joints[PARENTS[k]] + body.rest_joints[k] - body.rest_joints[PARENTS[k]]
    return joints


def _out_of_reach(rotations: Array, travel: Array, figure: Figure, ankles: Array) -> float:
    """By how much the figure must stand lower for both feet to be reached on every frame."""
    positions, _ = forward(rotations, travel, figure.rest_joints)
    lower = 0.0
    for limb, target in ((LEFT_LEG, ankles[:, 0]), (RIGHT_LEG, ankles[:, 1])):
        chain = figure.rest_joints[[limb.first, limb.middle, limb.end]]
        length = np.linalg.norm(np.diff(chain, axis=0), axis=-1).sum() * (1.0 - _SPARE)
        down = positions[:, limb.first] - target
        level = np.linalg.norm(down[:, [0, 2]], axis=-1)
        reachable = np.sqrt(np.maximum(length**2 - level**2, 0.0))
        lower = max(lower, float(np.max(down[:, 1] - reachable)))
    return lower
