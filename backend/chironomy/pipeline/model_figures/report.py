"""All figures of a model, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...evaluation.subject import Subject
from ...motion.body import neutral_body
from ...nets.config import PARTS
from ...nets.model_card import CARD
from ...progress import Progress, silent, within
from ...training.corpus_format import Recording, Split
from ...training.rebuilding import config_of, read_rvqs
from ...training.recipe import load_recipe
from ...training.settings import TrainingSettings
from ...training.shards import Corpus
from ...training.train import MODEL, RECIPE
from ..subjects import read_subjects
from .distance import distance_rows
from .performance_rows import Classes, following_rows, look_rows, planner_rows, psi_rows
from .performed import Performed, Utterance, by_own_plan, by_plan_of_corpus, heard_again
from .rebuilt_rows import rebuilt_rows
from .rows import Row, Target
from .sample import recorded, some_of

#: A person who speaks and moves at once, beside whom the figures stand.
MONOLOGUE = "reference/real_monologue_067.bvh"
#: Of the first utterance; more than there are utterances, so that none has the seed of another.
_OTHER_SEED = 1001


@dataclass(frozen=True)
class Amounts:
    """Minutes that are looked at."""

    test: float = 40.0
    unseen: float = 5.0
    """Of utterances whose gestures are not in training either."""
    other_seed: float = 3.0
    known: float = 240.0
    """Of training recordings, whose gestures' classes are known."""


@dataclass(frozen=True)
class Report:
    """Figures of a model beside those of its corpus and of a real speaker."""

    rebuilt: tuple[Row, ...]
    """measured, gestures never seen, real speaker."""
    performed: tuple[Row, ...]
    """measured, corpus, real speaker; nothing while networks are missing."""
    missing: tuple[str, ...]
    """Parts that have no RVQ-VAE yet, and are left as recorded."""
    minutes: tuple[float, float]
    """Performed: of utterances held out, and of gestures never seen."""
    takes: tuple[Performed, ...]
    """With the model's own plan."""


def report_on(
    folder: Path, corpus: Corpus, data: Path, amounts: Amounts = Amounts(), progress: Progress = silent
) -> Report:
    """Measures a model, or a run of training as far as it is.

    data: the folder that the corpus was made of; its speech is made and heard again. Raises UserError.
    """
    real = read_subjects(data / MONOLOGUE, neutral_body()) if (data / MONOLOGUE).is_file() else []
    progress("Rebuilding recordings", 0.0)
    held_out = [_some(corpus, split, minutes) for split, minutes in _splits(amounts)]
    test_motion, unseen_motion = ([recorded(corpus, one) for one in some] for some in held_out)
    rebuilt = rebuilt_rows(folder, test_motion, unseen_motion, real)
    missing = tuple(part for part in PARTS if part not in read_rvqs(folder))
    model = complete_model(folder)
    if model is None:
        return Report(tuple(rebuilt), (), missing, (0.0, 0.0), ())
    progress("Hearing utterances again", 0.08)
    test, unseen = (heard_again(corpus, some, data) if some else [] for some in held_out)
    rows, own = _performed(model, corpus, test, unseen, real, amounts, within(progress, 0.15, 1.0))
    return Report(tuple(rebuilt), tuple(rows), missing, (minutes_of(test), minutes_of(unseen)), tuple(own))


def complete_model(folder: Path) -> Path | None:
    """The folder of all networks, the given one or the one in a run; nothing while some are missing."""
    for place in (folder, folder / MODEL):
        if (place / CARD).is_file() and all((place / f"{name}.safetensors").is_file() for name in ("base", "sparse")):
            return place
    return None


def minutes_of(those: Sequence[Utterance]) -> float:
    """How long utterances are together."""
    return sum(utterance.subject.duration_s for utterance in those) / 60


def _splits(amounts: Amounts) -> tuple[tuple[Split, float], ...]:
    return ("test", amounts.test), ("unseen", amounts.unseen)


def _some(corpus: Corpus, split: Split, minutes: float) -> list[Recording]:
    return some_of(corpus.of_split(split), minutes)


def _performed(
    model: Path, corpus: Corpus, test: Sequence[Utterance], unseen: Sequence[Utterance], real: Sequence[Subject],
    amounts: Amounts, progress: Progress,
) -> tuple[list[Row], list[Performed]]:  # fmt: skip
    progress("Performing the corpus' plans", 0.0)
    followed = [by_plan_of_corpus(model, some) for some in (test, unseen)]
    progress("Performing the model's own", 0.2)
    own = by_own_plan(model, test)
    share = min(amounts.other_seed / max(amounts.test, 1e-9), 1.0)
    other_seed = by_own_plan(model, test[: round(len(test) * share)], first_seed=_OTHER_SEED)
    progress("Learning classes", 0.35)
    classes = Classes(corpus.facts.gesture_classes)
    classes.learn(corpus, some_of(corpus.of_split("train"), amounts.known))
    progress("Measuring", 0.5)
    followed_rows = following_rows(followed[0], followed[1], classes)
    gate_rows = psi_rows([*followed[0], *followed[1]], semantic_above(model))
    progress("Measuring FGD", 0.6)
    distances = distance_rows(own, corpus)
    progress("Measuring what is seen", 0.9)
    size = Row("size of the model", "MB", Target(high=60), megabytes(model), digits=1)
    return [*followed_rows, *gate_rows, *distances, *look_rows(own, real), *planner_rows(own, other_seed), size], own


def megabytes(folder: Path) -> float:
    """All files of a model together."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6


def semantic_above(folder: Path) -> float:
    """Which scores are semantic to the gate: by the recipe in the model's folder, or the one beside it by its name."""
    places = (folder / RECIPE, folder.parent / "recipes" / f"{config_of(folder).name}.yaml")
    recipe = next((place for place in places if place.is_file()), None)
    return (TrainingSettings() if recipe is None else load_recipe(recipe).training).semantic_above
