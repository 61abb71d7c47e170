"""What the card of a trained model says about where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..nets.model_card import DataSource, Origin
from .corpus.content import hours_by
from .corpus_format import Recording
from .recipe import Recipe
from .settings import StageKind
from .shards import Corpus


def origin_of(
    recipe: Recipe,
    corpus: Corpus,
    recordings: Sequence[Recording],
    stages: Sequence[StageKind],
    is_whole: bool,
    command: str,
) -> Origin:
    """recordings: those of the corpus that are sound. stages: those that were trained. command: what was called.

    The recipe's own words are taken where they are about this corpus.
    """
    system: Literal["semges", "semtalk"] = "semges" if "semges" in stages else "semtalk"
    config = recipe.semges if system == "semges" and recipe.semges is not None else recipe.model
    notes = () if is_whole else ("not all stages have been trained yet",)
    training = (*_corpus(corpus, recordings), *_stages(recipe, stages))
    card = recipe.card
    if card is None or card.corpus != corpus.facts.name:
        return Origin(
            system=system,
            name=config.name,
            summary=f"Trained by chironomy on the corpus {corpus.facts.name} ({len(recordings)} recordings).",
            licence="; ".join(sorted({recording.licence for recording in recordings if recording.licence}))
            or "unknown",
            made_by=command,
            notes=notes,
            data=_data(recordings),
            training=training,
        )
    return Origin(
        system=system,
        name=config.name,
        summary=card.summary,
        licence=card.licence,
        made_by=card.made_by,
        repaired_by=card.repaired_by,
        notes=(*card.notes, *notes),
        data=card.data,
        training=training,
        limits=card.limits,
    )


def _data(recordings: Sequence[Recording]) -> tuple[DataSource, ...]:
    """The recordings of each licence."""
    hours = hours_by(recordings, lambda recording: recording.licence or "unknown")
    return tuple(DataSource(what=f"{value:.2f} h of recordings", licence=licence) for licence, value in hours.items())


def _corpus(corpus: Corpus, recordings: Sequence[Recording]) -> list[str]:
    by_split = hours_by(recordings, lambda recording: recording.split)
    seed = "" if corpus.facts.seed is None else f", seed {corpus.facts.seed}"
    parts = ", ".join(f"{split} {hours:.2f} h" for split, hours in by_split.items())
    return [
        f"Corpus {corpus.facts.name}{seed}: {len(recordings):,} recordings, {sum(by_split.values()):.2f} h ({parts}); "
        "trained on train alone, stopped by val."
    ]


def _stages(recipe: Recipe, stages: Sequence[StageKind]) -> list[str]:
    lines = [f"Recipe: `recipe.yaml` beside this card; seed {recipe.training.seed}."]
    for kind in stages:
        stage = recipe.training.of_stage(kind)
        lines.append(f"Stage {kind}: {stage.steps:,} steps of {stage.batch_size} windows.")
    return lines
