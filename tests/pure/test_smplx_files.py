"""SMPL-X motions as BEAT2 and AMASS store them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motion_strategies import lengths, random_motion, seeds

from chironomy.errors import UserError
from chironomy.formats.smplx_npz import SmplxMotion, read_smplx, write_smplx
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward

REST = neutral_body().rest_joints


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as error:
        read_smplx(path)
    message = str(error.value)
    assert "\n" not in message
    assert path.name in message
    return message


def upright(seed: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    rotations, translation = random_motion(seed, frames)
    heading = rot.about("y", np.linspace(seed % 7, seed % 7 + 0.5, frames))
    rotations[:, 0] = rot.multiply(heading, rot.about("x", np.full(frames, 0.2)))
    return rotations, translation


@settings(deadline=None, max_examples=25)
@given(seeds, lengths, st.sampled_from(["neutral", "female", "male"]), st.sampled_from([24.0, 30.0, 59.94]))
def test_a_motion_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, seed: int, frames: int, gender: str, fps: float
) -> None:
    path = tmp_path_factory.mktemp("smplx") / "motion.smplx.npz"
    random = np.random.default_rng(seed)
    rotations, translation = upright(seed, frames)
    betas, expressions = random.normal(size=16), random.normal(size=(frames, 100))
    write_smplx(path, SmplxMotion(rotations, translation, fps, betas, expressions, gender))
    again = read_smplx(path)
    assert (again.fps, again.gender) == (fps, gender)
    np.testing.assert_allclose(again.betas, betas, rtol=1e-6)
    np.testing.assert_allclose(again.expressions, expressions, rtol=1e-6)
    before = forward(rotations, translation, REST)[0]
    np.testing.assert_allclose(forward(again.rotations, again.translation, REST)[0], before, atol=1e-5)


def test_the_file_has_the_arrays_that_beat2_has(tmp_path: Path) -> None:
    path = tmp_path / "motion.npz"
    rotations, translation = upright(1, 7)
    write_smplx(path, SmplxMotion(rotations, translation, 30))
    with np.load(path) as file:
        shapes = {name: file[name].shape for name in file.files}
        assert file["mocap_frame_rate"] == 30
        assert str(file["gender"]) == "neutral"
        np.testing.assert_allclose(file["poses"][:, 48:51], rot.log(rotations[:, 16]), atol=1e-6)
    assert shapes["poses"] == (7, 165)
    assert shapes["trans"] == (7, 3)
    assert shapes["expressions"] == (7, 100)
    assert shapes["betas"] == (300,)


def store(path: Path, **changes: object) -> Path:
    arrays: dict[str, object] = {"poses": np.zeros((4, 165)), "trans": np.zeros((4, 3)), "mocap_frame_rate": 30}
    np.savez(path, **{key: value for key, value in (arrays | changes).items() if value is not None})
    return path


@pytest.mark.parametrize(
    ("gender", "read"),
    [("male", "male"), (b"female", "female"), (np.array("b'female'"), "female"), (None, "neutral"), ("?", "neutral")],
)
def test_amass_files_store_gender_and_rate_in_their_own_ways(tmp_path: Path, gender: object, read: str) -> None:
    path = store(tmp_path / "a.npz", gender=gender, mocap_frame_rate=None, mocap_framerate=np.array([120.0]))
    motion = read_smplx(path)
    assert (motion.gender, motion.fps) == (read, 120)
    assert motion.expressions.shape == (0, 100)


def test_files_that_stand_along_z_are_turned_upright(tmp_path: Path) -> None:
    rotations, translation = upright(5, 6)
    turn = rot.about("x", np.asarray(np.pi / 2))
    lying = rot.log(np.concatenate([rot.multiply(turn, rotations[:, :1]), rotations[:, 1:]], axis=1))
    moved = rot.rotate(turn, translation + REST[0]) - REST[0]
    motion = read_smplx(store(tmp_path / "amass.npz", poses=lying.reshape(6, 165), trans=moved))
    before = forward(rotations, translation, REST)[0]
    np.testing.assert_allclose(forward(motion.rotations, motion.translation, REST)[0], before, atol=1e-5)


def test_arrays_beside_the_motion_are_left_alone_even_pickled_ones(tmp_path: Path) -> None:
    path = store(tmp_path / "amass.npz", labels=np.array([{"a": 1}], dtype=object), markers=np.zeros((4, 50, 3)))
    assert len(read_smplx(path).rotations) == 4


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"poses": None}, "poses"),
        ({"trans": None}, "trans"),
        ({"poses": np.zeros((4, 156))}, "165"),
        ({"poses": np.zeros((4, 55, 3))}, "165"),
        ({"poses": np.zeros((0, 165)), "trans": np.zeros((0, 3))}, "frames"),
        ({"poses": np.full((4, 165), np.nan)}, "poses"),
        ({"poses": np.array([[object()] * 165], dtype=object)}, "pickled"),
        ({"poses": np.full((4, 165), "a")}, "poses"),
        ({"trans": np.zeros((5, 3))}, "trans"),
        ({"trans": np.full((4, 3), np.inf)}, "trans"),
        ({"betas": np.zeros((100, 100))}, "betas"),
        ({"expressions": np.zeros((3, 100))}, "expressions"),
        ({"mocap_frame_rate": None}, "mocap_frame_rate"),
        ({"mocap_frame_rate": 0}, "frame rate"),
        ({"mocap_frame_rate": np.nan}, "frame rate"),
        ({"mocap_frame_rate": "fast"}, "mocap_frame_rate"),
        ({"mocap_frame_rate": np.zeros(9)}, "mocap_frame_rate"),
    ],
)
def test_files_that_are_no_smplx_motion_are_refused(tmp_path: Path, changes: dict, named: str) -> None:
    assert named in complaint(store(tmp_path / "bad.npz", **changes))


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 1))
def test_cut_files_are_refused(tmp_path_factory: pytest.TempPathFactory, where: float) -> None:
    path = store(tmp_path_factory.mktemp("smplx") / "cut.npz")
    content = path.read_bytes()
    path.write_bytes(content[: int(where * (len(content) - 1))])
    complaint(path)
