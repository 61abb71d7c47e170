"""Stage `direct`: what generators are told directly, before they learn to listen: the plan's short way, and the gate.

Neither needs the layers that look at motion, so a step with four times as many windows takes half the time. Semantic
wrists were 7 cm off after two minutes of it, 9 cm after 1,450 steps of the whole network.
"""

from __future__ import annotations

from ..nets.config import PLANNED_PARTS
from ..nets.semtalk import BaseNetwork, SparseNetwork
from .conditions import conditions_of, some_left_out
from .generation import (
    GeneratorObjective,
    Losses,
    gate_inputs,
    gate_loss,
    semantic_weight,
    token_means,
    true_motion,
    whole_loss,
)
from .machine import full_precision
from .windows import Batch


class DirectObjective(GeneratorObjective[BaseNetwork | SparseNetwork]):
    """Latents of upper body and hands from the plan alone; of the sparse generator also the gate."""

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
        gate = network.hear(**gate_inputs(told)).gate
        score = token_means(batch["semantic_score"], config.rvq.frames_per_token)
        with full_precision(motion):
            return {
                "whole": whole_loss(asked, targets, semantic_weight(score, there, settings)),
                "gate": gate_loss(gate, score > settings.semantic_above, there),
            }
