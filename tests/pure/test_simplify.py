"""Curves of one value a frame as few Bezier keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.emphasis.simplify import simplified, through_keys


def keys_and_error(values, tolerance=0.02, required=()):
    frames, slopes = simplified(values, tolerance, required)
    if len(values) < 2:
        return frames, 0.0
    all_slopes = np.zeros(len(values))
    all_slopes[frames] = slopes
    return frames, float(np.abs(through_keys(values, all_slopes, frames) - values).max())


@given(st.lists(st.floats(0, 2), min_size=1, max_size=80), st.sampled_from([0.0, 0.02, 0.3]))
def test_no_frame_is_further_off_than_the_tolerance(values, tolerance):
    frames, error = keys_and_error(np.array(values), tolerance)
    assert error <= tolerance + 1e-12
    assert frames[0] == 0
    assert frames[-1] == len(values) - 1


def test_a_smooth_bump_needs_few_keys():
    k = np.arange(120)
    bump = np.where(abs(k - 60) < 20, 0.9 * (0.5 + 0.5 * np.cos(np.pi * (k - 60) / 20)), 0.1)
    frames, _ = keys_and_error(np.maximum(bump, 0.1))
    assert len(frames) <= 9
    assert 60 in frames


def test_a_level_curve_needs_its_ends_alone():
    frames, _ = keys_and_error(np.full(500, 0.4))
    assert frames.tolist() == [0, 499]


def test_required_frames_have_keys():
    frames, error = keys_and_error(np.sin(np.arange(50) / 9), required=[13, 31])
    assert {13, 31} <= set(frames.tolist())
    assert error <= 0.02


@pytest.mark.parametrize("count", [0, 1, 2])
def test_very_short_curves_are_left_as_they_are(count):
    frames, _ = keys_and_error(np.linspace(0, 1, count))
    assert frames.tolist() == list(range(count))
