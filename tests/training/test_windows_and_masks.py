"""What makes up a training batch: which windows, which motion is shown, which conditions are left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import FACTS, FRONT_END, recording_arrays, write_synthetic_corpus

from chironomy.errors import UserError
from chironomy.generators.locked import LockedFrames
from chironomy.generators.semtalk.known_motion import known_motion
from chironomy.generators.semtalk.lines import Place
from chironomy.generators.semtalk.windows import Windows as GenerationWindows
from chironomy.training.conditions import CONDITION_FIELDS, Conditions, conditions_of, some_left_out
from chironomy.training.settings import ConditionSettings
from chironomy.training.shards import Corpus, CorpusWriter
from chironomy.training.visible import drawn_mask, published_share, seed_alone
from chironomy.training.windows import Windows

MANY = 400
#: All channels but jaw and eyes.
BODY = [k for k in range(337) if not 22 * 6 <= k < 25 * 6]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_synthetic_corpus(tmp_path_factory.mktemp("corpora") / "corpus", recordings=5)


@pytest.fixture(scope="module")
def windows(corpus: Corpus) -> Windows:
    return Windows(corpus, corpus.of_split("train"), 64, 10, ("rotations", "phones", "semantic_score", "word_index"))


def test_a_window_is_what_lies_in_the_corpus(corpus: Corpus, windows: Windows) -> None:
    places = windows.drawn(seed=3, step=1, batch_size=4)
    batch = windows.batch(places)
    for row, (owner, start) in enumerate(places):
        recording = corpus.of_split("train")[owner]
        assert np.array_equal(batch["rotations"][row], corpus.read(recording, "rotations", start, 64))
        assert batch["speaker"][row] == recording.speaker
    assert batch["valid"].all()
    assert batch["phones"].dtype == torch.int64


def test_every_epoch_has_every_window_once_in_another_order_and_place(windows: Windows) -> None:
    count = len(windows)
    first, second = (windows.drawn(seed=1, step=step, batch_size=count) for step in (0, 1))
    starts = [sorted((owner, start // 10) for owner, start in epoch) for epoch in (first, second)]
    assert len(first) == count
    assert [owner for owner, _ in starts[0]] == [owner for owner, _ in starts[1]]
    assert first != second


@given(st.integers(0, 50), st.integers(1, 30))
@settings(deadline=None, max_examples=20)
def test_what_a_step_shows_depends_on_the_seed_and_the_step_alone(windows: Windows, step: int, batch_size: int) -> None:
    chosen = windows.drawn(7, step, batch_size)
    assert len(chosen) == batch_size
    assert chosen == windows.drawn(7, step, batch_size)


def test_processes_share_a_batch_without_overlap(windows: Windows) -> None:
    whole = next(iter(windows.batches(1, range(1), 6)))
    parts = [next(iter(windows.batches(1, range(1), 6, process, 2))) for process in range(2)]
    assert torch.equal(whole["rotations"][0::2], parts[0]["rotations"])
    assert torch.equal(whole["rotations"][1::2], parts[1]["rotations"])


def test_a_recording_shorter_than_a_window_stands_still_and_says_nothing_behind_its_end(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "corpus", FACTS)
    writer.add("short", "train", recording_arrays(0, frames=40))
    writer.close()
    corpus = Corpus(tmp_path / "corpus")
    fields = ("rotations", "semantic_score", "word_index", "word_features", "phones")
    batch = (w := Windows(corpus, corpus.recordings, 64, 10, fields)).batch(w.in_order(1))
    assert batch["valid"][0].tolist() == [1.0] * 40 + [0.0] * 24
    assert torch.equal(batch["rotations"][0, 40:], batch["rotations"][0, 39:40].expand(24, -1, -1))
    assert not batch["semantic_score"][0, 40:].any()
    assert not batch["phones"][0, 40:].any()
    assert (batch["word_index"][0, 40:] == -1).all()


def test_a_corpus_without_recordings_for_validation_is_refused(corpus: Corpus) -> None:
    with pytest.raises(UserError, match="no recordings"):
        Windows(corpus, [], 64, 10, ("rotations",))


def test_masks_show_the_seed_alone_or_keys_too_or_values_at_random() -> None:
    torch.manual_seed(0)
    conditions = ConditionSettings(seed_only=0.5, keys=0.25)
    hidden = drawn_mask(torch.zeros(MANY, 64, 337), 4, conditions)
    assert set(hidden.unique().tolist()) == {0.0, 1.0}
    seed_shown = hidden[:, :4, BODY].flatten(1).sum(1) == 0
    rest_hidden = hidden[:, 4:].flatten(1).mean(1)
    seed_alone = seed_shown & (rest_hidden == 1)
    with_keys = seed_shown & (rest_hidden < 1)
    assert seed_alone.float().mean().item() == pytest.approx(0.5, abs=0.1)
    assert with_keys.float().mean().item() == pytest.approx(0.25, abs=0.1)
    assert rest_hidden[with_keys].min() > 0.85  # keys are few
    assert hidden[with_keys][:, 4:, 330:].all()  # and hold no root
    assert rest_hidden[~seed_shown].std() > 0.2  # shares of all sizes


def test_a_seed_shows_what_generation_knows_of_the_frames_before() -> None:
    line = SimpleNamespace(windows=GenerationWindows(frames=124), locked=LockedFrames())
    _, generated = known_motion([line], [Place(0, 1)], [torch.zeros(4, 337)], "velocity")  # type: ignore[list-item]
    assert torch.equal(seed_alone(torch.zeros(1, 64, 337), 4), generated)


def test_keys_show_whole_joints_in_whole_frames() -> None:
    torch.manual_seed(0)
    hidden = drawn_mask(torch.zeros(50, 64, 337), 4, ConditionSettings(seed_only=0.0, keys=1.0))
    joints = hidden[:, 4:, :330].unflatten(2, (55, 6))
    assert torch.equal(joints.amin(3), joints.amax(3))


def test_the_published_share_rises_and_is_held() -> None:
    assert published_share(0, 400) == pytest.approx(0.05)
    assert published_share(100, 400) == pytest.approx(0.05 + 0.95 / 4)
    assert published_share(130, 400) == pytest.approx(0.35875)
    assert published_share(399, 400) == pytest.approx(0.35875)


def all_told(corpus: Corpus) -> Conditions:
    windows = Windows(corpus, corpus.of_split("train"), 64, 1, CONDITION_FIELDS)
    batch = windows.batch(windows.drawn(1, 0, MANY))
    return conditions_of({**batch, "rhythm": batch["rhythm"] + 1, "phones": batch["phones"] + 1}, FRONT_END, "semantic")


def test_conditions_are_left_out_window_by_window_as_often_as_asked(corpus: Corpus) -> None:
    torch.manual_seed(0)
    told = all_told(corpus)
    left = some_left_out(
        told, ConditionSettings(drop_rhythm=0.1, drop_speech=0.2, drop_text=0.3, open_class=0.5, open_plan=0.4)
    )

    def share_left_out(values: torch.Tensor | None) -> float:
        assert values is not None
        return float((values.flatten(1).abs().sum(1) == 0).float().mean())

    assert share_left_out(left.rhythm) == pytest.approx(0.1, abs=0.06)
    assert share_left_out(left.speech) == pytest.approx(0.2, abs=0.06)
    assert share_left_out(left.words) == pytest.approx(0.3, abs=0.06)
    assert share_left_out(left.sentence) == share_left_out(left.words)  # words go with their sentence
    assert torch.equal(left.identity, told.identity)
    assert left.plan_mask is not None
    assert told.plan_mask is not None
    fully_open = left.plan_mask.flatten(1).amin(1) == 1
    assert fully_open.float().mean().item() >= 0.35
    assert (left.plan_mask >= told.plan_mask).all()


def test_half_of_the_windows_leave_the_class_open(corpus: Corpus) -> None:
    torch.manual_seed(0)
    told = all_told(corpus)
    assert told.gesture_class is not None
    given = told.gesture_class.amax(1) > 0
    left = some_left_out(told, ConditionSettings()).gesture_class
    assert left is not None
    kept = left.amax(1) > 0
    assert float(kept[given].float().mean()) == pytest.approx(0.5, abs=0.08)


def test_the_plan_is_open_where_the_corpus_gives_none(corpus: Corpus) -> None:
    windows = Windows(corpus, corpus.of_split("train"), 64, 10, CONDITION_FIELDS)
    batch = windows.batch(windows.in_order(4))
    told = conditions_of(batch, FRONT_END, "semantic")
    assert told.plan_mask is not None
    assert torch.equal(told.plan_mask[..., 0], 1.0 - batch["plan_given"].float())
