"""What RVQ-VAEs make of recordings that they were not trained on: all four parts rebuilt, and put together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from gestures_table import Row, Target

from chironomy.errors import UserError
from chironomy.evaluation.reconstruction import reconstruction_figures
from chironomy.evaluation.subject import FPS, Subject
from chironomy.generators.semtalk.layers import rotations_of
from chironomy.motion import rotations as rot
from chironomy.motion.feet import foot_contacts
from chironomy.nets.config import PARTS, ModelConfig, PartName, read_model_config
from chironomy.nets.model_folder import CONFIG
from chironomy.nets.motion_vector import from_pose, part_of
from chironomy.nets.root_channels import with_root_channels
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.tensor_files import read_tensors
from chironomy.training.loop import WEIGHTS
from chironomy.training.recipe import load_recipe
from chironomy.training.train import RECIPE

Rvqs = Mapping[PartName, ResidualVQ]
#: In the order of `reconstruction_figures`.
_TARGETS = (
    Target(high=1.0), Target(high=2.0), Target(high=3.0), Target(high=3.0), Target(0.9, 1.1), Target(high=1.3),
    Target(high=1.5),
)  # fmt: skip


def config_of(folder: Path) -> ModelConfig:
    """The config of a model's folder, or of a run's. Raises UserError where it is neither."""
    if (folder / CONFIG).is_file():
        return read_model_config(folder / CONFIG)
    if (folder / RECIPE).is_file():
        return load_recipe(folder / RECIPE).model
    raise UserError(f"{folder}: is neither a model nor a run of training: choose another folder")


def read_rvqs(folder: Path) -> dict[PartName, ResidualVQ]:
    """Those that are there, in a model's folder or, while training goes on, in a run's."""
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


def rebuilt(recorded: Subject, networks: Rvqs, config: ModelConfig, face_width: int) -> Subject:
    """A motion encoded and decoded, each part by its network; joints of no network stay as they are."""
    whole = recorded.frames - recorded.frames % config.rvq.frames_per_token
    rotations, translation = recorded.rotations[:whole].copy(), recorded.translation[:whole]
    contacts = foot_contacts(recorded.positions[:whole], FPS).astype(np.float32)
    motion = with_root_channels(from_pose(rotations, translation, contacts), FPS, config.behaviour.seed_translation)
    face = torch.zeros(whole, face_width) if recorded.face is None else torch.from_numpy(recorded.face[:whole]).float()
    for part, network in networks.items():
        layout = config.parts[part]
        with torch.inference_mode():
            decoded = network.decode(network.encode(part_of(motion, layout, face)[None]))[0]
        rotations[:, list(layout.joint_numbers)] = rotations_of(decoded.double().numpy(), layout)
    return replace(recorded, rotations=rot.make_continuous(rotations), translation=translation)


def rebuilt_rows(
    networks: Rvqs, config: ModelConfig, test: Sequence[Subject], unseen: Sequence[Subject], real: Sequence[Subject]
) -> list[Row]:
    """Figures of all held-out recordings; beside them of those whose gestures were never seen, and of real motion."""
    face_width = config.parts["face"].width - 6 * len(config.parts["face"].joints)

    def figures(recordings: Sequence[Subject]) -> list:
        return reconstruction_figures([(rebuilt(s, networks, config, face_width), s) for s in recordings])

    columns = figures([*test, *unseen]), figures(unseen), figures(real)
    return [
        Row(whole.name, whole.unit, target, whole.value, never_seen.value, speaker.value, whole.digits)
        for target, whole, never_seen, speaker in zip(_TARGETS, *columns, strict=True)
    ]
