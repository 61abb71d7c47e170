"""After the stage `sparse`: psi becomes a probability that holds on recordings that were not trained on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from ..nets.config import BehaviourConfig, ModelConfig
from ..nets.semtalk import SparseNetwork
from .conditions import conditions_of
from .generation import gate_inputs, token_means
from .settings import TrainingSettings
from .windows import Windows

_MOST_WINDOWS, _WINDOWS_AT_ONCE = 1024, 16
#: A gate that tells nothing apart is given hardly any weight, and never a negative one.
_LEAST_SCALE, _LARGEST_SCALE = 0.01, 100.0


def calibrated(
    behaviour: BehaviourConfig,
    network: SparseNetwork,
    validation: Windows,
    config: ModelConfig,
    settings: TrainingSettings,
) -> BehaviourConfig | None:
    """The behaviour with the gate's scale and offset fitted to recordings for validation.

    None where all of them mean something, or none does: then there is nothing to fit to.
    """
    log_odds, labels = gate_on(network, validation, config, settings)
    if labels.all() or not labels.any():
        return None
    scale, offset = fitted(log_odds, labels)
    return behaviour.model_copy(update={"gate_scale": scale, "gate_offset": offset})


@torch.no_grad()
def gate_on(
    network: SparseNetwork, windows: Windows, config: ModelConfig, settings: TrainingSettings
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The gate's log odds [n] and the labels that it learned [n], of all tokens of evenly spread windows."""
    device = next(network.parameters()).device
    places = windows.in_order(_MOST_WINDOWS)
    log_odds, labels = [], []
    for start in range(0, len(places), _WINDOWS_AT_ONCE):
        read = windows.batch(places[start : start + _WINDOWS_AT_ONCE])
        batch = {name: values.to(device) for name, values in read.items()}
        heard = conditions_of(batch, config.front_end, "semantic")
        logits = network.hear(**gate_inputs(heard)).gate.double()
        score, there = (token_means(batch[name], config.rvq.frames_per_token) for name in ("semantic_score", "valid"))
        log_odds.append((logits[..., 1] - logits[..., 0])[there == 1].cpu().numpy())
        labels.append((score > settings.semantic_above)[there == 1].cpu().numpy())
    return np.concatenate(log_odds), np.concatenate(labels)


def fitted(log_odds: ArrayLike, labels: ArrayLike) -> tuple[float, float]:
    """Scale and offset of sigmoid(scale · log odds + offset) by likelihood, with Platt's targets short of 0 and 1.

    Platt 1999, "Probabilistic outputs for support vector machines", section 2.2. log_odds [n], labels [n].
    """
    x, labels = np.asarray(log_odds, dtype=float), np.asarray(labels, dtype=bool)
    positive, negative = int(labels.sum()), int((~labels).sum())
    target = np.where(labels, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = values[0] * x + values[1]
        wrong = expit(z) - target
        likelihood = target * log_expit(z) + (1 - target) * log_expit(-z)
        return -float(likelihood.mean()), np.array([(wrong * x).mean(), wrong.mean()])

    bounds = [(_LEAST_SCALE, _LARGEST_SCALE), (None, None)]
    scale, offset = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return round(float(scale), 6), round(float(offset), 6)
