"""`chironomy evaluate --model`: a trained model on recordings that it never saw, every figure beside its target."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .evaluate import in_json, shown_number
from .terminal import progress_bar

if TYPE_CHECKING:
    from ..pipeline.model_figures.rows import Row

#: Where nobody's terminal says how wide it is.
_WIDTH_OF_FILES = 140


def run_evaluate_model(model: Path, corpus: Path, data: Path | None, output: Path | None, as_json: bool) -> None:
    """Measures the model; output: a folder to keep in what it performed."""
    from ..formats.take import write_take
    from ..pipeline.model_figures.report import report_on
    from ..pipeline.write import check_folders
    from ..training.shards import Corpus

    if data is None:
        raise typer.BadParameter("say with --data which folder the corpus was made of: its speech is heard again")
    if output is not None:
        check_folders([output])
    with progress_bar(as_json) as progress:
        report = report_on(model, Corpus(corpus), data, progress=progress)
    if output is not None:
        output.mkdir(exist_ok=True)
        for performed in report.takes:
            write_take(output / f"{performed.shown.name}.npz", performed.take)
    if as_json:
        print(json.dumps(document_of(model, corpus, [*report.rebuilt, *report.performed])))
        return
    _print_for_people("RVQ-VAEs", report.rebuilt, ("gestures never seen", "real speaker"))
    if report.performed:
        _print_for_people("Performed", report.performed, ("corpus", "real speaker"))


def document_of(model: Path, corpus: Path, rows: Sequence[Row]) -> dict[str, object]:
    """As `chironomy card --figures` reads it, with targets beside."""
    figures = {r.name: {"unit": r.unit, "value": in_json(r.measured), "reference": in_json(r.corpus)} for r in rows}
    targets = {r.name: {"target": str(r.target), "holds": r.holds} for r in rows if r.target is not None}
    return {"model": str(model), "reference": [str(corpus)], "figures": figures, "targets": targets}


def _print_for_people(title: str, rows: Sequence[Row], beside: tuple[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..pipeline.model_figures.rows import verdict

    table = Table(box=None, header_style="bold")
    table.add_column(title)
    for head in ("measured", *beside):
        table.add_column(head, justify="right")
    for head in ("", "should be", "holds"):
        table.add_column(head)
    for row in rows:
        figures = (shown_number(value, row.digits) for value in (row.measured, row.corpus, row.real))
        holds = {True: "yes", False: "no", None: ""}[row.holds]
        table.add_row(row.name, *figures, row.unit, str(row.target or ""), holds)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    console.print(table)
    console.print(verdict(rows))
