"""A model's configuration: published defaults, recipes, and what is said of a wrong one."""

import subprocess
import sys
from pathlib import Path

import pytest

from chironomy.errors import UserError
from chironomy.nets.config import ModelConfig, PartConfig, parse_model_config, read_model_config, write_model_config

_RECIPES = Path(__file__).parents[2] / "models" / "recipes"


def test_the_defaults_are_the_published_recipe():
    assert read_model_config(_RECIPES / "semtalk-base-217m.yaml") == ModelConfig()


def test_the_published_parts_have_the_published_widths():
    assert {name: part.width for name, part in ModelConfig().parts.items()} == {
        "face": 106,
        "upper": 78,
        "hands": 180,
        "lower": 61,
    }


@pytest.mark.parametrize(
    "recipe", sorted(set(_RECIPES.glob("*.yaml")) - set(_RECIPES.glob("semges*"))), ids=lambda path: path.stem
)
def test_every_recipe_comes_back_from_a_file_as_it_was(recipe, tmp_path):
    config = read_model_config(recipe)
    write_model_config(config, tmp_path / "config.yaml")
    assert config.name == recipe.stem
    assert read_model_config(tmp_path / "config.yaml") == config


def test_a_part_that_is_not_named_is_the_published_one():
    config = parse_model_config({"parts": {"face": {"joints": ["jaw"], "extra": "arkit"}}}, "here")
    assert config.parts["face"].width == 6 + 52
    assert config.parts["upper"] == ModelConfig().parts["upper"]


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ({"windows": 3}, "model.windows"),
        ({"base": {"width": 767}}, "model.base"),
        ({"window_frames": 65}, "model"),
        ({"front_end": {"speech": "phones"}}, "model.front_end"),
        ({"parts": {"tail": {"joints": []}}}, "model.parts.tail"),
        ({"parts": {"face": {"joints": ["beak"]}}}, "model.parts.face"),
        (["a list"], "model"),
        ({"base": {"width": 10**9}}, "model.base.width"),
        ({"sparse": {"body_layers": 10**6}}, "model.sparse.body_layers"),
        ({"rvq": {"codes": 2**31}}, "model.rvq.codes"),
        ({"rvq": {"dilations": [2**40]}}, "model.rvq.dilations"),
        ({"window_frames": 2**40}, "model.window_frames"),
        ({"front_end": {"vocabulary": 10**12}}, "model.front_end.vocabulary"),
        ({"global_motion": {"stages": 100}}, "model.global_motion.stages"),
    ],
)
def test_a_wrong_key_is_named(section, place):
    with pytest.raises(UserError, match=rf"^my\.yaml: {place}"):
        parse_model_config(section, "my.yaml")


@pytest.mark.parametrize("text", ["- a\n- list\n", "model: [1, 2\n", "!!python/object:os.system {}\n"])
def test_a_file_that_is_no_recipe_is_refused_in_one_line(text, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as refusal:
        read_model_config(path)
    assert "\n" not in str(refusal.value)


def test_joints_stand_at_their_places_among_the_55():
    assert PartConfig(joints=("pelvis", "jaw")).joint_numbers == (0, 22)


def test_importing_the_networks_package_does_not_load_torch():
    code = "import sys, chironomy.nets, chironomy.nets.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
