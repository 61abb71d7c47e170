"""How far the sound supports the words that were found in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Support at which a word is as likely right as wrong, and how quickly that changes: measured on 151 recordings, each
# with its own text and with that of another (docs/bench/alignment.py). A word is judged with its neighbours; if it
# fits very badly, alone.
_EVEN, _WIDTH = -2.7, 0.5
_EVEN_ALONE, _WIDTH_ALONE = -5.0, 0.7
_NEIGHBOUR_WEIGHT = 0.5
_ABSENT_SUPPORT, _ABSENT_PHONES = -8.0, 3


@dataclass(frozen=True)
class Found:
    """One word in the sound: phones without stress, in frames of 10 ms."""

    phones: tuple[str, ...]
    starts: tuple[int, ...]
    """One for each phone."""
    end: int
    support: float
    """Mean log likelihood over its frames, against the best of all phones at each frame. About −1 where it fits."""

    @property
    def start(self) -> int:
        return self.starts[0]


def confidences(found: Sequence[Found | None]) -> NDArray[np.float64]:
    """[W] 0…1 for each word; 0 for those that were not found."""
    support = np.pad(np.array([word.support if word else _ABSENT_SUPPORT for word in found], np.float64), 1)
    phones = np.pad(np.array([len(word.phones) if word else _ABSENT_PHONES for word in found], np.float64), 1)

    def with_neighbours(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values[1:-1] + _NEIGHBOUR_WEIGHT * (values[:-2] + values[2:])

    together = _logistic((with_neighbours(support * phones) / with_neighbours(phones) - _EVEN) / _WIDTH)
    alone = _logistic((support[1:-1] - _EVEN_ALONE) / _WIDTH_ALONE)
    return np.where([word is not None for word in found], np.minimum(together, alone), 0.0)


def _logistic(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(value, -50, 50)))
