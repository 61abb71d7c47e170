"""Stages `base` and `sparse`: what the generators learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..nets.config import PARTS, ModelConfig, PartName
from ..nets.motion_vector import part_of
from ..nets.rvq import ResidualVQ
from ..nets.semtalk import BaseNetwork, SparseNetwork
from .conditions import Conditions, conditions_of, some_left_out
from .machine import full_precision
from .motion_of_batch import Layer, layer_rotations, seen_motion
from .settings import TrainingSettings
from .visible import drawn_mask, published_share, seed_alone, some_hidden
from .windows import Batch

Network = TypeVar("Network", bound=BaseNetwork | SparseNetwork)
Losses = dict[str, Tensor]
Output = Mapping[str, Tensor]
#: Weight of the distance between a part's vectors and its codes.
_CODE_WEIGHT = 0.5
#: And of that between whole latents, told from the plan, and the sums of their codes, in units of their spread.
_WHOLE_WEIGHT = 10.0


@dataclass(frozen=True)
class Pass:
    """One way to show a window to a network."""

    name: str
    mask: Tensor
    """[B, T, 337], 1 where motion is hidden."""
    listens: bool
    """Whether the body hears and reads, or follows from the visible motion alone."""
    conditions: Conditions


@dataclass(frozen=True)
class PartTarget:
    """What a part's RVQ-VAE makes of the true motion."""

    indices: Tensor
    """[B, N, levels]."""
    codes: Tensor
    """[B, levels, N, code width]."""
    spread: Tensor
    """Standard deviation of the first level's codes, one number."""


class GeneratorObjective(nn.Module, Generic[Network]):
    """What is at hand to teach a generator."""

    def __init__(
        self,
        network: Network,
        rvq: Mapping[PartName, ResidualVQ],
        config: ModelConfig,
        settings: TrainingSettings,
    ) -> None:
        super().__init__()
        self.network = network
        self._rvq, self._config, self._settings = rvq, config, settings
        self.frozen = nn.ModuleList(rvq.values())  # so that they follow to another device


class BaseObjective(GeneratorObjective[BaseNetwork]):
    """The base generator: codes of the base motion and of the face, on all levels; rhythmic consistency."""

    def forward(self, batch: Batch, epoch: float) -> Losses:
        """Losses of all passes; rhythmic consistency in the first one."""
        config = self._config
        motion, targets = true_motion(batch, "base", PARTS, self._rvq, config)
        conditions = conditions_of(batch, config.front_end, "base")
        weight = token_means(batch["valid"], config.rvq.frames_per_token)
        losses: Losses = {}
        for n, shown in enumerate(passes(motion, conditions, epoch, config, self._settings, self.network.training)):
            output = self.network(
                shown.conditions.rhythm, shown.conditions.speech, motion, shown.mask, shown.conditions.identity,
                use_word=shown.listens, **plan_inputs(shown.conditions),
            )  # fmt: skip
            with full_precision(motion):
                losses |= _named(shown.name, code_losses(output, targets, weight))
                if n == 0:
                    losses["rhythm_face"] = output["hubert_cons_loss"].float()
                    losses["rhythm_body"] = output["beat_cons_loss"].float()
        return losses


class SparseObjective(GeneratorObjective[SparseNetwork]):
    """The sparse generator: codes of the semantic motion, by how much each token means; the gate, in every pass."""

    def forward(self, batch: Batch, epoch: float) -> Losses:
        """Losses of all passes. Seeds show the base motion, which is what generation gives."""
        config, settings = self._config, self._settings
        motion, targets = true_motion(batch, "semantic", config.sparse.parts, self._rvq, config)
        shown_motion = with_base_seed(motion, batch, config)
        conditions = conditions_of(batch, config.front_end, "semantic")
        score = token_means(batch["semantic_score"], config.rvq.frames_per_token)
        there = token_means(batch["valid"], config.rvq.frames_per_token)
        weight = semantic_weight(score, there, settings)
        losses: Losses = {}
        for shown in passes(motion, conditions, epoch, config, settings, self.network.training):
            told = shown.conditions
            output = self.network(
                emotion=None, in_motion=shown_motion, mask=shown.mask, in_id=told.identity,
                use_word=shown.listens, **gate_inputs(told), **plan_inputs(told),
            )  # fmt: skip
            with full_precision(motion):
                losses |= _named(shown.name, code_losses(output, targets, weight))
                losses |= _named(
                    shown.name, {"gate": gate_loss(output["gate"], score > settings.semantic_above, there)}
                )
        return losses


def true_motion(
    batch: Batch, layer: Layer, parts: tuple[PartName, ...], rvq: Mapping[PartName, ResidualVQ], config: ModelConfig
) -> tuple[Tensor, dict[PartName, PartTarget]]:
    """Motion [B, T, 337] of a layer as networks see it, and each part's codes for it."""
    with torch.no_grad(), full_precision(batch["valid"]):
        motion = seen_motion(layer_rotations(batch, layer), batch, config.behaviour)
        targets = {}
        for part in parts:
            indices = rvq[part].encode(part_of(motion, config.parts[part], batch.get("face")))
            targets[part] = PartTarget(indices, rvq[part].codes(indices).transpose(0, 1), rvq[part].spread)
    return motion, targets


def with_base_seed(motion: Tensor, batch: Batch, config: ModelConfig) -> Tensor:
    """The semantic motion [B, T, 337] whose seed's frames are those of the base motion."""
    base = seen_motion(layer_rotations(batch, "base"), batch, config.behaviour)
    return torch.cat([base[:, : config.seed_frames], motion[:, config.seed_frames :]], dim=1)


def passes(
    motion: Tensor,
    conditions: Conditions,
    epoch: float,
    config: ModelConfig,
    settings: TrainingSettings,
    training: bool,
) -> list[Pass]:
    """How a batch is shown: as generation shows it in validation; in training one pass drawn at random, or three."""
    generation = Pass("", seed_alone(motion, config.seed_frames), True, conditions)
    if not training:
        return [generation]
    if settings.passes == "one":
        mask = drawn_mask(motion, config.seed_frames, settings.conditions)
        return [Pass("", mask, True, some_left_out(conditions, settings.conditions))]
    hidden = some_hidden(motion, published_share(epoch, settings.masked_epochs))
    return [
        Pass("full_", generation.mask, True, conditions),
        Pass("self_", hidden, False, conditions),
        Pass("word_", hidden, True, conditions),
    ]


def code_losses(output: Output, targets: Mapping[PartName, PartTarget], weight: Tensor) -> Losses:
    """Each part's vectors against its codes, and the choice of codes on every level q by 1 / (q + 1); latents that are
    told whole against the sums of the part's codes.

    weight: [B, N], of each token.
    """
    distance, choice = [], []
    for part, target in targets.items():
        if f"cls_{part}" not in output:
            continue
        vectors, logits = output[f"rec_{part}"][:, :, 0].float(), output[f"cls_{part}"].float()
        distance.append(weighted_mean((vectors - target.codes).square().mean((1, 3)), weight))
        for level in range(logits.shape[-1]):
            entropy = F.cross_entropy(logits[..., level].transpose(1, 2), target.indices[..., level], reduction="none")
            choice.append(weighted_mean(entropy, weight) / (level + 1))
    losses = {"codes": _CODE_WEIGHT * torch.stack(distance).sum(), "choice": torch.stack(choice).sum()}
    whole: dict[PartName, Tensor] = {part: output[f"whole_{part}"] for part in targets if f"whole_{part}" in output}
    return losses | ({"whole": whole_loss(whole, targets, weight)} if whole else {})


def whole_loss(whole: Mapping[PartName, Tensor], targets: Mapping[PartName, PartTarget], weight: Tensor) -> Tensor:
    """Latents [B, N, latent] that were told whole, against the sums of the parts' codes; weight: [B, N], of tokens."""
    apart = [
        weighted_mean((told.float() - targets[part].codes.sum(1) / targets[part].spread).square().mean(-1), weight)
        for part, told in whole.items()
    ]
    return _WHOLE_WEIGHT * torch.stack(apart).sum()


def semantic_weight(score: Tensor, there: Tensor, settings: TrainingSettings) -> Tensor:
    """What tokens [B, N] of the semantic layer weigh, by their score and whether they are of the recording."""
    return there * (settings.semantic_floor + (1 - settings.semantic_floor) * score)


def gate_loss(logits: Tensor, semantic: Tensor, there: Tensor) -> Tensor:
    """Cross-entropy of the gate's logits [B, N, 2] against labels [B, N], over tokens of the recording [B, N]."""
    return weighted_mean(F.cross_entropy(logits.float().transpose(1, 2), semantic.long(), reduction="none"), there)


def token_means(values: Tensor, frames_per_token: int) -> Tensor:
    """Mean over each token's frames: [B, T] to [B, N]."""
    return values.unflatten(1, (-1, frames_per_token)).mean(2)


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """The mean of weight · value over all tokens [B, N]: where little is meant, little is learned."""
    return (values * weight).mean()


def plan_inputs(conditions: Conditions) -> dict[str, Tensor | None]:
    """Gesture class and plan, by the names of the networks' arguments."""
    return {
        "gesture_class": conditions.gesture_class,
        "plan": conditions.plan,
        "plan_mask": conditions.plan_mask,
    }


def gate_inputs(conditions: Conditions) -> dict[str, Tensor | None]:
    """What the gate reads and hears, by the names of the network's arguments."""
    return {
        "in_word": conditions.words,
        "feat_clip_text": conditions.sentence,
        "hubert": conditions.speech,
        "called_class": conditions.called_class,
        "rhythm": conditions.rhythm,
    }


def _named(prefix: str, losses: Losses) -> Losses:
    return {prefix + name: loss for name, loss in losses.items()}
