"""Networks in whose features FGD is measured: the published evaluator and the product's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ..errors import UserError
from .evaluator.network import Evaluator
from .motion_features import KIND, MotionFeatures
from .released.loading import load_published

_LARGEST_FILE_BYTES = 256 << 20
_REMEDY = "choose one that chironomy evaluate --train-fgd or convert-weights made"

FeatureNetwork = Evaluator | MotionFeatures


def read_feature_network(path: Path) -> FeatureNetwork:
    """The network of a `.safetensors` file. Raises UserError for anything else."""
    try:
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            raise UserError(f"{path}: is larger than a feature network ever is: {_REMEDY}")
        with safe_open(path, framework="pt") as file:
            own = (file.metadata() or {}).get("kind") == KIND
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}): check the path") from error
    except SafetensorError as error:
        raise UserError(f"{path}: is no feature network or damaged ({error}): {_REMEDY}") from error
    network = MotionFeatures() if own else Evaluator()
    load_published(network, tensors, path)
    return network.eval()


def encoder_of(network: FeatureNetwork) -> Callable[[NDArray], NDArray]:
    """A function from one motion [T, 330] to its latents [n, d], on the CPU."""

    def encode(motion: NDArray) -> NDArray:
        with torch.inference_mode():
            return network.encode(torch.as_tensor(motion, dtype=torch.float32)[None])[0].numpy().astype(np.float64)

    return encode
