"""SmartBody's skeletons and motions."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.errors import UserError
from chironomy.formats.clips import read_clip
from chironomy.formats.smartbody import read_skeleton, read_skm
from chironomy.motion import rotations as rot
from chironomy.motion.clip import clip_forward

GESTURES = Path(__file__).parents[3] / "shared" / "data" / "gestures"
SKELETON = """# SK Skeleton Definition
set_name Test
skeleton
root JtRoot
{ offset 0.0 1.0 0.0
  prerot  axis 0.0 0.0 0.0 ang 0.0
  channel XPos 0 free
  channel Quat

  joint JtShoulderLf
  { offset 0.2 0.5 0.0
    prerot  axis 0.0 0.0 1.0 ang 90.0
    channel Quat

    joint JtElbowLf
    { offset 0.3 0.0 0.0
      prerot  axis 0.0 0.0 0.0 ang 0.0
    }
  }
}
end
"""
MOTION = """# SKM Motion Definition
SkMotion

name "Test@Wave"

channels 3
JtRoot YPos
l_shoulder Quat
JtElbowLf Quat

frames 2
kt 0.000000 fr 0.0 0.0 0.0 0.0 0.0 0.0 0.0
kt 0.041667 fr 0.5 0.0 0.0 -1.570796 0.0 0.0 0.0

ready time: 0.1
strokeStart time: 0.2
emphasis time: 0.3
stroke time: 0.4
relax time: 0.5
"""


def saved(folder: Path, motion: str = MOTION, skeleton: str = SKELETON) -> Path:
    (folder / "Test.sk").write_text(skeleton)
    path = folder / "wave.skm"
    path.write_text(motion)
    return path


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as error:
        read_skm(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_channels_move_joints_from_their_rest(tmp_path: Path) -> None:
    clip = read_clip(saved(tmp_path))
    positions, world = clip_forward(clip)
    assert clip.fps == pytest.approx(24)
    np.testing.assert_allclose(positions[0], [[0, 1, 0], [0.2, 1.5, 0], [0.2, 1.8, 0]], atol=1e-6)
    np.testing.assert_allclose(positions[1], [[0, 1.5, 0], [0.2, 2.0, 0], [0.5, 2.0, 0]], atol=1e-6)
    assert np.degrees(rot.angle(world[1, 1])) == pytest.approx(0, abs=1e-4)


def test_marks_are_read_in_seconds(tmp_path: Path) -> None:
    assert read_skm(saved(tmp_path)).marks == {
        "ready": 0.1, "stroke_start": 0.2, "emphasis": 0.3, "stroke_end": 0.4, "relax": 0.5
    }  # fmt: skip


def test_skeletons_in_bvh_and_the_motions_for_them_are_centimetres(tmp_path: Path) -> None:
    (tmp_path / "s.bvh").write_text(
        "HIERARCHY\nROOT JtRoot\n{\nOFFSET 0 100 0\nCHANNELS 3 Xposition Yposition Zposition\n"
        "JOINT JtShoulderLf\n{\nOFFSET 20 50 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
        "JOINT JtElbowLf\n{\nOFFSET 30 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
        "End Site\n{\nOFFSET 10 0 0\n}\n}\n}\n}\nMOTION\nFrames: 1\nFrame Time: 1\n" + "0 " * 9
    )
    path = tmp_path / "wave.skm"
    path.write_text(MOTION.replace("fr 0.5 ", "fr 50 "))
    clip = read_skm(path)
    np.testing.assert_allclose(clip_forward(clip)[0][1, 0], [0, 1.5, 0], atol=1e-6)
    np.testing.assert_allclose(clip.tips[2], [0.1, 0, 0])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.5 0.0 0.0 -1.570796", "nan 0.0 0.0 -1.570796", "line 13"),
        ("0.5 0.0 0.0 -1.570796", "0.5 0.0 -1.570796", "line 13"),
        ("0.5 0.0 0.0 -1.570796", "0.5 0.0 0.0 0.0 -1.570796", "line 13"),
        ("frames 2", "frames 3", "3 are announced"),
        ("frames 2", "frames many", "line 11"),
        ("frames 2", "", "line 12"),
        ("channels 3", "channels 4", "4 are announced"),
        ("JtRoot YPos", "JtRoot Wobble", "line 7"),
        ("kt 0.041667", "kt 0.000000", "times"),
        ("ready time: 0.1", "ready time: soon", "line 15"),
        ("SkMotion", "SkNothing", "is not a SmartBody motion"),
        ("l_shoulder", "tail", "lacks"),
    ],
)
def test_damage_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    motion = MOTION.replace(old, new, 1)
    if new == "tail":
        motion = motion.replace("JtElbowLf", "wing")
    assert words in complaint(saved(tmp_path, motion))


@pytest.mark.parametrize(
    ("old", "new"),
    [("offset 0.3", "offset nan"), ("ang 90.0", "ang much"), ("}\nend", "end"), (SKELETON, "nothing"), (SKELETON, " ")],
)
def test_damaged_skeletons_are_refused(tmp_path: Path, old: str, new: str) -> None:
    assert "Test.sk" in complaint(saved(tmp_path, skeleton=SKELETON.replace(old, new)))


def test_a_motion_needs_one_skeleton_beside_it(tmp_path: Path) -> None:
    path = saved(tmp_path)
    (tmp_path / "Second.sk").write_text(SKELETON)
    assert "2 skeletons" in complaint(path)
    assert read_skm(path, tmp_path / "Test.sk").frames == 2
    for skeleton in tmp_path.glob("*.sk"):
        skeleton.unlink()
    assert "no skeleton" in complaint(path)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, MOTION.index("ready")), st.text(max_size=5))
def test_cut_and_scribbled_files_are_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, scribble: str
) -> None:
    folder = tmp_path_factory.mktemp("skm")
    for motion in (MOTION[:at], MOTION[:at] + scribble + MOTION[at + len(scribble) :]):
        (folder / "Test.sk").write_text(SKELETON)
        (folder / "wave.skm").write_text(motion, encoding="utf-8", errors="replace", newline="")
        with suppress(UserError):
            read_skm(folder / "wave.skm")


@pytest.mark.skipif(not GESTURES.is_dir(), reason="the gesture clips (../shared/data/gestures) are not here")
def test_gesture_clips_read_with_their_marks_and_move() -> None:
    """A tenth of them; all are read in test_retargeting."""
    for path in sorted(GESTURES.glob("*/*.skm"))[::10]:
        clip = read_clip(path)
        assert len(clip.marks) == 5
        assert clip.fps == pytest.approx(24 if path.parent.name == "PNGestures" else 30)
        assert 1.1 < np.ptp(clip_forward(clip)[0][0, :, 1]) < 1.9  # two begin seated
        assert np.ptp(clip.rotations, axis=0).max() > 1e-3


@pytest.mark.skipif(not GESTURES.is_dir(), reason="the gesture clips (../shared/data/gestures) are not here")
def test_all_six_skeletons_read() -> None:
    skeletons = [*GESTURES.glob("*/*.sk"), *GESTURES.glob("*/*.bvh")]
    assert len(skeletons) == 6
    for path in skeletons:
        skeleton = read_skeleton(path)
        assert 1.5 < np.ptp(clip_forward(skeleton)[0][0, :, 1]) < 1.9
