"""Motion of any humanoid skeleton onto the 55 joints of a body.

Every bone of the body takes the direction of the source's bone; hands, head, hips and feet take the source's full
rotation; elbows become hinges again; lengths are the body's own. Unit and axes of the source do not matter: how it
stands is found from its rest pose, and its travel is scaled by the length of the legs.
"""

from dataclasses import dataclass

import numpy as np

from . import kinematics
from . import rotations as rot
from .body import Body
from .clip import Clip, clip_rest
from .retarget_arms import pose_arm
from .retarget_source import RigMap, Source, bone_direction, frame_of, leg_length, read_source, unit
from .rotations import Array
from .skeleton import FINGERS, INDEX, JOINT_COUNT, JOINTS, PARENTS

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


@dataclass(frozen=True)
class Motion:
    """One layer of motion of the 55 joints."""

    rotations: Array
    """[T, 55, 4], local rotations, continuous in time."""
    translation: Array
    """[T, 3], metres, added to the pelvis at rest."""
    fps: float


def retarget(clip: Clip, rig_map: RigMap, body: Body) -> Motion:
    """The clip on the body. Raises KeyError with the names where joints that are needed are missing in the clip."""
    source = read_source(clip, rig_map)
    posed = pose_like_rest(source, body)
    world = np.empty((clip.frames, JOINT_COUNT, 4))
    for joint, name in enumerate(JOINTS):
        if not source.present[joint]:
            world[:, joint] = world[:, PARENTS[joint]]
            continue
        turn = rot.multiply(source.world[:, joint], rot.inverse(source.rest_world[joint]))
        world[:, joint] = _aim(source, body, name, rot.multiply(turn, posed[joint]))
    for side in ("left", "right"):
        pose_arm(source, body, side, world)
    local = rot.make_continuous(rot.normalize(kinematics.local_rotations(world)))
    return Motion(local, _travel(source, body, local, world), clip.fps)


def own_motion(clip: Clip, body: Body) -> Motion | None:
    """The motion of a clip on the 55 joints themselves, all named as ours, just as it is; None for other skeletons."""
    index = {name: k for k, name in enumerate(clip.names)}
    if not index.keys() >= INDEX.keys() or (clip.rest_rotations[:, 0] < 1 - 1e-6).any():
        return None
    chosen = [index[name] for name in JOINTS]
    parents = [chosen.index(clip.parents[k]) if clip.parents[k] in chosen else -1 for k in chosen]
    rest, _ = clip_rest(clip)
    directions = [unit(points[1:] - points[list(PARENTS[1:])]) for points in (rest[chosen], body.rest_joints)]
    if parents != list(PARENTS) or np.sum(directions[0] * directions[1], axis=-1).min() < 0.5:
        return None  # the same names, but another rest pose or another tree
    pelvis = clip.positions.get(chosen[0], np.tile(clip.offsets[chosen[0]], (clip.frames, 1)))
    scale = leg_length(body.rest_joints) / leg_length(rest[chosen])
    translation = pelvis * scale - body.rest_joints[0]
    return Motion(rot.make_continuous(clip.rotations[:, chosen]), translation, clip.fps)


def pose_like_rest(source: Source, body: Body) -> Array:
    """World rotations [55, 4] that put the body into the source's rest pose, twisting no bone against its parent."""
    posed = rot.identity((JOINT_COUNT,))
    for joint, name in enumerate(JOINTS):
        parent = PARENTS[joint]
        end = _AIMED.get(name)
        if end and source.present[INDEX[end]] and source.present[joint]:
            base = posed[parent]
            bone = rot.rotate(base, bone_direction(body.rest_joints, name, end))
            posed[joint] = rot.multiply(rot.between(bone, bone_direction(source.rest_positions, name, end)), base)
        elif name.endswith("wrist"):
            hand = _hand_frame(source, body, name, source.rest_positions)
            posed[joint] = posed[parent] if hand is None else hand
        elif name.endswith("ankle"):
            posed[joint] = _toe_out(source, body, name)
        elif name in _FINGER_ENDS or name.endswith("_foot"):  # these go on straight
            posed[joint] = posed[parent]
    return posed


def _toe_out(source: Source, body: Body, ankle: str) -> Array:
    """The turn about the vertical between the body's foot and the source's."""
    foot = ankle.replace("ankle", "foot")
    if not source.present[INDEX[foot]]:
        return rot.identity()
    level = np.array([1.0, 0.0, 1.0])
    own, other = (bone_direction(rest, ankle, foot) * level for rest in (body.rest_joints, source.rest_positions))
    return rot.between(own, other) if np.linalg.norm(other) > 0.1 else rot.identity()


def _aim(source: Source, body: Body, name: str, turned: Array) -> Array:
    """World rotations [T, 4] of a joint, corrected so that its bone points where the source's does."""
    joint = INDEX[name]
    if name.endswith("wrist"):
        hand = _hand_frame(source, body, name, source.positions)
        return turned if hand is None else hand
    end = _AIMED.get(name)
    if end and source.present[INDEX[end]]:
        own, bone = bone_direction(body.rest_joints, name, end), bone_direction(source.positions, name, end)
    elif name in _FINGER_ENDS and np.isfinite(source.tips[:, joint]).all():
        own = unit(np.array(body.tips[name]) - body.rest_joints[joint])
        bone = unit(source.tips[:, joint] - source.positions[:, joint])
    else:
        return turned
    return rot.multiply(rot.between(rot.rotate(turned, own), bone), turned)


def _hand_frame(source: Source, body: Body, wrist: str, points: Array) -> Array | None:
    """Rotations [..., 4] of a hand from where its knuckles are: direction and palm; None where knuckles are missing."""
    side = wrist.split("_")[0]
    middle, index, little = (f"{side}_{finger}1" for finger in ("middle", "index", "pinky"))
    if not source.present[[INDEX[middle], INDEX[index], INDEX[little]]].all():
        return None
    frames = [
        frame_of(bone_direction(rest, wrist, middle), rest[..., INDEX[index], :] - rest[..., INDEX[little], :])
        for rest in (points, body.rest_joints)
    ]
    return rot.from_matrix(frames[0] @ frames[1].T)


def _travel(source: Source, body: Body, local: Array, world: Array) -> Array:
    """Translation [T, 3]: the source's hips, scaled by the length of the legs, with the feet on the ground."""
    hips = [INDEX["left_hip"], INDEX["right_hip"]]
    scale = leg_length(body.rest_joints) / leg_length(source.rest_positions)
    middle = body.rest_joints[hips].mean(axis=0) - body.rest_joints[0]
    pelvis = source.positions[:, hips].mean(axis=1) * scale - rot.rotate(world[:, 0], middle)
    translation = pelvis - body.rest_joints[0]
    soles = [INDEX[name] for name in ("left_ankle", "right_ankle", "left_foot", "right_foot")]
    positions, _ = kinematics.forward(local, translation, body.rest_joints)
    above = np.min(positions[:, soles, 1] - body.rest_joints[soles, 1], axis=1)
    translation[:, 1] -= np.percentile(above, 10)
    return translation


def facing_front(motion: Motion, body: Body) -> Motion:
    """The motion turned and moved so that it begins over the origin and, taken as a whole, faces +Z."""
    facing = rot.rotate(motion.rotations[:, 0], [0.0, 0.0, 1.0]).mean(axis=0)
    turn = rot.about("y", -np.arctan2(facing[0], facing[2]))
    pelvis = motion.translation + body.rest_joints[0]
    moved = rot.rotate(turn, pelvis - pelvis[0] * [1.0, 0.0, 1.0])
    rotations = np.concatenate([rot.multiply(turn, motion.rotations[:, :1]), motion.rotations[:, 1:]], axis=1)
    translation = moved - body.rest_joints[0] * [0.0, 1.0, 0.0]
    return Motion(rot.make_continuous(rotations), translation, motion.fps)


def mapped_positions(clip: Clip, rig_map: RigMap, body: Body) -> Array:
    """Where the source's counterparts of the 55 joints are, [T, 55, 3], standing in motion space, as large as the body.

    NaN for joints without a counterpart. For looking at a clip beside what retargeting made of it.
    """
    source = read_source(clip, rig_map)
    scale = leg_length(body.rest_joints) / leg_length(source.rest_positions)
    return np.where(source.present[:, None], source.positions * scale, np.nan)
