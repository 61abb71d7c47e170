"""Finds words of any language with a CTC model from `transformers` that the user has on disk."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

import numpy as np
from numpy.typing import NDArray

from ...nets.ctc import load_ctc_network
from ..types import SAMPLE_RATE, Audio
from .ctc_path import best_letters
from .listening import Heard, HeardWord, Report, SpokenWord, spread_phones

_WINDOW_S = 30.0
_LONGEST_WHOLE_S = 40.0
_UNSURE_S = 3.0
#: Sound around a window that the network hears too, so that its edges come out right.
_MARGIN_S = 1.0
_LETTERS_PER_S = 30
_TICK_S = 0.2


class CtcListener:
    """A recording as a CTC network hears it."""

    def __init__(self, audio: Audio, model: str | os.PathLike[str], report: Report = lambda _: None) -> None:
        self._samples = audio.samples
        self._network = load_ctc_network(os.fspath(model), SAMPLE_RATE)
        self._hop = self._network.hop
        self._numbers = self._network.numbers
        self._blank = self._network.blank
        self._delimiter = self._network.delimiter
        report(1.0)

    def find(self, words: Sequence[SpokenWord], start_s: float, end_s: float, report: Report = lambda _: None) -> Heard:
        """See Listener. A word whose letters the network does not know is not found."""
        letters = [self._letters(word.text) for word in words]
        found: list[HeardWord | None] = [None] * len(words)
        word, position = 0, start_s
        while word < len(words) and end_s - position > 2 * self._frame_s:
            whole = end_s - position <= _LONGEST_WHOLE_S
            until = end_s if whole else position + _WINDOW_S
            offered = _offered(letters, word, until - position)
            done = (position - start_s) / (end_s - start_s)
            logs = _waited(lambda a=position, b=until: self._log_probabilities(a, b), lambda done=done: report(done))
            heard = self._heard(
                letters[word : word + offered], words[word : word + offered], logs, position, until, whole
            )
            last_s = until if whole else until - _UNSURE_S
            kept = (
                offered if whole else 1 + max((n for n, h in enumerate(heard) if h and h.span[1] <= last_s), default=-1)
            )
            found[word : word + kept] = heard[:kept]
            ends = [h.span[1] for h in heard[:kept] if h]
            word += kept
            position = ends[-1] if ends else last_s
        report(1.0)
        return Heard(found, [])

    @property
    def _frame_s(self) -> float:
        return self._hop / SAMPLE_RATE

    def _letters(self, text: str) -> list[int]:
        """The network's numbers for the letters of a word; letters that it does not know are left out."""
        forms = [next((form for form in (c, c.upper(), c.lower()) if form in self._numbers), None) for c in text]
        return [self._numbers[form] for form in forms if form is not None]

    def _heard(
        self,
        letters: Sequence[list[int]],
        words: Sequence[SpokenWord],
        logs: NDArray[np.float32],
        start_s: float,
        end_s: float,
        whole: bool,
    ) -> list[HeardWord | None]:
        sequence: list[int] = []
        places: list[range] = []
        for own in letters:
            if sequence and own and self._delimiter >= 0:
                sequence.append(self._delimiter)
            places.append(range(len(sequence), len(sequence) + len(own)))
            sequence += own
        if not sequence:
            return [None] * len(words)
        spans = best_letters(logs, sequence, self._blank, whole=whole)
        best = logs.max(axis=1)
        heard: list[HeardWord | None] = []
        for place, word in zip(places, words, strict=True):
            own = [(sequence[k], span) for k in place if (span := spans[k]) is not None]
            if not own or len(own) < len(place):
                heard.append(None)
                continue
            doubts = [float((logs[a:b, letter] - best[a:b]).mean()) for letter, (a, b) in own]
            begin = start_s + own[0][1][0] * self._frame_s
            finish = min(start_s + own[-1][1][1] * self._frame_s, end_s)
            phones = spread_phones(word.variants[0], begin, finish)
            heard.append(HeardWord(phones, float(np.exp(np.mean(doubts)))))
        return heard

    def _log_probabilities(self, start_s: float, end_s: float) -> NDArray[np.float32]:
        """[T, V] for the sound between two times."""
        margin = int(_MARGIN_S * SAMPLE_RATE) // self._hop * self._hop
        first, last = int(start_s * SAMPLE_RATE), int(end_s * SAMPLE_RATE)
        heard_from = max(first % self._hop, first - margin)
        logs = self._network.log_probabilities(self._samples[heard_from : last + margin])
        skipped = (first - heard_from) // self._hop
        return logs[skipped : skipped + max(1, (last - first) // self._hop)]


def _waited(work: Callable[[], NDArray[np.float32]], tick: Callable[[], None]) -> NDArray[np.float32]:
    """What `work` gives; meanwhile `tick` is called again and again, and stops the waiting by raising."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        running = pool.submit(work)
        while True:
            tick()
            try:
                return running.result(timeout=_TICK_S)
            except FutureTimeout:
                if running.done():  # the work's own timeout, not ours
                    raise
    finally:
        pool.shutdown(wait=False)


def _offered(letters: Sequence[list[int]], first: int, length_s: float) -> int:
    """How many words, from the first on, could at most be said in so much time."""
    budget = length_s * _LETTERS_PER_S + 30
    count = 0
    while first + count < len(letters) and budget > 0:
        budget -= len(letters[first + count]) + 1
        count += 1
    return count
