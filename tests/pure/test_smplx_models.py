"""The user's own SMPL-X model file: read whole and safely, or refused with one line."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from chironomy.errors import UserError
from chironomy.formats.smplx_model import mean_body
from chironomy.motion.body import neutral_body
from chironomy.motion.skeleton import INDEX, JOINT_COUNT, JOINTS, PARENTS

pytest.importorskip("smplx")
from chironomy.pipeline.smplx_model import read_smplx_model

#: A small octahedron in the place of each joint's skin.
CORNERS = 0.01 * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=float)
SIDES = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])


def model_arrays(directions: int = 20) -> dict[str, np.ndarray]:
    """A model in the format as distributed, pelvis at the origin, whose joints are the neutral body's."""
    joints = neutral_body().rest_joints - neutral_body().rest_joints[0]
    vertices = (joints[:, None] + CORNERS).reshape(-1, 3)
    shapedirs = np.random.default_rng(1).normal(0.0, 1e-3, (len(vertices), 3, directions))
    shapedirs[:, :, 0] = vertices * 0.05  # the first coefficient: 5 % taller
    belongs = np.kron(np.eye(JOINT_COUNT), np.ones((1, 6)))
    parents = np.array(PARENTS)
    parents[0] = 4294967295
    return {
        "v_template": vertices,
        "f": (SIDES + 6 * np.arange(JOINT_COUNT)[:, None, None]).reshape(-1, 3).astype(np.uint32),
        "shapedirs": shapedirs,
        "J_regressor": belongs / 6,
        "weights": belongs.T,
        "kintree_table": np.stack([parents, np.arange(JOINT_COUNT)]),
        "posedirs": np.zeros((len(vertices), 3, 486)),
    }


def written(folder: Path, **changes: object) -> Path:
    arrays = {**model_arrays(), **changes}
    path = folder / "SMPLX_TEST.npz"
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_joints_stand_where_the_file_puts_them_with_feet_on_the_ground(tmp_path):
    model = read_smplx_model(written(tmp_path))
    assert model.vertices[:, 1].min() == pytest.approx(0.0, abs=1e-9)
    expected = neutral_body().rest_joints - neutral_body().rest_joints[0]
    np.testing.assert_allclose(model.body.rest_joints - model.body.rest_joints[0], expected, atol=1e-6)


def test_betas_change_surface_and_joints_alike(tmp_path):
    path = written(tmp_path)
    mean, tall = read_smplx_model(path), read_smplx_model(path, betas=[1.0])
    assert np.ptp(tall.vertices[:, 1]) == pytest.approx(1.05 * np.ptp(mean.vertices[:, 1]), rel=1e-6)
    assert np.ptp(tall.body.rest_joints[:, 1]) == pytest.approx(1.05 * np.ptp(mean.body.rest_joints[:, 1]), rel=1e-6)


@pytest.mark.parametrize(("directions", "shapes", "expressions"), [(20, 10, 10), (400, 300, 100)])
def test_expressions_are_the_directions_after_the_shapes(tmp_path, directions, shapes, expressions):
    arrays = model_arrays(directions)
    model = read_smplx_model(written(tmp_path, **arrays))
    np.testing.assert_allclose(model.expressions, arrays["shapedirs"][:, :, shapes : shapes + expressions])


def test_every_last_bone_ends_on_its_own_skin(tmp_path):
    model = read_smplx_model(written(tmp_path))
    assert set(model.body.tips) == set(neutral_body().tips)
    for name, tip in model.body.tips.items():
        distance = np.linalg.norm(np.array(tip) - model.body.rest_joints[INDEX[name]])
        assert distance == pytest.approx(0.01, abs=1e-6)


def test_weights_are_normalised_and_follow_the_joints(tmp_path):
    model = read_smplx_model(written(tmp_path, weights=3.0 * model_arrays()["weights"]))
    np.testing.assert_allclose(model.weights.sum(axis=1), 1.0)
    assert model.weights.shape == (len(model.vertices), len(JOINTS))


def test_pickled_models_are_refused_unopened(tmp_path):
    path = tmp_path / "SMPLX_MALE.pkl"
    path.write_bytes(pickle.dumps({"v_template": 1}))
    with pytest.raises(UserError, match=r"SMPLX_MALE\.pkl: .*use the \.npz"):
        read_smplx_model(path)


class Explosive:
    """Creates a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_pickled_objects_inside_are_never_run(tmp_path):
    trap = tmp_path / "exploded"
    hostile = np.array([Explosive(trap)], dtype=object)
    with pytest.raises(UserError, match="pickled"):
        read_smplx_model(written(tmp_path, weights=hostile))
    # beside the arrays that are needed a file as distributed holds pickled ones, which are left alone
    read_smplx_model(written(tmp_path, part2num=hostile))
    assert not trap.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"weights": None}, "weights is missing"),
        ({"weights": np.ones((330, 24))}, "weights has the shape"),
        ({"v_template": np.full((330, 3), np.nan)}, "no numbers"),
        ({"v_template": 100 * model_arrays()["v_template"]}, "m tall"),
        ({"f": np.full((4, 3), 9999)}, "vertices that it does not have"),
        ({"weights": np.zeros((330, JOINT_COUNT))}, "belong to no joint"),
        ({"kintree_table": np.zeros((2, JOINT_COUNT))}, "another way"),
        ({"shapedirs": np.zeros((330, 3, 5))}, "shape directions"),
        ({"f": np.array(7)}, "no SMPL-X model"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(tmp_path, changes, says):
    with pytest.raises(UserError, match=says) as caught:
        read_smplx_model(written(tmp_path, **changes))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"none\.npz"):
        read_smplx_model(tmp_path / "none.npz")
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(UserError, match="cannot be read as an SMPL-X model"):
        read_smplx_model(path)


def test_the_mean_body_is_read_without_the_package_as_with_it(tmp_path):
    path = written(tmp_path)
    alone, whole = mean_body(path), read_smplx_model(path).body
    np.testing.assert_allclose(alone.rest_joints, whole.rest_joints, atol=1e-6)
    assert alone.tips.keys() == whole.tips.keys()
