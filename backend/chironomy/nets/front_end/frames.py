"""Which frames words are spoken in. Frame k is the time k / fps."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ...formats.words import Word
from ...speech.types import FPS

#: The number of the word in frames in which none is spoken.
NO_WORD = -1
#: The ends of sentences, the longest stretch taken for one, and the pause that ends one without a sign.
_SENTENCE_ENDS = frozenset(".?!…。？！")
_MOST_WORDS, _PAUSE_S = 40, 1.0


def frames_within(start_s: float, end_s: float, frames: int, fps: float) -> slice:
    """The frames k with start ≤ k / fps < end; the nearest one where there is none."""
    first, last = ceil(start_s * fps - 1e-6), ceil(end_s * fps - 1e-6)
    if last <= first:
        first = round((start_s + end_s) / 2 * fps)
        last = first + 1
    first = min(max(first, 0), frames - 1)
    return slice(first, min(max(last, first + 1), frames))


def word_numbers(words: Sequence[Word], frames: int, fps: float = FPS) -> NDArray[np.int64]:
    """[frames]: the number of the word that is spoken, NO_WORD between words."""
    out = np.full(frames, NO_WORD, dtype=np.int64)
    for number, word in enumerate(words):
        out[frames_within(word.start_s, word.end_s, frames, fps)] = number
    return out


def sentences_of(words: Sequence[Word]) -> list[range]:
    """The words of each sentence: they end with their sign, at pauses of a second, and after 40 words."""
    sentences, first = [], 0
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else None
        pause = following is None or following.start_s - word.end_s > _PAUSE_S
        if pause or _SENTENCE_ENDS & set(word.punctuation) or number + 1 - first == _MOST_WORDS:
            sentences.append(range(first, number + 1))
            first = number + 1
    return sentences
