"""Windows of a corpus as training batches. Which windows make up a step depends on the seed and the step alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import UserError
from .corpus_format import FIELDS, Recording
from .shards import Corpus

#: Field name → [B, …]; floats as float32, whole numbers as int64. Beside the fields: `speaker` [B] and `valid` [B, T],
#: 1 for frames of the recording and 0 behind its end.
Batch = dict[str, Tensor]


class Windows:
    """Windows of one length over some recordings; recordings that are shorter are filled up by their last frame."""

    def __init__(
        self, corpus: Corpus, recordings: Sequence[Recording], frames: int, stride: int, fields: Collection[str]
    ) -> None:
        if not recordings:
            raise UserError(f"{corpus.folder}: has no recordings for training or for validation: prepare it again")
        self._corpus, self._recordings = corpus, list(recordings)
        self._frames, self._stride = frames, stride
        self._fields = sorted(set(fields) & corpus.fields)
        counts = [1 + max(0, recording.frames - frames) // stride for recording in self._recordings]
        self._owner = np.repeat(np.arange(len(counts)), counts)
        self._start = np.concatenate([np.arange(count) * stride for count in counts])

    def __len__(self) -> int:
        """How many windows an epoch has."""
        return len(self._owner)

    def drawn(self, seed: int, step: int, batch_size: int) -> list[tuple[int, int]]:
        """Recording and first frame of each window of a step: epoch by epoch all windows, shuffled and shifted anew."""
        first = step * batch_size
        chosen = []
        for epoch in range(first // len(self), (first + batch_size - 1) // len(self) + 1):
            rng = np.random.default_rng([seed, epoch])
            order = rng.permutation(len(self))
            shift = rng.integers(0, self._stride, len(self))
            start = max(first - epoch * len(self), 0)
            stop = min(first + batch_size - epoch * len(self), len(self))
            chosen += [self._place(number, int(shift[number])) for number in order[start:stop]]
        return chosen

    def in_order(self, most: int) -> list[tuple[int, int]]:
        """At most `most` windows, evenly spread: always the same ones."""
        numbers = np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(int))
        return [self._place(int(number), 0) for number in numbers]

    def batch(self, places: Sequence[tuple[int, int]]) -> Batch:
        """The windows at these places."""
        windows = [self._window(self._recordings[owner], start) for owner, start in places]
        return {name: _tensor(np.stack([window[name] for window in windows])) for name in windows[0]}

    def batches(
        self, seed: int, steps: range, batch_size: int, process: int = 0, processes: int = 1
    ) -> Iterator[Batch]:
        """The batches of some steps, in order, each read while the one before it is worked on.

        With several processes each gets its own part of every batch.
        """
        with ThreadPoolExecutor(1) as reader:
            places = (self.drawn(seed, step, batch_size)[process::processes] for step in steps)
            coming = [reader.submit(self.batch, next(places))] if steps else []
            while coming:
                ready = coming.pop().result()
                if (following := next(places, None)) is not None:
                    coming.append(reader.submit(self.batch, following))
                yield ready

    def _place(self, number: int, shift: int) -> tuple[int, int]:
        owner = int(self._owner[number])
        latest = max(self._recordings[owner].frames - self._frames, 0)
        return owner, min(int(self._start[number]) + shift, latest)

    def _window(self, recording: Recording, start: int) -> dict[str, NDArray]:
        there = min(self._frames, recording.frames - start)
        missing = self._frames - there
        window: dict[str, NDArray] = {}
        for name in self._fields:
            if name == "sentence_features":
                window[name] = self._corpus.read(recording, name, start, 1)[0]
                continue
            values = self._corpus.read(recording, name, start, there)
            filling = np.repeat(values[-1:], missing, axis=0)
            window[name] = np.concatenate([values, filling if name in _HELD else _nothing(name, filling)])
        window["speaker"] = np.array(recording.speaker)
        window["valid"] = (np.arange(self._frames) < there).astype(np.float32)
        return window


#: Fields that stay as they are behind a recording's end; in the others there is nothing then.
_HELD = ("rotations", "base_rotations", "translation", "contacts", "face")


def _nothing(name: str, like: NDArray) -> NDArray:
    is_index = any(spec.rows_of == name for spec in FIELDS.values())
    return np.full_like(like, -1 if is_index else 0)


def _tensor(values: NDArray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32 if values.dtype.kind == "f" else np.int64))
