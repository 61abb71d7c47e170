"""L1 diversity, face MSE and LVD, SRGR: right for cases that can be reckoned by hand, in every recipe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.evaluation import semantic_recall as srgr
from chironomy.evaluation.diversity import apart, l1_diversity
from chironomy.evaluation.face_error import (
    mean_squared_error,
    published_velocity_difference,
    velocity_difference,
)
from chironomy.evaluation.recipes import RECIPES
from chironomy.evaluation.semantic_recall import ScoredPair
from chironomy.motion.skeleton import INDEX

seeds = st.integers(0, 2**32 - 1)


def test_diversity_of_a_joint_that_swings_is_its_mean_distance_from_the_middle() -> None:
    clip = np.zeros((4, 2, 3))
    clip[:, 1, 0] = [0.1, -0.1, 0.1, -0.1]
    assert l1_diversity([clip]) == pytest.approx(0.1)
    assert l1_diversity([clip + 5.0]) == pytest.approx(0.1)


def test_diversity_counts_clips_by_their_length_each_around_its_own_mean() -> None:
    swinging, still = np.zeros((4, 1, 3)), np.full((12, 1, 3), 7.0)
    swinging[:, 0, 2] = [0.4, -0.4, 0.4, -0.4]
    assert l1_diversity([swinging, still]) == pytest.approx(0.4 * 4 / 16)
    assert np.isnan(l1_diversity([]))


def test_diversity_leaves_what_it_is_given_alone() -> None:
    clip = np.arange(12.0).reshape(4, 1, 3)
    l1_diversity([clip])
    assert np.array_equal(clip, np.arange(12.0).reshape(4, 1, 3))


def test_takes_are_as_far_apart_as_the_hand_that_differs_more() -> None:
    first, second = np.zeros((10, 55, 3)), np.zeros((8, 55, 3))
    second[:, INDEX["left_wrist"], 0] = 0.1
    second[4:, INDEX["right_wrist"], 1] = 0.3
    assert apart(first, second) == pytest.approx([0.1] * 4 + [0.3] * 4)


def test_a_face_that_is_off_by_a_constant_has_no_velocity_error() -> None:
    real = np.random.default_rng(1).normal(0, 1, (20, 6, 3))
    pair = [(real + 0.5, real)]
    assert mean_squared_error(pair) == pytest.approx(0.25)
    assert velocity_difference(pair) == pytest.approx(0)
    assert published_velocity_difference(pair) == pytest.approx(0.5)


def test_a_face_that_trembles_has() -> None:
    real = np.zeros((5, 1, 3))
    trembling = real.copy()
    trembling[1::2] = 0.2
    assert velocity_difference([(trembling, real)]) == pytest.approx(0.2)
    assert published_velocity_difference([(trembling, real)]) == pytest.approx(0.1)


@given(seeds)
def test_the_published_lvd_is_the_error_of_positions_from_the_second_frame_on(seed: int) -> None:
    generated, real = np.random.default_rng(seed).normal(0, 1, (2, 9, 4, 3))
    assert published_velocity_difference([(generated, real)]) == pytest.approx(np.abs(generated - real)[1:].mean())


def test_faces_count_by_their_length() -> None:
    off, right = (np.ones((6, 1, 3)), np.zeros((6, 1, 3))), (np.zeros((2, 1, 3)), np.zeros((2, 1, 3)))
    assert mean_squared_error([off, right]) == pytest.approx(0.75)
    assert np.isnan(mean_squared_error([]))
    with pytest.raises(ValueError, match="cannot be compared"):
        mean_squared_error([(np.zeros((2, 3, 3)), np.zeros((2, 4, 3)))])


def recalled(differences: list[list[float]], scores: list[float], joints: int = 1) -> ScoredPair:
    generated = np.array(differences, dtype=float).reshape(len(scores), joints, 3)
    return ScoredPair(generated, np.zeros_like(generated), np.array(scores))


def test_recall_is_the_part_of_the_meaning_that_was_met() -> None:
    pair = recalled([[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]], [0.9, 0.3, 0.0, 0.0])
    assert srgr.corrected([pair], 0.1) == pytest.approx(0.75)
    assert np.isnan(srgr.corrected([recalled([[0, 0, 0]], [0.0])], 0.1))


def test_published_recall_divides_by_the_mean_score_of_beat_and_may_exceed_one() -> None:
    pair = recalled([[0, 0, 0], [0, 0, 0]], [1.0, 0.0])
    assert srgr.published([pair], 0.1) == pytest.approx(0.5 / 0.165)
    assert srgr.emage_evaltools([pair], 0.1) == pytest.approx(0.5 / 0.165)


def test_published_recall_sums_what_differs_and_the_others_take_the_distance() -> None:
    pair = recalled([[3, 3, 0]], [0.165])  # degrees: 6 in sum, 4.2 away
    assert srgr.published([pair], 5) == 0
    assert srgr.emage_evaltools([pair], 5) == pytest.approx(1)
    assert srgr.corrected([pair], 5) == pytest.approx(1)


def test_every_joint_counts_alike() -> None:
    pair = recalled([[0, 0, 0], [9, 0, 0]], [0.6], joints=2)
    assert srgr.corrected([pair], 1) == pytest.approx(0.5)


def test_every_recipe_has_a_function_for_every_metric() -> None:
    assert set(RECIPES) == {"corrected", "published", "emage_evaltools", "semges"}
    assert RECIPES["published"].face_lvd is published_velocity_difference
    assert RECIPES["emage_evaltools"].face_lvd is velocity_difference
    assert RECIPES["semges"].semantic_recall is srgr.published
    assert len({recipe.beat_consistency for recipe in RECIPES.values()}) == 4
