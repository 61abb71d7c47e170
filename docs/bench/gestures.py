"""How good a model is that was trained on a corpus of gestures: every figure beside its target.

    python3.11 dev.py bench gestures MODEL_FOLDER CORPUS [--write]

MODEL_FOLDER is a model, or a run of training; of a run that has no more than RVQ-VAEs, those alone are measured.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from gestures_rebuilt import config_of, read_rvqs, rebuilt_rows
from gestures_sample import recorded, some_of
from gestures_table import markdown, verdict
from stages import ROOT, machine, write_section

from chironomy.motion.body import neutral_body
from chironomy.nets.config import PARTS
from chironomy.pipeline.subjects import read_subjects
from chironomy.training.shards import Corpus

MONOLOGUE = "reference/real_monologue_067.bvh"
MINUTES, MINUTES_UNSEEN = 10, 4


def rebuilt_table(folder: Path, corpus: Corpus, monologue: Path) -> str:
    """Markdown: what the RVQ-VAEs of a folder make of held-out recordings."""
    body, networks = neutral_body(), read_rvqs(folder)
    test = [recorded(corpus, r, body) for r in some_of(corpus.of_split("test"), MINUTES)]
    unseen = [recorded(corpus, r, body) for r in some_of(corpus.of_split("unseen"), MINUTES_UNSEEN)]
    rows = rebuilt_rows(networks, config_of(folder), test, unseen, read_subjects(monologue, body))
    missing = [part for part in PARTS if part not in networks]
    notice = f" Not trained yet, and left as recorded: {', '.join(missing)}." if missing else ""
    heads = ("measured", "gestures never seen", "real speaker")
    return f"RVQ-VAEs: {verdict(rows)}{notice}\n\n{markdown(rows, heads)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path, help="a model's folder, or that of a run of training")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the folder shared/data")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    given = parser.parse_args()

    text = rebuilt_table(given.model, Corpus(given.corpus), given.data / MONOLOGUE)
    command = f"`python3.11 dev.py bench gestures {given.model} {given.corpus} --write`"
    text = f"{date.today()}, {machine()}. {command}\n\n{text}"
    print(text)
    if given.write:
        write_section("Gestures", text)


if __name__ == "__main__":
    sys.exit(main())
