"""What `chironomy prepare` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..progress import within
from .commands import report
from .terminal import progress_bar

if TYPE_CHECKING:
    from ..training.corpus_format import CorpusIndex

#: Of the time that a corpus of gestures takes, its making; the rest is the report.
_MAKING = 0.95


def run_prepare_beat2(folder: Path, output: Path, recipe: Path, models: Path | None, as_json: bool) -> None:
    """Prepares, then says how much there is and what was left out."""
    from ..training.beat2 import prepare_beat2
    from ..training.recipe import load_recipe

    config = load_recipe(recipe).model
    with progress_bar(as_json) as progress:
        index = prepare_beat2(folder, output, config, models or folder, progress)
    _report_corpus(index, [output], as_json)


def run_prepare_gestures(
    folder: Path,
    output: Path,
    recipe: Path,
    hours: float,
    seed: int,
    workers: int,
    reference: Path | None,
    as_json: bool,
) -> None:
    """Prepares, writes the report, then says how much there is and what was left out."""
    from ..pipeline.corpus_report import write_corpus_report
    from ..training.corpus.build import Order, build
    from ..training.recipe import load_recipe

    config = load_recipe(recipe).model
    with progress_bar(as_json) as progress:
        order = Order(folder, hours, seed, config.front_end, config.window_frames)
        index = build(order, output, workers, within(progress, 0.0, _MAKING))
        written = write_corpus_report(output, reference, within(progress, _MAKING, 1.0))
    _report_corpus(index, [output, *written], as_json)


def run_prepare_report(corpus: Path, reference: Path | None, sheets: int, output: Path | None, as_json: bool) -> None:
    """Writes the report of a corpus that exists, and contact sheets of some of its utterances."""
    from ..pipeline.corpus_report import write_corpus_report
    from ..pipeline.corpus_sheets import write_corpus_sheets

    if (sheets > 0) != (output is not None):
        raise typer.BadParameter("--sheets says how many contact sheets, --output the folder they go to: give both")
    with progress_bar(as_json) as progress:
        written = write_corpus_report(corpus, reference, within(progress, 0.0, 0.3 if sheets else 1.0))
        if output is not None:
            written += write_corpus_sheets(corpus, sheets, output, within(progress, 0.3, 1.0))
    report(as_json, written, ())


def _report_corpus(index: CorpusIndex, outputs: list[Path], as_json: bool) -> None:
    notices = [f"skipped {skipped.id}: {skipped.reason}" for skipped in index.skipped]
    if notices:
        notices.append(f"{len(notices)} of {len(index.recordings) + len(notices)} recordings were left out")
    minutes = round(sum(recording.frames for recording in index.recordings) / 30 / 60, 1)
    report(as_json, outputs, notices, recordings=len(index.recordings), minutes=minutes)
