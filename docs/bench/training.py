"""All stages of the tiny recipe on a synthetic corpus: how the losses fall, how long a step takes.

    python3.11 dev.py bench training [--write]

Prints a Markdown section; --write puts it into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from stages import ROOT, machine, write_section

sys.path.insert(0, str(ROOT / "tests" / "training"))

from synthetic import RECIPE, write_synthetic_corpus

from chironomy.training.train import Wishes, train


def table() -> str:
    """Trains once on one thread."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        corpus, run = Path(folder, "corpus"), Path(folder, "run")
        write_synthetic_corpus(corpus)
        began, used = time.perf_counter(), time.process_time()
        histories = train(Wishes(RECIPE, corpus, run, device="cpu"))
        took_s, used_s = time.perf_counter() - began, time.process_time() - used
    steps = histories["base"].training[-1][0]
    lines = [
        f"{date.today()}, {machine()}, one thread. `python3.11 dev.py bench training --write`",
        "",
        f"Seven networks of {steps} steps each in {took_s:.0f} s ({used_s:.0f} s of processor time). Training losses "
        "are means of the steps up to that one; validation is on a recording that is not trained on. The same run, "
        "killed in two stages and begun again, ends with the same bits (`tests/training/test_training_all_stages.py`).",
        "",
        f"| network | training, {steps // 2} steps | {steps} steps | validation, {steps // 2} steps | {steps} steps |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, history in histories.items():
        figures = [loss for _, loss in (*history.training, *history.validation)]
        lines.append(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()
    text = table()
    print(text)
    if given.write:
        write_section("Training", text)


if __name__ == "__main__":
    main()
