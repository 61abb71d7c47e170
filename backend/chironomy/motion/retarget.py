"""Motion of any humanoid skeleton onto the 55 joints of a body.

Every bone of the body takes the direction of the source's bone; hands, head, hips and feet take the source's full
rotation; elbows become hinges again; lengths are the body's own. Unit and axes of the source do not matter: how it
stands is found from its rest pose, and its travel is scaled by the length of the legs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import kinematics
from . import rotations as rot
from .body import Body
from .clip import Clip, clip_forward, clip_rest
from .rotations import Array
from .skeleton import FINGERS, INDEX, JOINT_COUNT, JOINTS, PARENTS

#: Without these a skeleton is no humanoid that could be retargeted.
NEEDED_JOINTS = (
    "pelvis", "head",
    "left_hip", "left_knee", "left_ankle", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip
_FINGER_ENDS = tuple(f"{side}_{finger}3" for side in ("left", "right") for finger in FINGERS)
_FINGER_CHAINS = {f"{s}_{f}{k}": f"{s}_{f}{k + 1}" for s in ("left", "right") for f in FINGERS for k in (1, 2)}
#: Bones that take the source's direction exactly: joint → the joint at the bone's end. Collars and feet lie so
#: differently in different skeletons that there only the movement from the rest pose is taken over.
_AIMED = {
    "spine1": "spine2", "spine2": "spine3", "spine3": "neck", "neck": "head",
    "left_hip": "left_knee", "right_hip": "right_knee", "left_knee": "left_ankle", "right_knee": "right_ankle",
    "left_shoulder": "left_elbow", "right_shoulder": "right_elbow",
    "left_elbow": "left_wrist", "right_elbow": "right_wrist",
    **_FINGER_CHAINS,
}  # fmt: skip
#: How much an elbow's usual axis counts beside the bend of the moment (1 = as much as a right angle does).
_HINGE_MEMORY = 0.05
#: How far upper arm and forearm may leave the source's direction to bring the wrist to its height.
_HEIGHT_REACH_RAD = np.radians(4.0)
#: The share of the forearm's twist that the elbow joint carries, so that the skin turns along the whole forearm.
_ELBOW_TWIST = 0.5
_MOST_TWIST_RAD = np.radians(120.0)


@dataclass(frozen=True)
class RigMap:
    """Which joint of a kind of skeleton plays the part of which of the 55."""

    name: str
    joints: Mapping[str, str]
    """Our joint → the source's joint. Joints without a counterpart keep still against their parent."""
    tips: Mapping[str, str]
    """Our finger ends (…3) → the source's joint at the end of that finger, where it has one."""


@dataclass(frozen=True)
class Motion:
    """One layer of motion of the 55 joints."""

    rotations: Array
    """[T, 55, 4], local rotations, continuous in time."""
    translation: Array
    """[T, 3], metres, added to the pelvis at rest."""
    fps: float


@dataclass(frozen=True)
class _Source:
    """The mapped joints of a clip, in the order of JOINTS, standing in motion space (any unit); NaN where missing."""

    positions: Array  # [T, 55, 3]
    world: Array  # [T, 55, 4]
    tips: Array  # [T, 55, 3], ends of the last finger bones
    rest_positions: Array  # [55, 3]
    rest_world: Array  # [55, 4]
    upper_arm_turn: Array  # [T, 2, 4], left and right: from rest, everything that turns the upper arm
    present: NDArray[np.bool_]  # [55]


def retarget(clip: Clip, rig_map: RigMap, body: Body) -> Motion:
    """The clip on the body. Raises KeyError with the names where joints that are needed are missing in the clip."""
    source = _read_source(clip, rig_map)
    posed = _pose_like_rest(source, body)
    world = np.empty((clip.frames, JOINT_COUNT, 4))
    for joint, name in enumerate(JOINTS):
        if not source.present[joint]:
            world[:, joint] = world[:, PARENTS[joint]]
            continue
        turn = rot.multiply(source.world[:, joint], rot.inverse(source.rest_world[joint]))
        world[:, joint] = _aim(source, body, name, rot.multiply(turn, posed[joint]))
    for side in ("left", "right"):
        _pose_arm(source, body, side, world)
    local = rot.make_continuous(rot.normalize(kinematics.local_rotations(world)))
    return Motion(local, _travel(source, body, local, world), clip.fps)


def mapped_positions(clip: Clip, rig_map: RigMap, body: Body) -> Array:
    """Where the source's counterparts of the 55 joints are, [T, 55, 3], standing in motion space, as large as the body.

    NaN for joints without a counterpart. For looking at a clip beside what retargeting made of it.
    """
    source = _read_source(clip, rig_map)
    scale = _leg_length(body.rest_joints) / _leg_length(source.rest_positions)
    return np.where(source.present[:, None], source.positions * scale, np.nan)


def own_motion(clip: Clip, body: Body) -> Motion | None:
    """The motion of a clip on the 55 joints themselves, all named as ours, just as it is; None for other skeletons."""
    index = {name: k for k, name in enumerate(clip.names)}
    if not index.keys() >= INDEX.keys() or (clip.rest_rotations[:, 0] < 1 - 1e-6).any():
        return None
    chosen = [index[name] for name in JOINTS]
    parents = [chosen.index(clip.parents[k]) if clip.parents[k] in chosen else -1 for k in chosen]
    rest, _ = clip_rest(clip)
    directions = [_unit(points[1:] - points[list(PARENTS[1:])]) for points in (rest[chosen], body.rest_joints)]
    if parents != list(PARENTS) or np.sum(directions[0] * directions[1], axis=-1).min() < 0.5:
        return None  # the same names, but another rest pose or another tree
    pelvis = clip.positions.get(chosen[0], np.tile(clip.offsets[chosen[0]], (clip.frames, 1)))
    scale = _leg_length(body.rest_joints) / _leg_length(rest[chosen])
    translation = pelvis * scale - body.rest_joints[0]
    return Motion(rot.make_continuous(clip.rotations[:, chosen]), translation, clip.fps)


def missing_joints(clip: Clip, rig_map: RigMap) -> list[str]:
    """Names of the source's joints that retargeting with this map would need and the clip lacks."""
    names = set(clip.names)
    return [rig_map.joints.get(name, name) for name in NEEDED_JOINTS if rig_map.joints.get(name) not in names]


def _read_source(clip: Clip, rig_map: RigMap) -> _Source:
    if missing := missing_joints(clip, rig_map):
        raise KeyError(", ".join(missing))
    index = {name: k for k, name in reversed(list(enumerate(clip.names)))}
    chosen = np.array([index.get(rig_map.joints.get(name, ""), -1) for name in JOINTS])
    positions, world = clip_forward(clip)
    rest_positions, rest_world = clip_rest(clip)
    stand = _stand_up(rest_positions[chosen])
    tips = np.full((clip.frames, JOINT_COUNT, 3), np.nan)
    for joint, name in enumerate(JOINTS):
        end = index.get(rig_map.tips.get(name, ""))
        if end is not None:
            tips[:, joint] = positions[:, end]
        elif chosen[joint] in clip.tips and chosen[joint] >= 0:
            bone = rot.rotate(world[:, chosen[joint]], clip.tips[chosen[joint]])
            tips[:, joint] = positions[:, chosen[joint]] + bone
    above_elbows = [clip.parents[chosen[INDEX[f"{side}_elbow"]]] for side in ("left", "right")]
    arm_turn = rot.multiply(world[:, above_elbows], rot.inverse(rest_world[above_elbows]))
    return _Source(
        positions=rot.rotate(stand, positions[:, chosen]),
        world=rot.multiply(stand, world[:, chosen]),
        tips=rot.rotate(stand, tips),
        rest_positions=rot.rotate(stand, rest_positions[chosen]),
        rest_world=rot.multiply(stand, rest_world[chosen]),
        upper_arm_turn=rot.multiply(rot.multiply(stand, arm_turn), rot.inverse(stand)),
        present=chosen >= 0,
    )


def _stand_up(rest: Array) -> Array:
    """The rotation that makes a rest pose [55, 3] stand along Y and face +Z; along the axes where it nearly does."""
    up = rest[INDEX["head"]] - rest[INDEX["pelvis"]]
    left = rest[INDEX["left_hip"]] - rest[INDEX["right_hip"]]
    for snap in (True, False):
        y = _axis(up) if snap else _unit(up)
        x = left - np.dot(left, y) * y
        x = _axis(x) if snap else _unit(x)
        matrix = np.stack([x, y, np.cross(x, y)])
        if abs(np.linalg.det(matrix) - 1) < 1e-6 and (not snap or min(_unit(left) @ x, _unit(up) @ y) > 0.9):
            return rot.from_matrix(matrix)
    return rot.identity()


def _axis(v: Array) -> Array:
    k = int(np.argmax(np.abs(v)))
    return np.eye(3)[k] * np.sign(v[k])


def _unit(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def _bone(points: Array, joint: str, end: str) -> Array:
    return _unit(points[..., INDEX[end], :] - points[..., INDEX[joint], :])


def _pose_like_rest(source: _Source, body: Body) -> Array:
    """World rotations [55, 4] that put the body into the source's rest pose, twisting no bone against its parent."""
    posed = rot.identity((JOINT_COUNT,))
    for joint, name in enumerate(JOINTS):
        parent = PARENTS[joint]
        end = _AIMED.get(name)
        if end and source.present[INDEX[end]] and source.present[joint]:
            base = posed[parent]
            bone = rot.rotate(base, _bone(body.rest_joints, name, end))
            posed[joint] = rot.multiply(rot.between(bone, _bone(source.rest_positions, name, end)), base)
        elif name.endswith("wrist"):
            hand = _hand_frame(source, body, name, source.rest_positions)
            posed[joint] = posed[parent] if hand is None else hand
        elif name.endswith("ankle"):
            posed[joint] = _toe_out(source, body, name)
        elif name in _FINGER_ENDS or name.endswith("_foot"):  # these go on straight
            posed[joint] = posed[parent]
    return posed


def _toe_out(source: _Source, body: Body, ankle: str) -> Array:
    """The turn about the vertical between the body's foot and the source's."""
    foot = ankle.replace("ankle", "foot")
    if not source.present[INDEX[foot]]:
        return rot.identity()
    level = np.array([1.0, 0.0, 1.0])
    own, other = (_bone(rest, ankle, foot) * level for rest in (body.rest_joints, source.rest_positions))
    return rot.between(own, other) if np.linalg.norm(other) > 0.1 else rot.identity()


def _aim(source: _Source, body: Body, name: str, turned: Array) -> Array:
    """World rotations [T, 4] of a joint, corrected so that its bone points where the source's does."""
    joint = INDEX[name]
    if name.endswith("wrist"):
        hand = _hand_frame(source, body, name, source.positions)
        return turned if hand is None else hand
    end = _AIMED.get(name)
    if end and source.present[INDEX[end]]:
        own, bone = _bone(body.rest_joints, name, end), _bone(source.positions, name, end)
    elif name in _FINGER_ENDS and np.isfinite(source.tips[:, joint]).all():
        own = _unit(np.array(body.tips[name]) - body.rest_joints[joint])
        bone = _unit(source.tips[:, joint] - source.positions[:, joint])
    else:
        return turned
    return rot.multiply(rot.between(rot.rotate(turned, own), bone), turned)


def _hand_frame(source: _Source, body: Body, wrist: str, points: Array) -> Array | None:
    """Rotations [..., 4] of a hand from where its knuckles are: direction and palm; None where knuckles are missing."""
    side = wrist.split("_")[0]
    middle, index, little = (f"{side}_{finger}1" for finger in ("middle", "index", "pinky"))
    if not source.present[[INDEX[middle], INDEX[index], INDEX[little]]].all():
        return None
    frames = [
        _frame(_bone(rest, wrist, middle), rest[..., INDEX[index], :] - rest[..., INDEX[little], :])
        for rest in (points, body.rest_joints)
    ]
    return rot.from_matrix(frames[0] @ frames[1].T)


def _frame(first: Array, towards: Array) -> Array:
    """Right-handed axes as columns [..., 3, 3]: first, then the part of `towards` at right angles to it."""
    second = _unit(towards - np.sum(towards * first, axis=-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def _pose_arm(source: _Source, body: Body, side: str, world: Array) -> None:
    """Sets shoulder and elbow [T] such that the elbow is a hinge that carries half of the forearm's twist."""
    shoulder, elbow, wrist = (f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
    rest_upper, rest_fore = _bone(body.rest_joints, shoulder, elbow), _bone(body.rest_joints, elbow, wrist)
    rest_hinge = np.array([0.0, -1.0 if side == "left" else 1.0, 0.0])  # the forearm bends forward in the T-pose
    upper, fore = _bone(source.positions, shoulder, elbow), _bone(source.positions, elbow, wrist)
    upper, fore = _at_wrist_height(source, body, side, upper, fore)
    hinge = _hinge(source, side, rest_upper, rest_hinge, upper, fore)
    world[:, INDEX[shoulder]] = rot.from_matrix(_frame(upper, hinge) @ _frame(rest_upper, rest_hinge).T)
    bent = rot.from_matrix(_frame(fore, hinge) @ _frame(rest_fore, rest_hinge).T)
    _, twist = rot.swing_twist(rot.multiply(rot.inverse(bent), world[:, INDEX[wrist]]), rest_fore)
    twist_rad = 2.0 * np.arctan2(twist[:, 1:] @ rest_fore, twist[:, 0])
    world[:, INDEX[elbow]] = rot.multiply(bent, rot.about(rest_fore, _elbow_share(twist_rad)))


def _elbow_share(twist_rad: NDArray) -> Array:
    """The elbow's part of the forearm's twist; beyond what an arm can do it falls to 0 at ±180°, so that nothing jumps
    where a faulty recording turns a hand all the way round."""
    wrapped = (twist_rad + np.pi) % (2 * np.pi) - np.pi
    room = np.minimum(1.0, (np.pi - np.abs(wrapped)) / (np.pi - _MOST_TWIST_RAD))
    return _ELBOW_TWIST * np.clip(wrapped, -_MOST_TWIST_RAD, _MOST_TWIST_RAD) * room


def _at_wrist_height(source: _Source, body: Body, side: str, upper: Array, fore: Array) -> tuple[Array, Array]:
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


def _hinge(source: _Source, side: str, rest_upper: Array, rest_hinge: Array, upper: Array, fore: Array) -> Array:
    """The axis [T, 3] about which the source's elbow bends, well-defined where the arm is straight, too."""
    turn = source.upper_arm_turn[:, 0 if side == "left" else 1]
    shoulder, elbow, wrist = (f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
    upper_at_rest = _bone(source.rest_positions, shoulder, elbow)
    bend_at_rest = np.cross(upper_at_rest, _bone(source.rest_positions, elbow, wrist))
    untwisted = rot.rotate(rot.between(rest_upper, upper_at_rest), rest_hinge)
    at_rest = _unit(bend_at_rest + 0.01 * untwisted)
    bend = np.cross(upper, fore)
    bend = bend * np.linalg.norm(bend, axis=-1, keepdims=True)  # a nearly straight arm says little about its axis
    # seen from the upper arm, the axis should stay where it was over the clip as a whole, wherever that is
    seen = np.mean(rot.rotate(rot.inverse(turn), bend), axis=0)
    usual = rot.rotate(turn, _unit(seen + _HINGE_MEMORY * at_rest))
    return _unit(bend + _HINGE_MEMORY * usual)


def _travel(source: _Source, body: Body, local: Array, world: Array) -> Array:
    """Translation [T, 3]: the source's hips, scaled by the length of the legs, with the feet on the ground."""
    hips = [INDEX["left_hip"], INDEX["right_hip"]]
    scale = _leg_length(body.rest_joints) / _leg_length(source.rest_positions)
    middle = body.rest_joints[hips].mean(axis=0) - body.rest_joints[0]
    pelvis = source.positions[:, hips].mean(axis=1) * scale - rot.rotate(world[:, 0], middle)
    translation = pelvis - body.rest_joints[0]
    soles = [INDEX[name] for name in ("left_ankle", "right_ankle", "left_foot", "right_foot")]
    positions, _ = kinematics.forward(local, translation, body.rest_joints)
    above = np.min(positions[:, soles, 1] - body.rest_joints[soles, 1], axis=1)
    translation[:, 1] -= np.percentile(above, 10)
    return translation


def _leg_length(points: Array) -> float:
    chains = [[INDEX[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle")] for side in ("left", "right")]
    return float(np.mean([np.linalg.norm(np.diff(points[chain], axis=0), axis=-1).sum() for chain in chains]))
