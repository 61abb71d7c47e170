"""The loop of training, with a network of a few numbers: going on after a stop, and everything that can go wrong."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from synthetic import write_synthetic_corpus
from torch import Tensor, nn

from chironomy.errors import UserError
from chironomy.progress import Cancelled
from chironomy.training.averaging import AveragedWeights
from chironomy.training.loop import CHECKPOINT, WEIGHTS, Run, Stage, run_stage
from chironomy.training.machine import Machine
from chironomy.training.monitor import Monitor
from chironomy.training.schedule import learning_rate
from chironomy.training.settings import StageSettings
from chironomy.training.shards import Corpus
from chironomy.training.windows import Batch, Windows

SETTINGS = StageSettings(
    steps=12, batch_size=4, learning_rate=0.01, warm_up_steps=2, validate_every=6, checkpoint_every=3
)


class RhythmToFace(nn.Module):
    """Learns the face from the rhythm, with dropout, so that random numbers matter."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network: nn.Module = nn.Sequential(
            nn.Linear(5, 16), nn.Dropout(0.3), nn.BatchNorm1d(32), nn.Linear(16, 100)
        )
        self.seen: list[Batch] = []
        self.multiply_at: dict[int, float] = {}
        self.stop_at: int | None = None
        self.most_windows = 1000

    def forward(self, batch: Batch, epoch: float) -> Mapping[str, Tensor]:
        if len(batch["valid"]) > self.most_windows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        if torch.is_grad_enabled():
            self.seen.append(batch)
        if self.stop_at == len(self.seen):
            os.kill(os.getpid(), signal.SIGTERM)
        error = (self.network(batch["rhythm"]) - batch["face"]).square().mean()
        return {"face": error * self.multiply_at.get(len(self.seen), 1.0)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_synthetic_corpus(tmp_path_factory.mktemp("corpora") / "corpus", recordings=4)


def stage_of(corpus: Corpus, objective: nn.Module, settings: StageSettings = SETTINGS) -> Stage:
    training, validation = (
        Windows(corpus, corpus.of_split(split), 32, 10, ("rhythm", "face")) for split in ("train", "val")
    )
    return Stage("toy", objective, settings, training, validation, based_on={"toy": 1})


def run_in(folder: Path) -> Run:
    return Run(folder, seed=1, machine=Machine("cpu"), how_to_resume="chironomy train …")


def quiet() -> Monitor:
    return Monitor(None, notice=lambda line: None)


def train(corpus: Corpus, folder: Path, objective: nn.Module, settings: StageSettings = SETTINGS) -> dict[str, Tensor]:
    run_stage(stage_of(corpus, objective, settings), run_in(folder), quiet())
    return objective.network.state_dict()  # type: ignore[union-attr]


def assert_equal_bits(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_losses_fall_and_the_averaged_weights_that_validate_best_are_kept(corpus: Corpus, tmp_path: Path) -> None:
    objective = RhythmToFace()
    settings = StageSettings(steps=60, batch_size=8, learning_rate=0.01, warm_up_steps=2, validate_every=10)
    history = run_stage(stage_of(corpus, objective, settings), run_in(tmp_path), quiet())
    assert history.validation[-1][1] < 0.5 * history.validation[0][1]
    assert history.training[-1][1] < 0.5 * history.training[0][1]
    assert (tmp_path / "toy" / WEIGHTS).is_file()


def test_after_sigterm_training_goes_on_as_if_it_had_never_stopped(corpus: Corpus, tmp_path: Path) -> None:
    whole = train(corpus, tmp_path / "whole", RhythmToFace())
    objective = RhythmToFace()
    objective.stop_at = 5
    with pytest.raises(Cancelled, match=r"after step 5, .*chironomy train"):
        train(corpus, tmp_path / "parts", objective)
    assert_equal_bits(train(corpus, tmp_path / "parts", RhythmToFace()), whole)


def test_after_a_crash_between_checkpoints_training_goes_on_as_well(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(corpus, tmp_path / "whole", RhythmToFace())
    objective = RhythmToFace()
    objective.multiply_at = {8: float("nan")}
    with pytest.raises(UserError):
        train(corpus, tmp_path / "parts", objective)
    assert_equal_bits(train(corpus, tmp_path / "parts", RhythmToFace()), whole)


def test_weights_go_on_being_kept_after_the_recipe_has_come_to_weigh_losses_more(
    corpus: Corpus, tmp_path: Path
) -> None:
    settings = StageSettings(steps=20, batch_size=8, learning_rate=0.01, warm_up_steps=2, validate_every=10)
    before = {name: values.clone() for name, values in train(corpus, tmp_path, RhythmToFace(), settings).items()}
    objective = RhythmToFace()
    objective.multiply_at = dict.fromkeys(range(60), 100.0)
    after = train(corpus, tmp_path, objective, settings.model_copy(update={"steps": 60}))
    assert not torch.equal(before["0.weight"], after["0.weight"])


def test_a_loss_that_is_no_number_stops_and_leaves_the_checkpoint_before_it(corpus: Corpus, tmp_path: Path) -> None:
    objective = RhythmToFace()
    objective.multiply_at = {8: float("nan")}
    with pytest.raises(UserError, match=r"toy: loss is no number in step 8 \(face\).*checkpoint before it stays"):
        train(corpus, tmp_path, objective)
    checkpoint = torch.load(tmp_path / "toy" / CHECKPOINT, weights_only=True)
    assert checkpoint["step"] == 6
    assert all(torch.isfinite(tensor).all() for tensor in checkpoint["network"].values())


def test_gradients_that_ran_away_are_told_once_though_they_are_clipped(corpus: Corpus, tmp_path: Path) -> None:
    objective = RhythmToFace()
    objective.multiply_at = {8: 1e8, 9: 1e8}
    told: list[str] = []
    run_stage(stage_of(corpus, objective), run_in(tmp_path), Monitor(None, notice=told.append))
    (line,) = told
    assert "toy: gradients have grown to" in line
    assert "in step 8" in line


@contextmanager
def files_no_larger_than(size_bytes: int) -> Iterator[None]:
    """The system refuses to write more, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("validate_every", [100, 6])  # the checkpoint does not fit, or the best weights do not
def test_a_full_disk_leaves_the_checkpoint_before_it(corpus: Corpus, tmp_path: Path, validate_every: int) -> None:
    train(corpus, tmp_path, RhythmToFace(), replace_steps(3))
    before = {path.name: path.read_bytes() for path in (tmp_path / "toy").iterdir()}
    settings = SETTINGS.model_copy(update={"validate_every": validate_every})
    with files_no_larger_than(4000), pytest.raises(UserError, match="cannot be written"):
        train(corpus, tmp_path, RhythmToFace(), settings)
    assert {path.name: path.read_bytes() for path in (tmp_path / "toy").iterdir()} == before
    train(corpus, tmp_path, RhythmToFace(), settings)  # with room again it goes on


def replace_steps(steps: int) -> StageSettings:
    return SETTINGS.model_copy(update={"steps": steps})


def test_a_checkpoint_of_another_network_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    train(corpus, tmp_path, RhythmToFace(), replace_steps(3))
    other = replace(stage_of(corpus, RhythmToFace()), based_on={"toy": 2})
    with pytest.raises(UserError, match="another network"):
        run_stage(other, run_in(tmp_path), quiet())


@pytest.mark.parametrize("content", [b"", b"PK\3\4 not a checkpoint", None])
def test_a_damaged_checkpoint_is_named(corpus: Corpus, tmp_path: Path, content: bytes | None) -> None:
    train(corpus, tmp_path, RhythmToFace(), replace_steps(3))
    path = tmp_path / "toy" / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-200] if content is None else content)
    with pytest.raises(UserError, match=r"checkpoint.pt: cannot be read"):
        train(corpus, tmp_path, RhythmToFace())


def test_a_finished_stage_is_not_trained_again(corpus: Corpus, tmp_path: Path) -> None:
    first = train(corpus, tmp_path, RhythmToFace())
    again = RhythmToFace()
    assert_equal_bits(train(corpus, tmp_path, again), first)
    assert again.seen == []


def test_too_little_memory_makes_smaller_parts_with_the_same_gradient(corpus: Corpus, tmp_path: Path) -> None:
    class Linear(RhythmToFace):
        def __init__(self) -> None:
            super().__init__()
            self.network = nn.Linear(5, 100)

    lines: list[str] = []
    whole, parts = Linear(), Linear()
    parts.load_state_dict(whole.state_dict())
    parts.most_windows = 2
    run_stage(stage_of(corpus, whole), run_in(tmp_path / "whole"), quiet())
    run_stage(stage_of(corpus, parts), run_in(tmp_path / "parts"), Monitor(None, notice=lines.append))
    assert lines == ["the graphics card's memory is short: 2 windows at once from here on"]
    for one, other in zip(whole.network.parameters(), parts.network.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_too_little_memory_for_one_window_goes_on_on_the_cpu(corpus: Corpus, tmp_path: Path) -> None:
    class OnlyOnCpu(RhythmToFace):
        failures = 0

        def forward(self, batch: Batch, epoch: float) -> Mapping[str, Tensor]:
            if self.failures < 3:  # 4, 2 and 1 windows at once
                self.failures += 1
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().forward(batch, epoch)

    lines: list[str] = []
    run_stage(stage_of(corpus, OnlyOnCpu()), run_in(tmp_path), Monitor(None, notice=lines.append))
    assert "training goes on on the CPU" in lines[-1]


def test_only_the_windows_of_the_training_split_are_trained_on(corpus: Corpus, tmp_path: Path) -> None:
    objective = RhythmToFace()
    train(corpus, tmp_path, objective)
    held_out = [corpus.read(r, "rhythm") for r in corpus.recordings if r.split != "train"]
    kept = {row.tobytes() for rhythm in held_out for row in rhythm}
    seen = [row.numpy().tobytes() for batch in objective.seen for row in batch["rhythm"].flatten(0, 1)]
    assert seen
    assert not kept & set(seen)


def test_best_weights_are_chosen_by_the_validation_split_and_never_by_the_test_split(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[str] = set()
    inner = Corpus.read

    def note(self: Corpus, recording, field, *rest):
        read.add(recording.split)
        return inner(self, recording, field, *rest)

    monkeypatch.setattr(Corpus, "read", note)
    train(corpus, tmp_path, RhythmToFace())
    assert read == {"train", "val"}


def test_the_learning_rate_rises_falls_and_ends_where_it_should() -> None:
    settings = StageSettings(steps=100, warm_up_steps=10, learning_rate=1.0, final_learning_rate=0.1)
    rates = [learning_rate(step, settings) for step in range(100)]
    assert rates[9] == pytest.approx(1.0)
    assert rates[:10] == pytest.approx([0.1 * (k + 1) for k in range(10)])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.1)


def test_averaged_weights_are_the_moving_average_and_their_buffers_the_networks_own() -> None:
    network = nn.BatchNorm1d(1)
    averaged = AveragedWeights(network)
    with torch.no_grad():
        network.weight.fill_(3.0)
        network.running_mean.fill_(7.0)  # type: ignore[union-attr]
    averaged.follow(network, decay=0.75)
    assert averaged.network.weight.item() == pytest.approx(0.75 * 1.0 + 0.25 * 3.0)
    assert averaged.network.running_mean.item() == 7.0  # type: ignore[union-attr]


def test_fewer_steps_than_were_made_already_end_the_stage(corpus: Corpus, tmp_path: Path) -> None:
    objective = RhythmToFace()
    objective.stop_at = 5
    with pytest.raises(Cancelled):
        train(corpus, tmp_path, objective)
    history = run_stage(stage_of(corpus, RhythmToFace(), replace_steps(4)), run_in(tmp_path), quiet())
    assert [step for step, _ in history.validation] == [5]
    assert (tmp_path / "toy" / WEIGHTS).is_file()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card here")
@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_without_a_graphics_card_the_cpu_is_used_with_a_notice(device: str) -> None:
    lines: list[str] = []
    machine = Machine(device, precision="bf16", notice=lines.append)
    assert machine.device.type == "cpu"
    assert len(lines) == 1
    assert "no graphics card" in lines[0]


@pytest.mark.parametrize(
    ("package", "needs"),
    [("accelerate", lambda: Machine("cpu")), ("torch.utils.tensorboard", lambda: Monitor(Path("board")).begin(0))],
)
def test_a_missing_package_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, package: str, needs: Callable[[], object]
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=r"pip install 'chironomy\[train\]'"):
        needs()
