"""BVH: our skeleton out, any skeleton in, and one clear line for everything that is none."""

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motion_strategies import lengths, random_motion, seeds

from chironomy.errors import UserError
from chironomy.formats.bvh_reader import read_bvh, read_bvh_skeleton
from chironomy.formats.bvh_writer import CENTIMETRES, METRES, continuous_euler, write_bvh
from chironomy.formats.rig_map import retarget_clip
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.clip import clip_forward
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import JOINTS

BODY = neutral_body()
ARM = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Left Arm {
    OFFSET 10 0 0
    CHANNELS 3 Yrotation Zrotation Xrotation
    End Site
    {
      OFFSET 5 0 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.033333
1 91 2 0 0 0 0 90 0
1 91 3 0 0 90 0 0 0
"""


def saved(folder: Path, text: str | bytes) -> Path:
    path = folder / "motion.bvh"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as error:
        read_bvh(path)
    message = str(error.value)
    assert "\n" not in message
    assert path.name in message
    return message


@settings(deadline=None, max_examples=25)
@given(seeds, lengths, st.sampled_from([METRES, CENTIMETRES]), st.sampled_from([23.976, 24.0, 29.97, 30.0, 60.0]))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, seed: int, frames: int, unit_m: float, fps: float
) -> None:
    rotations, translation = random_motion(seed, frames)
    path = tmp_path_factory.mktemp("bvh") / "motion.bvh"
    write_bvh(path, rotations, translation, BODY, fps, unit_m)
    clip = read_bvh(path)
    motion = retarget_clip(clip, [], BODY)
    assert set(clip.names) == set(JOINTS)
    assert motion.fps == pytest.approx(fps, rel=5e-5)
    assert np.degrees(rot.angle(rot.multiply(motion.rotations, rot.inverse(rotations)))).max() < 1e-4
    before = forward(rotations, translation, BODY.rest_joints)[0]
    after = forward(motion.rotations, motion.translation, BODY.rest_joints)[0]
    assert np.abs(after - before).max() < 1e-5
    # the file's own skeleton puts every joint to the same place
    own = clip_forward(clip)[0][:, [clip.names.index(name) for name in JOINTS]] * unit_m
    assert np.abs(own - before).max() < 1e-5


def test_finger_ends_feet_and_eyes_become_end_sites(tmp_path: Path) -> None:
    path = tmp_path / "motion.bvh"
    write_bvh(path, rot.identity((1, 55)), np.zeros((1, 3)), BODY, 30)
    clip = read_bvh(path)
    assert {clip.names[joint] for joint in clip.tips} == set(BODY.tips) - {"head"}
    place = clip_forward(clip)[0][0]
    for joint, tip in clip.tips.items():
        np.testing.assert_allclose(place[joint] + tip, BODY.tips[clip.names[joint]], atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(seeds, st.sampled_from(["zxy", "xyz", "yzx"]))
def test_angles_run_on_over_the_poles_without_jumps(seed: int, order: str) -> None:
    random = np.random.default_rng(seed)
    axis = random.normal(size=3)
    turn = rot.about(axis / np.linalg.norm(axis), np.linspace(0, 12, 600))
    rotations = rot.multiply(rot.exp(random.normal(size=3)), turn)
    angles = continuous_euler(rotations, order)
    assert rot.angle(rot.multiply(rot.from_euler(angles, order), rot.inverse(rotations))).max() < 1e-6
    middle = np.abs(np.cos(angles[:, 1])) > 0.2  # beside the poles themselves
    assert np.abs(np.diff(angles, axis=0))[middle[1:] & middle[:-1]].max(initial=0.0) < 0.2


def test_a_minute_is_written_and_read_in_well_under_a_second(tmp_path: Path) -> None:
    rotations, translation = random_motion(1, 1800)
    path = tmp_path / "minute.bvh"
    start = time.process_time()
    write_bvh(path, rotations, translation, BODY, 30)
    read_bvh(path)
    assert time.process_time() - start < 1.5


def test_positions_replace_offsets_and_channels_turn_in_their_order(tmp_path: Path) -> None:
    clip = read_bvh(saved(tmp_path, ARM))
    assert clip.names == ("Hips", "Left Arm")
    assert clip.fps == pytest.approx(30)
    positions, world = clip_forward(clip)
    np.testing.assert_allclose(positions[0], [[1, 91, 2], [11, 91, 2]], atol=1e-9)
    np.testing.assert_allclose(positions[1], [[1, 91, 3], [1, 91, -7]], atol=1e-9)
    np.testing.assert_allclose(rot.rotate(world[0, 1], clip.tips[1]), [0, 5, 0], atol=1e-9)
    assert read_bvh_skeleton(saved(tmp_path, ARM)).frames == 1


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path: Path, line_end: str) -> None:
    clip = read_bvh(saved(tmp_path, b"\xef\xbb\xbf" + ARM.replace("\n", line_end).encode()))
    assert clip.frames == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("1 91 3 0 0 90 0 0 0", "1 91 nan 0 0 90 0 0 0", 19, "nan"),
        ("1 91 3 0 0 90 0 0 0", "1 91 -inf 0 0 90 0 0 0", 19, "-inf"),
        ("1 91 3 0 0 90 0 0 0", "1 91 three 0 0 90 0 0 0", 19, "three"),
        ("1 91 3 0 0 90 0 0 0", "1 91 -1.#IND 0 0 90 0 0 0", 19, "#IND"),
        ("1 91 2 0 0 0 0 90 0", "1 91 2 0 0 0 0 90", 18, "8 values where 9"),
        ("1 91 2 0 0 0 0 90 0", "1 91 2 0 0 0 0 90 0 4", 18, "10 values where 9"),
        ("Frames: 2", "Frames: 3", 19, "2 of 3"),
        ("Frames: 2", "Frames: -1", 16, "frames"),
        ("Frames: 2", "Frames: many", 16, "Frames:"),
        ("Frames: 2", "Frames: 999999999999", 16, "frames"),
        ("Frames: 2", "Frames: nan", 16, "frames"),
        ("Frame Time: 0.033333", "Frame Time: 0", 17, "frame time"),
        ("Frame Time: 0.033333", "", 18, "Frame Time"),
        ("CHANNELS 3", "CHANNELS 5", 8, "CHANNELS"),
        ("CHANNELS 3", "CHANNELS 99999999999999999999", 8, "CHANNELS"),
        ("CHANNELS 3 Yrotation", "CHANNELS 3 Wrotation", 8, "CHANNELS"),
        ("CHANNELS 3 Yrotation", "CHANNELS 3 Xrotation", 8, "CHANNELS"),
        ("OFFSET 10 0 0", "OFFSET 10 0 inf", 7, "OFFSET"),
        ("OFFSET 10 0 0", "OFFSET 10 zero 0", 7, "OFFSET"),
        ("OFFSET 10 0 0", "OFSET 10 0 0", 7, "OFSET"),
        ("  JOINT Left Arm {", "  JOINT {", 6, "without a name"),
        ("  JOINT Left Arm {", "  JOINT Left Arm", 7, "OFFSET"),
        ("MOTION", "}\nMOTION", 15, "}"),
        ("HIERARCHY", "HIERARCHIES", 1, "HIERARCHY"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in ARM
    message = complaint(saved(tmp_path, ARM.replace(old, new, 1)))
    assert f"line {line}:" in message
    assert words in message


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(ARM) - 12), st.binary(max_size=6))
def test_cut_or_scribbled_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, scribble: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bvh")
    complaint(saved(folder, ARM.encode()[:at]))
    with suppress(UserError):
        read_bvh(saved(folder, ARM.encode()[:at] + scribble + ARM.encode()[at + len(scribble) :]))


def test_a_skeleton_nested_without_end_is_refused_without_recursion(tmp_path: Path) -> None:
    deep = "HIERARCHY\nROOT a\n" + "{\nJOINT b\n" * 100_000
    assert "joints" in complaint(saved(tmp_path, deep))
    chain = "".join(f"{{ OFFSET 0 1 0 CHANNELS 3 Zrotation Xrotation Yrotation JOINT j{k}\n" for k in range(1_500))
    tail = "{ OFFSET 0 1 0 CHANNELS 3 Zrotation Xrotation Yrotation" + "}\n" * 1_501
    zeros = " ".join(["0"] * 3 * 1_501)
    clip = read_bvh(saved(tmp_path, f"HIERARCHY\nROOT a\n{chain}{tail}MOTION\nFrames: 1\nFrame Time: 0.1\n{zeros}\n"))
    assert len(clip.names) == 1_501


@pytest.mark.parametrize(
    "content", [b"", b"  \n", b"\x00" * 100, b"RIFF....WAVE", b"HIERARCHY\n", bytes(range(256)) * 40]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    complaint(saved(tmp_path, content))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    complaint(tmp_path / "missing.bvh")
    complaint(tmp_path)


def test_motion_that_is_no_motion_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "motion.bvh"
    with pytest.raises(UserError):
        write_bvh(path, np.zeros((0, 55, 4)), np.zeros((0, 3)), BODY, 30)
    with pytest.raises(UserError):
        write_bvh(path, rot.identity((1, 55)), np.full((1, 3), np.nan), BODY, 30)
    assert not list(tmp_path.iterdir())
