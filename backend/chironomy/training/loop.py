"""One stage of training: steps, validation, checkpoints, and what to do when something goes wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ..errors import UserError
from ..formats.atomic import replacing
from ..nets.tensor_files import read_tensors, write_tensors
from ..progress import Cancelled
from .averaging import AveragedWeights
from .checkpoint import Checkpoint, History, read_checkpoint, write_checkpoint
from .interruption import Interruption
from .machine import Machine
from .monitor import Monitor
from .randomness import seed_step
from .schedule import average_decay, learning_rate
from .settings import StageSettings
from .windows import Batch, Windows

CHECKPOINT, WEIGHTS = "checkpoint.pt", "weights.safetensors"
_VALIDATION_WINDOWS = 256
#: Clipped gradients as many times as large as the clip hide that some layers have run away while the losses look well:
#: the rest of the network then hardly learns.
_RUNAWAY = 1e5


class Objective(Protocol):
    """What a stage minimises: a module that holds its `network` and turns a batch into losses."""

    network: nn.Module

    def __call__(self, batch: Batch, epoch: float) -> Mapping[str, Tensor]:
        """Named losses, already weighted: their sum is minimised. `epoch` counts passes over the corpus, from 0."""
        ...


@dataclass(frozen=True)
class Stage:
    """One network to train."""

    name: str
    """As its folder is called: "rvq_face"."""
    objective: Any
    """An Objective that is a torch module."""
    settings: StageSettings
    training: Windows
    validation: Windows
    based_on: dict[str, Any]
    """The network's part of the recipe, and hashes of the networks it builds on, as they go into checkpoints."""


@dataclass(frozen=True)
class Run:
    """What all stages of a run share."""

    folder: Path
    seed: int
    machine: Machine
    how_to_resume: str
    """The command that goes on with this run."""


def run_stage(stage: Stage, run: Run, monitor: Monitor) -> History:
    """Trains a stage from its last checkpoint, or from the start, to its end; a finished one is left as it is.

    The network ends up with the averaged weights that were best in validation; they are in the stage's folder.
    Raises UserError when a loss is no number or the disk is full, and Cancelled after Ctrl-C or SIGTERM: the last
    checkpoint is whole in every case, and training goes on from there.
    """
    return _StageRun(stage, run, monitor).to_the_end()


class _StageRun:
    def __init__(self, stage: Stage, run: Run, monitor: Monitor) -> None:
        self._stage, self._run, self._monitor, self._machine = stage, run, monitor, run.machine
        self._folder = run.folder / stage.name
        self._settings = stage.settings
        self._module = run.machine.prepared(stage.objective)
        self._network = stage.objective.network
        self._averaged = AveragedWeights(self._network)
        self._parameters = [p for p in self._network.parameters() if p.requires_grad]
        settings = stage.settings
        self._optimiser = torch.optim.AdamW(
            self._parameters, settings.learning_rate, settings.betas, weight_decay=settings.weight_decay
        )
        self._step = 0
        self._history = History()
        self._windows_at_once = settings.batch_size
        self._best = float("inf")
        self._since_report: list[float] = []
        self._told_of_runaway = False

    def to_the_end(self) -> History:
        self._resume()
        self._monitor.begin(self._step)
        settings, machine = self._settings, self._machine
        steps = range(self._step, settings.steps)
        batches = self._stage.training.batches(
            self._run.seed, steps, settings.batch_size, machine.process, machine.processes
        )
        with Interruption() as interruption:
            for batch in batches:
                self._train_on(batch)
                self._step += 1
                last = self._step == settings.steps
                if last or self._step % settings.validate_every == 0:
                    self._validate()
                stop = machine.any_of(interruption.wanted)
                if last or stop or self._step % settings.checkpoint_every == 0:
                    self._save()
                if stop and not last:
                    raise Cancelled(
                        f"training of {self._stage.name} stopped after step {self._step}, which is saved; "
                        f"go on with: {self._run.how_to_resume}"
                    )
        if not (self._folder / WEIGHTS).exists():  # the recipe asks for fewer steps than were made already
            self._validate()
        machine.wait()
        read_tensors(self._network, self._folder / WEIGHTS, "delete the stage's folder and train it again")
        self._network.to(machine.device).eval()
        return self._history

    def _resume(self) -> None:
        path = self._folder / CHECKPOINT
        if not path.exists():
            if self._machine.is_main:
                self._folder.mkdir(parents=True, exist_ok=True)
            return
        checkpoint = read_checkpoint(path)
        if checkpoint.stage != self._stage.name or checkpoint.based_on != self._stage.based_on:
            raise UserError(
                f"{path}: is of another network than the recipe's, or builds on other ones: "
                f"train into another folder, or delete {path.parent}"
            )
        if checkpoint.seed != self._run.seed:
            raise UserError(f"{path}: was begun with the seed {checkpoint.seed}: go on with it, or in another folder")
        self._network.load_state_dict(checkpoint.network)
        self._averaged.network.load_state_dict(checkpoint.averaged)
        self._optimiser.load_state_dict(checkpoint.optimiser)
        if checkpoint.scaler:
            self._machine.scaler.load_state_dict(checkpoint.scaler)
        self._step, self._history = checkpoint.step, checkpoint.history
        if self._machine.is_main and self._step < self._settings.steps and (self._folder / WEIGHTS).exists():
            self._best = self._loss_of_kept_weights()
        self._machine.wait()

    def _train_on(self, batch: Batch) -> None:
        rate = learning_rate(self._step, self._settings)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._network.train()
        losses = self._add_gradients(batch)
        scaler, total = self._machine.scaler, sum(losses.values())
        scaler.unscale_(self._optimiser)
        norm = float(nn.utils.clip_grad_norm_(self._parameters, self._settings.clip_norm))
        # in fp16 single steps overflow; the scaler leaves them out and lowers its scale
        sound = math.isfinite(total) and (scaler.is_enabled() or math.isfinite(norm))
        if self._machine.any_of(not sound):
            self._stop_for_nonsense(losses)
        self._tell_of_runaway(norm)
        scaler.step(self._optimiser)
        scaler.update()
        self._optimiser.zero_grad(set_to_none=True)
        self._averaged.follow(self._network, average_decay(self._step, self._settings))
        self._report({**losses, "total": total}, rate, norm)

    def _add_gradients(self, batch: Batch) -> dict[str, float]:
        """Losses of a batch, their gradients added up; in smaller parts where the device's memory does not suffice."""
        while True:
            seed_step(self._run.seed, self._stage.name, self._step, self._machine.process)
            self._optimiser.zero_grad(set_to_none=True)
            try:
                return self._in_parts(batch)
            except torch.OutOfMemoryError:
                pass  # the traceback, which holds on to tensors, has to go before the next attempt
            self._need_less_memory(len(batch["valid"]))

    def _in_parts(self, batch: Batch) -> dict[str, float]:
        count = len(batch["valid"])
        starts = range(0, count, self._windows_at_once)
        sums: dict[str, float] = {}
        epoch = self._step * self._settings.batch_size / len(self._stage.training)
        for start in starts:
            part = {k: v[start : start + self._windows_at_once].to(self._machine.device) for k, v in batch.items()}
            share = len(part["valid"]) / count
            with self._machine.keeping_gradients(self._module, start != starts[-1]):
                with self._machine.arithmetic():
                    losses = self._module(part, epoch)
                self._machine.scaler.scale(share * torch.stack(list(losses.values())).sum()).backward()
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + share * float(loss.detach())
        return sums

    def _need_less_memory(self, batch_size: int) -> None:
        now = min(self._windows_at_once, batch_size)
        if now > 1:
            self._windows_at_once = (now + 1) // 2
            torch.cuda.empty_cache()
            self._monitor.notice(
                f"the graphics card's memory is short: {self._windows_at_once} windows at once from here on"
            )
            return
        self._machine.fall_back_to_cpu()
        self._windows_at_once = self._settings.batch_size
        self._stage.objective.to("cpu")
        self._averaged.network.to("cpu")
        self._optimiser.load_state_dict(self._optimiser.state_dict())  # brings its state to where the weights are
        self._monitor.notice("the graphics card's memory is too small for one window: training goes on on the CPU")

    def _tell_of_runaway(self, norm: float) -> None:
        if self._told_of_runaway or not _RUNAWAY * self._settings.clip_norm < norm < math.inf:
            return
        self._told_of_runaway = True
        self._monitor.notice(
            f"{self._stage.name}: gradients have grown to {norm:.0e} in step {self._step + 1}, so some layers have run "
            "away and the others hardly learn: lower its learning_rate in the recipe and train the stage anew"
        )

    def _stop_for_nonsense(self, losses: Mapping[str, float]) -> None:
        wrong = [name for name, loss in losses.items() if not math.isfinite(loss)] or ["its gradient"]
        path = self._folder / CHECKPOINT
        kept = f"the checkpoint before it stays ({path})" if path.exists() else "there is no checkpoint yet"
        raise UserError(
            f"{self._stage.name}: loss is no number in step {self._step + 1} ({', '.join(wrong)}): {kept}; "
            f"lower its learning_rate in the recipe, or use fp32, and run again: {self._run.how_to_resume}"
        )

    def _report(self, losses: Mapping[str, float], rate: float, gradient_norm: float) -> None:
        self._since_report.append(losses["total"])
        figures = {**losses, "learning_rate": rate, "gradient_norm": gradient_norm}
        self._monitor.scalars(f"{self._stage.name}/training", figures, self._step)
        text = f"{self._stage.name} {self._step + 1}/{self._settings.steps}, loss {losses['total']:.3f}"
        if self._history.validation:
            text += f", validation {self._history.validation[-1][1]:.3f}"
        self._monitor.progress(text, (self._step + 1) / self._settings.steps)

    def _validate(self) -> None:
        """The averaged weights' losses on recordings that are never trained on; the best weights are kept."""
        self._history.training.append((self._step, sum(self._since_report) / max(len(self._since_report), 1)))
        self._since_report = []
        if self._machine.is_main:
            losses = self._validation_losses()
            total = sum(losses.values())
            self._monitor.scalars(f"{self._stage.name}/validation", {**losses, "total": total}, self._step)
            if total < self._best or not (self._folder / WEIGHTS).exists():
                self._best = total
                with replacing(self._folder / WEIGHTS) as temporary:
                    write_tensors(self._averaged.network, temporary)
            self._history.validation.append((self._step, total))
        self._machine.wait()

    def _loss_of_kept_weights(self) -> float:
        """In validation as it is now: since they were kept, the recipe may have come to weigh losses otherwise."""
        network = self._averaged.network
        now = {name: values.clone() for name, values in network.state_dict().items()}
        read_tensors(network, self._folder / WEIGHTS, "delete the stage's folder and train it again")
        loss = sum(self._validation_losses().values())
        network.load_state_dict(now)
        return loss

    @torch.no_grad()
    def _validation_losses(self) -> dict[str, float]:
        objective, windows = self._stage.objective, self._stage.validation
        places = windows.in_order(_VALIDATION_WINDOWS)
        sums: dict[str, float] = {}
        # the same masks each time, so that losses can be compared
        seed_step(self._run.seed, f"{self._stage.name} validation", 0)
        objective.network = self._averaged.network
        try:
            for start in range(0, len(places), self._windows_at_once):
                chosen = places[start : start + self._windows_at_once]
                batch = {name: values.to(self._machine.device) for name, values in windows.batch(chosen).items()}
                with self._machine.arithmetic():
                    losses = objective(batch, 0.0)
                for name, loss in losses.items():
                    sums[name] = sums.get(name, 0.0) + float(loss) * len(chosen) / len(places)
        finally:
            objective.network = self._network
        return sums

    def _save(self) -> None:
        if self._machine.is_main:
            checkpoint = Checkpoint(
                stage=self._stage.name,
                step=self._step,
                seed=self._run.seed,
                based_on=self._stage.based_on,
                network=self._network.state_dict(),
                averaged=self._averaged.network.state_dict(),
                optimiser=self._optimiser.state_dict(),
                scaler=self._machine.scaler.state_dict(),
                history=self._history,
            )
            write_checkpoint(self._folder / CHECKPOINT, checkpoint)
        self._machine.wait()
