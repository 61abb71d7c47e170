"""What RVQ-VAEs make of a recording: every part encoded and decoded, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from ..errors import UserError
from ..generators.semtalk.layers import rotations_of
from ..motion import rotations as rot
from ..motion.rotations import Array
from ..nets.config import PARTS, ModelConfig, PartName, read_model_config
from ..nets.model_folder import CONFIG
from ..nets.motion_vector import from_pose, part_of
from ..nets.root_channels import with_root_channels
from ..nets.rvq import ResidualVQ
from ..nets.tensor_files import read_tensors
from .corpus_format import FPS
from .loop import WEIGHTS
from .recipe import load_recipe
from .train import RECIPE

Rvqs = Mapping[PartName, ResidualVQ]


def config_of(folder: Path) -> ModelConfig:
    """The config of a model's folder, or of a run's. Raises UserError where it is neither."""
    if (folder / CONFIG).is_file():
        return read_model_config(folder / CONFIG)
    if (folder / RECIPE).is_file():
        return load_recipe(folder / RECIPE).model
    raise UserError(f"{folder}: is neither a model nor a run of training: choose another folder")


def read_rvqs(folder: Path) -> dict[PartName, ResidualVQ]:
    """Those that are there, in a model's folder or, while training goes on, in a run's. Raises UserError for none."""
    config, networks = config_of(folder), {}
    for part in PARTS:
        places = (folder / f"rvq_{part}.safetensors", folder / f"rvq_{part}" / WEIGHTS)
        path = next((place for place in places if place.is_file()), None)
        if path is not None:
            network = ResidualVQ(config.parts[part].width, config.rvq)
            read_tensors(network, path, "train it again")
            networks[part] = network.eval().requires_grad_(False)
    if not networks:
        raise UserError(f"{folder}: has no RVQ-VAE: train the stage rvq first")
    return networks


def rebuilt_rotations(
    rotations: Array, translation: Array, contacts: Array, face: Array | None, networks: Rvqs, config: ModelConfig
) -> Array:
    """A motion [T, 55, 4] encoded and decoded, each part by its network, as long as whole tokens are.

    translation [T, 3], contacts [T, 4], face [T, C], zeros where there is none; joints of no network stay as they are.
    """
    whole = len(rotations) - len(rotations) % config.rvq.frames_per_token
    out = rotations[:whole].copy()
    motion = with_root_channels(
        from_pose(out, translation[:whole], contacts[:whole].astype(np.float32)), FPS, config.behaviour.seed_translation
    )
    for part, network in networks.items():
        layout = config.parts[part]
        width = layout.width - 6 * len(layout.joints)
        shapes = torch.zeros(whole, width) if face is None else torch.from_numpy(face[:whole]).float()
        with torch.inference_mode():
            decoded = network.decode(network.encode(part_of(motion, layout, shapes)[None]))[0]
        out[:, list(layout.joint_numbers)] = rotations_of(decoded.double().numpy(), layout)
    return rot.make_continuous(out)
