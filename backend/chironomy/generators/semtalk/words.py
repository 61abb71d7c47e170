"""The words of a take: when each one's gesture happens, and how much psi says of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...formats.take import StrokeWindow, TakeWord
from ...motion.rotations import Array
from ...speech.types import Speech
from .gesture_plan import StrokeTimes
from .planner import Plan

#: A stroke comes a little before its word's stressed syllable and is shown a little longer.
_BEFORE_S, _AFTER_S = 0.20, 0.22
_PREPARATION_S, _RETRACTION_S = 0.36, 0.48


def take_words(
    speech: Speech, psi: Array, classes: Mapping[int, str], fps: float, plan: Plan | None = None
) -> tuple[TakeWord, ...]:
    """Every word with its stroke window and its score, the maximum of psi [T] over that window.

    Where nothing was planned for a word, the stroke is taken to lie around the stressed syllable, preparation and
    retraction as long as the rhythm generator's.
    """
    strokes = {} if plan is None else {stroke.word: stroke for stroke in reversed(plan.strokes)}
    classes = {**{number: stroke.gesture_class for number, stroke in strokes.items()}, **classes}
    words = []
    for number, word in enumerate(speech.words):
        window = _window(speech.rhythm.nuclei_s[number], speech.duration_s, 1 / fps)
        if number in strokes:
            window = _planned(strokes[number].times, speech.duration_s, 1 / fps)
        first = min(int(np.ceil(window.stroke_start_s * fps - 1e-9)), len(psi) - 1)
        last = max(int(np.floor(window.stroke_end_s * fps + 1e-9)), first)
        score, prominence = float(psi[first : last + 1].max()), float(speech.rhythm.prominence[number])
        words.append(TakeWord(word, score, window, classes.get(number, ""), prominence))
    return tuple(words)


def _planned(times: StrokeTimes, duration_s: float, frame_s: float) -> StrokeWindow:
    latest = max(duration_s - frame_s, 0.0)
    start = float(np.clip(times.raised_s, 0.0, max(latest - 2 * frame_s, 0.0)))
    end = float(np.clip(times.lowering_s, min(start + 2 * frame_s, latest), latest))
    return StrokeWindow(
        float(np.clip(times.start_s, 0.0, start)), start, end, float(np.clip(times.end_s, end, duration_s))
    )


def _window(nucleus_s: float, duration_s: float, frame_s: float) -> StrokeWindow:
    """Within the take, and two frames long at least, so that psi has a value in it."""
    latest = max(duration_s - frame_s, 0.0)
    start = float(np.clip(nucleus_s - _BEFORE_S, 0.0, max(latest - 2 * frame_s, 0.0)))
    end = float(np.clip(nucleus_s + _AFTER_S, min(start + 2 * frame_s, latest), latest))
    return StrokeWindow(max(start - _PREPARATION_S, 0.0), start, end, min(end + _RETRACTION_S, duration_s))
