"""How good a model is that was trained on a corpus of gestures: every figure beside its target.

    python3.11 dev.py bench gestures MODEL_FOLDER CORPUS [--data SHARED_DATA] [--takes FOLDER] [--write] [--card]

MODEL_FOLDER is a model, or a run of training; of a run that has no more than RVQ-VAEs, those alone are measured.
SHARED_DATA is the folder shared/data, from which the corpus was made: its utterances are spoken and heard again.
With --takes what the model performed by its own planner is kept, for Blender and for `chironomy evaluate`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gestures_progress import say
from gestures_rebuilt import config_of, read_rvqs, rebuilt_rows
from gestures_sample import recorded, some_of
from gestures_table import Row, Target, for_card, markdown, verdict
from stages import ROOT, machine, write_section

from chironomy.evaluation.subject import Subject
from chironomy.formats.take import write_take
from chironomy.motion.body import neutral_body
from chironomy.nets.config import PARTS
from chironomy.nets.model_card import CARD, add_figures
from chironomy.pipeline.subjects import read_subjects
from chironomy.training.recipe import load_recipe
from chironomy.training.settings import TrainingSettings
from chironomy.training.shards import Corpus
from chironomy.training.train import MODEL, RECIPE

if TYPE_CHECKING:
    from gestures_performed import Utterance

MONOLOGUE = "reference/real_monologue_067.bvh"
#: Of utterances held out, of such whose gestures were never seen either, and of another seed.
MINUTES, MINUTES_UNSEEN, MINUTES_OTHER_SEED = 10.0, 5.0, 3.0
OTHER_SEED = 1001
#: Recordings of gestures whose class is known.
KNOWN_MINUTES = 240.0
REBUILT_NOTES = """
All four parts encoded, decoded and put together, against the recordings of test and of gestures never seen; beside it
the latter alone, and ZeroEGGS' monologue 067, which is nothing like the corpus. A hand idles below 0.05 m/s.
""".strip()
NOTES = """
Utterances that were not trained on. Stroke extent, wrists and classes: the semantic layer, given the plan that the
corpus' motion follows, as the chest sees it; "never seen" are performances that no training recording shows. A class is
told by the five most alike gestures of training recordings (beats left out), for the corpus' own motion beside. psi
should tell frames whose semantic score is above the recipe's threshold. All below psi: with gestures that the model's
planner chose, beside the corpus' motion of the same utterances and monologue 067 (for L1 diversity in pieces of 12 s).

Like is compared with like: what the product shows, both layers mixed by psi, with the corpus' layers mixed by its
semantic score, and the semantic layer with the corpus' semantic layer. FGD, L1 diversity and beat consistency should
hold for both: the first is what everyone sees, the second what an animator gets who turns a word's emphasis up. All
other lines are of what is shown, and of the corpus mixed. FGD: a feature network learned from the corpus, ten minutes
against ten, mean of several; that of the corpus' own motion of these utterances is what the choice of them makes.

Beat consistency tells here how much moves, not whether it is in time: sound has about seven onsets a second, so that
every moment is within the tolerance of 0.3 s of several. The corpus, whose apexes are on the voice's syllables, has no
more of it than by chance, and no less when its motion is shifted against the sound. It is kept because papers have it;
a model has less of it where its movement is too slow to count. Strokes are in time if their peaks are nearer to the
stressed vowel than to any moment of speech.
""".strip()


def rebuilt_table(folder: Path, corpus: Corpus, real: list[Subject]) -> str:
    """Markdown: what the RVQ-VAEs of a folder make of held-out recordings."""
    say("rebuilding recordings")
    networks = read_rvqs(folder)
    test, unseen = (
        [recorded(corpus, r) for r in some_of(corpus.of_split(split), minutes)]
        for split, minutes in (("test", MINUTES), ("unseen", MINUTES_UNSEEN))
    )
    rows = rebuilt_rows(networks, config_of(folder), test, unseen, real)
    missing = [part for part in PARTS if part not in networks]
    notice = f" Not trained yet, and left as recorded: {', '.join(missing)}." if missing else ""
    heads = ("measured", "gestures never seen", "real speaker")
    return f"RVQ-VAEs: {verdict(rows)}{notice} {REBUILT_NOTES}\n\n{markdown(rows, heads)}"


def performed_table(
    folder: Path, corpus: Corpus, data: Path, real: list[Subject], takes: Path | None = None
) -> tuple[str, list[Row]]:
    """Markdown, and its rows: what a model performs for held-out utterances; takes: a folder to keep it in."""
    from gestures_distance import distance_rows
    from gestures_figures import Classes, following_rows, look_rows, planner_rows, psi_rows
    from gestures_performed import by_own_plan, by_plan_of_corpus, heard_again

    say("hearing utterances again")
    test, unseen = (
        heard_again(corpus, some, data) if (some := some_of(corpus.of_split(split), minutes)) else []
        for split, minutes in (("test", MINUTES), ("unseen", MINUTES_UNSEEN))
    )
    say("performing the corpus' plans")
    followed = [by_plan_of_corpus(folder, some) for some in (test, unseen)]
    say("performing the model's own")
    own = by_own_plan(folder, test)
    if takes is not None:
        for one in own:
            write_take(takes / f"{one.shown.name}.npz", one.take)
    other_seed = by_own_plan(folder, test[: round(len(test) * MINUTES_OTHER_SEED / MINUTES)], first_seed=OTHER_SEED)
    classes = Classes(corpus.facts.gesture_classes)
    classes.learn(corpus, some_of(corpus.of_split("train"), KNOWN_MINUTES))
    say("measuring")
    rows = [
        *following_rows(*followed, classes),
        *psi_rows([*followed[0], *followed[1]], semantic_above(folder)),
        *distance_rows(own, corpus),
        *look_rows(own, real),
        *planner_rows(own, other_seed),
        Row("size of the model", "MB", Target(high=60), megabytes(folder), digits=1),
    ]
    sample = f"{minutes(test):.1f} minutes, and {minutes(unseen):.1f} of gestures never seen."
    text = f"Performed: {verdict(rows)} {sample} {NOTES}\n\n{markdown(rows, ('measured', 'corpus', 'real speaker'))}"
    return text, rows


def minutes(those: Sequence[Utterance]) -> float:
    """How long utterances are together."""
    return sum(utterance.subject.duration_s for utterance in those) / 60


def megabytes(folder: Path) -> float:
    """All files of a model together."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6


def semantic_above(folder: Path) -> float:
    """Which scores are semantic to the gate: by the recipe in the model's folder, or the one that has its name."""
    places = (folder / RECIPE, ROOT / "models" / "recipes" / f"{config_of(folder).name}.yaml")
    recipe = next((place for place in places if place.is_file()), None)
    return (TrainingSettings() if recipe is None else load_recipe(recipe).training).semantic_above


def complete_model(folder: Path) -> Path | None:
    """The folder of all networks, the given one or the one in a run; nothing while some are missing."""
    for place in (folder, folder / MODEL):
        if (place / CARD).is_file() and all((place / f"{name}.safetensors").is_file() for name in ("base", "sparse")):
            return place
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path, help="a model's folder, or that of a run of training")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the folder shared/data")
    parser.add_argument("--takes", type=Path, help="keep what was performed in this folder")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--card", action="store_true", help="put what was performed on the model's card")
    given = parser.parse_args()

    if given.takes is not None:
        given.takes.mkdir(parents=True, exist_ok=True)
    corpus, real = Corpus(given.corpus), read_subjects(given.data / MONOLOGUE, neutral_body())
    parts = [rebuilt_table(given.model, corpus, real)]
    print(parts[0], "\n")
    if (model := complete_model(given.model)) is not None:
        text, rows = performed_table(model, corpus, given.data, real, given.takes)
        parts.append(text)
        print(text)
        if given.card:
            add_figures(model, for_card(rows, f"Held-out utterances, {date.today()}, {machine()}"))
    if given.write:
        command = f"`python3.11 dev.py bench gestures {given.model} {given.corpus} --write`"
        write_section("Gestures", "\n\n".join([f"{date.today()}, {machine()}. {command}", *parts]))


if __name__ == "__main__":
    main()
