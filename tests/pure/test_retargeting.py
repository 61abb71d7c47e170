"""Motion of other skeletons on our body: every bone points where the source's does, hands and elbows as they should."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from motion_strategies import lengths, random_motion, seeds

from chironomy.errors import UserError
from chironomy.formats.clips import read_clip
from chironomy.formats.rig_map import matching_rig_map, read_rig_map, read_rig_maps, retarget_clip, rig_map_from
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.clip import Clip
from chironomy.motion.kinematics import forward, global_rotations
from chironomy.motion.limits import violations
from chironomy.motion.retarget import Motion, facing_front, mapped_positions, retarget
from chironomy.motion.retarget_source import RigMap
from chironomy.motion.skeleton import CONTACT_JOINTS, FINGERS, INDEX, JOINTS, PARENTS

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY.parent / "shared" / "data"
GESTURES, MONOLOGUE = DATA / "gestures", DATA / "reference" / "real_monologue_067.bvh"
MAPS = read_rig_maps(REPOSITORY / "presets" / "rig_maps")
#: Controls with switches are moved by us, and never recorded.
RECORDED = [rig_map for rig_map in MAPS if not rig_map.switches]
OURS = read_rig_map(REPOSITORY / "presets" / "rig_maps" / "smplx.json")
BODY = neutral_body()
SIDES = ("left", "right")
needs_data = pytest.mark.skipif(not GESTURES.is_dir(), reason="the motion data (../shared/data) is not here")


def clip_of(rotations: np.ndarray, translation: np.ndarray, names: tuple[str, ...] = JOINTS) -> Clip:
    """Our own body as if it came from a file."""
    rest = BODY.rest_joints
    offsets = np.concatenate([rest[:1], rest[1:] - rest[list(PARENTS[1:])]])
    return Clip(names, PARENTS, offsets, rotations, 1 / 30, positions={0: translation + rest[0]})


def positions(motion: Motion) -> np.ndarray:
    return forward(motion.rotations, motion.translation, BODY.rest_joints)[0]


def on_the_ground(points: np.ndarray) -> np.ndarray:
    """Retargeting puts feet on the ground; random motions know none."""
    soles = list(CONTACT_JOINTS)
    above = np.min(points[:, soles, 1] - BODY.rest_joints[soles, 1], axis=1)
    return points - [0.0, np.percentile(above, 10), 0.0]


def hanging_arms(seed: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A random motion whose elbows bend as elbows do, with random twist of the hands within what arms can do."""
    random = np.random.default_rng(seed)
    rotations, translation = random_motion(seed, frames, 0.6)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        hinge = rot.about([0.0, sign, 0.0], random.uniform(0.2, 2.0, frames))
        twist = rot.about([1.0, 0.0, 0.0], random.uniform(-1.2, 1.2, frames))
        rotations[:, INDEX[f"{side}_elbow"]] = hinge
        rotations[:, INDEX[f"{side}_wrist"]] = rot.multiply(twist, rot.exp(random.normal(0, 0.2, (frames, 3))))
    return rotations, translation


@settings(deadline=None, max_examples=20)
@given(seeds, lengths)
def test_our_own_skeleton_keeps_its_poses(seed: int, frames: int) -> None:
    rotations, translation = hanging_arms(seed, frames)
    before = on_the_ground(forward(rotations, translation, BODY.rest_joints)[0])
    after = positions(retarget(clip_of(rotations, translation), OURS, BODY))
    np.testing.assert_allclose(after, before, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_the_unit_and_the_axes_of_the_source_do_not_matter(seed: int) -> None:
    clip = clip_of(*hanging_arms(seed, 4))
    lying = rot.about("x", np.asarray(np.pi / 2))  # as Blender writes it: Z up, facing −Y
    turned = replace(
        clip,
        offsets=np.concatenate([rot.rotate(lying, clip.offsets[:1]), clip.offsets[1:]]) * 100,
        positions={0: rot.rotate(lying, clip.positions[0]) * 100},
        rotations=np.concatenate([rot.multiply(lying, clip.rotations[:, :1]), clip.rotations[:, 1:]], axis=1),
        rest_rotations=np.concatenate([lying[None], rot.identity((54,))]),
    )
    expected, found = (positions(retarget(one, OURS, BODY)) for one in (clip, turned))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("rig_map", RECORDED, ids=lambda rig_map: rig_map.name)
def test_every_rig_map_moves_a_skeleton_with_its_names(rig_map: RigMap) -> None:
    clip = clip_of(*hanging_arms(4, 3), tuple(rig_map.joints.get(name, f"no {name}") for name in JOINTS))
    assert matching_rig_map(clip, MAPS) == rig_map
    after, before = positions(retarget(clip, rig_map, BODY)), mapped_positions(clip, rig_map, BODY)
    before = before - before[:, :1] + after[:, :1]
    known = np.isfinite(before).all(axis=(0, 2))
    assert known.sum() >= 50
    np.testing.assert_allclose(after[:, known], before[:, known], atol=1e-6)


@pytest.mark.parametrize("prefix", ["", "mixamorig:", "mixamorig5:", "scene:character:"])
def test_namespaces_do_not_matter(prefix: str) -> None:
    mixamo = next(rig_map for rig_map in MAPS if rig_map.name.startswith("Mixamo"))
    plain = {name: joint.rpartition(":")[2] for name, joint in mixamo.joints.items()}
    clip = clip_of(*hanging_arms(4, 3), tuple(prefix + plain.get(name, f"no {name}") for name in JOINTS))
    assert matching_rig_map(clip, MAPS) == mixamo
    assert retarget_clip(clip, MAPS, BODY).rotations.shape == (3, 55, 4)


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_the_elbow_carries_half_of_the_twist_wherever_the_source_has_it(seed: int) -> None:
    rotations, translation = hanging_arms(seed, 6)
    shared = []
    for share in (0.0, 0.4, 1.0):
        moved = rotations.copy()
        for side in SIDES:
            elbow, wrist = INDEX[f"{side}_elbow"], INDEX[f"{side}_wrist"]
            fore = BODY.rest_joints[wrist] - BODY.rest_joints[elbow]
            _, twist = rot.swing_twist(rotations[:, wrist], fore / np.linalg.norm(fore))
            part = rot.power(twist, np.full(6, share))
            moved[:, elbow] = rot.multiply(rotations[:, elbow], part)
            moved[:, wrist] = rot.multiply(rot.inverse(part), rotations[:, wrist])
        shared.append(retarget(clip_of(moved, translation), OURS, BODY).rotations)
    for other in shared[1:]:
        assert np.degrees(rot.angle(rot.multiply(shared[0], rot.inverse(other)))).max() < 1e-3
    before, after = global_rotations(rotations), global_rotations(shared[0])
    for side in SIDES:
        elbow, wrist = INDEX[f"{side}_elbow"], INDEX[f"{side}_wrist"]
        assert np.degrees(rot.angle(rot.multiply(before[:, wrist], rot.inverse(after[:, wrist])))).max() < 1e-3
        fore = BODY.rest_joints[wrist] - BODY.rest_joints[elbow]
        fore /= np.linalg.norm(fore)
        _, at_wrist = rot.swing_twist(shared[0][:, wrist], fore)
        _, in_all = rot.swing_twist(rot.multiply(rot.inverse(before[:, elbow]), before[:, wrist]), fore)
        assert np.degrees(np.abs(rot.angle(at_wrist) - rot.angle(in_all) / 2)).max() < 1.0


def test_a_hand_that_turns_all_the_way_round_makes_nothing_jump() -> None:
    """No arm can, but faulty recordings do. A degree of the hand may move the forearm by a few, and not by a jump."""
    frames = 721
    rotations, translation = rot.identity((frames, 55)), np.zeros((frames, 3))
    rotations[:, INDEX["left_elbow"]] = rot.about("y", np.full(frames, -1.0))
    rotations[:, INDEX["left_wrist"]] = rot.about("x", np.linspace(0, 4 * np.pi, frames))
    result = retarget(clip_of(rotations, translation), OURS, BODY).rotations
    step = np.degrees(rot.angle(rot.multiply(result[1:], rot.inverse(result[:-1]))))
    assert step.max() < 5.0


def test_an_arm_that_passes_through_straight_does_not_flip() -> None:
    """Elbows bend backwards by a few degrees in recordings."""
    bend = np.radians(8 * np.sin(np.linspace(0, 6, 200)))
    rotations = rot.identity((200, 55))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        rotations[:, INDEX[f"{side}_elbow"]] = rot.about("y", sign * bend)
    result = retarget(clip_of(rotations, np.zeros((200, 3))), OURS, BODY)
    step = np.degrees(rot.angle(rot.multiply(result.rotations[1:], rot.inverse(result.rotations[:-1]))))
    assert step.max() < 5.0


def test_motion_can_be_turned_to_the_front_over_the_origin() -> None:
    rotations, translation = hanging_arms(2, 5)
    rotations[:, 0] = rot.about("y", np.linspace(1.9, 2.1, 5))
    motion = Motion(rotations, translation, 30.0)
    front = facing_front(motion, BODY)
    facing = rot.rotate(front.rotations[:, 0], [0.0, 0.0, 1.0]).mean(axis=0)
    assert facing[2] > 0.99
    before, after = positions(motion), positions(front)
    np.testing.assert_allclose(after[0, 0, [0, 2]], 0, atol=1e-9)
    np.testing.assert_allclose(after[..., 1], before[..., 1], atol=1e-9)
    distances = [np.linalg.norm(points[:, None] - points[:, :, None], axis=-1) for points in (before, after)]
    np.testing.assert_allclose(*distances, atol=1e-9)


def test_a_skeleton_that_no_map_knows_is_refused_in_one_line() -> None:
    clip = clip_of(*hanging_arms(0, 2), tuple(f"bone{k}" for k in range(55)))
    with pytest.raises(UserError, match=r"dance\.bvh.*bone0"):
        retarget_clip(clip, MAPS, BODY, "dance.bvh")


def test_a_skeleton_whose_bones_have_no_length_is_refused_in_one_line() -> None:
    clip = clip_of(*hanging_arms(0, 2))
    for names in (JOINTS, tuple(MAPS[0].joints.get(name, f"no {name}") for name in JOINTS)):
        flat = replace(clip, names=names, offsets=clip.offsets * 0)
        with pytest.raises(UserError, match=r"dance\.bvh"):
            retarget_clip(flat, MAPS, BODY, "dance.bvh")


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"joints": {}}, {"name": "x", "joints": [1]}, {"name": "x", "joints": {"left_tail": "Tail"}}],
)
def test_what_is_no_rig_map_is_refused(document: object) -> None:
    with pytest.raises(UserError, match=r"mine\.json"):
        rig_map_from(document, "mine.json")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", '{"name": 1}', '{"name": "x", "joints": {}}'])
def test_files_that_are_no_rig_map_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"map\.json"):
        read_rig_map(path)


# Real recordings


@dataclass(frozen=True)
class Likeness:
    """How well a retargeted clip matches its source; angles in degrees."""

    bones: float
    palms: float
    wrist_height: np.ndarray
    """Error in arm's lengths, per frame and side."""
    elbow_bend: float
    """The least bend of an elbow over the clip, negative if backwards."""
    hinge: float
    """How far the bent elbow's axis is from the upper arm's own, at most."""
    finger_bend: float
    """The least bend towards the palm over all finger joints but the thumbs', negative if backwards."""
    lowest_sole: float


ENDS = {
    "spine1": "spine2", "spine2": "spine3", "spine3": "neck", "neck": "head",
    "left_hip": "left_knee", "right_hip": "right_knee", "left_knee": "left_ankle", "right_knee": "right_ankle",
    "left_shoulder": "left_elbow", "right_shoulder": "right_elbow", "left_elbow": "left_wrist",
    "right_elbow": "right_wrist", "left_wrist": "left_middle1", "right_wrist": "right_middle1",
    **{f"{s}_{f}{k}": f"{s}_{f}{k + 1}" for s in SIDES for f in FINGERS for k in (1, 2)},
}  # fmt: skip


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1)))


def bones(points: np.ndarray, joints: list[str], ends: list[str]) -> np.ndarray:
    return unit(points[:, [INDEX[e] for e in ends]] - points[:, [INDEX[j] for j in joints]])


def arm(points: np.ndarray, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shoulder, elbow, wrist = (points[:, INDEX[f"{side}_{joint}"]] for joint in ("shoulder", "elbow", "wrist"))
    return shoulder, elbow, wrist


def wrist_height(points: np.ndarray, side: str) -> np.ndarray:
    shoulder, elbow, wrist = arm(points, side)
    length = np.linalg.norm(elbow - shoulder, axis=-1) + np.linalg.norm(wrist - elbow, axis=-1)
    return (wrist - shoulder)[:, 1] / length


def back_of_hand(points: np.ndarray, side: str) -> np.ndarray:
    wrist, index, little = (points[:, INDEX[f"{side}_{joint}"]] for joint in ("wrist", "index1", "pinky1"))
    return unit(np.cross(index - wrist, little - wrist)) * (1 if side == "left" else -1)


def elbow_angles(motion: Motion, points: np.ndarray, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Signed bend of an elbow [T], and how far its axis is from the upper arm's own where it bends over 30°."""
    shoulder, elbow, wrist = arm(points, side)
    upper, fore = unit(elbow - shoulder), unit(wrist - elbow)
    rest = BODY.rest_joints[None]
    own = unit(np.cross(bones(rest, [f"{side}_shoulder"], [f"{side}_elbow"])[0, 0], [0.0, 0.0, 1.0]))
    hinge = rot.rotate(global_rotations(motion.rotations)[:, INDEX[f"{side}_shoulder"]], own)
    axis = np.cross(upper, fore)
    bend = degrees_between(upper, fore) * np.sign(np.sum(axis * hinge, axis=-1))
    return bend, degrees_between(unit(axis), hinge)[np.abs(bend) > 30]


def finger_bends(points: np.ndarray, side: str) -> np.ndarray:
    """Bend [T, 4, 2] of the fingers' outer two joints about the hand's own sideways axis, positive to the palm."""
    across = unit(points[:, INDEX[f"{side}_index1"]] - points[:, INDEX[f"{side}_pinky1"]])
    normal = back_of_hand(points, side)
    along = np.cross(normal, across) * (1 if side == "left" else -1)
    found = []
    for finger in ("index", "middle", "ring", "pinky"):
        one, two = (bones(points, [f"{side}_{finger}{k}"], [f"{side}_{finger}{k + 1}"])[:, 0] for k in (1, 2))
        slope = [np.degrees(np.arctan2(-np.sum(d * normal, -1), np.sum(d * along, -1))) for d in (one, two)]
        found.append((slope[1] - slope[0] + 180) % 360 - 180)
    return np.stack(found, axis=1)


def test_a_fist_counts_as_bent_towards_the_palm() -> None:
    rotations = rot.identity((1, 55))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for finger in ("index", "middle", "ring", "pinky"):
            for k in (1, 2):
                rotations[:, INDEX[f"{side}_{finger}{k}"]] = rot.about("z", np.full(1, sign * 0.7))
    points = forward(rotations, np.zeros((1, 3)), BODY.rest_joints)[0]
    for side in SIDES:
        assert (points[0, INDEX[f"{side}_index3"], 1] < points[0, INDEX[f"{side}_index1"], 1]).all()
        assert finger_bends(points, side).min() > 30


def likeness(clip: Clip) -> Likeness:
    rig_map = matching_rig_map(clip, MAPS)
    motion = retarget(clip, rig_map, BODY)
    source, points = mapped_positions(clip, rig_map, BODY), positions(motion)
    joints, ends = list(ENDS), list(ENDS.values())
    elbows = [elbow_angles(motion, points, side) for side in SIDES]
    soles = list(CONTACT_JOINTS)
    return Likeness(
        bones=float(degrees_between(bones(points, joints, ends), bones(source, joints, ends)).max()),
        palms=max(degrees_between(back_of_hand(points, s), back_of_hand(source, s)).max() for s in SIDES),
        wrist_height=np.stack([np.abs(wrist_height(points, s) - wrist_height(source, s)) for s in SIDES]),
        elbow_bend=min(bend.min() for bend, _ in elbows),
        hinge=max((axis.max() for _, axis in elbows if len(axis)), default=0.0),
        finger_bend=min(finger_bends(points, side).min() for side in SIDES),
        lowest_sole=float(np.percentile(points[:, soles, 1] - BODY.rest_joints[soles, 1], 5)),
    )


def check(name: str, found: Likeness) -> None:
    suit = name.startswith("PNGestures")  # elbows and fingers of these recordings do bend backwards a little
    assert found.bones < 5, name
    assert found.palms < 5, name
    assert np.median(found.wrist_height) < 0.02, name
    assert found.elbow_bend > (-20 if suit else -5), name
    assert found.hinge < (10 if suit else 5), name
    assert found.finger_bend > (-45 if suit else -25), name
    assert abs(found.lowest_sole) < 0.02, name


@needs_data
@pytest.mark.parametrize(
    ("path", "name"),
    [
        (MONOLOGUE, "ZeroEGGS"),
        (GESTURES / "PNGestures" / "you.skm", "Perception Neuron"),
        (GESTURES / "Gestures2" / "ChrBrad@Idle01_ChopBoth01.skm", "SmartBody"),
        (GESTURES / "ChrRachelIdles" / "ChrRachel_ChrBrad@Idle01_ArmStretch01.skm", "SmartBody"),
    ],
)
def test_the_map_that_was_made_for_a_skeleton_is_chosen(path: Path, name: str) -> None:
    assert matching_rig_map(read_clip(path), MAPS).name.startswith(name)


def actors() -> Iterator[Path]:
    """Three clips of every actor."""
    for folder in sorted(path for path in GESTURES.glob("*") if path.is_dir()):
        yield from sorted(folder.glob("*.skm"))[3::16][:3]


@needs_data
@pytest.mark.parametrize("path", list(actors()), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_bones_hands_and_elbows_of_every_actor_are_kept(path: Path) -> None:
    check(f"{path.parent.name}/{path.stem}", likeness(read_clip(path)))


@needs_data
def test_bones_hands_and_elbows_of_the_monologue_are_kept() -> None:
    found = likeness(read_clip(MONOLOGUE))
    check("monologue", found)
    assert np.mean(found.wrist_height > 0.02) < 0.05


def test_elbow_and_wrist_stay_in_range_however_far_a_hand_was_recorded_palm_up() -> None:
    rotations = rot.identity((28, 55))
    for side, bend in (("left", -1.2), ("right", 1.2)):
        rotations[:, INDEX[f"{side}_elbow"]] = rot.about("y", np.full(28, bend))
        rotations[:, INDEX[f"{side}_wrist"]] = rot.about("x", -np.radians(np.linspace(-90.0, 180.0, 28)))
    moved = retarget(clip_of(rotations, np.zeros((28, 3))), OURS, BODY).rotations
    arms = [INDEX[f"{side}_{joint}"] for side in SIDES for joint in ("elbow", "wrist")]
    assert violations(rotations)[:, arms].max() > np.radians(70)
    assert violations(moved)[:, arms].max() == 0


@needs_data
def test_wrists_of_the_monologue_are_rarely_out_of_range() -> None:
    moved = retarget_clip(read_clip(MONOLOGUE), MAPS, BODY, str(MONOLOGUE))
    out = violations(moved.rotations)[:, [INDEX[f"{side}_wrist"] for side in SIDES]] > np.radians(1)
    assert out.mean(axis=0).max() < 0.025  # 0.08 where the elbow left turns of more than 120° to the wrist


@needs_data
@pytest.mark.slow
def test_every_clip_is_like_its_source() -> None:
    heights, frozen = [], set()
    for path in sorted(GESTURES.glob("*/*.skm")):
        clip = read_clip(path)
        assert len(clip.marks) == 5
        if np.ptp(clip.rotations, axis=0).max() < 1e-3:
            frozen.add(path.name)
        found = likeness(clip)
        check(f"{path.parent.name}/{path.stem}", found)
        heights.append(found.wrist_height.ravel())
    assert len(heights) == 380
    assert frozen <= {"idle2.skm"}
    # the rest are raised forearms of the one actor (Gestures) whose forearm is a quarter longer than the upper arm
    assert np.mean(np.concatenate(heights) > 0.02) < 0.05
