"""Few keys in the place of one on every frame: the bound holds on every frame, as an angle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.motion import rotations as rot
from chironomy.motion.key_reduction import angle_from, angle_from_euler, curve_through, distance_from, reduced_keys


def turning(frames, seed, speed=3.0):
    random = np.random.default_rng(seed)
    t = np.arange(frames)[:, None] / 30
    return rot.make_continuous(rot.exp(np.sin(t * random.uniform(0.2, speed, 3)) * random.normal(0, 0.8, 3)))


def fitted(values, frames):
    return curve_through(values, np.gradient(values, axis=0), frames)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 300), st.integers(0, 10**6), st.sampled_from([0.05, 0.5, 3.0]))
def test_no_frame_is_off_by_more_than_the_angle_asked_for(count, seed, degrees):
    q = turning(count, seed, speed=12.0)
    frames, slopes = reduced_keys(q, angle_from(q), np.radians(degrees))
    assert frames[[0, -1]].tolist() == [0, count - 1]
    assert slopes.shape == (len(frames), 4)
    error = rot.angle(rot.multiply(rot.inverse(q), rot.normalize(fitted(q, frames))))
    assert np.degrees(error).max() <= degrees + 1e-6


def test_a_smooth_minute_needs_a_fraction_of_its_keys():
    q = turning(1800, 1)
    assert len(reduced_keys(q, angle_from(q), np.radians(0.5))[0]) < 400


def test_noise_keeps_its_keys():
    q = rot.normalize(np.random.default_rng(0).normal(size=(100, 4)))
    assert len(reduced_keys(q, angle_from(q), np.radians(0.5))[0]) > 90


def test_required_frames_have_keys():
    q = turning(100, 2)
    assert {17, 18, 60} <= set(reduced_keys(q, angle_from(q), 0.5, [17, 18, 60])[0].tolist())


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_channels_keep_their_keys(count):
    values = np.ones((count, 3))
    assert reduced_keys(values, distance_from(values), 0.1)[0].tolist() == list(range(count))


def test_euler_angles_are_measured_as_the_rotation_they_make():
    angles = np.array([[0.3, 0.0, 0.0], [0.3, 0.2, 0.4]])
    off = angles + np.array([[0.01, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert angle_from_euler(angles, "XYZ")(off) == pytest.approx([0.01, 0.0], abs=1e-6)
    whole_turn = angles + np.array([2 * np.pi, 0.0, 0.0])
    assert angle_from_euler(angles, "XYZ")(whole_turn) == pytest.approx([0.0, 0.0], abs=1e-6)
