"""The model in the repository: whole, small enough, and what the default is. Skipped as long as there is none."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chironomy.formats.gesture_choice import GestureChoice
from chironomy.formats.take import Take
from chironomy.generators.default import BUNDLED_MODEL, Choice, default_choice
from chironomy.generators.models import examine
from chironomy.generators.semtalk.loading import weights_digest
from chironomy.generators.semtalk.repertoire import read_repertoire
from chironomy.motion.body import neutral_body
from chironomy.motion.measure import motion_figures
from chironomy.nets.model_card import read_card, sha256_of
from chironomy.pipeline.hear import Recording, hear
from chironomy.pipeline.perform import Wishes, perform
from chironomy.speech.transcript import transcript_of_text

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / BUNDLED_MODEL
DEMO = ROOT / "presets" / "demo" / "speech.flac"
SPOKEN_IN_5_S = 16
MOST_BYTES = 60_000_000

pytestmark = pytest.mark.skipif(not MODEL.is_dir(), reason=f"{MODEL} is not there")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The first five seconds of the bundled recording."""
    samples, rate = soundfile.read(DEMO, dtype="float32")
    path = tmp_path_factory.mktemp("line") / "line.wav"
    soundfile.write(path, samples[: 5 * rate], rate)
    words = DEMO.with_suffix(".txt").read_text().split()[:SPOKEN_IN_5_S]
    return hear(path, transcript_of_text(" ".join(words), "words", "en"), None)


@pytest.fixture(scope="module")
def take(recording: Recording) -> Take:
    return perform(recording, neutral_body(), Wishes("semtalk", model=MODEL))


def test_it_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHIRONOMY_BUNDLED_MODELS")
    monkeypatch.delenv("CHIRONOMY_MODELS", raising=False)
    assert default_choice() == Choice("semtalk", BUNDLED_MODEL)


def test_every_file_is_on_its_card_with_its_hash() -> None:
    card = read_card(MODEL)
    assert examine(MODEL).problem == ""
    assert {name: sha256_of(MODEL / name) for name in card.files} == {
        name: record.sha256 for name, record in card.files.items()
    }
    assert {path.name for path in MODEL.iterdir()} == {*card.files, "card.json", "card.md"}


def test_it_is_small_enough_to_be_carried_along() -> None:
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < MOST_BYTES


def test_its_planner_knows_gestures() -> None:
    assert len(read_repertoire(MODEL)) > 5


def test_it_makes_a_take_of_finite_numbers_that_names_it(take: Take) -> None:
    assert take.frames == 150
    assert take.metadata.settings["model"] == BUNDLED_MODEL
    assert take.metadata.weights == weights_digest(read_card(MODEL))
    for field in fields(take):
        if isinstance(values := getattr(take, field.name), np.ndarray):
            assert np.isfinite(values).all(), field.name


def test_hands_move_while_somebody_speaks(take: Take) -> None:
    assert np.abs(np.diff(take.semantic_rotations, axis=0)).max() > 1e-2
    assert 0.0 <= take.emphasis.min() < take.emphasis.max() <= 1.0


def test_a_class_that_is_chosen_for_a_word_is_seen_and_no_gesture_is_not(recording: Recording, take: Take) -> None:
    """psi rises where the animator asks for meaning, and falls where there is to be none."""

    def score(word: int, choice: GestureChoice) -> float:
        wishes = Wishes("semtalk", gesture_choices={word: choice}, model=MODEL)
        return perform(recording, neutral_body(), wishes).metadata.words[word].score

    scores = [word.score for word in take.metadata.words]
    least, most = int(np.argmin(scores)), int(np.argmax(scores))
    assert score(least, GestureChoice("negation")) > scores[least] + 0.3
    assert score(most, GestureChoice("")) < scores[most] - 0.2


def test_feet_stand_and_joints_stay_in_their_range(take: Take) -> None:
    figures = motion_figures(take.semantic_rotations, take.translation, neutral_body(), take.metadata.fps)
    assert figures["foot sliding, worst contact m"] < 0.005
    assert figures["joints out of range, worst °"] < 1.0
