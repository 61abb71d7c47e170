"""What `chironomy train` and `chironomy prepare` do."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .commands import report
from .terminal import progress_bar

if TYPE_CHECKING:
    from ..training.body_points import Skin
    from ..training.corpus_format import CorpusIndex


def run_train(
    recipe: Path,
    corpus: Path,
    output: Path,
    stages: str,
    smplx_model: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Trains, then names the run's folder and how the losses went."""
    from ..training.settings import STAGE_KINDS
    from ..training.train import Wishes, train

    kinds = tuple(kind.strip() for kind in stages.split(",") if kind.strip())
    if unknown := [kind for kind in kinds if kind not in STAGE_KINDS]:
        raise typer.BadParameter(f"--stages {', '.join(unknown)}: there are {', '.join(STAGE_KINDS)}")
    command = ["chironomy", "train", str(recipe), str(corpus), "-o", str(output)]
    command += ["--stages", stages] if stages else []
    command += ["--smplx-model", str(smplx_model)] if smplx_model else []
    # launchers of several processes number them so; the first one alone speaks
    speaks = os.environ.get("RANK", "0") == "0"
    with progress_bar(as_json or not speaks) as progress:
        wishes = Wishes(
            recipe=recipe,
            corpus=corpus,
            folder=output,
            stages=tuple(kind for kind in STAGE_KINDS if kind in kinds),
            device=device,
            skin=_skin(smplx_model),
            command=shlex.join(command),
        )
        histories = train(wishes, progress, _note)
    if speaks:
        report(as_json, [output], (), validation_loss={name: history.best for name, history in histories.items()})


def run_prepare_beat2(folder: Path, output: Path, recipe: Path, models: Path | None, as_json: bool) -> None:
    """Prepares, then says how much there is and what was left out."""
    from ..training.beat2 import prepare_beat2
    from ..training.recipe import load_recipe

    config = load_recipe(recipe).model
    with progress_bar(as_json) as progress:
        index = prepare_beat2(folder, output, config, models or folder, progress)
    _report_corpus(index, output, as_json)


def run_prepare_gestures(
    folder: Path, output: Path, recipe: Path, hours: float, seed: int, workers: int, as_json: bool
) -> None:
    """Prepares, then says how much there is and what was left out."""
    from ..training.corpus.build import Order, build
    from ..training.recipe import load_recipe

    config = load_recipe(recipe).model
    with progress_bar(as_json) as progress:
        index = build(Order(folder, hours, seed, config.front_end, config.window_frames), output, workers, progress)
    _report_corpus(index, output, as_json)


def _report_corpus(index: CorpusIndex, output: Path, as_json: bool) -> None:
    notices = [f"skipped {skipped.id}: {skipped.reason}" for skipped in index.skipped]
    if notices:
        notices.append(f"{len(notices)} of {len(index.recordings) + len(notices)} recordings were left out")
    minutes = round(sum(recording.frames for recording in index.recordings) / 30 / 60, 1)
    report(as_json, [output], notices, recordings=len(index.recordings), minutes=minutes)


def _skin(path: Path | None) -> Skin | None:
    if path is None:
        return None
    from ..pipeline.smplx_model import read_smplx_model
    from ..training.body_points import Skin

    model = read_smplx_model(path)
    return Skin(model.vertices, model.weights, model.body.rest_joints, model.expressions)


def _note(line: str) -> None:
    print(f"chironomy: note: {line}", file=sys.stderr)
