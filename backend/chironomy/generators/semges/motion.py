"""From features to motion: windows through the transformer, snapped to the codebooks, decoded, blended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...motion.rotations import Array
from ...nets.batches import in_batches
from ...nets.front_end.semges import SemGesFeatures
from ...nets.model_folder import SemGesModel
from ...nets.semges.vq import VqVae
from ...nets.semges.windows import blend_windows, split_windows
from ...progress import Progress, silent

_WINDOWS_AT_ONCE = 16


def semges_motion(
    model: SemGesModel, features: SemGesFeatures, speaker: int, progress: Progress = silent
) -> tuple[Array, Array]:
    """rot6d of hands [T, 228] and body [T, 54] at the model's frame rate."""
    config = model.config
    frames = len(features.word_index)
    audio = split_windows(torch.from_numpy(features.speech), config.window_frames, config.overlap_frames)
    words = split_windows(torch.from_numpy(features.word_index), config.window_frames, config.overlap_frames)
    hands = torch.empty(len(audio), config.window_frames, config.hand_width)
    body = torch.empty(len(audio), config.window_frames, config.body_width)

    def decoded(windows: Sequence[int]) -> tuple[Tensor, Tensor]:
        return _window_motion(model, audio[list(windows)], words[list(windows)], speaker)

    for start, (own_hands, own_body) in in_batches(decoded, range(len(audio)), _WINDOWS_AT_ONCE):
        end = start + len(own_hands)
        hands[start:end], body[start:end] = own_hands, own_body
        progress("Gestures", end / len(audio))
    blended = (blend_windows(windows, config.overlap_frames, frames) for windows in (hands, body))
    first, second = (np.asarray(motion.double().numpy()) for motion in blended)
    return first, second


def _window_motion(model: SemGesModel, audio: Tensor, words: Tensor, speaker: int) -> tuple[Tensor, Tensor]:
    parameter = next(model.transformer.parameters())
    device = parameter.device
    with torch.inference_mode():
        speakers = torch.full((len(audio), 1, 1), speaker, device=device)
        made = model.transformer(audio.to(device, parameter.dtype), words.to(device), speakers)

        def snapped(vq: VqVae, latents: Tensor) -> Tensor:
            return vq.decode(vq.quantizer.indices(latents.float())).float().cpu()

        return snapped(model.vq_hand, made["poses_feat_hands"]), snapped(model.vq_body, made["poses_feat_body"])
