"""What is told directly is learned first, and the generators begin with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from synthetic import RECIPE, write_synthetic_corpus

from chironomy.errors import UserError
from chironomy.training.train import Wishes, train

#: So slow that a step changes nothing that half precision would show.
_HARDLY = 1e-9


def write_recipe_with_a_short_way(path: Path) -> None:
    sections = yaml.safe_load(RECIPE.read_text())
    model, training = sections["model"], sections["training"]
    for generator in ("base", "sparse"):
        model[generator] = {**model[generator], "plan_shortcut": 24}
        training[generator] = {**training[generator], "steps": 1, "learning_rate": _HARDLY, "warm_up_steps": 0}
    training["rvq"] = {**training["rvq"], "steps": 3}
    training["direct"] = {**training["rvq"], "steps": 80}
    path.write_text(yaml.safe_dump(sections))


@pytest.fixture(scope="module")
def wishes(tmp_path_factory: pytest.TempPathFactory) -> Wishes:
    folder = tmp_path_factory.mktemp("direct")
    write_synthetic_corpus(folder / "corpus")
    write_recipe_with_a_short_way(folder / "recipe.yaml")
    return Wishes(folder / "recipe.yaml", folder / "corpus", folder / "run", device="cpu")


def test_generators_begin_with_what_was_learned_directly(wishes: Wishes) -> None:
    with pytest.raises(UserError, match="train the stage rvq_"):
        train(Wishes(wishes.recipe, wishes.corpus, wishes.folder, ("direct",), "cpu"))
    train(Wishes(wishes.recipe, wishes.corpus, wishes.folder, ("rvq",), "cpu"))
    with pytest.raises(UserError, match="train the stage direct_base first"):
        train(Wishes(wishes.recipe, wishes.corpus, wishes.folder, ("base",), "cpu"))
    histories = train(Wishes(wishes.recipe, wishes.corpus, wishes.folder, ("direct", "base", "sparse"), "cpu"))
    for generator in ("base", "sparse"):
        losses = [loss for _, loss in histories[f"direct_{generator}"].validation]
        assert losses[-1] < 0.8 * losses[0]
        direct, own = (
            load_file(wishes.folder / name / "weights.safetensors") for name in (f"direct_{generator}", generator)
        )
        told = [name for name in own if name.startswith("shortcut.")]
        assert told
        assert all(torch.allclose(direct[name], own[name], atol=1e-6) for name in told)
    networks = {path.stem for path in (wishes.folder / "model").glob("*.safetensors")}
    assert {"base", "sparse"} <= networks
    assert not any(name.startswith("direct") for name in networks)
