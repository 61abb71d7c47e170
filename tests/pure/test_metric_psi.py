"""Area under the ROC curve and calibration of psi."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chironomy.evaluation.psi_quality import calibration_error, roc_area

seeds = st.integers(0, 2**32 - 1)


def test_area_is_the_chance_that_a_meaning_frame_is_above_another() -> None:
    assert roc_area([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]) == 1
    assert roc_area([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1]) == 0
    assert roc_area([0.1, 0.7, 0.4, 0.9], [0, 0, 1, 1]) == pytest.approx(3 / 4)
    assert roc_area([0.5, 0.5, 0.5], [0, 1, 1]) == 0.5
    assert np.isnan(roc_area([0.1, 0.2], [1, 1]))


@given(seeds)
def test_area_knows_the_order_alone_and_turns_round_with_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    psi, labels = random.uniform(0, 1, 30), np.arange(30) % 3 == 0
    assert roc_area(psi**3, labels) == pytest.approx(roc_area(psi, labels))
    assert roc_area(1 - psi, labels) == pytest.approx(1 - roc_area(psi, labels))


def test_calibrated_psi_says_how_often_there_is_meaning() -> None:
    labels = np.array([1] * 3 + [0] * 7)
    assert calibration_error(np.full(10, 0.3), labels) == pytest.approx(0)
    assert calibration_error(np.full(10, 0.85), labels) == pytest.approx(0.55)


def test_errors_of_bins_do_not_cancel() -> None:
    psi, labels = np.array([0.05] * 5 + [0.95] * 5), np.array([1] * 5 + [0] * 5)
    assert calibration_error(psi, labels) == pytest.approx(0.95)
    assert calibration_error([1.0, 0.0], [1, 0]) == 0
    assert np.isnan(calibration_error([], []))
