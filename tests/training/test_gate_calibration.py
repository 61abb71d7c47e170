"""psi of a trained model is a probability that holds on the recordings for validation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from synthetic import MODEL, write_synthetic_corpus

from chironomy.evaluation.psi_quality import calibration_error
from chironomy.generators.semtalk.gate import gate_probability
from chironomy.nets.semtalk import SparseNetwork
from chironomy.training.conditions import CONDITION_FIELDS
from chironomy.training.gate_calibration import calibrated, fitted, gate_on
from chironomy.training.motion_of_batch import MOTION_FIELDS
from chironomy.training.settings import TrainingSettings
from chironomy.training.shards import Corpus
from chironomy.training.windows import Windows


@settings(deadline=None, max_examples=20)
@given(scale=st.floats(0.2, 3), offset=st.floats(-3, 1), seed=st.integers(0, 100))
def test_scale_and_offset_are_those_by_which_the_labels_were_drawn(scale: float, offset: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(0, 3, 20_000)
    labels = rng.random(20_000) < expit(scale * log_odds + offset)
    assert fitted(log_odds, labels) == pytest.approx((scale, offset), rel=0.12, abs=0.12)


def test_a_gate_that_is_too_sure_of_itself_becomes_as_likely_as_it_is_right() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(-1, 1.5, 4000)
    labels = rng.random(4000) < expit(truth)
    logits = np.stack([np.zeros(4000), 4 * truth + 3], axis=-1)
    before, after = (gate_probability(logits, *by) for by in ((), fitted(logits[:, 1], labels)))
    assert calibration_error(before, labels) > 0.15
    assert calibration_error(after, labels) < 0.03


def test_a_gate_that_is_wrong_more_often_than_right_says_how_often_there_is_meaning() -> None:
    log_odds, labels = np.tile([-2.0, 2.0], 500), np.arange(1000) % 10 == 0
    scale, offset = fitted(log_odds, labels)
    assert scale == pytest.approx(0.01)
    assert expit(offset) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("labels", [[False, True], [True, False, False]])
def test_labels_that_the_gate_tells_apart_without_error_leave_psi_short_of_certainty(labels: list[bool]) -> None:
    scale, offset = fitted(np.where(labels, 1.0, -1.0), labels)
    assert np.all(np.isfinite([scale, offset]))
    assert 0.6 < expit(scale + offset) < 0.95


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_synthetic_corpus(tmp_path_factory.mktemp("corpora") / "corpus", recordings=4)


def validation(corpus: Corpus) -> Windows:
    fields = (*MOTION_FIELDS, *CONDITION_FIELDS, "semantic_score")
    return Windows(corpus, corpus.of_split("val"), MODEL.window_frames, 20, fields)


def test_on_recordings_for_validation_psi_is_as_large_on_the_whole_as_the_share_of_meaning(corpus: Corpus) -> None:
    torch.manual_seed(1)
    network, windows, training = SparseNetwork(MODEL).eval(), validation(corpus), TrainingSettings()
    torch.nn.init.constant_(network.gate_logits.bias, 0.0)
    network.gate_logits.bias.data[1] = 4.0  # it says "semantic" nearly always
    behaviour = calibrated(MODEL.behaviour, network, windows, MODEL, training)
    assert behaviour is not None
    log_odds, labels = gate_on(network, windows, MODEL, training)
    psi = expit(behaviour.gate_scale * log_odds + behaviour.gate_offset)
    assert expit(log_odds).mean() > labels.mean() + 0.2
    assert psi.mean() == pytest.approx(labels.mean(), abs=0.02)


def test_recordings_in_which_nothing_means_anything_leave_psi_as_it_is(corpus: Corpus) -> None:
    network = SparseNetwork(MODEL).eval()
    nothing_counts = TrainingSettings(semantic_above=1.0)
    assert calibrated(MODEL.behaviour, network, validation(corpus), MODEL, nothing_counts) is None
