"""Words that call for a gesture class, by the table of classes or by the animator: what the semantic gate reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...formats.gesture_choice import GestureChoice, chosen_classes
from ...nets.front_end.frames import frames_within
from ...speech.types import FPS, Speech
from ..rhythm.lexicon import recognise
from .choosing import APART_S


def called_classes(
    speech: Speech, frames: int, names: Sequence[str], choices: Mapping[int, GestureChoice] | None = None
) -> NDArray[np.int16]:
    """[frames]: the number, counted from 1, of the class that the word spoken there calls for; 0 for none.

    choices: the animator's, by the word's number; they take the table's place, and that of words beside them, which the
    planner leaves without a gesture. Raises UserError for an unknown class.
    """
    called = np.zeros(frames, dtype=np.int16)
    chosen = chosen_classes(choices or {})
    for number, found in recognise(speech.words, speech.rhythm.prominence, chosen).items():
        if found.gesture_class in names and not _is_beside_a_choice(number, chosen, speech.rhythm.nuclei_s):
            word = speech.words[number]
            called[frames_within(word.start_s, word.end_s, frames, FPS)] = names.index(found.gesture_class) + 1
    return called


def _is_beside_a_choice(word: int, chosen: Mapping[int, str], nuclei_s: Sequence[float]) -> bool:
    asked = [other for other, name in chosen.items() if name]
    return word not in asked and any(abs(nuclei_s[word] - nuclei_s[other]) < APART_S for other in asked)
