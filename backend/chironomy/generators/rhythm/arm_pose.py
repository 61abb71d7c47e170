"""From where a wrist is and how the hand is turned to the rotations of collar, shoulder, elbow and wrist.

All of it happens in the *arm frame*, the same for both arms: seen from the chest, x points outward from the midline,
y up, z forward, in lengths of the arm, and the origin lies midway between the shoulders at rest. The right arm is
the mirror image of a left one, so one set of gestures serves both.

An arm's pose is one row of CHANNELS numbers: where the wrist is, how far the elbow is swung out, the turn of the
forearm and the bends of the wrist (anatomical angles, so that mixing two poses gives a third), the lift of the
shoulder, and the fingers.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from ...motion import ik
from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.rotations import Array
from ...motion.skeleton import INDEX, MIRROR

WRIST = slice(0, 3)
SWIVEL, PRONATION, FLEXION, DEVIATION, LIFT = 3, 4, 5, 6, 7
TURNS = slice(PRONATION, DEVIATION + 1)
FINGERS = slice(8, 28)
CHANNELS = 28

#: Anatomical ranges kept with a margin, radians: supination to pronation, extension to flexion, ulnar to radial.
TURN_LIMITS = np.radians([[-88.0, 78.0], [-62.0, 60.0], [-24.0, 18.0]])

#: Directions from the shoulder are charted around the middle of the space in which hands gesture,
#: so that no edge of the chart is ever near.
_CENTRE = np.array([0.25, -0.55, 0.80]) / np.linalg.norm([0.25, -0.55, 0.80])
_ACROSS = np.cross(_CENTRE, [1.0, 0.0, 0.0]) / np.linalg.norm(np.cross(_CENTRE, [1.0, 0.0, 0.0]))
_CHART = np.stack([_ACROSS, np.cross(_CENTRE, _ACROSS)])


#: Where people carry the elbow while they gesture, against ik.LEFT_ARM's zero: close to the body with the palm up,
#: further out with the palm down. Read from 120 gestures of four actors (SmartBody's clips).
_ELBOW_RAD, _ELBOW_PER_PRONATION = np.radians(-21.0), 0.21


def natural_swivel(pronation: ArrayLike) -> Array:
    """The swivel [...] that goes with a turn of the forearm [...], radians."""
    return _ELBOW_RAD + _ELBOW_PER_PRONATION * np.asarray(pronation)


@dataclass(frozen=True)
class Arm:
    """One arm, as a left one."""

    side: str
    rest: Array
    """[55, 3]: the body's rest joints, mirrored where this is the right arm."""

    def _joint(self, name: str) -> Array:
        return self.rest[INDEX[f"left_{name}"]]

    @cached_property
    def origin(self) -> Array:
        """[3]: midway between the shoulders."""
        return (self._joint("shoulder") + self.rest[INDEX["right_shoulder"]]) / 2

    @cached_property
    def length(self) -> float:
        """Metres from shoulder to wrist."""
        joints = [self._joint(name) for name in ("shoulder", "elbow", "wrist")]
        return float(sum(np.linalg.norm(b - a) for a, b in pairwise(joints)))

    @cached_property
    def shoulder(self) -> Array:
        """[3], arm frame, at rest."""
        return (self._joint("shoulder") - self.origin) / self.length

    @cached_property
    def collar(self) -> Array:
        """[3], arm frame."""
        return (self._joint("collar") - self.origin) / self.length

    @cached_property
    def forearm(self) -> Array:
        """[3], unit vector at rest."""
        return _unit(self._joint("wrist") - self._joint("elbow"))

    @cached_property
    def hand(self) -> Array:
        """[3], unit vector at rest, wrist to the middle finger's knuckle."""
        return _unit(self._joint("middle1") - self._joint("wrist"))


def arm_of(body: Body, side: str) -> Arm:
    """The left or right arm of a body."""
    rest = np.asarray(body.rest_joints)
    return Arm(side, rest if side == "left" else rest[MIRROR] * np.array([-1.0, 1.0, 1.0]))


def _unit(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def _frame(x: Array, z: Array) -> Array:
    """[..., 3, 3] with the columns x, z × x and z made square to x."""
    x = _unit(x)
    z = _unit(z - np.sum(z * x, axis=-1, keepdims=True) * x)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def chart(arm: Arm, wrist: Array) -> Array:
    """Wrists [..., 3] to (two angles of the direction from the shoulder, reach): arcs of the arm are straight here."""
    offset = np.asarray(wrist) - arm.shoulder
    reach = np.linalg.norm(offset, axis=-1, keepdims=True)
    direction = offset / np.maximum(reach, 1e-9)
    across = direction @ _CHART.T
    sine = np.linalg.norm(across, axis=-1, keepdims=True)
    angle = np.arctan2(sine, (direction @ _CENTRE)[..., None])
    return np.concatenate([across * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 1.0), reach], axis=-1)


def unchart(arm: Arm, charted: Array) -> Array:
    """Inverse of chart."""
    angle = np.linalg.norm(charted[..., :2], axis=-1, keepdims=True)
    across = charted[..., :2] * np.sinc(angle / np.pi)
    return arm.shoulder + charted[..., 2:] * (np.cos(angle) * _CENTRE + across @ _CHART)


@dataclass(frozen=True)
class ArmPose:
    """Solved arms: local rotations [..., 4] of a left arm, and the forearm's rotation against the chest."""

    collar: Array
    shoulder: Array
    elbow: Array
    """The bend alone: the thumb's side is up where the elbow is bent and down."""
    forearm: Array


def _collar(arm: Arm, wrist: Array, lift: Array) -> Array:
    """The shoulder blade goes along: up with a raised arm, forward with a reaching one."""
    offset = wrist - arm.shoulder
    raised = np.log1p(np.exp(6.0 * (offset[..., 1] + 0.25))) / 6.0
    forward = np.radians(10.0) * (offset[..., 2] - 0.40) - np.radians(6.0) * (offset[..., 0] - 0.15)
    return rot.multiply(rot.about("z", np.radians(13.0) * raised + lift), rot.about("y", -forward))


def solve(arm: Arm, wrist: Array, swivel: Array, lift: Array) -> ArmPose:
    """Arms that bring the wrist [..., 3] there; swivel [...] (outward) and lift [...] in radians."""
    collar = _collar(arm, wrist, lift)
    shoulder_at = arm.collar + rot.rotate(collar, arm.shoulder - arm.collar)
    target = rot.rotate(rot.inverse(collar), (wrist - shoulder_at) * arm.length)
    limb = ik.solve(ik.LEFT_ARM, arm.rest, target, swivel)
    forearm = rot.multiply(rot.multiply(collar, limb.first), limb.middle)
    return ArmPose(collar, limb.first, limb.middle, forearm)


def hand_turns(arm: Arm, pose: ArmPose, palm: ArrayLike, fingers: ArrayLike) -> Array:
    """[..., 3]: pronation, flexion, radial deviation that turn palm and fingers these ways, as far as a wrist can."""
    palm, fingers = np.asarray(palm, dtype=float), _unit(np.asarray(fingers, dtype=float))
    # at rest the palm looks down and the thumb's side is palm × fingers, which is forward
    rest = _frame(arm.hand, np.array([0.0, 0.0, 1.0]))
    wanted = rot.from_matrix(_frame(fingers, np.cross(palm, fingers)) @ rest.T)
    relative = rot.multiply(rot.inverse(pose.forearm), wanted)
    swing, twist = rot.swing_twist(rot.inverse(relative), arm.forearm)
    turn = -np.sum(rot.log(twist) * arm.forearm, axis=-1)
    bend = rot.log(rot.inverse(swing))
    turns = np.stack([turn, -bend[..., 2], -bend[..., 1]], axis=-1)
    return np.clip(turns, TURN_LIMITS[:, 0], TURN_LIMITS[:, 1])


def _wrist_bend(turns: Array) -> Array:
    zero = np.zeros_like(turns[..., 0])
    return rot.exp(np.stack([zero, -turns[..., 2], -turns[..., 1]], axis=-1))


def hand_way(arm: Arm, pose: ArmPose, turns: Array) -> Array:
    """[..., 3]: where the hand points, wrist to knuckles, in the arm frame."""
    turned = rot.multiply(rot.multiply(pose.forearm, rot.about(arm.forearm, turns[..., 0])), _wrist_bend(turns))
    return rot.rotate(turned, arm.hand)


def arm_rotations(arm: Arm, pose: ArmPose, turns: Array, elbow_turn: Array) -> Array:
    """[..., 4, 4]: local rotations of collar, shoulder, elbow and wrist in motion space.

    turns [..., 3] as from hand_turns; elbow_turn [...] is the part of the forearm's turn that is in the elbow, the rest
    is in the wrist: the two bones of a forearm share it.
    """
    in_elbow, in_wrist = rot.about(arm.forearm, elbow_turn), rot.about(arm.forearm, turns[..., 0] - elbow_turn)
    joints = [
        pose.collar, pose.shoulder, rot.multiply(pose.elbow, in_elbow), rot.multiply(in_wrist, _wrist_bend(turns))
    ]  # fmt: skip
    mirror = np.array([1.0, 1.0, 1.0, 1.0]) if arm.side == "left" else np.array([1.0, 1.0, -1.0, -1.0])
    return np.stack(joints, axis=-2) * mirror


def palm_way(arm: Arm, pose: ArmPose, pronation: Array) -> Array:
    """[..., 3]: where the palm looks while the wrist is straight, in the arm frame."""
    turned = rot.multiply(pose.forearm, rot.about(arm.forearm, pronation))
    return rot.rotate(turned, np.array([0.0, -1.0, 0.0]))
