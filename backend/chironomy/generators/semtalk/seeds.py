"""The end of one window, decoded, as the beginning of the next."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import NamedTuple

from torch import Tensor

from ...nets.config import PartName
from ...nets.global_motion import global_input, root_velocity, to_translation
from ...nets.model_folder import Model
from ...nets.motion_vector import TRANSLATION, from_parts
from ...nets.root_channels import with_root_channels
from .decoding import decode_span, decoder_of
from .windows import FRAMES_PER_TOKEN


class Seed(NamedTuple):
    """What a window begins with."""

    motion: Tensor
    """[S, 337], as the networks see it."""
    root: Tensor
    """[3], metres: where the root is on the first of these frames. Models that see velocities alone do not ask."""


def seed_after(model: Model, codes: Mapping[PartName, Tensor], before: Seed, overlap: int) -> Seed:
    """The last `overlap` frames of a window with these codes [N, levels] of the body, which began with `before`.

    The root follows from the legs, by the global-motion network, where the published system feeds back channels of the
    decoder that no loss ever saw.
    """
    config, device = model.config, next(model.global_motion.parameters()).device
    # a token more than is wanted, from which velocities follow
    tail = overlap + FRAMES_PER_TOKEN
    # where the root is depends on its whole way; its velocity does not
    on_the_way = tail if config.behaviour.seed_translation == "velocity" else FRAMES_PER_TOKEN * len(codes["lower"])
    decoded: dict[PartName, Tensor] = {
        part: _end_of(model, part, values, tail) for part, values in codes.items() if part != "lower"
    }
    lower = _end_of(model, "lower", codes["lower"], on_the_way + model.global_motion.context_frames)
    legs = global_input(lower, config.behaviour.contacts_to_global_motion == "decoded")
    velocity = root_velocity(model.global_motion(legs[None]))[:, -on_the_way:]
    decoded["lower"] = lower[-tail:]
    motion = from_parts(decoded, config.parts)
    motion[:, TRANSLATION] = to_translation(velocity, before.root[None].to(device), config.fps)[0, -tail:]
    root = motion[-overlap, TRANSLATION].cpu()
    seen = with_root_channels(motion, config.fps, config.behaviour.seed_translation)
    return Seed(seen[-overlap:].cpu(), root)


def _end_of(model: Model, part: PartName, codes: Tensor, frames: int) -> Tensor:
    """The last frames of codes [N, levels], decoded: whole tokens, at least so many frames where there are as many."""
    rvq, tokens = model.rvq[part], len(codes)
    first = max(tokens - ceil(frames / FRAMES_PER_TOKEN), 0)
    return decode_span(decoder_of(rvq, codes), first, tokens, tokens, rvq.context_tokens)
