"""Quaternions against scipy's Rotation, near 0 and near half a turn too, and their own rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from chironomy.motion import rotations as rot

#: Angles where formulas go wrong: nothing at all, nearly nothing, nearly half a turn, and all between.
ANGLES = st.one_of(
    st.sampled_from([0.0, 1e-12, 1e-9, 1e-6, np.pi - 1e-6, np.pi - 1e-9, np.pi]),
    st.floats(0, np.pi, allow_subnormal=False),
)
COMPONENTS = st.floats(-1, 1, allow_subnormal=False)


@st.composite
def directions(draw: st.DrawFn) -> np.ndarray:
    vector = np.array([draw(COMPONENTS) for _ in range(3)])
    length = np.linalg.norm(vector)
    return vector / length if length > 1e-3 else np.array([0.0, 1.0, 0.0])


@st.composite
def quaternions(draw: st.DrawFn) -> np.ndarray:
    return rot.exp(draw(directions()) * draw(ANGLES)) * draw(st.sampled_from([1.0, -1.0]))


def scipy_of(q: np.ndarray) -> Rotation:
    return Rotation.from_quat(np.roll(q, -1, axis=-1))


def same(a: np.ndarray, b: np.ndarray, tolerance_rad: float = 1e-7) -> bool:
    return bool(np.all(rot.angle(rot.multiply(rot.inverse(a), b)) < tolerance_rad))


@given(quaternions(), quaternions(), directions())
def test_products_inverses_and_turned_vectors_agree_with_scipy(a: np.ndarray, b: np.ndarray, v: np.ndarray) -> None:
    assert same(rot.multiply(a, b), np.roll((scipy_of(a) * scipy_of(b)).as_quat(), 1))
    assert same(rot.inverse(a), np.roll(scipy_of(a).inv().as_quat(), 1))
    assert rot.rotate(a, v) == pytest.approx(scipy_of(a).apply(v), abs=1e-12)


@given(quaternions())
def test_rotation_vectors_matrices_and_angles_agree_with_scipy(q: np.ndarray) -> None:
    assert rot.to_matrix(q) == pytest.approx(scipy_of(q).as_matrix(), abs=1e-12)
    assert rot.angle(q) == pytest.approx(scipy_of(q).magnitude(), abs=1e-7)
    if rot.angle(q) < np.pi - 1e-8:
        assert rot.log(q) == pytest.approx(scipy_of(q).as_rotvec(), abs=1e-7)


@given(quaternions())
def test_every_form_comes_back_to_the_same_rotation(q: np.ndarray) -> None:
    assert same(rot.exp(rot.log(q)), q)
    assert same(rot.from_matrix(rot.to_matrix(q)), q)
    assert same(rot.from_six_d(rot.to_six_d(q)), q)
    assert rot.from_matrix(rot.to_matrix(q))[0] >= 0


@given(st.lists(quaternions(), min_size=2, max_size=6))
def test_many_matrices_become_the_quaternions_that_each_becomes_alone(several: list[np.ndarray]) -> None:
    """Turns over 120° take another way than the others beside them."""
    matrices = rot.to_matrix(np.stack([several, several[::-1]]))
    alone = [[rot.from_matrix(m) for m in row] for row in matrices]
    np.testing.assert_allclose(rot.from_matrix(matrices), alone, rtol=0, atol=1e-12)


@given(directions(), ANGLES)
def test_logarithms_of_tiny_and_of_half_turns_are_exact(axis: np.ndarray, angle: float) -> None:
    assert np.linalg.norm(rot.log(rot.exp(axis * angle))) == pytest.approx(angle, rel=1e-9, abs=1e-15)


@given(quaternions(), st.sampled_from(["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"]))
def test_euler_angles_agree_with_scipy_also_at_the_poles(q: np.ndarray, order: str) -> None:
    angles = rot.to_euler(q, order)
    assert abs(angles[1]) <= np.pi / 2 + 1e-12
    # near the pole the outer angles are worth the square root of the precision
    assert same(rot.from_euler(angles, order), q, 1e-6 if abs(angles[1]) < 1.57 else 1e-3)
    assert same(rot.from_euler(angles, order), np.roll(Rotation.from_euler(order.upper(), angles).as_quat(), 1))


@pytest.mark.parametrize("order", ["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"])
@pytest.mark.parametrize("middle", [np.pi / 2, -np.pi / 2])
def test_euler_angles_at_the_pole_itself(order: str, middle: float) -> None:
    q = rot.from_euler(np.array([0.3, middle, -0.8]), order)
    assert same(rot.from_euler(rot.to_euler(q, order), order), q, 1e-4)


def test_the_six_d_form_holds_the_first_two_rows() -> None:
    assert rot.to_six_d(rot.identity()).tolist() == [1, 0, 0, 0, 1, 0]
    quarter = rot.about("z", np.pi / 2)
    assert rot.to_six_d(quarter) == pytest.approx([0, -1, 0, 1, 0, 0])
    assert same(rot.from_six_d(np.array([0, -3.0, 0, 1, 0.7, 0])), quarter)  # neither long nor square


@given(quaternions(), quaternions(), st.floats(0, 1))
def test_slerp_goes_at_constant_speed_the_short_way(a: np.ndarray, b: np.ndarray, t: float) -> None:
    whole = float(rot.angle(rot.multiply(rot.inverse(a), b)))
    there = rot.slerp(a, b, t)
    assert rot.angle(rot.multiply(rot.inverse(a), there)) == pytest.approx(t * whole, abs=1e-7)
    assert rot.angle(rot.multiply(rot.inverse(there), b)) == pytest.approx((1 - t) * whole, abs=1e-7)
    assert rot.slerp(a, b, 0.0).tolist() == a.tolist()
    assert same(rot.slerp(a, b, 1.0), b)


@given(quaternions(), st.floats(-2, 2))
def test_powers_are_multiples_of_the_rotation_vector(q: np.ndarray, t: float) -> None:
    assert same(rot.power(q, t), rot.exp(rot.log(q) * t))


@given(quaternions(), directions())
def test_swing_and_twist_are_square_to_each_other_and_make_the_whole(q: np.ndarray, axis: np.ndarray) -> None:
    swing, twist = rot.swing_twist(q, axis)
    assert same(rot.multiply(swing, twist), q)
    assert abs(swing[1:] @ axis) < 1e-7
    assert np.linalg.norm(np.cross(twist[1:], axis)) < 1e-7


@given(directions(), directions())
def test_between_turns_one_direction_into_the_other_by_the_smallest_angle(a: np.ndarray, b: np.ndarray) -> None:
    q = rot.between(a, b)
    assert rot.rotate(q, a) == pytest.approx(b, abs=1e-7)
    assert rot.angle(q) == pytest.approx(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b), abs=1e-7)


@given(directions(), st.sampled_from([0.0, 1e-12, 1e-9, 1e-7, 1e-5]))
def test_between_opposite_directions_still_turns_one_into_the_other(a: np.ndarray, off: float) -> None:
    b = -a + off * np.array([a[1], a[2], a[0]])
    b /= np.linalg.norm(b)
    assert rot.rotate(rot.between(a, b), a) == pytest.approx(b, abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_make_continuous_changes_signs_only_and_leaves_no_flip(seed: int) -> None:
    rng = np.random.default_rng(seed)
    q = rot.exp(np.cumsum(rng.normal(0, 0.2, (60, 5, 3)), axis=0)) * rng.choice([-1.0, 1.0], (60, 5, 1))
    continuous = rot.make_continuous(q)
    assert np.array_equal(np.abs(continuous), np.abs(q))
    assert np.sum(continuous[1:] * continuous[:-1], axis=-1).min() >= 0
    assert np.array_equal(continuous[0], q[0])


@pytest.mark.parametrize("frames", [0, 1])
def test_make_continuous_of_next_to_nothing(frames: int) -> None:
    assert rot.make_continuous(rot.identity((frames, 55))).shape == (frames, 55, 4)


def test_everything_broadcasts_over_leading_axes() -> None:
    rng = np.random.default_rng(0)
    many, one = rot.normalize(rng.normal(size=(7, 1, 4))), rot.normalize(rng.normal(size=(5, 4)))
    assert rot.multiply(many, one).shape == (7, 5, 4)
    assert rot.multiply(many, one)[3, 2] == pytest.approx(rot.multiply(many[3, 0], one[2]))
    assert rot.rotate(many, rng.normal(size=(5, 3))).shape == (7, 5, 3)
    assert rot.rotate(one[0], rng.normal(size=(7, 3))).shape == (7, 3)
    assert rot.slerp(many, one, rng.random((7, 5))).shape == (7, 5, 4)
    assert rot.slerp(one, one, 0.5).shape == (5, 4)
    assert rot.power(one[0], rng.random((7, 2))).shape == (7, 2, 4)
    assert rot.between(np.array([0, 0, 1.0]), rng.normal(size=(7, 5, 3))).shape == (7, 5, 4)
    assert rot.about("y", rng.random((7, 5))).shape == (7, 5, 4)
    assert rot.to_euler(rot.multiply(many, one), "zxy").shape == (7, 5, 3)
    assert rot.swing_twist(rot.multiply(many, one), np.array([1.0, 0, 0]))[0].shape == (7, 5, 4)


def test_zero_quaternions_become_the_identity() -> None:
    assert rot.normalize(np.zeros((3, 4))).tolist() == rot.identity((3,)).tolist()
    assert rot.normalize([2.0, 0, 0, 0]).tolist() == [1, 0, 0, 0]
