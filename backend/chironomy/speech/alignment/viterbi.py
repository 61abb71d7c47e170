"""The best way through a graph for a stretch of sound."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .acoustic_model import STATES_PER_PHONE
from .graph import FOREIGN_FRAME_COST, JUMP_COST, SKIP_COST, Graph

_NEVER = np.float32(-1e9)
_DEEPEST = 40.0  # nats under the best phone without context: one odd frame must not decide about a word
_REPORT_EVERY = 250  # frames


@dataclass(frozen=True)
class Segment:
    """One phone of the best path: frames start … end − 1."""

    node: int
    start: int
    end: int
    support: float
    """Mean over its frames: log likelihood less that of the best phone without context."""


def emissions(graph: Graph, scores: NDArray[np.float32], context_free: NDArray[np.int32]) -> NDArray[np.float32]:
    """[T, U + 1] log likelihood ratios of the graph's senones and, last, of speech that the text does not have.

    `scores` are those of graph.senones; `context_free` names the senones of phones without context. Each frame is
    measured against the best of the latter, which makes frames, recordings and texts comparable.
    """
    columns = np.searchsorted(graph.senones, context_free)
    best = scores[:, columns].max(axis=1, keepdims=True)
    ratios = np.empty((len(scores), scores.shape[1] + 1), np.float32)
    np.maximum(scores - best, -_DEEPEST, out=ratios[:, :-1])
    ratios[:, -1] = -FOREIGN_FRAME_COST
    return ratios


def best_path(
    graph: Graph, ratios: NDArray[np.float32], *, whole: bool, report: Callable[[float], None] = lambda _: None
) -> list[Segment]:
    """The most likely sequence of phones for the frames of `ratios`.

    whole: the text ends with the sound; else the sound may end anywhere in the text.
    """
    history = _forward(graph, ratios, report)
    return _traced_back(graph, ratios, history, whole)


def _forward(graph: Graph, ratios: NDArray[np.float32], report: Callable[[float], None]) -> NDArray[np.float32]:
    """[T, 3, N]: the score of the best way to be in each state at each frame."""
    n_frames = len(ratios)
    columns = np.ascontiguousarray(graph.columns.T)
    stay, leave = np.ascontiguousarray(graph.stay.T), np.ascontiguousarray(graph.leave.T)
    history = np.empty((n_frames, STATES_PER_PHONE, graph.n_phones), np.float32)
    values = np.full(graph.first_rest + graph.n_words + 1, _NEVER, np.float32)
    values[graph.first_rest :] = -np.minimum(_skip_costs(graph), JUMP_COST)
    state = np.full((STATES_PER_PHONE, graph.n_phones), _NEVER, np.float32)
    for frame in range(n_frames):
        entry = values[graph.source] - graph.entry_cost
        moved = state[:-1] + leave[:-1]
        state += stay
        np.maximum(state[1:], moved, out=state[1:])
        np.maximum(state[0], entry, out=state[0])
        state += ratios[frame][columns]
        history[frame] = state
        _fill_values(graph, state[-1] + leave[-1], values)
        if frame % _REPORT_EVERY == 0:
            report(frame / n_frames)
    return history


def _fill_values(graph: Graph, ends: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    """The scores of phone ends, meets and rests, from those of phone ends."""
    values[: graph.n_phones] = ends
    if len(graph.meet_start):
        values[graph.n_phones : graph.first_rest] = np.maximum.reduceat(ends[graph.meeting], graph.meet_start)
    arrived = np.maximum.reduceat(ends[graph.resting], graph.rest_start)
    cost = _skip_costs(graph)
    near, far = np.maximum.accumulate(arrived + cost) - cost, np.maximum.accumulate(arrived) - np.float32(JUMP_COST)
    values[graph.first_rest :] = np.maximum(near, far)


def _skip_costs(graph: Graph) -> NDArray[np.float32]:
    return (SKIP_COST * np.arange(graph.n_words + 1)).astype(np.float32)


def _traced_back(graph: Graph, ratios: NDArray[np.float32], history: NDArray[np.float32], whole: bool) -> list[Segment]:
    last = len(history) - 1
    node, state = _final(graph, history[last], whole)
    segments: list[Segment] = []
    end, total = last + 1, 0.0
    for frame in range(last, -1, -1):
        total += float(ratios[frame, graph.columns[node, state]])
        here = history[frame - 1] if frame else None
        if here is not None and _stayed(graph, here, node, state):
            continue
        if state > 0 and here is not None:
            state -= 1
            continue
        segments.append(Segment(node, frame, end, total / (end - frame)))
        if here is not None:
            node, state = _phone_before(graph, here, node), STATES_PER_PHONE - 1
            end, total = frame, 0.0
    return segments[::-1]


def _stayed(graph: Graph, here: NDArray[np.float32], node: int, state: int) -> bool:
    stayed = here[state, node] + graph.stay[node, state]
    if state > 0:
        return bool(stayed >= here[state - 1, node] + graph.leave[node, state - 1])
    return bool(stayed >= _entered(graph, here, node))


def _entered(graph: Graph, here: NDArray[np.float32], node: int) -> float:
    ends = here[-1] + graph.leave[:, -1]
    source = int(graph.source[node])
    if source < graph.n_phones:
        score = ends[source]
    elif source < graph.first_rest:
        score = ends[_members(graph.meeting, graph.meet_start, source - graph.n_phones)].max()
    else:
        _, score = _rest_before(graph, ends, source - graph.first_rest)
    return score - graph.entry_cost[node]


def _phone_before(graph: Graph, here: NDArray[np.float32], node: int) -> int:
    ends = here[-1] + graph.leave[:, -1]
    source = int(graph.source[node])
    if source < graph.n_phones:
        return source
    if source < graph.first_rest:
        members = _members(graph.meeting, graph.meet_start, source - graph.n_phones)
    else:
        origin, _ = _rest_before(graph, ends, source - graph.first_rest)
        members = _members(graph.resting, graph.rest_start, origin)
    return int(members[ends[members].argmax()])


def _rest_before(graph: Graph, ends: NDArray[np.float32], boundary: int) -> tuple[int, float]:
    """From which rest a rest is reached best, the words between them left out, and its score then."""
    arrived = np.maximum.reduceat(ends[graph.resting], graph.rest_start)[: boundary + 1]
    scores = arrived - np.minimum(_skip_costs(graph)[boundary::-1], JUMP_COST)
    origin = int(scores.argmax())
    return origin, float(scores[origin])


def _members(flat: NDArray[np.int32], starts: NDArray[np.int32], index: int) -> NDArray[np.int32]:
    end = starts[index + 1] if index + 1 < len(starts) else len(flat)
    return flat[starts[index] : end]


def _final(graph: Graph, here: NDArray[np.float32], whole: bool) -> tuple[int, int]:
    if not whole:
        state, node = np.unravel_index(int(here.argmax()), here.shape)
        return int(node), int(state)
    ends = here[-1] + graph.leave[:, -1]
    origin, _ = _rest_before(graph, ends, graph.n_words)
    members = _members(graph.resting, graph.rest_start, origin)
    return int(members[ends[members].argmax()]), STATES_PER_PHONE - 1
