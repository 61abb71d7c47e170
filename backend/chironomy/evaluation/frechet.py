"""Fréchet distance between two sets of latents [n, d], each taken for one Gaussian.

|μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½)
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from ..motion.rotations import Array

#: What the published recipes add to the diagonal of covariances.
_RIDGE = 1e-6


def corrected(first: ArrayLike, second: ArrayLike) -> float:
    """Exact also for covariances that are singular, as those of fewer latents than dimensions are; symmetric, ≥ 0."""
    (mean_1, covariance_1), (mean_2, covariance_2) = _gaussian(first), _gaussian(second)
    # (C₁ C₂)^½ has the trace that C₁^½ C₂^½ has as its sum of singular values, and that one always exists
    common = np.linalg.svd(_root(covariance_1) @ _root(covariance_2), compute_uv=False).sum()
    spread = np.trace(covariance_1) + np.trace(covariance_2) - 2 * common
    return max(float(np.sum((mean_1 - mean_2) ** 2) + spread), 0.0)


def published(first: ArrayLike, second: ArrayLike) -> float:
    """SemTalk's release: the root of the product; a ridge on both covariances only where that root is not finite."""
    a, b = _gaussian(first), _gaussian(second)
    distance = _by_matrix_root(*a, *b, ridge=0.0)
    return distance if np.isfinite(distance) else _by_matrix_root(*a, *b, ridge=_RIDGE)


def emage_evaltools(first: ArrayLike, second: ArrayLike) -> float:
    """PantoMatrix's evaluator: the same with the ridge always there."""
    return _by_matrix_root(*_gaussian(first), *_gaussian(second), ridge=_RIDGE)


def _gaussian(latents: ArrayLike) -> tuple[Array, Array]:
    """Mean [d] and covariance [d, d] of at least two latents. Raises ValueError for fewer."""
    latents = np.asarray(latents, dtype=np.float64)
    if latents.ndim != 2 or len(latents) < 2:
        raise ValueError(f"at least two latents [n, d] are needed, not an array of {latents.shape}")
    return latents.mean(axis=0), np.cov(latents, rowvar=False).reshape(latents.shape[1], -1)


def _root(covariance: Array) -> Array:
    values, vectors = np.linalg.eigh(covariance)
    scale = np.sqrt(np.maximum(values, 0.0))
    return np.matmul(vectors * scale, vectors.T, dtype=float)


def _by_matrix_root(mean_1: Array, covariance_1: Array, mean_2: Array, covariance_2: Array, ridge: float) -> float:
    from scipy.linalg import sqrtm

    on_diagonal = ridge * np.eye(len(mean_1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # singular products are what this recipe is known for
        root = np.asarray(sqrtm((covariance_1 + on_diagonal) @ (covariance_2 + on_diagonal)))
    spread = np.trace(covariance_1) + np.trace(covariance_2) - 2 * np.trace(root.real)
    return float(np.sum((mean_1 - mean_2) ** 2) + spread)
