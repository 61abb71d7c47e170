"""What is planned reaches the hands directly, and codes are the nearest to what was asked."""

from pathlib import Path

import pytest
import torch

from chironomy.generators.semtalk.sampling import Sampling, choose_near
from chironomy.nets.config import PLANNED_PARTS, ModelConfig, parse_model_config, read_model_config
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork

_TINY = read_model_config(Path(__file__).parents[2] / "models" / "recipes" / "tiny.yaml")
_PLANNED_TOKEN = 10


def _config(shortcut: int = 24) -> ModelConfig:
    section = _TINY.model_dump()
    section["front_end"]["plan_width"] = 6
    for generator in ("base", "sparse"):
        section[generator]["plan_shortcut"] = shortcut
    return parse_model_config(section, "test")


def _whole(network: BaseNetwork | SparseNetwork, plan: torch.Tensor) -> dict[str, torch.Tensor]:
    config, frames = network.config, network.config.window_frames
    front_end = config.front_end
    torch.manual_seed(3)
    phones, identity = torch.zeros(1, frames, dtype=torch.long), torch.zeros(1, frames, 1, dtype=torch.long)
    motion, mask = torch.zeros(1, frames, 337), torch.ones(1, frames, 337)
    with torch.inference_mode():
        if isinstance(network, BaseNetwork):
            rhythm = torch.zeros(1, frames, front_end.rhythm_width)
            output = network(rhythm, phones, motion, mask, identity, plan=plan)
        else:
            words, sentence = torch.randn(1, frames, front_end.word_width), torch.randn(1, front_end.sentence_width)
            output = network(words, sentence, None, phones, motion, mask, identity, plan=plan)
    return {part: output[f"whole_{part}"][0] for part in PLANNED_PARTS}


@pytest.mark.parametrize("kind", [BaseNetwork, SparseNetwork])
def test_a_plan_moves_the_tokens_that_it_is_for_and_their_neighbours_alone_at_first(kind):
    network = kind(_config()).eval()
    config = network.config
    plan = torch.zeros(1, config.window_frames, config.front_end.plan_width)
    changed = plan.clone()
    changed[:, _PLANNED_TOKEN * 4 : _PLANNED_TOKEN * 4 + 4] = 1.0
    without, planned = _whole(network, plan), _whole(network, changed)
    for part in PLANNED_PARTS:
        moved = (planned[part] - without[part]).norm(dim=-1) > 1e-6
        assert moved.nonzero().flatten().tolist() == [_PLANNED_TOKEN - 1, _PLANNED_TOKEN, _PLANNED_TOKEN + 1]


def test_without_the_shortcut_networks_have_the_parameters_that_they_had():
    names = {name for name, _ in BaseNetwork(_config(shortcut=0)).named_parameters()}
    assert not any("shortcut" in name for name in names)


def test_codes_are_chosen_for_no_part_whose_latents_are_told_whole():
    for kind, chosen in ((BaseNetwork, {"face", "lower"}), (SparseNetwork, {"lower"})):
        names = {name.split(".")[1] for name, _ in kind(_config()).named_parameters() if name.startswith("heads.")}
        assert names == chosen


def _rvq() -> ResidualVQ:
    torch.manual_seed(0)
    rvq = ResidualVQ(12, _TINY.rvq).eval()
    for level, book in enumerate(rvq.quantizer.layers):
        book.codebook.copy_(torch.randn_like(book.codebook) * 0.2**level)
    return rvq


def test_codes_drawn_near_a_latent_vary_with_seed_and_temperature_and_stay_near_it():
    rvq, windows = _rvq(), [(1, 0), (1, 1)]
    torch.manual_seed(1)
    whole = rvq.codes(torch.randint(_TINY.rvq.codes, (2, 40, _TINY.rvq.levels))).sum(0) / rvq.spread

    def drawn(temperature: float, seed: int = 1) -> torch.Tensor:
        return choose_near(rvq, whole, Sampling((temperature,)), [(seed, n) for _, n in windows], "semantic upper")

    def away(temperature: float) -> float:
        return float((rvq.codes(drawn(temperature).long()).sum(0) / rvq.spread - whole).norm(dim=-1).mean())

    assert torch.equal(drawn(0.0), rvq.nearest(whole).to(torch.int16))
    assert torch.equal(drawn(1e-6), drawn(0.0))
    assert torch.equal(drawn(3.0), drawn(3.0))
    assert not torch.equal(drawn(3.0), drawn(3.0, seed=2))
    assert away(0.0) < away(3.0) < away(100.0)


def test_the_nearest_codes_of_a_sum_of_codes_bring_it_back():
    rvq = _rvq()
    indices = torch.randint(_TINY.rvq.codes, (2, 9, _TINY.rvq.levels))
    whole = rvq.codes(indices).sum(0)
    again = rvq.codes(rvq.nearest(whole / rvq.spread)).sum(0)
    assert (again - whole).norm() < 0.05 * whole.norm()
