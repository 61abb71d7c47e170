"""The stages of a recipe: which networks there are, what each reads and learns from, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel
from torch import nn

from ..nets.config import PARTS, PLANNED_PARTS, PartName
from ..nets.global_motion import GlobalMotion
from ..nets.rvq import ResidualVQ
from ..nets.semges.transformer import SemanticTransformer
from ..nets.semges.vq import VqVae
from ..nets.semtalk import BaseNetwork, SparseNetwork
from .body_points import BodyPoints
from .conditions import CONDITION_FIELDS
from .direct import DirectObjective
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
    sections: dict[str, Any]
    """All of the recipe that the network depends on."""
    builds_on: tuple[str, ...] = ()
    """The stages whose networks it needs."""
    begins_with: str = ""
    """The stage whose weights are its first; nothing: weights at random."""


def plans_of(recipe: Recipe, kinds: Collection[StageKind], body: BodyPoints) -> list[StagePlan]:
    """The networks of these kinds of stages, each after those that it needs."""
    plans = [*_semtalk_plans(recipe, body), *_semges_plans(recipe)]
    return sorted((plan for plan in plans if plan.kind in kinds), key=lambda plan: STAGE_KINDS.index(plan.kind))


def _semtalk_plans(recipe: Recipe, body: BodyPoints) -> list[StagePlan]:
    config, training = recipe.model, recipe.training
    weights, length = training.reconstruction, config.window_frames
    root = config.behaviour.seed_translation
    shared = _sections(front_end=config.front_end, window=config.window_frames, seed=config.seed_frames, root=root)

    def rvq_network(part: PartName) -> ResidualVQ:
        return ResidualVQ(config.parts[part].width, config.rvq)

    def rvqs(parts: Sequence[PartName], trained: Trained) -> dict[PartName, ResidualVQ]:
        return {part: trained(f"rvq_{part}", rvq_network(part)) for part in parts}

    def rvq_plan(part: PartName) -> StagePlan:
        return StagePlan(
            f"rvq_{part}", "rvq", _MOTION, training.rvq.window_frames or length, lambda: rvq_network(part),
            lambda network, _: RvqObjective(network, config.parts[part], config, weights, body),
            _sections(part=config.parts[part], rvq=config.rvq, root=root),
        )  # fmt: skip

    def direct_plan(kind: str, network: Callable[[], nn.Module], sections: dict[str, Any]) -> StagePlan:
        return StagePlan(
            f"direct_{kind}", "direct", _EVERYTHING, training.direct.window_frames or length, network,
            lambda network, trained: DirectObjective(network, rvqs(PLANNED_PARTS, trained), config, training),
            {**shared, **sections}, tuple(f"rvq_{part}" for part in PLANNED_PARTS),
        )  # fmt: skip

    base, sparse = _sections(base=config.base), _sections(sparse=config.sparse)
    direct = {
        kind: direct_plan(kind, network, sections)
        for kind, sizes, network, sections in (
            ("base", config.base, lambda: BaseNetwork(config), base),
            ("sparse", config.sparse, lambda: SparseNetwork(config), sparse),
        )
        if sizes.plan_shortcut
    }
    begins_with = {kind: plan.name for kind, plan in direct.items()}
    return [
        *(rvq_plan(part) for part in PARTS),
        StagePlan(
            "global_motion", "global", _MOTION, training.global_.window_frames or length,
            lambda: GlobalMotion(config.parts["lower"].width, config.global_motion),
            lambda network, _: GlobalMotionObjective(network, config, weights, body),
            _sections(
                lower=config.parts["lower"], global_motion=config.global_motion,
                contacts=config.behaviour.contacts_to_global_motion,
            ),
        ),
        *direct.values(),
        StagePlan(
            "base", "base", _EVERYTHING, training.base.window_frames or length, lambda: BaseNetwork(config),
            lambda network, trained: BaseObjective(network, rvqs(PARTS, trained), config, training),
            {**shared, **base}, tuple(f"rvq_{part}" for part in PARTS), begins_with.get("base", ""),
        ),
        StagePlan(
            "sparse", "sparse", _EVERYTHING, training.sparse.window_frames or length, lambda: SparseNetwork(config),
            lambda network, trained: SparseObjective(network, rvqs(config.sparse.parts, trained), config, training),
            {**shared, **sparse}, tuple(f"rvq_{part}" for part in config.sparse.parts),
            begins_with.get("sparse", ""),
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
            lambda network, _: VqObjective(network, half, config), _sections(vq=config.vq, fps=config.fps),
        )  # fmt: skip

    def transformer_objective(network: SemanticTransformer, trained: Trained) -> nn.Module:
        return SemGesObjective(network, {half: trained(f"vq_{half}", vq_network(half)) for half in JOINTS_OF}, config)

    return [
        *(vq_plan(half) for half in JOINTS_OF),
        StagePlan(
            "transformer", "semges", SEMGES_FIELDS, length,
            lambda: SemanticTransformer(config.transformer, config.vq.width), transformer_objective,
            _sections(transformer=config.transformer, window=config.window_frames),
            tuple(f"vq_{half}" for half in JOINTS_OF),
        ),
    ]  # fmt: skip


def _sections(**parts: Any) -> dict[str, Any]:
    """Parts of a recipe as plain values."""
    return {name: part.model_dump(mode="json") if isinstance(part, BaseModel) else part for name, part in parts.items()}
