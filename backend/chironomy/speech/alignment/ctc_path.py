"""The best way through a text for the output of a CTC network.

Connectionist temporal classification: at each frame the network gives one of the text's letters, in order, or the
blank; a letter may last, and between equal letters there must be a blank (A. Graves et al., 2006).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

_NEVER = np.float32(-1e9)
_REPORT_EVERY = 250  # frames


def best_letters(
    log_probabilities: NDArray[np.float32],
    letters: Sequence[int],
    blank: int,
    *,
    whole: bool = True,
    report: Callable[[float], None] = lambda _: None,
) -> list[tuple[int, int] | None]:
    """For each letter its frames start … end − 1; None for those that were not reached.

    log_probabilities: [T, V]. whole: all letters are in the sound, if it is long enough; else it may end anywhere in
    the text.
    """
    labels = np.full(2 * len(letters) + 1, blank)
    labels[1::2] = letters
    may_skip = np.zeros(len(labels), bool)  # from one letter to the next without a blank between them
    may_skip[3::2] = labels[3::2] != labels[1:-2:2]
    score = np.full(len(labels), _NEVER, np.float32)
    score[:2] = 0
    steps = np.zeros((len(log_probabilities), len(labels)), np.int8)
    ways = np.full((3, len(labels)), _NEVER, np.float32)
    for frame, emission in enumerate(log_probabilities[:, labels]):
        if frame:
            ways[0] = score
            ways[1, 1:] = score[:-1]
            ways[2, 2:] = np.where(may_skip[2:], score[:-2], _NEVER)
            steps[frame] = ways.argmax(axis=0)
            score = ways.max(axis=0)
        score = score + emission
        if frame % _REPORT_EVERY == 0:
            report(frame / len(log_probabilities))
    reached_end = score[-2:].max() > _NEVER / 2
    state = len(labels) - 2 + int(score[-2:].argmax()) if whole and reached_end else int(score.argmax())
    return _spans(steps, state, len(letters))


def _spans(steps: NDArray[np.int8], state: int, count: int) -> list[tuple[int, int] | None]:
    spans: list[tuple[int, int] | None] = [None] * count
    for frame in range(len(steps) - 1, -1, -1):
        if state % 2:
            known = spans[state // 2]
            spans[state // 2] = (frame, known[1] if known else frame + 1)
        state -= int(steps[frame, state])
    return spans
