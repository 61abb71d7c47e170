"""The stages of a recipe: which networks there are, what each reads and learns from, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import nn

from ..nets.config import BODY_PARTS, PARTS, PartName
from ..nets.global_motion import GlobalMotion
from ..nets.rvq import ResidualVQ
from ..nets.semges.transformer import SemanticTransformer
from ..nets.semges.vq import VqVae
from ..nets.semtalk import BaseNetwork, SparseNetwork
from .body_points import BodyPoints
from .conditions import CONDITION_FIELDS
from .generation import BaseObjective, SparseObjective
from .motion_of_batch import MOTION_FIELDS
from .recipe import Recipe
from .reconstruction import GlobalMotionObjective, RvqObjective
from .semges import JOINTS_OF, SEMGES_FIELDS, SemGesObjective, VqObjective, frame_step
from .settings import STAGE_KINDS, StageKind

Network = TypeVar("Network", bound=nn.Module)
#: Gives a new network the weights of the stage of this name, which came before.
Trained = Callable[[str, Network], Network]

_MOTION = (*MOTION_FIELDS, "face")
_EVERYTHING = (*_MOTION, *CONDITION_FIELDS, "semantic_score")


@dataclass(frozen=True)
class StagePlan:
    """One network of a recipe."""

    name: str
    """Of the stage's folder, and of the network's file in the model's folder."""
    kind: StageKind
    fields: Sequence[str]
    """What it reads of the corpus."""
    window_frames: int
    """At 30 fps."""
    network: Callable[[], nn.Module]
    """Makes a new network."""
    objective: Callable[[Any, Trained], nn.Module]
    """What a network learns from (a loop.Objective)."""


def plans_of(recipe: Recipe, kinds: Collection[StageKind], body: BodyPoints) -> list[StagePlan]:
    """The networks of these kinds of stages, each after those that it needs."""
    plans = [*_semtalk_plans(recipe, body), *_semges_plans(recipe)]
    return sorted((plan for plan in plans if plan.kind in kinds), key=lambda plan: STAGE_KINDS.index(plan.kind))


def _semtalk_plans(recipe: Recipe, body: BodyPoints) -> list[StagePlan]:
    config, training = recipe.model, recipe.training
    weights, length = training.reconstruction, config.window_frames

    def rvq_network(part: PartName) -> ResidualVQ:
        return ResidualVQ(config.parts[part].width, config.rvq)

    def rvqs(parts: Sequence[PartName], trained: Trained) -> dict[PartName, ResidualVQ]:
        return {part: trained(f"rvq_{part}", rvq_network(part)) for part in parts}

    def rvq_plan(part: PartName) -> StagePlan:
        return StagePlan(
            f"rvq_{part}", "rvq", _MOTION, training.rvq.window_frames or length, lambda: rvq_network(part),
            lambda network, _: RvqObjective(network, config.parts[part], config, weights, body),
        )  # fmt: skip

    return [
        *(rvq_plan(part) for part in PARTS),
        StagePlan(
            "global_motion", "global", _MOTION, training.global_.window_frames or length,
            lambda: GlobalMotion(config.parts["lower"].width, config.global_motion),
            lambda network, _: GlobalMotionObjective(network, config, weights, body),
        ),
        StagePlan(
            "base", "base", _EVERYTHING, training.base.window_frames or length, lambda: BaseNetwork(config),
            lambda network, trained: BaseObjective(network, rvqs(PARTS, trained), config, training),
        ),
        StagePlan(
            "sparse", "sparse", _EVERYTHING, training.sparse.window_frames or length, lambda: SparseNetwork(config),
            lambda network, trained: SparseObjective(network, rvqs(BODY_PARTS, trained), config, training),
        ),
    ]  # fmt: skip


def _semges_plans(recipe: Recipe) -> list[StagePlan]:
    if recipe.semges is None:
        return []
    config = recipe.semges
    length = config.window_frames * frame_step(config)

    def vq_network(half: str) -> VqVae:
        return VqVae(6 * len(JOINTS_OF[half]), config.vq)

    def vq_plan(half: str) -> StagePlan:
        return StagePlan(
            f"vq_{half}", "semges", SEMGES_FIELDS, length, lambda: vq_network(half),
            lambda network, _: VqObjective(network, half, config),
        )  # fmt: skip

    def transformer_objective(network: SemanticTransformer, trained: Trained) -> nn.Module:
        return SemGesObjective(network, {half: trained(f"vq_{half}", vq_network(half)) for half in JOINTS_OF}, config)

    return [
        *(vq_plan(half) for half in JOINTS_OF),
        StagePlan(
            "transformer", "semges", SEMGES_FIELDS, length,
            lambda: SemanticTransformer(config.transformer, config.vq.width), transformer_objective,
        ),
    ]  # fmt: skip
