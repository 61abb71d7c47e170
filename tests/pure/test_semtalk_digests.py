"""SemTalk's networks give what was measured when they equalled the published fixtures; runs without the fixtures."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor
from weights_from_names import input_from_name, weights_from_names

from chironomy.nets import load_published, published
from chironomy.nets.released.loading import published_shapes

_DIGESTS = Path(__file__).parents[1] / "data" / "semtalk_digests.json"


def outputs_of(name: str) -> dict[str, Tensor]:
    """What a published network makes of weights and inputs from names."""
    network = published(name)
    load_published(network, weights_from_names({key: list(s) for key, s in published_shapes(network).items()}))
    with torch.inference_mode():
        if name == "semtalk/base":
            return network(input_from_name("beat", (1, 64, 3), 1.0), **_heard_and_seen())
        if name == "semtalk/sparse":
            words = torch.arange(64)[None] * 97
            return network(words, input_from_name("clip", (1, 512), 0.3), None, **_heard_and_seen())
        if name == "semtalk/global_motion":
            return {"motion": network(input_from_name("lower", (1, 50, 61), 1.0))}
        motion = input_from_name("part", (1, 64, network.decoder.model[-1].out_channels), 1.0)
        indices = (torch.arange(16 * 6) * 37 % 256).reshape(1, 16, 6)
        return {"latents": network.latents(motion), "motion": network.decode(indices)}


def _heard_and_seen() -> dict[str, Tensor]:
    mask = torch.ones(1, 64, 337)
    mask[:, :4] = 0
    return {
        "hubert": input_from_name("hubert", (1, 64, 1024), 0.3),
        "in_motion": input_from_name("motion", (1, 64, 337), 0.5),
        "mask": mask,
        "in_id": torch.ones(1, 64, 1, dtype=torch.long),
    }


def digest(values: Tensor) -> list[float]:
    """Mean, largest absolute value, first and last three."""
    flat = values.double().flatten()
    return [flat.mean().item(), flat.abs().max().item(), *flat[:3].tolist(), *flat[-3:].tolist()]


@pytest.mark.parametrize("name", json.loads(_DIGESTS.read_text()))
def test_outputs_are_those_measured_when_the_network_equalled_the_published_one(name):
    expected = json.loads(_DIGESTS.read_text())[name]
    measured = {output: digest(values) for output, values in outputs_of(name).items()}
    assert measured.keys() == expected.keys()
    for output, figures in expected.items():
        assert measured[output] == pytest.approx(figures, abs=1e-4)
