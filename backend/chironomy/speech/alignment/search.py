"""Finds the words of a text in a recording of any length, window by window.

A window of sound is searched for the next stretch of text, which need not end with it. What was found up to its last
pause is kept, and the next window begins there: time grows linearly, and memory not at all.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from .acoustic_model import AcousticModel
from .confidence import Found, confidences
from .features import CONTEXT, FRAMES_PER_S, streams
from .graph import FILLER, Graph, Pronunciations, graph_of
from .scoring import senone_scores
from .viterbi import Segment, best_path, emissions

_WINDOW = 30 * FRAMES_PER_S
_LONGEST_WHOLE = 40 * FRAMES_PER_S
#: What was found in the last seconds of a window is not kept: the words after it were not seen.
_UNSURE = 3 * FRAMES_PER_S
_PAUSE = FRAMES_PER_S // 8
_SHORTEST = 3
_SCORED_AT_ONCE = 500
_THREADS = 2
#: Nobody speaks faster; so much text is offered to a window.
_PHONES_PER_S = 20
#: Where it is not clear where in the text the voice is, so much more is offered.
_MOST_PHONES = 2500
#: Unless so much of the speech is explained by the text, a window says nothing; in more text, more is found by chance.
_LEAST_COVERAGE, _LEAST_COVERAGE_LOST = 0.2, 0.45


Report = Callable[[float], None]


@dataclass(frozen=True)
class Sound:
    """The recording as the model hears it."""

    model: AcousticModel
    cepstra: NDArray[np.float32]
    """[T, 13], 100 frames a second."""
    mean: NDArray[np.float32]
    """[13]: what is taken off: the voice's and the room's colour."""

    def ratios(self, graph: Graph, start: int, end: int, report: Report = lambda _: None) -> NDArray[np.float32]:
        """Emissions of the graph's states for frames start … end − 1; see viterbi.emissions."""
        starts = range(start, end, _SCORED_AT_ONCE)
        pieces: list[NDArray[np.float32]] = []
        # numpy works outside Python's lock here, so threads help; the linear algebra's own threads only wait for each
        # other
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(_THREADS) as pool:
            for piece in pool.map(lambda first: self._scores(graph, first, min(first + _SCORED_AT_ONCE, end)), starts):
                pieces.append(piece)
                report(len(pieces) / len(starts))
        context_free = self.model.senone_sequences[: len(self.model.phones)].ravel()
        return emissions(graph, np.concatenate(pieces), context_free)

    def _scores(self, graph: Graph, start: int, end: int) -> NDArray[np.float32]:
        margin = max(0, start - CONTEXT)
        values = streams(self.cepstra[margin : end + CONTEXT], self.mean)[:, start - margin :][:, : end - start]
        return senone_scores(self.model, values, graph.senones)


@dataclass(frozen=True)
class Search:
    """What was found of a text."""

    words: list[Found | None]
    """One for each word; None where it is not in the sound."""
    foreign: list[tuple[int, int]]
    """Frames of speech that the text does not have."""


def find_words(
    sound: Sound, words: Sequence[Pronunciations], start: int, end: int, report: Report = lambda _: None
) -> Search:
    """Where each of the words is within frames start … end − 1."""
    found: list[Found | None] = [None] * len(words)
    foreign: list[tuple[int, int]] = []
    word, position, lost = 0, start, False
    while word < len(words) and end - position > _SHORTEST:
        whole = end - position <= _LONGEST_WHOLE
        length = end - position if whole else _WINDOW
        offered = _offered(words, word, _MOST_PHONES if lost else length * _PHONES_PER_S // FRAMES_PER_S + 100)
        graph = graph_of(sound.model, words[word : word + offered])
        done, share = (position - start) / (end - start), length / (end - start)
        ratios = sound.ratios(graph, position, position + length, _part(report, done, share / 2))
        path = best_path(graph, ratios, whole=whole, report=_part(report, done + share / 2, share / 2))
        entries = _words_of(sound.model, graph, path, position)
        doubtful = _coverage(graph, path, entries) < (
            _LEAST_COVERAGE_LOST if lost else _LEAST_COVERAGE
        ) and word + offered < len(words)
        if doubtful and not lost:
            lost = True  # perhaps much of the text is not said: the same sound again, with more text
            continue
        kept_words, kept_length = (offered, length) if whole else _kept(graph, path, length)
        if doubtful and not whole:
            # perhaps this is not in the text: the next sound, with the same text
            kept_words, kept_length = 0, length // 2
        lost = doubtful
        for index, entry in entries:
            if index < kept_words:
                found[word + index] = entry
        foreign += [
            (position + s.start, position + s.end) for s in path if graph.phone[s.node] < 0 and s.start < kept_length
        ]
        word += kept_words
        position += kept_length
    report(1.0)
    return Search(found, foreign)


def _part(report: Report, start: float, share: float) -> Report:
    return lambda fraction: report(start + share * fraction)


def _coverage(graph: Graph, path: list[Segment], entries: list[tuple[int, Found]]) -> float:
    """0…1: the share of the speech that is explained by words, each as far as it is believed."""
    speech = sum(s.end - s.start for s in path if graph.word[s.node] != FILLER or graph.phone[s.node] < 0)
    confidence = confidences([entry for _, entry in entries])
    explained = sum(c * (entry.end - entry.start) for c, (_, entry) in zip(confidence.tolist(), entries, strict=True))
    return explained / speech if speech else 1.0


def _offered(words: Sequence[Pronunciations], first: int, budget: int) -> int:
    """How many words, from the first on, have so many phones."""
    count = 0
    while first + count < len(words) and budget > 0:
        budget -= len(words[first + count][0])
        count += 1
    return count


def _kept(graph: Graph, path: list[Segment], length: int) -> tuple[int, int]:
    """How many of the graph's words and of the window's frames are settled."""
    last = length - _UNSURE
    pauses = [s for s in path if graph.word[s.node] == FILLER and s.end - s.start >= _PAUSE and s.start <= last]
    if pauses and pauses[-1].start > length // 2:
        pause = pauses[-1]
        return int(graph.boundary[pause.node]), min((pause.start + pause.end) // 2, last)
    ends = [
        (int(graph.word[here.node]) + 1, here.end)
        for here, following in pairwise(path)
        if graph.word[here.node] != FILLER and graph.word[here.node] != graph.word[following.node] and here.end <= last
    ]
    if ends and ends[-1][1] > length // 4:
        return ends[-1]
    fillers = [s for s in path if graph.word[s.node] == FILLER and s.start < last]
    return (int(graph.boundary[fillers[-1].node]) if fillers else 0), last


def _words_of(model: AcousticModel, graph: Graph, path: list[Segment], offset: int) -> list[tuple[int, Found]]:
    by_word: dict[int, list[Segment]] = {}
    for segment in path:
        if graph.word[segment.node] != FILLER:
            by_word.setdefault(int(graph.word[segment.node]), []).append(segment)
    return [(word, _found(model, graph, segments, offset)) for word, segments in by_word.items()]


def _found(model: AcousticModel, graph: Graph, segments: list[Segment], offset: int) -> Found:
    lengths = [s.end - s.start for s in segments]
    support = sum(s.support * length for s, length in zip(segments, lengths, strict=True)) / sum(lengths)
    return Found(
        phones=tuple(model.phones[graph.phone[s.node]] for s in segments),
        starts=tuple(offset + s.start for s in segments),
        end=offset + segments[-1].end,
        support=support,
    )
