"""The end of one window, decoded, as the beginning of the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from ...nets.config import PartName
from ...nets.global_motion import global_input, root_velocity, to_translation
from ...nets.model_folder import Model
from ...nets.motion_vector import TRANSLATION, from_parts
from ...nets.root_channels import with_root_channels


class Seed(NamedTuple):
    """What a window begins with."""

    motion: Tensor
    """[S, 337], as the networks see it."""
    root: Tensor
    """[3], metres: where the root is on the first of these frames."""


def seed_after(model: Model, codes: Mapping[PartName, Tensor], before: Seed, overlap: int) -> Seed:
    """The last `overlap` frames of a window with these codes [N, levels] of the body, which began with `before`.

    The root follows from the legs, by the global-motion network, where the published system feeds back channels of the
    decoder that no loss ever saw.
    """
    config, device = model.config, next(model.global_motion.parameters()).device
    decoded: dict[PartName, Tensor] = {
        part: model.rvq[part].decode(values[None].to(device).long())[0] for part, values in codes.items()
    }
    legs = global_input(decoded["lower"], config.behaviour.contacts_to_global_motion == "decoded")
    velocity = root_velocity(model.global_motion(legs[None]))
    motion = from_parts(decoded, config.parts)
    motion[:, TRANSLATION] = to_translation(velocity, before.root[None].to(device), config.fps)[0]
    root = motion[-overlap, TRANSLATION].cpu()
    seen = with_root_channels(motion, config.fps, config.behaviour.seed_translation)
    return Seed(seen[-overlap:].cpu(), root)
