"""From codes to the joints' rotations, the face's channels, the feet's contacts and the root's path."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...motion import rotations as rot
from ...motion.rotations import Array
from ...motion.skeleton import JOINT_COUNT
from ...motion.stretches import in_stretches
from ...nets.config import PartConfig, PartName
from ...nets.global_motion import global_input, root_velocity, to_translation
from ...nets.model_folder import Model
from .decoding import DecodeTokens, decode_in_stretches, filter_in_stretches


def still_body(frames: int) -> Array:
    """Local rotations [frames, 55, 4] of the T-pose."""
    out = np.empty((frames, JOINT_COUNT, 4))
    out[:] = rot.identity()
    return out


def decode_part(model: Model, part: PartName, decode: DecodeTokens, tokens: int, rotations: Array) -> Array:
    """Writes a part of `tokens` tokens into local rotations [T, 55, 4], and gives its extra channels [T, E]."""
    layout, frames = model.config.parts[part], len(rotations)
    extra = np.empty((frames, layout.width - 6 * len(layout.joints)))
    for first, motion in decode_in_stretches(decode, tokens, model.rvq[part].context_tokens):
        own = motion[: frames - first].double().cpu().numpy()
        stretch = slice(first, first + len(own))
        rotations[stretch, list(layout.joint_numbers)] = rotations_of(own, layout)
        extra[stretch] = own[:, 6 * len(layout.joints) :]
    return extra


def rotations_of(decoded: Array, layout: PartConfig) -> Array:
    """Local rotations [T, J, 4] of a decoded part [T, width]."""
    joints = len(layout.joints)
    return rot.from_six_d(decoded[:, : 6 * joints].reshape(len(decoded), joints, 6))


def root_velocities(model: Model, rotations: Array, lower: Array, first: int = 0, end: int | None = None) -> Array:
    """(v_x in m/s, y in m, v_z in m/s) [F, 3] of frames first … end − 1, by the global-motion network.

    rotations [T, 55, 4]; lower [T, 7], the extra channels of the lower body.
    """
    network, config = model.global_motion, model.config
    end = len(rotations) if end is None else end
    start = max(first - network.context_frames, 0)
    around = slice(start, end + network.context_frames)
    six = in_stretches(rot.to_six_d, rotations[around, list(config.parts["lower"].joint_numbers)])
    motion = torch.from_numpy(np.concatenate([six.reshape(len(six), -1), lower[around]], axis=1).astype(np.float32))
    contacts = config.behaviour.contacts_to_global_motion == "decoded"

    def velocity(stretch: Tensor) -> Tensor:
        return root_velocity(network(global_input(stretch, contacts)))

    found = filter_in_stretches(velocity, motion.to(next(network.parameters()).device), network.context_frames)
    return torch.cat([stretch.double().cpu() for stretch in found]).numpy()[first - start : end - start]


def root_path(velocities: Array, fps: float) -> Array:
    """Translation [T, 3] in metres, from x = z = 0 on."""
    rates = torch.from_numpy(velocities)
    return to_translation(rates[None], rates.new_zeros(1, 3), fps)[0].numpy()
