"""Stage `direct`: what generators are told directly, before they learn to listen: the plan's short way, and the gate.

Neither needs the layers that look at motion, nor do they need windows to follow each other: a step with ten times as
many tokens takes a third of the time, and wrists were nearer after two minutes than in hours of whole networks.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from ..nets.config import PLANNED_PARTS, ModelConfig, PartName
from ..nets.rvq import ResidualVQ
from ..nets.semtalk import BaseNetwork, SparseNetwork
from .conditions import conditions_of, some_left_out
from .generation import Losses, gate_loss, semantic_weight, token_means, true_motion, whole_loss
from .machine import full_precision
from .settings import TrainingSettings
from .windows import Batch


class DirectObjective(nn.Module):
    """Latents of upper body and hands from the plan alone; of the sparse generator also the gate."""

    def __init__(
        self,
        network: BaseNetwork | SparseNetwork,
        rvq: Mapping[PartName, ResidualVQ],
        config: ModelConfig,
        settings: TrainingSettings,
    ) -> None:
        super().__init__()
        self.network = network
        self._rvq, self._config, self._settings = rvq, config, settings
        self.frozen = nn.ModuleList(rvq.values())  # so that they follow to another device

    def forward(self, batch: Batch, _epoch: float) -> Losses:
        """The network has a short way from its plan."""
        network, config, settings = self.network, self._config, self._settings
        layer = "semantic" if isinstance(network, SparseNetwork) else "base"
        motion, targets = true_motion(batch, layer, PLANNED_PARTS, self._rvq, config)
        told = conditions_of(batch, config.front_end, layer)
        if network.training:
            told = some_left_out(told, settings.conditions)
        assert network.shortcut is not None
        asked = network.shortcut(network.conditions.planned(told.identity[..., 0], told.plan, told.plan_mask))
        there = token_means(batch["valid"], config.rvq.frames_per_token)
        if not isinstance(network, SparseNetwork):
            with full_precision(motion):
                return {"whole": whole_loss(asked, targets, there)}
        gate = network.gate(told.words, told.sentence, told.speech)
        score = token_means(batch["semantic_score"], config.rvq.frames_per_token)
        with full_precision(motion):
            return {
                "whole": whole_loss(asked, targets, semantic_weight(score, there, settings)),
                "gate": gate_loss(gate, score > settings.semantic_above, there),
            }
