"""The menu *Generator*: what it offers before and after the server told what it has, and what it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bpy
import pytest
from panel import spoken_take

from chironomy_blender import properties
from chironomy_blender.generator_menu import DEFAULT
from chironomy_blender.takes import add_take

RHYTHM = {
    "name": "rhythm", "title": "Rhythm (no weights, instant)", "licence": "GPL-3.0-or-later",
    "description": "From rules", "models": [], "missing": "",
}  # fmt: skip
SHIPPED = {"name": "chironomy-s", "licence": "CC0-1.0", "summary": "Trained on actors.", "problem": ""}
MINE = {"name": "my-model", "licence": "mine", "summary": "Trained at home.", "problem": "base: is missing: make it"}


def semtalk(*models: dict[str, str], missing: str = "") -> dict[str, Any]:
    return {
        "name": "semtalk", "title": "SemTalk (learned)", "licence": "GPL-3.0-or-later", "description": "Learned",
        "models": list(models), "missing": missing,
    }  # fmt: skip


WITH_MODELS = {
    "generators": [RHYTHM, semtalk(MINE, SHIPPED)],
    "default": {"generator": "semtalk", "model": "chironomy-s", "notice": ""},
}
WITHOUT = {
    "generators": [RHYTHM, semtalk(missing="its weights are missing: make them")],
    "default": {"generator": "rhythm", "model": "", "notice": "chironomy-s: is missing; rhythm takes its place"},
}


@pytest.fixture(autouse=True)
def forgotten(scene) -> Iterator[None]:
    """As in a Blender that has not met a server yet."""
    properties._given_out.pop("generator", None)
    yield
    properties._given_out.pop("generator", None)


def offered() -> list[tuple[str, str, str]]:
    return [item[:3] for item in properties._generator_items(None, None)]


def test_before_a_server_has_answered_the_learned_model_and_rhythm_can_be_chosen(server, scene, armature) -> None:
    assert [name for _, name, _ in offered()] == ["Chironomy S (learned)", "Rhythm (no weights, instant)"]
    assert scene.chironomy.generate.generator == DEFAULT
    bpy.ops.chironomy.generate()
    scene.chironomy.generate.generator = "rhythm"
    bpy.ops.chironomy.generate()
    assert [request.get("generator") for request in server.requests] == [None, "rhythm"]


def test_all_models_of_the_server_can_be_chosen_and_the_default_stands_first(server, scene, armature) -> None:
    properties.set_generators(WITH_MODELS)
    assert offered() == [
        (DEFAULT, "Chironomy S (learned)", "Learned. Trained on actors. Licence: CC0-1.0"),
        ("rhythm", "Rhythm (no weights, instant)", "From rules. Licence: GPL-3.0-or-later"),
        (
            "semtalk/my-model",
            "My Model (learned)",
            "Learned. Trained at home. Licence: mine. Not usable yet: base: is missing: make it",
        ),
    ]
    assert scene.chironomy.generate.generator == DEFAULT
    scene.chironomy.generate.generator = "semtalk/my-model"
    bpy.ops.chironomy.generate()
    assert (server.requests[0]["generator"], server.requests[0]["model"]) == ("semtalk", "my-model")


def test_where_the_model_is_missing_the_menu_says_that_rhythm_is_the_default(scene) -> None:
    properties.set_generators(WITHOUT)
    assert offered()[0] == (
        DEFAULT,
        "Default: Rhythm (no weights, instant)",
        "chironomy-s: is missing; rhythm takes its place",
    )
    assert [identifier for identifier, _, _ in offered()] == [DEFAULT, "rhythm", "semtalk"]
    assert offered()[2][2].endswith("Not usable yet: its weights are missing: make them")


def test_a_choice_stays_when_the_server_offers_something_else(scene) -> None:
    scene.chironomy.generate.generator = "rhythm"
    for health in (WITH_MODELS, WITHOUT, WITH_MODELS):
        properties.set_generators(health)
        assert scene.chironomy.generate.generator == "rhythm"


def test_the_list_of_takes_says_which_model_made_one(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    assert (scene.chironomy.takes[0].generator, scene.chironomy.takes[0].model) == ("rhythm", "")
    take = spoken_take()
    learned = replace(take.metadata, generator="semtalk", settings={"style": "calm", "model": "chironomy-s"})
    item = add_take(scene, armature, server.take, replace(take, metadata=learned))
    assert (item.generator, item.model) == ("semtalk", "chironomy-s")
