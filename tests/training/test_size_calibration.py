"""What the plan's shortcut tells becomes as large as the recordings for validation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from synthetic import FACTS, MODEL, RECIPE, recording_arrays, write_synthetic_corpus

from chironomy.nets.config import PLANNED_PARTS, ModelConfig, PartName, parse_model_config
from chironomy.nets.motion_vector import orthonormal
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork
from chironomy.training.conditions import CONDITION_FIELDS
from chironomy.training.motion_of_batch import MOTION_FIELDS
from chironomy.training.shards import Corpus, CorpusWriter
from chironomy.training.size_calibration import restore_size, spread_about
from chironomy.training.train import Wishes, train
from chironomy.training.windows import Windows

Network = BaseNetwork | SparseNetwork
_RECORDINGS = 8
#: What new networks tell is smaller than codes are.
_AS_LARGE_AS_CODES = 8.0


def small_config() -> ModelConfig:
    """With a shortcut, and with so many codes for narrow latents that hardly anything is lost in rounding."""
    section = MODEL.model_dump()
    section["rvq"] |= {"code_width": 8, "codes": 256, "levels": 6}
    section["front_end"]["called_classes"] = True
    for generator in ("base", "sparse"):
        section[generator]["plan_shortcut"] = 24
    return parse_model_config(section, "test")


CONFIG = small_config()


def small_rvq(part: PartName) -> ResidualVQ:
    """One that decodes latents into small rotations of all joints."""
    layout = CONFIG.parts[part]
    rvq = ResidualVQ(layout.width, CONFIG.rvq).eval().requires_grad_(False)
    for level, book in enumerate(rvq.quantizer.layers):
        book.codebook.copy_(torch.randn_like(book.codebook) * 0.6**level)
    last = rvq.decoder.model[-1]
    joints = len(layout.joint_numbers)
    last.bias[: 6 * joints] = torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(joints)
    return rvq


def plans() -> torch.Tensor:
    """[recordings, T, plan]: something else is planned every third of a second."""
    steps = torch.randn(_RECORDINGS, CONFIG.window_frames // 8, CONFIG.front_end.plan_width)
    return steps.repeat_interleave(8, dim=1)


def recorded(folder: Path, network: Network, rvq: dict[PartName, ResidualVQ], plan: torch.Tensor) -> Windows:
    """Recordings of exactly what the network tells of their plans."""
    arrays = [recording_arrays(k, CONFIG.window_frames) for k in range(_RECORDINGS)]
    assert network.shortcut is not None
    for part, told in network.shortcut(plan).items():
        joints = list(CONFIG.parts[part].joint_numbers)
        motion = rvq[part].decode(rvq[part].nearest(told))[..., : 6 * len(joints)].unflatten(-1, (-1, 6))
        for own, moved in zip(arrays, orthonormal(motion).numpy(), strict=True):
            own["rotations"][:, joints] = own["base_rotations"][:, joints] = moved
    writer = CorpusWriter(folder, FACTS, shard_frames=10_000)
    for k, own in enumerate(arrays):
        called = np.zeros(CONFIG.window_frames, np.int16)
        told = {"plan": plan[k].numpy(), "base_plan": plan[k].numpy(), "called_class": called}
        given = dict.fromkeys(("plan_given", "base_plan_given"), np.ones(CONFIG.window_frames, np.uint8))
        writer.add(f"recording {k}", "val", own | told | given, licence="CC0-1.0")
    writer.close()
    corpus = Corpus(folder)
    return Windows(corpus, corpus.of_split("val"), CONFIG.window_frames, 20, (*MOTION_FIELDS, *CONDITION_FIELDS))


@pytest.fixture(params=[BaseNetwork, SparseNetwork])
def network(request: pytest.FixtureRequest) -> Network:
    torch.manual_seed(1)
    network = request.param(CONFIG).eval().requires_grad_(False)
    for ask in network.shortcut.ask.values():
        ask.weight *= _AS_LARGE_AS_CODES
    return network


@pytest.mark.parametrize(("shrunk", "scale"), [(0.8, 1.25), (1.0, 1.0), (1.3, 1.0), (0.3, 1.5)])
def test_a_shortcut_that_tells_too_small_motion_is_restored_within_bounds(
    tmp_path: Path, network: Network, shrunk: float, scale: float
) -> None:
    rvq, plan = {part: small_rvq(part) for part in PLANNED_PARTS}, plans()
    windows = recorded(tmp_path / "corpus", network, rvq, plan)
    assert network.shortcut is not None
    whole = network.shortcut(plan)
    for part in PLANNED_PARTS:
        mean = whole[part].mean((0, 1))
        spread_about(network.shortcut.ask[part], network.shortcut.correct[part], mean, shrunk)
    found = restore_size(network, rvq, windows, CONFIG)
    assert found == {part: pytest.approx(scale, rel=0.04) for part in PLANNED_PARTS}
    if shrunk == 0.8:
        for part, again in network.shortcut(plan).items():
            assert (again - whole[part]).norm() < 0.05 * whole[part].norm()


def test_networks_without_a_shortcut_stay_as_they_are(tmp_path: Path) -> None:
    network = BaseNetwork(MODEL).eval()
    assert restore_size(network, {}, None, MODEL) == {}  # type: ignore[arg-type]


def test_latents_are_spread_about_their_mean_alone() -> None:
    torch.manual_seed(2)
    ask, correct = torch.nn.Linear(3, 5), torch.nn.Linear(4, 5)
    x, y = torch.randn(9, 3), torch.randn(9, 4)
    with torch.no_grad():
        before = ask(x) + correct(y)
        mean = before.mean(0)
        spread_about(ask, correct, mean, 1.4)
        after = ask(x) + correct(y)
    torch.testing.assert_close(after.mean(0), mean)
    torch.testing.assert_close(after - mean, 1.4 * (before - mean))


def test_a_models_files_hold_the_restored_sizes_and_a_runs_checkpoints_what_was_learned(tmp_path: Path) -> None:
    write_synthetic_corpus(tmp_path / "corpus", recordings=4)
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    for generator in ("base", "sparse"):
        recipe["model"][generator] |= {"plan_shortcut": 8}
    short = recipe["training"]["base"] | {"steps": 2, "validate_every": 2, "warm_up_steps": 1}
    recipe["training"] |= dict.fromkeys(("rvq", "global", "direct", "base", "sparse"), short)
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    notices: list[str] = []
    train(Wishes(tmp_path / "recipe.yaml", tmp_path / "corpus", tmp_path / "run", device="cpu"), notice=notices.append)
    assert any(notice.startswith("sparse: what plans tell") for notice in notices)
    for generator in ("base", "sparse"):
        learned, written = (
            load_file(tmp_path / "run" / place)
            for place in (f"{generator}/weights.safetensors", f"model/{generator}.safetensors")
        )
        for part in PLANNED_PARTS:
            name = f"shortcut.ask.{part}.weight"
            scale = float(written[name].float().norm() / learned[name].norm())
            assert 1 <= scale <= 1.5
            torch.testing.assert_close(written[name].float(), scale * learned[name], rtol=2e-3, atol=1e-4)
