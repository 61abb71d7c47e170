"""Changing the frame rate: shared times exact, length kept, nothing overshoots that must not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.formats.take import Take, TakeMetadata
from chironomy.motion import rotations as rot
from chironomy.motion.resample import (
    frame_count,
    resample_linear,
    resample_nearest,
    resample_rotations,
    resample_smooth,
    take_at,
)

RATES = st.sampled_from([23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0, 7.5, 120.0])
LENGTHS = st.integers(1, 200)
FUNCTIONS = [resample_linear, resample_smooth, resample_nearest]


def moving(frames: int) -> np.ndarray:
    """Rotations that turn steadily and never flip, [frames, 3, 4]."""
    angle = np.arange(frames)[:, None] * [0.05, 0.31, -0.2]
    return rot.about(np.array([0.6, 0.0, 0.8]), angle)


@given(LENGTHS, RATES, RATES)
def test_the_length_in_seconds_stays_to_half_a_frame(frames: int, fps: float, new_fps: float) -> None:
    count = frame_count(frames, fps, new_fps)
    assert count >= 1
    if count > 1:
        assert abs(count / new_fps - frames / fps) <= 0.5 / new_fps + 1e-9
    assert len(resample_rotations(moving(frames), fps, new_fps)) == count
    for function in FUNCTIONS:
        assert len(function(np.zeros((frames, 3)), fps, new_fps)) == count


@pytest.mark.parametrize(
    ("fps", "new_fps", "every"), [(30.0, 60.0, (1, 2)), (60.0, 30.0, (2, 1)), (24.0, 30.0, (4, 5))]
)
def test_frames_at_shared_times_are_exact(fps: float, new_fps: float, every: tuple[int, int]) -> None:
    old, new = every
    q = moving(121)
    values = np.random.default_rng(0).normal(size=(121, 5))
    for function, data in [(resample_rotations, q), *((f, values) for f in FUNCTIONS)]:
        again = function(data, fps, new_fps)
        shared = min(len(data[::old]), len(again[::new]))
        assert again[::new][:shared].tobytes() == data[::old][:shared].tobytes()


@given(LENGTHS, RATES)
def test_the_same_rate_changes_nothing(frames: int, fps: float) -> None:
    q, values = moving(frames), np.random.default_rng(1).normal(size=(frames, 2, 3))
    assert resample_rotations(q, fps, fps).tobytes() == q.tobytes()
    for function in FUNCTIONS:
        assert function(values, fps, fps).tobytes() == values.tobytes()


def test_rotations_turn_at_constant_speed_between_frames() -> None:
    dense = resample_rotations(moving(31), 30.0, 240.0)[: 30 * 8]
    turn = rot.angle(rot.multiply(rot.inverse(dense[1:]), dense[:-1]))
    assert turn == pytest.approx(np.broadcast_to(np.array([0.05, 0.31, 0.2]) / 8, turn.shape))


@given(RATES, RATES)
def test_quaternions_stay_continuous(fps: float, new_fps: float) -> None:
    q = moving(100)
    again = resample_rotations(q, fps, max(new_fps, fps))
    assert np.sum(again[1:] * again[:-1], axis=-1).min() > 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), RATES, RATES)
def test_linear_values_stay_between_their_neighbours(values: list[float], fps: float, new_fps: float) -> None:
    again = resample_linear(np.array(values), fps, new_fps)
    assert again.min() >= min(values) - 1e-15
    assert again.max() <= max(values) + 1e-15


def test_smooth_values_follow_a_parabola_exactly() -> None:
    t = np.arange(60) / 30.0
    again = resample_smooth(np.stack([t**2, 3 * t], axis=1), 30.0, 50.0)
    at = np.arange(len(again)) / 50.0
    inside = (at > 0.1) & (at < t[-2])
    assert again[inside] == pytest.approx(np.stack([at**2, 3 * at], axis=1)[inside], abs=1e-9)


def test_going_up_and_down_again_comes_back() -> None:
    q, path = moving(90), np.cumsum(np.random.default_rng(2).normal(size=(90, 3)), axis=0)
    assert np.array_equal(resample_rotations(resample_rotations(q, 30, 60), 60, 30), q)
    assert np.array_equal(resample_smooth(resample_smooth(path, 30, 60), 60, 30), path)


def test_contacts_stay_zeros_and_ones() -> None:
    contacts = (np.random.default_rng(3).random((50, 4)) > 0.5).astype(float)
    assert set(np.unique(resample_nearest(contacts, 30.0, 24.0))) <= {0.0, 1.0}


@pytest.fixture
def take() -> Take:
    frames = 60
    rng = np.random.default_rng(4)
    base = rot.make_continuous(rot.exp(np.cumsum(rng.normal(0, 0.02, (frames, 55, 3)), axis=0)))
    path = np.cumsum(rng.normal(0, 0.01, (frames, 3)), axis=0)
    return Take(
        base_rotations=base,
        semantic_rotations=base,
        translation=path,
        semantic_translation=path,
        face=rng.random((frames, 52)),
        emphasis=rng.random(frames),
        contacts=np.ones((frames, 4)),
        metadata=TakeMetadata(fps=30.0, generator="test", seed=7),
        expressions=rng.random((frames, 100)),
    )


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 60.0])
def test_a_take_at_another_rate_is_the_same_take(take: Take, fps: float) -> None:
    again = take_at(take, fps)
    assert again.metadata == replace(take.metadata, fps=fps)
    assert again.duration_s == pytest.approx(take.duration_s, abs=0.5 / fps)
    for name in ("base_rotations", "semantic_rotations", "translation", "face", "emphasis", "contacts", "expressions"):
        assert len(getattr(again, name)) == again.frames
        assert getattr(again, name)[0].tobytes() == getattr(take, name)[0].tobytes()
    assert again.face.min() >= 0
    assert again.emphasis.max() <= 1


def test_a_take_without_expressions_stays_without(take: Take) -> None:
    assert take_at(replace(take, expressions=np.zeros((0, 100))), 24.0).expressions.shape == (0, 100)
