"""The card of a trained model: of its own corpus it tells what the recipe knows, of others what they say themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic import RECIPE, write_synthetic_corpus

from chironomy.errors import UserError
from chironomy.training.origin import origin_of
from chironomy.training.recipe import Recipe, load_recipe, save_recipe
from chironomy.training.shards import Corpus
from chironomy.training.train import stages_of

SHIPPED = load_recipe(RECIPE.parent / "chironomy-s.yaml")


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return write_synthetic_corpus(tmp_path / "corpus", recordings=4, frames=90)


def made(recipe: Recipe, corpus: Corpus):
    return origin_of(recipe, corpus, corpus.recordings, stages_of(recipe), True, "chironomy train x y")


def test_another_corpus_is_told_by_its_own_licences_and_hours(corpus: Corpus) -> None:
    origin = made(SHIPPED, corpus)
    assert origin.made_by == "chironomy train x y"
    assert origin.licence == "CC0-1.0"
    assert [source.licence for source in origin.data] == ["CC0-1.0"]
    assert origin.limits == ()
    assert any("4 recordings" in line and "train 0.00 h" in line for line in origin.training)
    assert any(f"{SHIPPED.training.sparse.steps:,} steps" in line for line in origin.training)


def test_the_corpus_that_the_recipe_is_for_is_told_as_the_recipe_says(corpus: Corpus) -> None:
    assert SHIPPED.card is not None
    recipe = Recipe(SHIPPED.model, SHIPPED.training, card=SHIPPED.card.model_copy(update={"corpus": "synthetic"}))
    origin = made(recipe, corpus)
    licences = " ".join(source.licence for source in origin.data)
    for wanted in ("LGPL-2.1", "Apache-2.0", "CC BY 4.0", "public domain", "Carnegie Mellon"):
        assert wanted in licences
    assert "chironomy prepare gestures" in origin.made_by
    assert "press Repair" in origin.repaired_by
    assert origin.limits


def test_a_recipe_keeps_its_card_when_it_is_saved(tmp_path: Path) -> None:
    save_recipe(SHIPPED, tmp_path / "recipe.yaml")
    assert load_recipe(tmp_path / "recipe.yaml") == SHIPPED


def test_a_wrong_key_in_the_card_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.read_text() + "card: {corpus: x, summary: s, licence: l, made_by: m, hours: 3}\n")
    with pytest.raises(UserError, match=r"recipe\.yaml: card\.hours"):
        load_recipe(path)
