"""How good a model is that was trained on a corpus of gestures: what `chironomy evaluate --model` says, kept.

    python3.11 dev.py bench gestures MODEL_FOLDER CORPUS [--data SHARED_DATA] [--takes FOLDER] [--write] [--card]

MODEL_FOLDER is a model, or a run of training; of a run that has no more than RVQ-VAEs, those alone are measured.
SHARED_DATA is the folder shared/data, from which the corpus was made: its utterances are spoken and heard again.
With --takes what the model performed by its own planner is kept, for Blender and for `chironomy evaluate`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from stages import ROOT, machine, write_section

from chironomy.cli.terminal import progress_bar
from chironomy.formats.take import write_take
from chironomy.nets.model_card import add_figures
from chironomy.pipeline.model_figures.report import Report, complete_model, report_on
from chironomy.pipeline.model_figures.rows import Row, for_card, verdict
from chironomy.training.shards import Corpus

REBUILT_NOTES = """
All four parts encoded, decoded and put together, against the recordings of test and of gestures never seen; beside it
the latter alone, and ZeroEGGS' monologue 067, which is nothing like the corpus. A hand idles below 0.05 m/s.
""".strip()
NOTES = """
Utterances that were not trained on. Stroke extent, wrists and classes: the semantic layer, given the plan that the
corpus' motion follows, as the chest sees it; "never seen" are performances that no training recording shows. A class is
told by the five most alike gestures of training recordings (beats left out), for the corpus' own motion beside. psi
should tell frames whose semantic score is above the recipe's threshold. All below psi: with gestures that the model's
planner chose, each utterance with a seed of its own, beside the corpus' motion of the same utterances and monologue 067
(for L1 diversity in pieces of 12 s).

Like is compared with like: what the product shows, both layers mixed by psi, with the corpus' layers mixed by its
semantic score, and the semantic layer with the corpus' semantic layer. FGD, L1 diversity and beat consistency should
hold for both: the first is what everyone sees, the second what an animator gets who turns a word's emphasis up. All
other lines are of what is shown, and of the corpus mixed. FGD: a feature network learned from the corpus, ten minutes
against ten: the model's motion of some held-out utterances against the corpus' of others, beside the corpus' motion of
both, means over all pairs of samples. Ten minutes are few, single pairs differ by half. Training recordings say other
sentences, so that also the corpus' own held-out motion is further from them than their halves from each other.

Beat consistency tells here how much moves, not whether it is in time: sound has about seven onsets a second, so that
every moment is within the tolerance of 0.3 s of several. The corpus, whose apexes are on the voice's syllables, has no
more of it than by chance, and no less when its motion is shifted against the sound. It is kept because papers have it;
a model has less of it where its movement is too slow to count. Strokes are in time if their peaks are nearer to the
stressed vowel than to any moment of speech.
""".strip()


def rebuilt_text(report: Report) -> str:
    """Markdown: what the RVQ-VAEs make of held-out recordings."""
    notice = f" Not trained yet, and left as recorded: {', '.join(report.missing)}." if report.missing else ""
    heads = ("measured", "gestures never seen", "real speaker")
    return f"RVQ-VAEs: {verdict(report.rebuilt)}{notice} {REBUILT_NOTES}\n\n{markdown(report.rebuilt, heads)}"


def performed_text(report: Report) -> str:
    """Markdown: what the model performs for held-out utterances."""
    sample = f"{report.minutes[0]:.1f} minutes, and {report.minutes[1]:.1f} of gestures never seen."
    table = markdown(report.performed, ("measured", "corpus", "real speaker"))
    return f"Performed: {verdict(report.performed)} {sample} {NOTES}\n\n{table}"


def markdown(rows: Sequence[Row], heads: Sequence[str]) -> str:
    """The table; heads: names of its three columns of figures."""
    lines = [
        f"| | target | {' | '.join(heads)} | | holds |",
        "| --- | --- | ---: | ---: | ---: | --- | --- |",
    ]
    for row in rows:
        values = (_number(value, row.digits) for value in (row.measured, row.corpus, row.real))
        holds = {True: "yes", False: "**no**", None: ""}[row.holds]
        lines.append(f"| {row.name} | {row.target or ''} | {' | '.join(values)} | {row.unit} | {holds} |")
    return "\n".join(lines)


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


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
    with progress_bar(False) as progress:
        report = report_on(given.model, Corpus(given.corpus), given.data, progress=progress)
    parts = [rebuilt_text(report), *([performed_text(report)] if report.performed else [])]
    print("\n\n".join(parts))
    if given.takes is not None:
        for one in report.takes:
            write_take(given.takes / f"{one.shown.name}.npz", one.take)
    if given.card and (model := complete_model(given.model)) is not None:
        add_figures(model, for_card(report.performed, f"Held-out utterances, {date.today()}, {machine()}"))
    if given.write:
        command = f"`python3.11 dev.py bench gestures {given.model} {given.corpus} --write`"
        write_section("Gestures", "\n\n".join([f"{date.today()}, {machine()}. {command}", *parts]))


if __name__ == "__main__":
    main()
