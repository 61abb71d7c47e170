"""Sound and motion of one moment belong together."""

from pathlib import Path

import pytest
import torch

from chironomy.nets.config import BODY_PARTS, PARTS, ModelConfig, parse_model_config, read_model_config
from chironomy.nets.semtalk import BaseNetwork

_TINY = read_model_config(Path(__file__).parents[2] / "models" / "recipes" / "tiny.yaml")
_SOUND_AT_TOKEN = 10


def _config(hears_in_place: bool) -> ModelConfig:
    section = _TINY.model_dump()
    section["base"]["hears_in_place"] = hears_in_place
    return parse_model_config(section, "test")


def _change_by_token(config: ModelConfig) -> dict[str, torch.Tensor]:
    """How much each token's latent of each part changes with what is said during one of them."""
    torch.manual_seed(2)
    network, frames = BaseNetwork(config).eval(), config.window_frames
    rhythm = torch.zeros(1, frames, config.front_end.rhythm_width)
    phones = torch.zeros(2, frames, dtype=torch.long)
    per_token = config.rvq.frames_per_token
    phones[1, _SOUND_AT_TOKEN * per_token : (_SOUND_AT_TOKEN + 1) * per_token] = 3
    identity, motion = torch.zeros(1, frames, 1, dtype=torch.long), torch.zeros(1, frames, 337)
    with torch.inference_mode():
        silent, spoken = (
            network.latents(network.prepare(rhythm, said[None], identity), motion, torch.ones_like(motion))
            for said in phones
        )
    return {part: (spoken[part] - silent[part]).norm(dim=-1)[0] for part in PARTS}


@pytest.mark.parametrize("part", ["face", *BODY_PARTS])
def test_a_sound_moves_its_own_moment_most_where_motion_hears_in_place(part):
    change = _change_by_token(_config(hears_in_place=True))[part]
    assert int(change.argmax()) == _SOUND_AT_TOKEN
    assert change[_SOUND_AT_TOKEN] > 3 * change.median()


def test_as_published_attention_alone_cannot_tell_when_a_sound_is_heard():
    change = _change_by_token(_config(hears_in_place=False))["face"]
    assert change[_SOUND_AT_TOKEN] < 3 * change.median()
