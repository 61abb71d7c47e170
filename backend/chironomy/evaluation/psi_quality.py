"""Is psi a good probability that a frame carries meaning?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_BINS = 10


def roc_area(psi: ArrayLike, labels: ArrayLike) -> float:
    """Area under the ROC curve: how often a frame with the label has a higher psi than one without, ties by half.

    psi [n]; labels [n], true or false. NaN where all labels are alike.
    """
    from scipy.stats import rankdata

    psi, labels = np.asarray(psi, dtype=float), np.asarray(labels, dtype=bool)
    positive = int(labels.sum())
    negative = len(labels) - positive
    if positive == 0 or negative == 0:
        return float("nan")
    ranks = rankdata(psi)
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))


def calibration_error(psi: ArrayLike, labels: ArrayLike) -> float:
    """Expected calibration error: |mean psi − share of labels| in ten equal bins of psi, by frames in the bin."""
    psi, labels = np.asarray(psi, dtype=float), np.asarray(labels, dtype=float)
    if len(psi) == 0:
        return float("nan")
    bins = np.clip((psi * _BINS).astype(int), 0, _BINS - 1)
    off = np.bincount(bins, weights=psi, minlength=_BINS) - np.bincount(bins, weights=labels, minlength=_BINS)
    return float(np.abs(off).sum() / len(psi))
