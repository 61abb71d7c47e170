"""Corpora on disk: what is written is read, and nothing damaged, hostile or mixed up is taken for a corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from synthetic import FACTS, recording_arrays, write_synthetic_corpus

from chironomy.errors import UserError
from chironomy.training.shards import Corpus, CorpusWriter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_synthetic_corpus(tmp_path / "corpus", recordings=5, frames=80)
    return tmp_path / "corpus"


def test_every_recording_comes_back_as_it_was(folder: Path) -> None:
    corpus = Corpus(folder)
    assert len({recording.shard for recording in corpus.recordings}) == 2  # so offsets and shards are both used
    for k, recording in enumerate(corpus.recordings):
        given = recording_arrays(k, 80)
        for name in ("rotations", "base_rotations", "translation", "rhythm", "semantic_score", "phones"):
            assert np.array_equal(corpus.read(recording, name), given[name])
            assert np.array_equal(corpus.read(recording, name, 10, 20), given[name][10:30])
        assert np.array_equal(corpus.read(recording, "word_features"), given["word_features"][given["word_index"]])


def test_a_frame_without_a_word_has_features_of_zero(tmp_path: Path) -> None:
    arrays = recording_arrays(0, 80)
    arrays["word_index"][:40] = -1
    writer = CorpusWriter(tmp_path / "corpus", FACTS)
    writer.add("first", "train", recording_arrays(1, 80))
    writer.add("second", "train", arrays)
    writer.close()
    corpus = Corpus(tmp_path / "corpus")
    features = corpus.read(corpus.recordings[1], "word_features")
    assert not features[:40].any()
    assert np.array_equal(features[40:], arrays["word_features"][arrays["word_index"][40:]])


def test_words_come_back_with_their_times(folder: Path) -> None:
    corpus = Corpus(folder)
    words = corpus.words(corpus.recordings[4])
    assert len(words) == 5
    assert (words[2].text, words[2].start_s, words[2].end_s) == ("word", 1.0, 1.4)


def test_splits_are_by_recording(folder: Path) -> None:
    corpus = Corpus(folder)
    names = {split: {r.id for r in corpus.of_split(split)} for split in ("train", "val", "test")}
    assert [len(ids) for ids in names.values()] == [3, 1, 1]
    assert len(set.union(*names.values())) == 5


def test_a_group_is_never_in_two_splits(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "corpus", FACTS)
    writer.add("nod", "train", recording_arrays(0), group="nod")
    writer.add("nod mirrored", "test", recording_arrays(1), group="nod")
    with pytest.raises(UserError, match="in two splits"):
        writer.close()


def test_a_corpus_that_was_interrupted_goes_on_after_its_last_shard(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    writer = CorpusWriter(whole, FACTS, shard_frames=160)
    for k in range(5):
        writer.add(f"{k}", "train", recording_arrays(k, 80))
    writer.close()
    interrupted = CorpusWriter(parts, FACTS, shard_frames=160)
    interrupted.skip("none", "broken")
    for k in range(3):
        interrupted.add(f"{k}", "train", recording_arrays(k, 80))
    writer = CorpusWriter(parts, FACTS, shard_frames=160)
    assert writer.ids == {"0", "1", "none"}
    assert writer.frames == 160
    for k in range(2, 5):
        writer.add(f"{k}", "train", recording_arrays(k, 80))
    writer.close()
    expected, found = Corpus(whole), Corpus(parts)
    assert found.recordings == expected.recordings
    assert all(np.array_equal(found.read(r, "rotations"), expected.read(r, "rotations")) for r in found.recordings)


def test_a_corpus_of_another_kind_is_never_added_to(folder: Path) -> None:
    with pytest.raises(UserError, match="another kind"):
        CorpusWriter(folder, FACTS.model_copy(update={"seed": 7}))


def cut_off(folder: Path) -> None:
    path = folder / "shard_0000" / "rotations.npy"
    path.write_bytes(path.read_bytes()[:-100])


def pickled(folder: Path) -> None:
    np.save(folder / "shard_0000" / "face.npy", np.array([{"a": 1}] * 240, dtype=object), allow_pickle=True)


def too_short(folder: Path) -> None:
    np.save(folder / "shard_0001" / "rhythm.npy", np.zeros((3, 5), np.float32))


def another_width(folder: Path) -> None:
    np.save(folder / "shard_0001" / "rhythm.npy", np.zeros((160, 7), np.float32))


def without_translation(folder: Path) -> None:
    (folder / "shard_0000" / "translation.npy").unlink()


def edited(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "corpus.json"
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))

    return edit


@pytest.mark.parametrize(
    "damage",
    [
        cut_off,
        pickled,
        too_short,
        another_width,
        without_translation,
        lambda folder: (folder / "corpus.json").write_text("{"),
        lambda folder: (folder / "corpus.json").write_text("[" * 100_000),
        lambda folder: (folder / "corpus.json").unlink(),
        edited(lambda document: document.update(fps=60)),
        edited(lambda document: document.update(recordings=[])),
        edited(lambda document: document["recordings"][0].update(shard="../../etc")),
        edited(lambda document: document["recordings"][0].update(offset=-1)),
        edited(lambda document: document["recordings"][1].update(offset=0)),
        edited(lambda document: document["recordings"][1].update(id="recording 0")),
        edited(lambda document: document["recordings"][1].update(speaker=7)),
        edited(lambda document: document["recordings"][-1].update(frames=10_000_000)),
    ],
)
def test_a_damaged_corpus_is_refused_in_one_line(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    with pytest.raises(UserError) as raised:
        Corpus(folder)
    assert "\n" not in str(raised.value)
    assert "corpus" in str(raised.value)


def test_a_broken_recording_is_refused_and_the_corpus_stays_whole(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "corpus", FACTS)
    writer.add("good", "train", recording_arrays(0))
    broken = {
        "rotations": np.zeros((160, 55, 6), np.float32),
        "translation": np.full((160, 3), np.nan, np.float32),
        "rhythm": np.zeros((3, 5), np.float32),
        "face": np.zeros((160, 9), np.float32),
        "word_index": np.full(160, 99, np.int32),
    }
    for name, array in broken.items():
        with pytest.raises(UserError, match=name):
            writer.add(name, "train", {**recording_arrays(1), name: array})
        writer.skip(name, "broken")
    writer.close()
    corpus = Corpus(tmp_path / "corpus")
    assert [recording.id for recording in corpus.recordings] == ["good"]
    assert [skipped.id for skipped in corpus.skipped] == list(broken)


def test_recordings_that_went_bad_on_disk_are_named(folder: Path) -> None:
    rotations = np.load(folder / "shard_0000" / "rotations.npy")
    rotations[100, 3, 2] = np.nan
    np.save(folder / "shard_0000" / "rotations.npy", rotations)
    corpus = Corpus(folder)
    assert [found.id for found in corpus.broken(corpus.recordings)] == ["recording 1"]
