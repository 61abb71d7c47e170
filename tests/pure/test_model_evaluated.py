"""From texts and gestures to the figures of the shipped model: a corpus is made, performed and measured."""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from made_actors import raised_arm, standing

from chironomy.nets.config import read_model_config
from chironomy.pipeline.model_figures.report import Amounts, report_on
from chironomy.pipeline.model_figures.rows import verdict
from chironomy.training.corpus import build
from chironomy.training.corpus.build import Order
from chironomy.training.shards import Corpus

MODEL = Path(__file__).parents[2] / "models" / "chironomy-s"
#: By its name a speech is for training, for testing, or for testing with gestures that are held back.
SPEECHES = ("plea", "talk", "lecture", "address", "story", "fable")
TEXT = (
    "We never asked for this, and no, I will not stop here: all of us must know what it means to be free. "
    "Look over there, my friends, because you and I have three big reasons to begin again today. "
) * 2


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like shared/data, without recordings."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "text").mkdir()
    (folder / "speech").mkdir()
    (folder / "speech" / "index.tsv").write_text("file\tspeaker\tseconds\ttranscript\n", encoding="utf-8")
    for number, name in enumerate(SPEECHES):
        (folder / "text" / f"{name}.txt").write_text(TEXT.replace("three", str(number + 2)), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_model_is_measured_on_a_corpus_that_was_made_a_moment_ago(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    performances = [
        raised_arm(number, name) for number in range(24) for name in (("negation", "we", "you", "beat")[number % 4],)
    ]
    monkeypatch.setattr(build, "_material", lambda folder: (performances, standing()))
    # a process that has used torch already is not safe to fork
    monkeypatch.setattr(build, "ProcessPoolExecutor", ThreadPoolExecutor)
    config = read_model_config(MODEL / "config.yaml")
    order = Order(data, hours=0.05, seed=1, front_end=config.front_end, sentence_frames=config.window_frames)
    build.build(order, tmp_path / "corpus")
    corpus = Corpus(tmp_path / "corpus")
    amounts = Amounts(test=0.6, unseen=0.2, other_seed=0.2, known=1.0)
    report = report_on(MODEL, corpus, data, amounts)
    assert report.minutes[0] > 0.3
    assert [take.utterance.subject.name for take in report.takes]
    measured = {row.name: row.measured for row in report.performed}
    for name in ("stroke extent against the performed, median", "psi, area under the ROC curve", "a hand moves"):
        assert math.isfinite(measured[name]), name
    assert all(math.isfinite(value) for name, value in measured.items() if name.startswith("FGD"))
    assert measured["foot sliding, worst contact"] < 5
    assert measured["a joint over 1° out of range"] == 0
    assert "lines hold" in verdict(report.performed)
