"""Fréchet distance: known for Gaussians whose distance is known, in every recipe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.evaluation import frechet
from chironomy.evaluation.gesture_distance import corrected as corrected_fgd
from chironomy.evaluation.gesture_distance import equally_many, pooled_latents
from chironomy.evaluation.recipes import RECIPES
from chironomy.motion import rotations as rot

ALL = (frechet.corrected, frechet.published, frechet.emage_evaltools)
seeds = st.integers(0, 2**32 - 1)


def latents(seed: int, count: int = 40, width: int = 5) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(0, 1, (count, width)) @ random.normal(0, 1, (width, width)) + random.normal(0, 1, width)


def with_deviation(mean: float, deviation: float) -> np.ndarray:
    """[3, 1] with exactly this mean and standard deviation."""
    return mean + deviation * np.array([[-1.0], [0.0], [1.0]])


@pytest.mark.parametrize("distance", ALL)
def test_of_one_dimension_is_that_of_means_and_deviations(distance) -> None:
    assert distance(with_deviation(1, 2), with_deviation(4, 3)) == pytest.approx((4 - 1) ** 2 + (3 - 2) ** 2, abs=1e-5)


def test_the_evaluator_of_pantomatrix_adds_a_ridge_and_the_others_do_not() -> None:
    narrow, wide = with_deviation(0, 1e-4), with_deviation(0, 2e-4)
    assert frechet.published(narrow, wide) == pytest.approx(1e-8)
    assert frechet.corrected(narrow, wide) == pytest.approx(1e-8)
    with_ridge = 1e-8 + 4e-8 - 2 * np.sqrt((1e-8 + 1e-6) * (4e-8 + 1e-6))
    assert frechet.emage_evaltools(narrow, wide) == pytest.approx(with_ridge)


@given(seeds, seeds)
def test_recipes_agree_where_there_are_latents_enough(first: int, second: int) -> None:
    a, b = latents(first), latents(second)
    assert frechet.published(a, b) == pytest.approx(frechet.corrected(a, b), rel=1e-5, abs=1e-5)
    assert frechet.emage_evaltools(a, b) == pytest.approx(frechet.corrected(a, b), rel=1e-3, abs=1e-2)


@given(seeds, seeds)
def test_is_symmetric_and_never_negative(first: int, second: int) -> None:
    a, b = latents(first, 12), latents(second, 30)
    assert frechet.corrected(a, b) == pytest.approx(frechet.corrected(b, a), rel=1e-9, abs=1e-9)
    assert frechet.corrected(a, b) >= 0


@given(seeds, st.integers(2, 40))
def test_of_equal_samples_is_zero_also_with_fewer_latents_than_dimensions(seed: int, count: int) -> None:
    sample = latents(seed, count, width=8)
    assert frechet.corrected(sample, sample) == pytest.approx(0, abs=1e-6 * np.square(sample).sum())


@given(seeds, seeds)
def test_stays_when_both_sets_are_turned_and_moved(first: int, second: int) -> None:
    a, b = latents(first), latents(second)
    turn, _ = np.linalg.qr(np.random.default_rng(first).normal(0, 1, (5, 5)))
    moved = frechet.corrected(a @ turn + 3.0, b @ turn + 3.0)
    assert moved == pytest.approx(frechet.corrected(a, b), rel=1e-7, abs=1e-7)


@given(seeds)
def test_a_shift_counts_with_its_square(seed: int) -> None:
    sample, shift = latents(seed), np.array([3.0, 0, 0, 4.0, 0])
    assert frechet.corrected(sample, sample + shift) == pytest.approx(25, abs=1e-6)


def test_fewer_than_two_latents_are_refused() -> None:
    with pytest.raises(ValueError, match="two latents"):
        frechet.corrected(np.zeros((1, 3)), np.zeros((5, 3)))


def test_sets_are_compared_at_equal_size() -> None:
    a, b = equally_many(np.arange(10.0)[:, None], np.arange(4.0)[:, None])
    assert a.ravel().tolist() == [0, 3, 6, 9]
    assert b.ravel().tolist() == [0, 1, 2, 3]
    assert RECIPES["corrected"].frechet_distance is corrected_fgd
    assert RECIPES["published"].frechet_distance is frechet.published


def test_motions_are_cut_to_whole_stretches_of_32_frames_and_pooled() -> None:
    lengths = []

    def encode(motion: np.ndarray) -> np.ndarray:
        lengths.append(motion.shape)
        return motion[::16]

    pooled = pooled_latents([rot.identity((n, 55)) for n in (31, 32, 100)], encode)
    assert lengths == [(32, 330), (96, 330)]
    assert len(pooled) == 2 + 6
    assert pooled[0, :6].tolist() == [1, 0, 0, 0, 1, 0]  # two rows of the identity
