"""Stage `semges`: two VQ-VAEs, then the transformer with the paper's losses."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import UserError
from ..motion.skeleton import INDEX, JOINTS
from ..nets.motion_vector import rotation_matrices
from ..nets.semges.config import SemGesConfig
from ..nets.semges.losses import quantisation_consistency, semantic_coherence, semantic_relevance
from ..nets.semges.transformer import SemanticTransformer
from ..nets.semges.vq import VqVae
from .corpus_format import FPS
from .machine import full_precision
from .motion_losses import movement_losses
from .motion_of_batch import layer_rotations
from .shards import Corpus
from .windows import Batch

Losses = dict[str, Tensor]

_BODY = ("spine1", "spine2", "spine3", "neck", "head", *(
    f"{side}_{joint}" for side in ("left", "right") for joint in ("collar", "shoulder", "elbow")
))  # fmt: skip
#: SMPL-X's joints of the two halves, wrists with the fingers (the published halves are those of another skeleton).
JOINTS_OF: Mapping[str, tuple[int, ...]] = {
    "hand": (INDEX["left_wrist"], INDEX["right_wrist"], *range(25, len(JOINTS))),
    "body": tuple(INDEX[name] for name in _BODY),
}
#: What the stage reads of a corpus.
SEMGES_FIELDS = ("rotations", "speech", "word_index", "semantic_score")


class VqObjective(nn.Module):
    """The VQ-VAE of one half: rotation matrices, their velocity and acceleration, codebook and commitment."""

    def __init__(self, network: VqVae, half: str, config: SemGesConfig) -> None:
        super().__init__()
        self.network = network
        self._half, self._step = half, frame_step(config)

    def forward(self, batch: Batch, _epoch: float) -> Losses:
        target = half_motion(batch, self._half, self._step)
        output = self.network(target)
        with full_precision(target):
            rebuilt, wanted = _matrices(output.motion.float()), _matrices(target)
            return {
                "rotation": F.mse_loss(rebuilt, wanted),
                **movement_losses("rotation", rebuilt, wanted),
                "codebook": output.loss.float(),
            }


class SemGesObjective(nn.Module):
    """The transformer: quantisation consistency, semantic coherence, semantic relevance, as the paper means them."""

    def __init__(self, network: SemanticTransformer, vq: Mapping[str, VqVae], config: SemGesConfig) -> None:
        super().__init__()
        self.network = network
        self._vq, self._step = vq, frame_step(config)
        self.frozen = nn.ModuleList(vq.values())  # so that they follow to another device

    def forward(self, batch: Batch, _epoch: float) -> Losses:
        """Gradients of relevance pass through the frozen decoders."""
        output = self.network(
            speech_pairs(batch["speech"], self._step),
            batch["word_index"][:, :: self._step].clamp_min(0),
            batch["speaker"][:, None, None],
        )
        score = batch["semantic_score"][:, :: self._step]
        losses: Losses = {}
        with full_precision(score):
            words = output["word_feat_seq"].float()
            for half, name in (("hand", "poses_feat_hands"), ("body", "poses_feat_body")):
                vq, latents = self._vq[half], output[name].float()
                target = half_motion(batch, half, self._step)
                rebuilt = vq.decode_codes(vq.quantizer.quantised(latents))
                with torch.no_grad():
                    true_latents = vq.latents(target)
                losses[f"{half}_consistency"] = quantisation_consistency(vq.quantizer, latents, true_latents)
                losses[f"{half}_coherence"] = semantic_coherence(words, latents)
                losses[f"{half}_relevance"] = semantic_relevance(_matrices(rebuilt), _matrices(target), score)
        return losses


def half_motion(batch: Batch, half: str, step: int) -> Tensor:
    """Six numbers of each joint of a half, [B, T / step, width], at the model's frame rate."""
    return layer_rotations(batch, "semantic")[:, ::step, list(JOINTS_OF[half])].flatten(-2)


def speech_pairs(speech: Tensor, step: int) -> Tensor:
    """Speech content [B, T, S] at 30 fps to [B, T / step, step · S]: each frame has all of its own time."""
    return speech.unflatten(1, (-1, step)).flatten(2)


def frame_step(config: SemGesConfig) -> int:
    """How many frames of a corpus are one of the model's."""
    return round(FPS / config.fps)


def check_semges(corpus: Corpus, config: SemGesConfig) -> None:
    """Raises UserError where corpus and recipe do not go together."""
    step = frame_step(config)
    if step * config.fps != FPS:
        raise UserError(f"recipe: semges.fps {config.fps:g} does not divide {FPS}: choose 15, 30 or 10")
    for half, width in (("hand", config.hand_width), ("body", config.body_width)):
        if width != 6 * len(JOINTS_OF[half]):
            raise UserError(f"recipe: semges.{half}_width is {width}: SMPL-X's {half} has {6 * len(JOINTS_OF[half])}")
    if missing := [name for name in SEMGES_FIELDS if name not in corpus.fields]:
        raise UserError(f"{corpus.folder}: has no {', '.join(missing)}, which SemGes needs: prepare it with them")
    if "word_features" in corpus.fields:
        raise UserError(f"{corpus.folder}: has features of words where SemGes needs their numbers in a vocabulary")
    found = step * corpus.widths["speech"][0]
    if found != config.transformer.audio_width:
        raise UserError(
            f"{corpus.folder}: makes speech content {found} wide, the recipe says {config.transformer.audio_width}"
        )


def _matrices(motion: Tensor) -> Tensor:
    """[B, T, 6 · J] to [B, T, J, 3, 3]."""
    return rotation_matrices(motion.unflatten(-1, (-1, 6)))
