"""The seed of a window: the end of the one before, decoded."""

import pytest
import torch
from semtalk_models import tiny_model

from chironomy.generators.semtalk.seeds import Seed, seed_after
from chironomy.nets.config import BODY_PARTS
from chironomy.nets.global_motion import global_input, root_velocity, to_translation
from chironomy.nets.motion_vector import TRANSLATION, from_parts
from chironomy.nets.root_channels import with_root_channels

OVERLAP = 4


@pytest.mark.parametrize("kind", ["velocity", "absolute"])
def test_a_seed_is_the_end_of_the_whole_window_decoded(kind) -> None:
    model = tiny_model(seed_translation=kind)
    config = model.config
    chance = torch.Generator().manual_seed(1)
    shape = (config.window_tokens, config.rvq.levels)
    codes = {part: torch.randint(config.rvq.codes, shape, generator=chance).short() for part in BODY_PARTS}
    before = Seed(torch.zeros(OVERLAP, 337), torch.tensor([0.3, 0.9, -0.2]))
    with torch.inference_mode():
        decoded = {part: model.rvq[part].decode(own[None].long())[0] for part, own in codes.items()}
        legs = global_input(decoded["lower"], config.behaviour.contacts_to_global_motion == "decoded")
        path = to_translation(root_velocity(model.global_motion(legs[None])), before.root[None], config.fps)[0]
        whole = from_parts(decoded, config.parts)
        whole[:, TRANSLATION] = path
        found = seed_after(model, codes, before, OVERLAP)
    expected = with_root_channels(whole, config.fps, kind)[-OVERLAP:]
    torch.testing.assert_close(found.motion, expected, atol=1e-4, rtol=0)
    if kind == "absolute":
        torch.testing.assert_close(found.root, path[-OVERLAP], atol=1e-4, rtol=0)
