"""Arms of a retargeted body: elbows that are hinges, forearms that twist all along, wrists at their height."""

import numpy as np
from numpy.typing import NDArray

from . import rotations as rot
from .body import Body
from .retarget_source import Source, bone_direction, frame_of, unit
from .rotations import Array
from .skeleton import INDEX

#: How much an elbow's usual axis counts beside the bend of the moment (1 = as much as a right angle does).
_HINGE_MEMORY = 0.05
#: Sines of the bends of an arm in a rest pose between which it changes from build to pose (12° and 20°).
_BUILT_BEND = np.sin(np.radians([12.0, 20.0]))
#: How far upper arm and forearm may leave the source's direction to bring the wrist to its height.
_HEIGHT_REACH_RAD = np.radians(4.8)
#: The share of the forearm's twist that the elbow joint carries, so that the skin turns along the whole forearm.
_ELBOW_TWIST = 0.5
#: Forearms turn further palm up (supination) than palm down. Half a turn from here both ways round meet.
_USUAL_SUPINATION_RAD = np.radians(30.0)
#: Over the last of these ways the elbow's part falls to 0, so that nothing jumps where they meet.
_SEAM_RAD = np.radians(30.0)


def pose_arm(source: Source, body: Body, side: str, world: Array) -> None:
    """Sets shoulder and elbow [T] such that the elbow is a hinge that carries half of the forearm's twist."""
    shoulder, elbow, wrist = (f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
    rest_upper, rest_fore = (
        bone_direction(body.rest_joints, shoulder, elbow),
        bone_direction(body.rest_joints, elbow, wrist),
    )
    rest_hinge = np.array([0.0, -1.0 if side == "left" else 1.0, 0.0])  # the forearm bends forward in the T-pose
    upper, fore = bone_direction(source.positions, shoulder, elbow), bone_direction(source.positions, elbow, wrist)
    upper, fore = _at_wrist_height(source, body, side, upper, fore)
    hinge = _hinge(source, side, rest_upper, rest_hinge, upper, fore)
    world[:, INDEX[shoulder]] = rot.from_matrix(frame_of(upper, hinge) @ frame_of(rest_upper, rest_hinge).T)
    axis = rot.rotate(world[:, INDEX[shoulder]], rest_hinge)  # of our elbow; not quite at right angles to the bones
    bent = rot.from_matrix(frame_of(fore, axis) @ frame_of(rest_fore, rest_hinge).T)
    _, twist = rot.swing_twist(rot.multiply(rot.inverse(bent), world[:, INDEX[wrist]]), rest_fore)
    palm_up = -1.0 if side == "left" else 1.0
    supination_rad = palm_up * 2.0 * np.arctan2(twist[:, 1:] @ rest_fore, twist[:, 0])
    world[:, INDEX[elbow]] = rot.multiply(bent, rot.about(rest_fore, palm_up * _elbow_share(supination_rad)))


def _elbow_share(supination_rad: NDArray) -> Array:
    """The elbow's part [T] of the forearm's supination [T], radians: half of it, from 120° palm down to 180° palm up.

    That is more than a forearm does, but recorded hands do turn so far, and a wrist that took it all would wring the
    skin. Beyond, where the hand is turned all the way round, it falls to 0.
    """
    from_usual = (supination_rad - _USUAL_SUPINATION_RAD + np.pi) % (2 * np.pi) - np.pi
    room = np.minimum(1.0, (np.pi - np.abs(from_usual)) / _SEAM_RAD)
    return _ELBOW_TWIST * (from_usual + _USUAL_SUPINATION_RAD) * room


def _at_wrist_height(source: Source, body: Body, side: str, upper: Array, fore: Array) -> tuple[Array, Array]:
    """Directions [T, 3] of the two bones, tilted a little so that the wrist is as high as the source's.

    Upper arm and forearm share the arm's length differently in different bodies; height counts from the shoulder, in
    arm's lengths. Bones near the vertical are tilted less: they would change nothing but their direction.
    """
    own, other = (_arm_shares(points, side) for points in (body.rest_joints, source.rest_positions))
    missing = (other[0] - own[0]) * upper[:, 1] + (other[1] - own[1]) * fore[:, 1]
    gain = own[0] * (1 - upper[:, 1] ** 2) + own[1] * (1 - fore[:, 1] ** 2)
    tilt = np.clip(missing / np.maximum(gain, 1e-3), -_HEIGHT_REACH_RAD, _HEIGHT_REACH_RAD)
    up = np.array([0.0, 1.0, 0.0])
    turns = (rot.exp(np.cross(bone, up) * tilt[:, None]) for bone in (upper, fore))
    first, second = (rot.rotate(turn, bone) for turn, bone in zip(turns, (upper, fore), strict=True))
    return first, second


def _arm_shares(points: Array, side: str) -> Array:
    chain = points[[INDEX[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist")]]
    lengths = np.linalg.norm(np.diff(chain, axis=0), axis=-1)
    return lengths / lengths.sum()


def _hinge(source: Source, side: str, rest_upper: Array, rest_hinge: Array, upper: Array, fore: Array) -> Array:
    """The axis [T, 3] about which the source's elbow bends, well-defined where the arm is straight, too."""
    turn = source.upper_arm_turn[:, 0 if side == "left" else 1]
    shoulder, elbow, wrist = (f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
    upper_at_rest = bone_direction(source.rest_positions, shoulder, elbow)
    bend_at_rest = np.cross(upper_at_rest, bone_direction(source.rest_positions, elbow, wrist))
    untwisted = rot.rotate(rot.between(rest_upper, upper_at_rest), rest_hinge)
    # a slight bend at rest is how the skeleton is built; a strong one is a pose, which shows the axis
    built, posed = _BUILT_BEND
    pose = np.clip((np.linalg.norm(bend_at_rest) - built) / (posed - built), 0.0, 1.0)
    at_rest = unit(pose * bend_at_rest + _HINGE_MEMORY * untwisted)
    straight = rot.rotate(turn, (1 - pose) * bend_at_rest)
    bend = np.cross(upper, fore) - straight * np.sum(upper * fore, axis=-1, keepdims=True)
    bend = bend * np.linalg.norm(bend, axis=-1, keepdims=True)  # a nearly straight arm says little about its axis
    # seen from the upper arm, the axis should stay where it was over the clip as a whole, wherever that is
    seen = np.mean(rot.rotate(rot.inverse(turn), bend), axis=0)
    usual = rot.rotate(turn, unit(seen + _HINGE_MEMORY * at_rest))
    return unit(bend + _HINGE_MEMORY * usual)
