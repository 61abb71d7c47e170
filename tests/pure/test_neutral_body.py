"""The neutral body: symmetric, 1.70 m tall, its joints where the SMPL-X surface puts them."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from chironomy.motion.body import neutral_body
from chironomy.motion.skeleton import FINGERS, INDEX, JOINTS, MIRROR, PARENTS

REPOSITORY = Path(__file__).parents[2]
SURFACES = REPOSITORY.parent / "shared" / "data" / "reference" / "smplx_body"
BODY = neutral_body()


def place(name: str) -> np.ndarray:
    return BODY.rest_joints[INDEX[name]]


def test_left_and_right_are_mirror_images() -> None:
    mirrored = BODY.rest_joints[MIRROR] * [-1, 1, 1]
    assert np.array_equal(mirrored, BODY.rest_joints)
    for name, tip in BODY.tips.items():
        other = JOINTS[MIRROR[INDEX[name]]]
        assert np.array_equal(np.multiply(BODY.tips[other], [-1, 1, 1]), tip)


def test_it_stands_on_the_ground_facing_forwards_with_arms_out() -> None:
    assert BODY.tips["head"][1] == pytest.approx(1.70, abs=1e-3)
    assert 0 < BODY.rest_joints[:, 1].min() < 0.03
    assert BODY.tips["left_foot"][2] > place("left_ankle")[2] + 0.15
    assert place("left_wrist")[0] > 0.6
    assert np.ptp(BODY.rest_joints[[INDEX[n] for n in ("left_shoulder", "left_elbow", "left_wrist")], 1]) < 0.06


def test_every_last_bone_has_an_end_and_every_bone_a_length() -> None:
    childless = {name for i, name in enumerate(JOINTS) if i not in PARENTS}
    assert set(BODY.tips) == childless | {"head"}  # the head's own end is its top, whatever hangs on it
    for name, tip in BODY.tips.items():
        assert 0.005 < np.linalg.norm(place(name) - tip) < 0.2
    lengths = np.linalg.norm(
        np.diff(np.stack([BODY.rest_joints[list(PARENTS[1:])], BODY.rest_joints[1:]]), axis=0), axis=2
    )
    assert lengths.min() > 0.01


@pytest.mark.parametrize("finger", FINGERS)
def test_fingers_are_straight_and_slightly_spread(finger: str) -> None:
    points = np.array([*(place(f"left_{finger}{k}") for k in (1, 2, 3)), BODY.tips[f"left_{finger}3"]])
    bones = np.diff(points, axis=0)
    bones /= np.linalg.norm(bones, axis=1, keepdims=True)
    assert np.degrees(np.arccos(np.sum(bones[1:] * bones[:-1], axis=1))).max() < 15
    from_middle = np.degrees(np.arctan2(bones[0, 2], bones[0, 0]))
    assert -35 < from_middle < (60 if finger == "thumb" else 10)


def test_the_shared_body_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        BODY.rest_joints[0] = 0


@pytest.fixture(scope="module")
def measuring() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_body", REPOSITORY / "docs" / "measure_body.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def surface(measuring: ModuleType) -> tuple[np.ndarray, np.ndarray]:
    paths = [SURFACES / f"SMPLX-{sex}.obj" for sex in ("male", "female")]
    if not all(path.is_file() for path in paths):
        pytest.skip(f"the SMPL-X surfaces are not at {SURFACES}")
    return measuring.average_surface(paths)


def test_every_joint_lies_inside_the_surface(measuring: ModuleType, surface: tuple[np.ndarray, np.ndarray]) -> None:
    for name, joint in zip(JOINTS, BODY.rest_joints, strict=True):
        for direction in np.array([[0.02, 0.999, 0.03], [0.03, 0.02, 0.999]]):
            t = measuring.crossings(*surface, joint, direction)
            assert t.min() < 0 < t.max(), name


@pytest.mark.parametrize(
    ("joint", "across"),
    [
        ("left_knee", ((1, 0, 0), (0, 0, 1))),
        ("left_ankle", ((1, 0, 0), (0, 0, 1))),
        ("left_elbow", ((0, 1, 0), (0, 0, 1))),
        ("left_wrist", ((0, 1, 0), (0, 0, 1))),
        ("left_shoulder", ((0, 0, 1),)),
        *((f"left_{finger}{k}", ((0, 1, 0),)) for finger in FINGERS for k in (1, 2, 3)),
        *((f"left_{finger}{k}", ((0, 0, 1),)) for finger in ("index", "middle", "ring") for k in (2, 3)),
    ],
)
def test_limb_joints_lie_in_the_middle_of_the_limb(
    measuring: ModuleType, surface: tuple[np.ndarray, np.ndarray], joint: str, across: tuple
) -> None:
    tolerance = 0.003 if joint[-1].isdigit() else 0.02
    for direction in np.array(across, dtype=float):
        t = measuring.crossings(*surface, place(joint), direction)
        middle = (t[t < 0].max() + t[t > 0].min()) / 2
        assert abs(middle) < tolerance


def test_head_toes_and_finger_ends_lie_on_the_surface(surface: tuple[np.ndarray, np.ndarray]) -> None:
    vertices, _ = surface
    assert np.ptp(vertices[:, 1]) == pytest.approx(1.70, abs=1e-3)
    for name, tip in BODY.tips.items():
        assert np.linalg.norm(vertices - tip, axis=1).min() < 0.012, name


def test_eyes_lie_in_the_middle_of_the_eyeballs(surface: tuple[np.ndarray, np.ndarray]) -> None:
    vertices, _ = surface
    distance = np.linalg.norm(vertices - place("left_eye_smplhf"), axis=1)
    ball = (distance > 0.009) & (distance < 0.0145)
    assert ball.sum() > 300  # SMPL-X's eyeballs have 546 vertices each
