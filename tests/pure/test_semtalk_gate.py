"""psi from the gate's logits, and the hard switch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chironomy.generators.semtalk.gate import emphasis_of_tokens, gate_probability, psi_of_tokens, switched_on

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_an_uncalibrated_gate_is_the_networks_softmax():
    logits = torch.randn(3, 16, 2)
    assert gate_probability(logits.numpy()) == pytest.approx(torch.softmax(logits, -1)[..., 1].numpy(), abs=1e-6)


def test_calibration_scales_and_shifts_the_log_odds():
    assert gate_probability([0.0, 2.0], scale=0.5, offset=-1.0) == pytest.approx(0.5)


@given(probabilities)
def test_psi_goes_through_the_tokens_and_never_beyond_its_neighbours(values):
    psi = psi_of_tokens(values, 4 * len(values))
    # a token's middle lies between its second and third frame
    middles = (psi[1::4] + psi[2::4]) / 2
    assert middles == pytest.approx(values, abs=0.15)
    assert psi.min() >= min(values) - 1e-9
    assert psi.max() <= max(values) + 1e-9


def test_psi_has_no_steps():
    psi = psi_of_tokens([0, 0, 1, 1, 0, 0], 24)
    assert np.abs(np.diff(psi)).max() < 0.4


def test_tokens_take_the_mean_of_their_frames_and_the_last_frame_is_held():
    assert emphasis_of_tokens([0, 0, 1, 1, 2, 2], 3) == pytest.approx([0.5, 2, 2])


def test_the_published_switch_is_above_one_half():
    assert switched_on([0.0, 0.5, 0.500001, 0.4, 1.0]).tolist() == [False, False, True, False, True]


def test_hysteresis_keeps_tokens_from_flickering():
    psi = [0.3, 0.55, 0.45, 0.52, 0.48, 0.39, 0.45]
    assert switched_on(psi, 0.5, 0.4).tolist() == [False, True, True, True, True, False, False]
