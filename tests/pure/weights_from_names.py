"""Weights made from tensor names, inputs made from input names: the rule by which the parity fixtures were made.

The specification's folder (keys and fixtures) is not part of the repository: it is looked for in $CHIRONOMY_SPEC, else
beside the checkout, and tests that need it are skipped where it is not.
"""

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

_SPECIFICATION = Path(os.environ.get("CHIRONOMY_SPEC", Path(__file__).parents[3] / "shared" / "spec"))
_AS_CONSTRUCTED = (".pe", ".mask")
_SMALL_EMBEDDINGS = ("text_pre_encoder_body.weight", "text_encoder.embedding.weight")
_SEMGES_CODEBOOK = "quantizer.embedding.weight"


def specification_file(name: str) -> Path:
    """A file of the specification's folder; skips the test where there is none."""
    if not _SPECIFICATION.is_dir():
        pytest.skip(f"the specification's folder {_SPECIFICATION} is not there (CHIRONOMY_SPEC names it)")
    return _SPECIFICATION / name


def published_shapes(module: str) -> dict[str, list[int]]:
    """Every tensor name of a published checkpoint with its shape; module: "semtalk_base", "semges_vq_hand", …"""
    return json.loads(specification_file(f"keys/keys_{module}.json").read_text())["keys"]


def fixture(name: str) -> Mapping[str, Any]:
    """A parity fixture: arrays of a .npz, or what a .json holds."""
    path = specification_file(f"parity/{name}")
    return dict(np.load(path)) if path.suffix == ".npz" else json.loads(path.read_text())


def weights_from_names(shapes: Mapping[str, Sequence[int]]) -> dict[str, torch.Tensor]:
    """One tensor for every name, but for those that stay as constructed (positions and masks)."""
    return {name: _weight(name, shape) for name, shape in shapes.items() if not name.endswith(_AS_CONSTRUCTED)}


def input_from_name(name: str, shape: Sequence[int], scale: float) -> torch.Tensor:
    """The deterministic input that the fixtures call by this name."""
    return _halved(_noise(f"input:{name}", shape) * np.float32(scale))


def _weight(name: str, shape: Sequence[int]) -> torch.Tensor:
    if name.endswith(".num_batches_tracked"):
        return torch.zeros(tuple(shape), dtype=torch.int64)
    value = _halved(_scaled(name, _noise(name, shape)))
    return value * 22 if name == _SEMGES_CODEBOOK else value


def _scaled(name: str, noise: np.ndarray) -> np.ndarray:
    if name.endswith(".running_var"):
        return 1 + np.float32(0.2) * np.abs(noise)
    if name.endswith(".running_mean"):
        return np.float32(0.1) * noise
    if name.startswith("quantizer.layers.") and name.endswith(".codebook"):
        return np.float32(0.6 ** int(name.split(".")[2])) * noise
    if noise.ndim == 1:
        return 1 + np.float32(0.1) * noise if name.endswith(".weight") else np.float32(0.02) * noise
    if name in _SMALL_EMBEDDINGS:
        return np.float32(0.3) * noise
    return noise / np.float32(np.sqrt(np.prod(noise.shape[1:])))


def _noise(key: str, shape: Sequence[int]) -> np.ndarray:
    generator = np.random.Generator(np.random.PCG64(zlib.crc32(key.encode())))
    return generator.standard_normal(tuple(shape), dtype=np.float32)


def _halved(values: np.ndarray) -> torch.Tensor:
    """Rounded to float16 and back."""
    return torch.from_numpy(values.astype(np.float16).astype(np.float32))
