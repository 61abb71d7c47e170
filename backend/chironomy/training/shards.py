"""A corpus on disk: `corpus.json` and shards of memory-mapped `.npy` files, without pickles.

corpus.json: what is in it, the recordings with their split, what was left out and why
shard_0000/rotations.npy: one file for each field (`corpus_format.FIELDS`); recordings lie one behind another
shard_0000/words.json: the words of each recording: [text, start_s, end_s]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ..errors import UserError
from ..formats.atomic import replacing
from ..formats.words import Word
from .corpus_format import (
    FIELDS,
    CorpusFacts,
    CorpusIndex,
    Recording,
    SkippedRecording,
    Split,
    check_kind,
    check_values,
    missing_fields,
)

INDEX_FILE = "corpus.json"
WORDS_FILE = "words.json"
_MAX_INDEX_BYTES = 500_000_000


class CorpusWriter:
    """Writes a corpus recording by recording, and corpus.json with each shard: what is written is a corpus at any time.

    A folder with a corpus of the same facts is gone on with; `ids` says what it has, and what was left out of it.
    """

    def __init__(self, folder: Path, facts: CorpusFacts, shard_frames: int = 36_000) -> None:
        self._folder, self._facts, self._shard_frames = folder, facts, shard_frames
        self._recordings: dict[str, Recording] = {}
        self._skipped: list[SkippedRecording] = []
        self._pending: list[dict[str, NDArray]] = []
        self._words: dict[str, list[tuple[str, float, float]]] = {}
        self._layout: dict[str, tuple[tuple[int, ...], np.dtype]] = {}
        self._shard = self._offset = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if (folder / INDEX_FILE).exists():
                self._go_on()
            elif any(folder.iterdir()):
                raise UserError(f"{folder}: is not empty: choose a new folder for the corpus")
        except OSError as error:
            raise UserError(f"{folder}: cannot be made ({error.strerror or error}): choose another folder") from error

    def add(
        self,
        id: str,
        split: Split,
        arrays: Mapping[str, NDArray],
        *,
        speaker: int = 0,
        words: Sequence[Word] = (),
        audio: str = "",
        licence: str = "",
        group: str = "",
    ) -> None:
        """Adds a recording with its fields; all recordings have the same fields, of the same types.

        Fields of indices count from the recording's own first row. Raises UserError for anything that a corpus cannot
        hold; the corpus is then as it was before.
        """
        arrays = {name: np.asarray(array) for name, array in arrays.items()}
        layout = {name: (array.shape[1:], array.dtype) for name, array in arrays.items()}
        self._check(id, arrays, layout)
        frames = len(arrays["rotations"])
        recording = Recording(
            id=id, split=split, speaker=speaker, shard=f"shard_{self._shard:04d}", offset=self._offset, frames=frames,
            audio=audio, licence=licence, group=group,
        )  # fmt: skip
        self._layout = layout
        self._recordings[id] = recording
        self._words[id] = [(word.text, word.start_s, word.end_s) for word in words]
        self._pending.append(self._with_shard_rows(arrays))
        self._offset += frames
        if self._offset >= self._shard_frames:
            self._write_shard()

    @property
    def ids(self) -> set[str]:
        """Recordings that are there or were left out."""
        return {*self._recordings, *(skipped.id for skipped in self._skipped)}

    @property
    def frames(self) -> int:
        """Of all recordings together."""
        return sum(recording.frames for recording in self._recordings.values())

    def skip(self, id: str, reason: str) -> None:
        """Notes a recording that could not be used."""
        self._skipped.append(SkippedRecording(id=id, reason=reason))

    def close(self) -> CorpusIndex:
        """Writes what is left. Raises UserError where there is no recording at all."""
        if not self._recordings:
            raise UserError(f"{self._folder}: no recording could be used: see what was skipped and why")
        if self._pending:
            self._write_shard()
        return self._write_index()

    def _go_on(self) -> None:
        corpus = Corpus(self._folder)
        if corpus.facts != self._facts:
            raise UserError(f"{self._folder}: holds a corpus of another kind: choose a new folder for this one")
        self._recordings = {recording.id: recording for recording in corpus.recordings}
        self._skipped = list(corpus.skipped)
        self._shard = 1 + max(int(recording.shard.removeprefix("shard_")) for recording in corpus.recordings)

    def _write_index(self) -> CorpusIndex:
        index = CorpusIndex(
            facts=self._facts, recordings=tuple(self._recordings.values()), skipped=tuple(self._skipped)
        )
        _check_index(self._folder, index)
        _write_json(self._folder / INDEX_FILE, index.model_dump(mode="json"))
        return index

    def _check(
        self, id: str, arrays: Mapping[str, NDArray], layout: dict[str, tuple[tuple[int, ...], np.dtype]]
    ) -> None:
        if id in self._recordings:
            raise UserError(f"{id}: is in the corpus already: give every recording a name of its own")
        if missing := missing_fields(arrays):
            raise UserError(f"{id}: {', '.join(missing)} missing")
        for name, array in arrays.items():
            check_kind(id, name, array.shape, array.dtype)
        if self._layout and layout != self._layout:
            names = [n for n in FIELDS if layout.get(n) != self._layout.get(n)]
            raise UserError(f"{id}: {', '.join(names)} not of the same kind as in the recordings before it")
        frames = len(arrays["rotations"])
        uneven = [n for n, array in arrays.items() if FIELDS[n].rows_of is None and len(array) != frames]
        if uneven or frames == 0:
            raise UserError(f"{id}: has {frames} frames of rotations and other numbers of {', '.join(uneven) or 'all'}")
        check_values(id, arrays)

    def _with_shard_rows(self, arrays: dict[str, NDArray]) -> dict[str, NDArray]:
        """Indices that count from the shard's first row."""
        shifted = dict(arrays)
        for name, spec in FIELDS.items():
            if spec.rows_of and name in arrays:
                before = sum(len(other[name]) for other in self._pending)
                index = arrays[spec.rows_of].astype(np.int32)
                shifted[spec.rows_of] = np.where(index < 0, index, index + before).astype(np.int32)
        return shifted

    def _write_shard(self) -> None:
        folder = self._folder / f"shard_{self._shard:04d}"
        folder.mkdir(exist_ok=True)
        for name in self._pending[0]:
            with replacing(folder / f"{name}.npy") as temporary, temporary.open("wb") as file:
                whole = np.concatenate([arrays[name] for arrays in self._pending])
                np.lib.format.write_array(file, np.ascontiguousarray(whole), allow_pickle=False)
        _write_json(folder / WORDS_FILE, self._words)
        self._pending, self._words = [], {}
        self._shard, self._offset = self._shard + 1, 0
        self._write_index()


class Corpus:
    """A prepared corpus, read from memory-mapped files: opening it takes no memory, whatever its size."""

    def __init__(self, folder: Path) -> None:
        """Raises UserError where the folder is no corpus or a file is damaged, cut off or does not fit the others."""
        self.folder = folder
        index = _read_index(folder)
        self.facts, self.recordings, self.skipped = index.facts, index.recordings, index.skipped
        self._shards = {name: _open_shard(folder / name) for name in sorted({r.shard for r in self.recordings})}
        self.widths = self._check_shards()

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it has."""
        return frozenset(self.widths)

    def of_split(self, split: Split) -> list[Recording]:
        """The recordings of one split, in the corpus' order."""
        return [recording for recording in self.recordings if recording.split == split]

    def read(self, recording: Recording, field: str, start: int = 0, frames: int | None = None) -> NDArray:
        """A field's values for `frames` frames of a recording from its frame `start` on.

        For a field of rows: the rows that its field of indices points to, frame by frame; zeros where to none.
        """
        rows_of = FIELDS[field].rows_of
        if rows_of is not None:
            return self._rows(self._shards[recording.shard][field], self.read(recording, rows_of, start, frames))
        first = recording.offset + start
        last = recording.offset + (recording.frames if frames is None else start + frames)
        return np.asarray(self._shards[recording.shard][field][first:last])

    def words(self, recording: Recording) -> tuple[Word, ...]:
        """Its words with their times."""
        path = self.folder / recording.shard / WORDS_FILE
        try:
            entries = _read_json(path)[recording.id]
            return tuple(Word(str(text), float(start_s), float(end_s)) for text, start_s, end_s in entries)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: the words of {recording.id} are damaged: prepare the corpus again") from error

    def broken(self, recordings: Iterable[Recording]) -> list[SkippedRecording]:
        """Those whose values are no numbers or no rotations. Reads all of them once."""
        found = []
        for recording in recordings:
            frame_fields = [name for name in self.fields if FIELDS[name].rows_of is None]
            try:
                check_values(recording.id, {name: self.read(recording, name) for name in frame_fields})
            except UserError as error:
                found.append(SkippedRecording(id=recording.id, reason=str(error)))
        return found

    @staticmethod
    def _rows(rows: NDArray, index: NDArray) -> NDArray:
        values = np.zeros((len(index), *rows.shape[1:]), rows.dtype)
        there = (index >= 0) & (index < len(rows))
        values[there] = rows[index[there]]
        return values

    def _check_shards(self) -> dict[str, tuple[int, ...]]:
        """Shape behind the first axis of every field; all shards agree and are as long as their recordings need."""
        shapes: dict[str, tuple[int, ...]] = {}
        for shard, arrays in self._shards.items():
            where = self.folder / shard
            needed = max(r.offset + r.frames for r in self.recordings if r.shard == shard)
            if missing := missing_fields(arrays):
                raise UserError(f"{where}: {', '.join(missing)} missing: prepare the corpus again")
            for name, array in arrays.items():
                check_kind(str(where), name, array.shape, array.dtype)
                if FIELDS[name].rows_of is None and len(array) != needed:
                    raise UserError(f"{where}: {name} has {len(array)} frames, not {needed}: prepare the corpus again")
            found = {name: array.shape[1:] for name, array in arrays.items()}
            if shapes and found != shapes:
                raise UserError(f"{where}: its fields differ from those of other shards: prepare the corpus again")
            shapes = found
        return shapes


def _open_shard(folder: Path) -> dict[str, NDArray]:
    arrays: dict[str, NDArray] = {}
    for name in FIELDS:
        path = folder / f"{name}.npy"
        if not path.exists():
            continue
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{path}: is damaged ({error}): prepare the corpus again") from error
        if not isinstance(array, np.memmap) or array.offset + array.nbytes != path.stat().st_size:
            raise UserError(f"{path}: is not as long as it says: prepare the corpus again")
        arrays[name] = array
    return arrays


def _read_index(folder: Path) -> CorpusIndex:
    path = folder / INDEX_FILE
    if not path.is_file():
        raise UserError(f"{folder}: is no prepared corpus (no {INDEX_FILE}): make one with chironomy prepare")
    try:
        index = CorpusIndex.model_validate(_read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {where}: {first['msg']}: prepare the corpus again") from error
    _check_index(path, index)
    return index


def _check_index(path: Path, index: CorpusIndex) -> None:
    """Raises UserError where two recordings have one name, lie over each other, or a group is in two splits."""
    if not index.recordings:
        raise UserError(f"{path}: has no recordings: prepare the corpus again")
    splits: dict[str, Split] = {}
    ends: dict[str, int] = {}
    names = set()
    for recording in sorted(index.recordings, key=lambda r: (r.shard, r.offset)):
        if recording.id in names:
            raise UserError(f"{path}: {recording.id} is in it twice: prepare the corpus again")
        if recording.speaker >= len(index.facts.speakers):
            raise UserError(f"{path}: {recording.id} has speaker {recording.speaker}, which is not among the speakers")
        if recording.offset != ends.get(recording.shard, 0):
            raise UserError(f"{path}: {recording.id} does not follow the recording before it: prepare the corpus again")
        if recording.group and splits.setdefault(recording.group, recording.split) != recording.split:
            raise UserError(f"{path}: group {recording.group} is in two splits: what is tested must not be trained on")
        names.add(recording.id)
        ends[recording.shard] = recording.offset + recording.frames


def _read_json(path: Path) -> dict:
    try:
        if path.stat().st_size > _MAX_INDEX_BYTES:
            raise UserError(f"{path}: is larger than {_MAX_INDEX_BYTES // 1_000_000} MB: prepare the corpus again")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): prepare the corpus again") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is no valid JSON ({error}): prepare the corpus again") from error
    if not isinstance(document, dict):
        raise UserError(f"{path}: is no JSON object: prepare the corpus again")
    return document


def _write_json(path: Path, document: object) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")
