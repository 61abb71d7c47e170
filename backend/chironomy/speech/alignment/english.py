"""Finds English words with the acoustic model of pocketsphinx."""

import re
from collections.abc import Sequence

from ...formats.words import Phone
from ..types import Audio
from .acoustic_model import english
from .confidence import Found, confidences
from .features import FRAMES_PER_S, cepstra, speech_mean
from .listening import Heard, HeardWord, Report, Span, SpokenWord
from .search import Sound, find_words

#: A frame speaks for the 25.6 ms that its window covers, so the line between two frames lies in the middle of their
#: windows; measured against the synthesiser flite, word onsets come out right on average with this.
_OFFSET_S = 0.0078


class EnglishListener:
    """A recording as the English model hears it."""

    def __init__(self, audio: Audio, report: Report = lambda _: None) -> None:
        self._duration_s = audio.duration_s
        values = cepstra(audio.samples, report)
        self._sound = Sound(english(), values, speech_mean(values))

    def find(self, words: Sequence[SpokenWord], start_s: float, end_s: float, report: Report = lambda _: None) -> Heard:
        """See Listener."""
        variants = [{_plain(phones): phones for phones in reversed(word.variants)} for word in words]
        result = find_words(
            self._sound, [list(v)[::-1] for v in variants], self._frame(start_s), self._frame(end_s), report
        )
        heard = [
            _heard(found, stressed[found.phones], float(confidence), start_s, end_s) if found else None
            for found, stressed, confidence in zip(result.words, variants, confidences(result.words), strict=True)
        ]
        foreign: list[Span] = [(a / FRAMES_PER_S, b / FRAMES_PER_S) for a, b in result.foreign]
        return Heard(heard, foreign)

    def _frame(self, time_s: float) -> int:
        if time_s >= self._duration_s:
            return len(self._sound.cepstra)
        return min(max(0, round((time_s - _OFFSET_S) * FRAMES_PER_S)), len(self._sound.cepstra))


def _plain(phones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(re.sub(r"\d", "", phone) for phone in phones)


def _heard(found: Found, labels: tuple[str, ...], confidence: float, start_s: float, end_s: float) -> HeardWord:
    edges = [min(max(frame / FRAMES_PER_S + _OFFSET_S, start_s), end_s) for frame in (*found.starts, found.end)]
    phones = tuple(Phone(label, a, b) for label, a, b in zip(labels, edges, edges[1:], strict=False))
    return HeardWord(phones, confidence)
