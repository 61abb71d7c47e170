"""Training a recipe on a corpus, stage after stage, into a run's folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ..errors import UserError
from ..generators.semtalk.repertoire import FILE as REPERTOIRE
from ..nets.config import PLANNED_PARTS, ModelConfig, PartName
from ..nets.model_card import sha256_of
from ..nets.model_folder import write_model
from ..nets.rvq import ResidualVQ
from ..nets.semtalk import BaseNetwork, SparseNetwork
from ..nets.tensor_files import read_tensors
from ..progress import Progress, silent, within
from .body_points import BodyPoints, Skin
from .checkpoint import History
from .corpus_format import Split
from .fitting import check_fits
from .gate_calibration import calibrated
from .loop import WEIGHTS, Run, Stage, run_stage
from .machine import Machine
from .monitor import Monitor, Notice
from .origin import origin_of
from .randomness import seed_step
from .recipe import Recipe, load_recipe, save_recipe
from .semges import check_semges
from .settings import STAGE_KINDS, StageKind
from .shards import INDEX_FILE, Corpus
from .size_calibration import restore_size
from .stages import Network, StagePlan, plans_of
from .windows import Windows

RECIPE, MODEL, SEMGES_MODEL = "recipe.yaml", "model", "semges-model"
_FILE_DTYPES = {"fp32": torch.float32, "fp16": torch.float16}


@dataclass(frozen=True)
class Wishes:
    """What to train, on what, to where."""

    recipe: Path
    corpus: Path
    folder: Path
    """Of the run: checkpoints, TensorBoard's files, and the model. A run that is in it goes on."""
    stages: Collection[StageKind] = ()
    """Nothing: all that the recipe has."""
    device: str = "auto"
    skin: Skin | None = None
    """Of the user's SMPL-X model, for the losses of points."""
    command: str = "chironomy train"
    """What was called: how to go on, and how the model was made."""


def train(wishes: Wishes, progress: Progress = silent, notice: Notice = print) -> dict[str, History]:
    """Trains the stages one after another; after each the model's folder holds all networks that there are.

    Returns how the losses of each stage went. Raises UserError for a corpus or recipe that does not fit, and what
    `loop.run_stage` raises.
    """
    recipe, corpus = load_recipe(wishes.recipe), Corpus(wishes.corpus)
    kinds = wishes.stages or stages_of(recipe)
    if "semges" in kinds:
        if recipe.semges is None:
            raise UserError(f"{wishes.recipe}: has no section semges: choose other stages, or add it")
        check_semges(corpus, recipe.semges)
    check_fits(corpus, recipe.model, kinds)
    return _Training(wishes, recipe, corpus, notice).all_stages(kinds, progress)


def stages_of(recipe: Recipe) -> tuple[StageKind, ...]:
    """A recipe's stages: those of SemGes where it has that section, else those of SemTalk."""
    return ("semges",) if recipe.semges is not None else tuple(kind for kind in STAGE_KINDS if kind != "semges")


class _Training:
    def __init__(self, wishes: Wishes, recipe: Recipe, corpus: Corpus, notice: Notice) -> None:
        self._wishes, self._recipe, self._corpus = wishes, recipe, corpus
        self._machine = Machine(wishes.device, recipe.training.precision, notice)
        self._notice: Notice = notice if self._machine.is_main else lambda _: None
        self._run = Run(wishes.folder, recipe.training.seed, self._machine, how_to_resume=wishes.command)
        if self._machine.is_main:
            self._begin_folder()
        self._machine.wait()
        broken = {skipped.id: skipped for skipped in corpus.broken(corpus.recordings)}
        for skipped in broken.values():
            self._notice(f"skipped: {skipped.reason}")
        if broken:
            self._notice(f"{len(broken)} of {len(corpus.recordings)} recordings are broken and left out")
        self._sound = [recording for recording in corpus.recordings if recording.id not in broken]

    def all_stages(self, kinds: Collection[StageKind], progress: Progress) -> dict[str, History]:
        plans = plans_of(self._recipe, STAGE_KINDS, BodyPoints(self._wishes.skin))
        wanted = [plan for plan in plans if plan.kind in kinds]
        steps = [self._recipe.training.of_stage(plan.kind).steps for plan in wanted]
        histories = {}
        for number, plan in enumerate(wanted):
            done, after = (sum(steps[:n]) / sum(steps) for n in (number, number + 1))
            histories[plan.name] = self._stage(plan, within(progress, done, after))
            if self._machine.is_main:
                self._write_model([other for other in plans if (other.kind == "semges") == (plan.kind == "semges")])
            self._machine.wait()
        return histories

    def _stage(self, plan: StagePlan, progress: Progress) -> History:
        training, settings = self._recipe.training, self._recipe.training.of_stage(plan.kind)
        seed_step(training.seed, f"{plan.name} start", 0)
        network = plan.network()
        if plan.begins_with:
            self._read(plan.begins_with, network)
        objective = plan.objective(network, self._trained)
        below = {name: sha256_of(self._run.folder / name / WEIGHTS) for name in plan.builds_on}
        based_on = {"recipe": plan.sections, "networks": below}
        windows = self._windows(plan, "train"), self._windows(plan, "val")
        stage = Stage(plan.name, objective, settings, windows[0], windows[1], based_on)
        board = self._run.folder / plan.name if self._machine.is_main else None
        monitor = Monitor(board, progress, self._notice)
        try:
            return run_stage(stage, self._run, monitor)
        finally:
            monitor.close()

    def _windows(self, plan: StagePlan, split: Split) -> Windows:
        recordings = [recording for recording in self._sound if recording.split == split]
        stride = self._recipe.training.stride_frames
        return Windows(self._corpus, recordings, plan.window_frames, stride, plan.fields)

    def _trained(self, name: str, network: Network) -> Network:
        """The network with the weights of its stage, not to be trained any more."""
        self._read(name, network)
        return network.to(self._machine.device).eval().requires_grad_(False)

    def _read(self, name: str, network: nn.Module) -> None:
        """Fills a network with the weights of a stage. Raises UserError where that has not been trained."""
        path = self._run.folder / name / WEIGHTS
        if not path.exists():
            raise UserError(f"{path}: is missing: train the stage {name} first")
        read_tensors(network, path, f"delete {path.parent} and train it again")

    def _write_model(self, plans: list[StagePlan]) -> None:
        is_semges = plans[0].kind == "semges"
        there = [plan for plan in plans if (self._run.folder / plan.name / WEIGHTS).exists()]
        config = self._recipe.semges if is_semges else self._calibrated(there)
        assert config is not None
        networks: list[tuple[str, nn.Module]] = [
            (plan.name, self._trained(plan.name, plan.network())) for plan in there if plan.kind != "direct"
        ]
        self._restore_sizes({plan.name: plan for plan in there}, dict(networks))
        kinds: list[StageKind] = [kind for kind in STAGE_KINDS if any(plan.kind == kind for plan in there)]
        origin = origin_of(
            self._recipe, self._corpus, self._sound, kinds, len(there) == len(plans), self._wishes.command
        )
        index, recipe, repertoire = (
            self._corpus.folder / INDEX_FILE, self._run.folder / RECIPE, self._corpus.folder / REPERTOIRE
        )  # fmt: skip
        write_model(
            self._run.folder / (SEMGES_MODEL if is_semges else MODEL),
            config,
            networks,
            origin,
            sources={index.name: sha256_of(index)},
            beside=[recipe, *([repertoire] if repertoire.exists() else [])],
            dtype=_FILE_DTYPES[self._recipe.training.file_precision],
        )

    def _calibrated(self, there: list[StagePlan]) -> ModelConfig:
        """The recipe's model, with psi fitted to the recordings for validation once the sparse generator is there."""
        config = self._recipe.model
        plan = next((plan for plan in there if plan.kind == "sparse"), None)
        if plan is None:
            return config
        network = self._trained(plan.name, SparseNetwork(config))
        behaviour = calibrated(config.behaviour, network, self._windows(plan, "val"), config, self._recipe.training)
        if behaviour is None:
            self._notice("psi stays the gate's own probability: the recordings for validation are all alike in meaning")
            return config
        return config.model_copy(update={"behaviour": behaviour})

    def _restore_sizes(self, plans: Mapping[str, StagePlan], networks: Mapping[str, nn.Module]) -> None:
        """What plans tell the generators directly becomes as large as the recordings for validation."""
        rvqs: dict[PartName, ResidualVQ] = {
            part: rvq for part in PLANNED_PARTS if isinstance(rvq := networks.get(f"rvq_{part}"), ResidualVQ)
        }
        for name, network in networks.items():
            if isinstance(network, BaseNetwork | SparseNetwork) and network.shortcut is not None:
                scales = restore_size(network, rvqs, self._windows(plans[name], "val"), self._recipe.model)
                told = ", ".join(f"{part} by {scale:.2f}" for part, scale in scales.items())
                self._notice(f"{name}: what plans tell is spread to become as large as recorded: {told}")

    def _begin_folder(self) -> None:
        try:
            self._run.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(f"{self._run.folder}: cannot be made ({reason}): choose another folder") from error
        save_recipe(self._recipe, self._run.folder / RECIPE)
