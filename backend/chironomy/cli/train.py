"""What `chironomy train` does."""

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


def _skin(path: Path | None) -> Skin | None:
    if path is None:
        return None
    from ..pipeline.smplx_model import read_smplx_model
    from ..training.body_points import Skin

    model = read_smplx_model(path)
    return Skin(model.vertices, model.weights, model.body.rest_joints, model.expressions)


def _note(line: str) -> None:
    print(f"chironomy: note: {line}", file=sys.stderr)
