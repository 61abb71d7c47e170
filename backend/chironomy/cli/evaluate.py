"""`chironomy evaluate`: figures of motions, beside those of a reference."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UserError
from .terminal import progress_bar

if TYPE_CHECKING:
    from ..evaluation.figure import Figure


def run_train_fgd(corpus: Path, output: Path | None, as_json: bool) -> None:
    """Learns a feature network for FGD."""
    from ..motion.body import neutral_body
    from ..pipeline.subjects import learn_feature_network
    from ..pipeline.write import check_folders

    if output is None:
        raise typer.BadParameter("say with --output FILE.safetensors where the feature network goes")
    if output.suffix.lower() != ".safetensors":
        raise typer.BadParameter(f"{output}: feature networks are .safetensors files")
    check_folders([output])
    with progress_bar(as_json) as progress:
        learn_feature_network(corpus, output, neutral_body(), progress)
    print(json.dumps({"outputs": [str(output)]}) if as_json else output)


def run_evaluate(
    takes: Sequence[Path],
    reference: Path | None,
    recipe: str,
    fgd_net: Path | None,
    audio: Sequence[Path],
    smplx_model: Path | None,
    as_json: bool,
) -> None:
    """Measures takes together, and the reference in the same way."""
    from ..evaluation import compare
    from ..evaluation.recipes import RECIPES
    from ..motion.body import neutral_body
    from ..pipeline.smplx_model import read_smplx_model
    from ..pipeline.subjects import face_surface, read_feature_network, read_subjects

    _check_use(takes, reference, recipe, fgd_net, audio)
    model = None if smplx_model is None else read_smplx_model(smplx_model)
    body = neutral_body() if model is None else model.body
    recordings = audio or [None] * len(takes)
    ours = [s for path, sound in zip(takes, recordings, strict=True) for s in read_subjects(path, body, audio=sound)]
    theirs = [] if reference is None else read_subjects(reference, body)

    notices: list[str] = []
    figures = compare.animator_figures(ours, theirs)
    face = compare.FACE_WEIGHTS if model is None else face_surface(model)
    figures += compare.paper_figures(ours, theirs, RECIPES[recipe], face)
    if fgd_net is not None:
        encode = read_feature_network(fgd_net)
        distance, notices = compare.distance_figure(ours, theirs, RECIPES[recipe], encode)
        figures.append(distance)
    figures += compare.plan_figures(ours, theirs) + compare.paired_figures(ours, theirs)

    shown = [figure for figure in figures if not (math.isnan(figure.value) and math.isnan(figure.reference))]
    if as_json:
        print(json.dumps(_document([s.name for s in ours], [s.name for s in theirs], recipe, shown, notices)))
        return
    title = f"{len(ours)} {'motion' if len(ours) == 1 else 'motions'}, {sum(s.duration_s for s in ours):.1f} s"
    _print_for_people(title, recipe, shown, reference is not None)
    for notice in notices:
        print(f"chironomy: note: {notice}", file=sys.stderr)


def _check_use(
    takes: Sequence[Path],
    reference: Path | None,
    recipe: str,
    fgd_net: Path | None,
    audio: Sequence[Path],
) -> None:
    from ..evaluation.recipes import RECIPES

    if not takes:
        raise typer.BadParameter("name the takes to measure, or a corpus to learn from with --train-fgd")
    if recipe not in RECIPES:
        raise typer.BadParameter(f"{recipe}: is no recipe; there are: {', '.join(RECIPES)}")
    if fgd_net is not None and reference is None:
        raise typer.BadParameter("FGD is a distance to something: name it with --reference")
    if audio and len(audio) != len(takes):
        raise typer.BadParameter(f"{len(takes)} takes have {len(takes)} recordings, but {len(audio)} were given")
    for path in audio:
        if not path.is_file():
            raise UserError(f"{path}: there is no such file: check the path")


def _document(
    takes: list[str], reference: list[str], recipe: str, figures: Sequence[Figure], notices: Sequence[str]
) -> dict[str, object]:
    rows = {
        figure.name: {
            "unit": figure.unit,
            "value": in_json(figure.value),
            "reference": in_json(figure.reference),
        }
        for figure in figures
    }
    return {"takes": takes, "reference": reference, "recipe": recipe, "figures": rows, "notices": list(notices)}


def in_json(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if math.isnan(value) else round(value, 9)


def _print_for_people(title: str, recipe: str, figures: Sequence[Figure], beside: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    table.add_column(f"{title}; recipe {recipe}")
    table.add_column("takes", justify="right")
    if beside:
        table.add_column("reference", justify="right")
    table.add_column("")
    for figure in figures:
        cells = [shown_number(figure.value, figure.digits)]
        if beside:
            cells.append(shown_number(figure.reference, figure.digits))
        table.add_row(figure.name, *cells, figure.unit)
    Console(highlight=False).print(table)


def shown_number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
