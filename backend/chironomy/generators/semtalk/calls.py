"""Words that call for a gesture class, by the table of classes or by the animator: what the semantic gate reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...formats.gesture_choice import GestureChoice, chosen_classes
from ...nets.front_end.frames import frames_within
from ...speech.types import FPS, Speech
from ..rhythm.lexicon import recognise


def called_classes(
    speech: Speech, frames: int, names: Sequence[str], choices: Mapping[int, GestureChoice] | None = None
) -> NDArray[np.int16]:
    """[frames]: the number, counted from 1, of the class that the word spoken there calls for; 0 for none.

    choices: the animator's, by the word's number; they take the table's place. Raises UserError for an unknown class.
    """
    called = np.zeros(frames, dtype=np.int16)
    recognised = recognise(speech.words, speech.rhythm.prominence, chosen_classes(choices or {}))
    for number, found in recognised.items():
        if found.gesture_class in names:
            word = speech.words[number]
            called[frames_within(word.start_s, word.end_s, frames, FPS)] = names.index(found.gesture_class) + 1
    return called
