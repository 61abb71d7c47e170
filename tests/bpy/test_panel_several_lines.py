"""A scene with two characters and several lines: what the panel shows and sends belongs together."""

from dataclasses import replace
from pathlib import Path

import bpy
import pytest
from fake_server import FakeServer
from panel import silent_wav, spoken_take
from speaker import example_take

from chironomy.formats.take import StrokeWindow, Take, TakeWord, write_take
from chironomy.formats.words import Word
from chironomy.motion.body import neutral_body
from chironomy_blender import export_takes
from chironomy_blender.scene.armature import create_armature


def short_take() -> Take:
    word = TakeWord(Word("yes", 0.2, 0.6), 0.4, StrokeWindow(0.1, 0.3, 0.5, 0.9))
    take = example_take(60)
    return replace(take, metadata=replace(take.metadata, words=(word,), seed=9, generator="rhythm"))


def with_settings(take: Take, settings: dict) -> Take:
    return replace(take, metadata=replace(take.metadata, settings=settings))


def serve(server: FakeServer, take: Take, folder: Path) -> None:
    """From now on the server answers with this take."""
    write_take(folder / "other.npz", take)
    server.take = (folder / "other.npz").read_bytes()


def speak(scene: bpy.types.Scene, folder: Path, name: str, text: str) -> None:
    (folder / name).write_bytes(silent_wav(2.0))
    scene.chironomy.speech.sound_path, scene.chironomy.speech.text = str(folder / name), text


def skin_of(armature: bpy.types.Object) -> bpy.types.Object:
    data = bpy.data.meshes.new(f"{armature.name}'s skin")
    data.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    skin = bpy.data.objects.new(data.name, data)
    bpy.context.scene.collection.objects.link(skin)
    skin.modifiers.new("Armature", "ARMATURE").object = armature
    return skin


@pytest.fixture
def ben(server, scene, armature, tmp_path) -> bpy.types.Object:
    """The second character, with a line of his own; the first one's comes first."""
    scene.chironomy.mesh = skin_of(armature)
    bpy.ops.chironomy.generate()
    made = create_armature("Ben", neutral_body())
    skin_of(made)
    scene.chironomy.armature = made
    speak(scene, tmp_path, "answer.wav", "Yes")
    serve(server, short_take(), tmp_path)
    bpy.ops.chironomy.generate()
    return made


def texts(scene: bpy.types.Scene) -> list[str]:
    return [word.text for word in scene.chironomy.words]


def test_a_chosen_character_brings_its_own_skin(ben, scene, armature) -> None:
    assert scene.chironomy.mesh.name == "Ben's skin"
    scene.chironomy.armature = armature
    assert scene.chironomy.mesh.name == "Anna's skin"
    assert [item.mesh.name for item in scene.chironomy.takes] == ["Anna's skin", "Ben's skin"]


def test_a_skin_that_no_other_armature_deforms_stays(scene, armature) -> None:
    data = bpy.data.meshes.new("Head")
    scene.chironomy.mesh = head = bpy.data.objects.new("Head", data)
    scene.chironomy.armature = create_armature("Ben", neutral_body())
    assert scene.chironomy.mesh == head


def test_a_chosen_character_brings_the_words_of_its_shown_take(ben, scene, armature) -> None:
    assert texts(scene) == ["yes"]
    scene.chironomy.armature = armature
    assert texts(scene) == ["never", "again"]
    assert scene.chironomy.active_take == 0
    scene.chironomy.words[0].slider = 1.8
    scene.chironomy.armature = ben
    assert texts(scene) == ["yes"]
    scene.chironomy.armature = armature
    assert scene.chironomy.words[0].slider == pytest.approx(1.8)


def test_showing_what_is_shown_already_chooses_its_character(ben, scene, armature) -> None:
    bpy.ops.chironomy.take_show(take=0)
    assert scene.chironomy.armature == armature
    assert texts(scene) == ["never", "again"]


def test_gestures_chosen_for_one_line_are_not_sent_with_another(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    speak(scene, tmp_path, "answer.wav", "Yes")
    serve(server, short_take(), tmp_path)
    bpy.ops.chironomy.generate()
    bpy.ops.chironomy.take_show(take=0)  # its words stand in the list, and the other line in the panel
    scene.chironomy.words[1].gesture_class = "negation"
    scene.chironomy.words[1].end_s = 1.2
    bpy.ops.chironomy.generate()
    assert "words" not in server.requests[-1]
    assert not server.requests[-1].get("gestures")


def test_a_line_that_is_shown_again_brings_back_what_was_chosen_for_it(server, scene, armature, tmp_path) -> None:
    asked = {"gestures": {"0": {"class": "negation", "hand": "both"}, "1": {"size": 0.5}}}
    serve(server, with_settings(spoken_take(), asked), tmp_path)
    bpy.ops.chironomy.generate()
    speak(scene, tmp_path, "answer.wav", "Yes")
    serve(server, short_take(), tmp_path)
    bpy.ops.chironomy.generate()
    bpy.ops.chironomy.take_show(take=0)
    never, again = scene.chironomy.words
    assert (never.gesture_class, never.hand, never.size) == ("negation", "BOTH", 1.0)
    assert (again.gesture_class, again.hand, again.size) == ("AUTO", "AUTO", 0.5)


@pytest.mark.parametrize("asked", [{"gestures": {"0": {"hand": "third"}}}, {"gestures": ["a"]}, {"gesture_classes": 3}])
def test_a_take_whose_choices_are_damaged_is_shown_without_them(server, scene, armature, tmp_path, asked) -> None:
    serve(server, with_settings(spoken_take(), asked), tmp_path)
    bpy.ops.chironomy.generate()
    assert {(word.gesture_class, word.hand, word.size) for word in scene.chironomy.words} == {("AUTO", "AUTO", 1.0)}


def test_a_take_of_an_earlier_version_brings_back_its_classes(server, scene, armature, tmp_path) -> None:
    serve(server, with_settings(spoken_take(), {"gesture_classes": {"0": "negation", "1": ""}}), tmp_path)
    bpy.ops.chironomy.generate()
    assert [word.gesture_class for word in scene.chironomy.words] == ["negation", "NONE"]


def test_files_are_named_by_the_sound_that_the_take_was_made_from(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    speak(scene, tmp_path, "answer.wav", "Yes")
    bpy.ops.chironomy.generate()
    names = [export_takes.file_name(scene, index) for index in (0, 1)]
    assert [name.partition("_")[0] for name in names] == ["line", "answer"]


def test_a_take_made_by_an_earlier_version_is_named_by_the_panels_sound(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    scene.chironomy.takes[0].sound = ""
    assert export_takes.file_name(scene, 0).startswith("line_")
