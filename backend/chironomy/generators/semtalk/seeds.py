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
from .decoding import decode_span, decoder_of
from .windows import FRAMES_PER_TOKEN


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
    # of the root all frames are needed, of the other parts the end; with a token more, from which velocities follow
    tail = overlap + FRAMES_PER_TOKEN
    decoded: dict[PartName, Tensor] = {
        part: _end_of(model, part, values, tail) for part, values in codes.items() if part != "lower"
    }
    lower = model.rvq["lower"].decode(codes["lower"][None].to(device).long())[0]
    legs = global_input(lower, config.behaviour.contacts_to_global_motion == "decoded")
    velocity = root_velocity(model.global_motion(legs[None]))
    decoded["lower"] = lower[-tail:]
    motion = from_parts(decoded, config.parts)
    motion[:, TRANSLATION] = to_translation(velocity, before.root[None].to(device), config.fps)[0, -tail:]
    root = motion[-overlap, TRANSLATION].cpu()
    seen = with_root_channels(motion, config.fps, config.behaviour.seed_translation)
    return Seed(seen[-overlap:].cpu(), root)


def _end_of(model: Model, part: PartName, codes: Tensor, frames: int) -> Tensor:
    """The last frames [frames, D] of codes [N, levels], decoded."""
    rvq, tokens = model.rvq[part], len(codes)
    return decode_span(decoder_of(rvq, codes), tokens - frames // FRAMES_PER_TOKEN, tokens, tokens, rvq.context_tokens)
