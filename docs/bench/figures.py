"""Figures of a generator's takes beside those of a real speaker, as `chironomy evaluate` measures them.

    python docs/bench/figures.py SHARED_DATA [--generator rhythm] [--write]

SHARED_DATA is the folder shared/data with its speech and the real monologue. Four recordings, two seeds each. --write
puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from stages import DEMO, machine, write_section

if TYPE_CHECKING:
    from chironomy.evaluation.figure import Figure
    from chironomy.evaluation.subject import Subject

RECORDINGS = ("clips/jfk.flac", "ljspeech/LJ001-0001.flac", "ljspeech/LJ001-0003.flac")
MONOLOGUE = "reference/real_monologue_067.bvh"
SEEDS = (1, 2)
NOTES = """
Four recordings (Kennedy, two sentences of LJSpeech, the demo), two seeds each; beside them ZeroEGGS' monologue 067,
whose sound is not at hand. It was put on our body by the directions of its bones: feet, joints out of range and hands
in the body are those of the retargeted motion (the speaker puts a hand on the hip; knuckles are recorded bent up to
114°, and hands turned palm up by more than a forearm can). Strokes are quick movements of a
hand, preparations and retractions among them. Beats are measured against the takes' own mean speeds; "by chance" is
the beat consistency that onsets anywhere would give.
""".strip()


def spoken_lines(data: Path) -> list[tuple[str, Path, str]]:
    """Name, sound and text of every recording."""
    with (data / "speech" / "index.tsv").open(encoding="utf-8", newline="") as file:
        texts = {row["file"]: row["transcript"] for row in csv.DictReader(file, delimiter="\t")}
    lines = [(Path(name).stem, data / "speech" / name, texts[name]) for name in RECORDINGS]
    return [*lines, ("demo", DEMO, DEMO.with_suffix(".txt").read_text(encoding="utf-8"))]


def performed(data: Path, generator: str) -> list[Subject]:
    """A take of every recording and seed, ready to be measured."""
    from chironomy.motion.body import neutral_body
    from chironomy.pipeline.hear import hear
    from chironomy.pipeline.perform import Wishes, perform
    from chironomy.pipeline.performance import of_take
    from chironomy.pipeline.subjects import subject_of
    from chironomy.speech.transcript import transcript_of_text

    body, subjects = neutral_body(), []
    for name, audio, text in spoken_lines(data):
        print(f"performing {name} …", file=sys.stderr)
        recording = hear(audio, transcript_of_text(text, name))
        for seed in SEEDS:
            take = perform(recording, body, Wishes(generator, seed=seed))
            subjects.append(subject_of(of_take(take, body, audio=audio), f"{name}-{seed}"))
    return subjects


def figures(takes: list[Subject], monologue: list[Subject]) -> list[Figure]:
    """All figures that takes without a recorded counterpart have; beat consistency by every recipe."""
    from chironomy.evaluation.compare import animator_figures, paper_figures, plan_figures
    from chironomy.evaluation.recipes import RECIPES

    diversity, *_ = paper_figures(takes, monologue, RECIPES["corrected"])
    rows = [*animator_figures(takes, monologue), diversity]
    for name, recipe in RECIPES.items():
        _, beats, chance, *_ = paper_figures(takes, [], recipe)
        rows.append(replace(beats, name=f"beat consistency, {name}"))
        if name == "corrected":
            rows.append(replace(chance, name="the same by chance"))
    rows += plan_figures(takes, monologue)
    return [row for row in rows if not (math.isnan(row.value) and math.isnan(row.reference))]


def table(rows: list[Figure], generator: str) -> str:
    """Markdown: the takes beside the real speaker."""
    lines = [f"| | {generator} | real speaker | |", "| --- | ---: | ---: | --- |"]
    for row in rows:
        ours, theirs = ("–" if math.isnan(v) else f"{v:.{row.digits}f}" for v in (row.value, row.reference))
        lines.append(f"| {row.name} | {ours} | {theirs} | {row.unit} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, help="the folder shared/data")
    parser.add_argument("--generator", default="rhythm")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()

    from chironomy.motion.body import neutral_body
    from chironomy.pipeline.subjects import read_subjects

    monologue = read_subjects(given.data / MONOLOGUE, neutral_body())
    rows = figures(performed(given.data, given.generator), monologue)
    command = f"`python docs/bench/figures.py ../shared/data --generator {given.generator} --write`"
    text = f"{date.today()}, {machine()}. {command}\n\n{NOTES}\n\n{table(rows, given.generator)}"
    print(text)
    if given.write:
        write_section(f"Figures of motion: {given.generator}", text)


if __name__ == "__main__":
    main()
