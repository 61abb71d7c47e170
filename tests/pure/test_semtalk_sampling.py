"""Codes from logits: the likeliest at temperature 0, drawn by the seed above it."""

import numpy as np
import pytest
import torch

from chironomy.generators.semtalk.sampling import Sampling, choose_codes

LOGITS = torch.randn(5, 16, 32, 3, generator=torch.Generator().manual_seed(2))


def choose(logits, sampling, seed=1, purpose="base upper", first_window=0):
    return choose_codes(logits, sampling, [(seed, first_window + k) for k in range(len(logits))], purpose).long()


def test_temperature_zero_takes_the_likeliest_code_whatever_the_seed():
    for seed in (1, 2):
        assert torch.equal(choose(LOGITS, Sampling(), seed, "base upper", 0), LOGITS.argmax(dim=2))


def test_the_same_seed_draws_the_same_codes_and_another_draws_others():
    drawn = choose(LOGITS, Sampling((1.0,)), 1, "base upper", 0)
    assert torch.equal(choose(LOGITS, Sampling((1.0,)), 1, "base upper", 0), drawn)
    assert not torch.equal(choose(LOGITS, Sampling((1.0,)), 2, "base upper", 0), drawn)
    assert not torch.equal(choose(LOGITS, Sampling((1.0,)), 1, "base hands", 0), drawn)


def test_windows_draw_the_same_alone_and_in_a_batch():
    together = choose(LOGITS, Sampling((0.8,), (5,)), 7, "base upper", 10)
    alone = [choose(LOGITS[k : k + 1], Sampling((0.8,), (5,)), 7, "base upper", 10 + k) for k in range(5)]
    assert torch.equal(torch.cat(alone), together)


def test_each_residual_level_has_its_own_temperature():
    codes = choose(LOGITS, Sampling((0.0, 1.0)), 1, "base upper", 0)
    assert torch.equal(codes[..., 0], LOGITS.argmax(dim=2)[..., 0])
    assert not torch.equal(codes[..., 2], LOGITS.argmax(dim=2)[..., 2])


def test_top_k_draws_from_the_k_likeliest_alone():
    codes = choose(LOGITS, Sampling((5.0,), (3,)), 1, "base upper", 0)
    rank = (LOGITS.gather(2, codes[:, :, None]) < LOGITS).sum(dim=2)
    assert rank.max() == 2


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_codes_are_drawn_as_often_as_the_network_believes(temperature):
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0]).reshape(1, 1, 4, 1).expand(1, 20_000, 4, 1)
    codes = choose(logits, Sampling((temperature,)), 3, "base upper", 0)
    shares = np.bincount(codes.flatten().numpy(), minlength=4) / 20_000
    assert shares == pytest.approx(torch.softmax(logits[0, 0, :, 0] / temperature, 0).numpy(), abs=0.02)
