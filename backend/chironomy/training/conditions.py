"""What a generator is told of a window besides its motion: sound, words, who moves, class and plan of gestures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..nets.config import FrontEndConfig
from .motion_of_batch import Layer
from .settings import ConditionSettings
from .windows import Batch

#: Fields that conditions are made of.
CONDITION_FIELDS = (
    "rhythm", "speech", "phones", "word_index", "word_features", "sentence_features", "gesture_class",
    "called_class", "plan", "plan_given", "base_plan", "base_plan_given",
)  # fmt: skip


@dataclass(frozen=True)
class Conditions:
    """The networks' inputs but for motion; B windows of T frames."""

    rhythm: Tensor
    """[B, T, R]."""
    speech: Tensor | None
    """[B, T, S], or phones [B, T]."""
    words: Tensor | None
    """[B, T, W], or numbers [B, T]."""
    sentence: Tensor | None
    """[B, C]."""
    identity: Tensor
    """[B, T, 1]."""
    gesture_class: Tensor | None
    """[B, T], 0 where open."""
    called_class: Tensor | None
    """[B, T], 0 where the word calls for none."""
    plan: Tensor | None
    """[B, T, P]."""
    plan_mask: Tensor | None
    """[B, T, 1], 1 where the plan is open."""


def conditions_of(batch: Batch, front_end: FrontEndConfig, layer: Layer) -> Conditions:
    """All that the corpus has for this front end, nothing left out."""
    frames = batch["valid"].shape[1]
    words = None
    if front_end.text == "minilm":
        words = batch["word_features"]
    elif front_end.text == "vocabulary+clip":
        words = batch["word_index"].clamp_min(0)
    plan, plan_mask = _plan(batch, layer) if front_end.plan_width else (None, None)
    return Conditions(
        rhythm=batch["rhythm"],
        speech=None if front_end.speech == "none" else batch["phones" if front_end.speech == "phones" else "speech"],
        words=words,
        sentence=None if front_end.text == "none" else batch["sentence_features"],
        identity=batch["speaker"][:, None, None].expand(-1, frames, 1),
        gesture_class=batch.get("gesture_class") if front_end.gesture_classes else None,
        called_class=batch["called_class"] if front_end.called_classes else None,
        plan=plan,
        plan_mask=plan_mask,
    )


def some_left_out(conditions: Conditions, settings: ConditionSettings) -> Conditions:
    """In windows drawn at random sound, text, class or plan are missing, so that the networks do without them."""

    def kept(share_left_out: float) -> Tensor:
        drawn = torch.rand(len(conditions.rhythm), device=conditions.rhythm.device)
        return (drawn >= share_left_out).to(torch.int64)

    text, open_plan = kept(settings.drop_text), kept(settings.open_plan)
    mask = conditions.plan_mask
    return replace(
        conditions,
        rhythm=_only_where(kept(settings.drop_rhythm), conditions.rhythm),
        speech=_only_where(kept(settings.drop_speech), conditions.speech),
        words=_only_where(text, _without_some_channels(conditions.words, settings.text_dropout)),
        sentence=_only_where(text, _without_some_channels(conditions.sentence, settings.text_dropout)),
        gesture_class=_only_where(kept(settings.open_class), conditions.gesture_class),
        plan_mask=None if mask is None else torch.maximum(mask, (1 - open_plan)[:, None, None].to(mask)),
    )


def _plan(batch: Batch, layer: Layer) -> tuple[Tensor | None, Tensor | None]:
    name = "base_plan" if layer == "base" else "plan"
    if name not in batch:
        return None, None
    given = batch.get(f"{name}_given")
    plan = batch[name]
    return plan, torch.zeros_like(plan[..., :1]) if given is None else 1.0 - given[..., None].to(plan)


def _without_some_channels(vectors: Tensor | None, share: float) -> Tensor | None:
    """Vectors [B, …, C] without some channels of each window, the others larger; numbers of words stay as they are."""
    if vectors is None or not share or not vectors.is_floating_point():
        return vectors
    kept = torch.rand(len(vectors), *(1,) * (vectors.ndim - 2), vectors.shape[-1], device=vectors.device) >= share
    return vectors * kept / (1 - share)


def _only_where(kept: Tensor, values: Tensor | None) -> Tensor | None:
    """Values [B, …] of the windows that are kept (1), zeros in others."""
    return None if values is None else values * kept.view(-1, *(1,) * (values.ndim - 1)).to(values.dtype)
