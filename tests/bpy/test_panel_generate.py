"""*Generate*: what it asks of the server, and what it says where it cannot."""

import bpy
import pytest

from chironomy_blender import jobs
from chironomy_blender.scene.live import has_live_take, live_take


def test_generate_without_a_window_waits_and_puts_the_takes_on_the_character(server, scene, armature) -> None:
    scene.chironomy.generate.variations = 3
    assert bpy.ops.chironomy.generate() == {"FINISHED"}
    assert len(scene.chironomy.takes) == 3
    assert [item.shown for item in scene.chironomy.takes] == [True, False, False]
    assert live_take(armature).frames[0] == 5
    assert [word.text for word in scene.chironomy.words] == ["never", "again"]
    assert scene.chironomy.words[0].slider == pytest.approx(0.5)
    assert len(bpy.data.actions) == 4, "only the shown take exists as actions"
    assert scene.chironomy.generate.seed == 4, "the next seeds were not tried yet"


def test_a_locked_seed_stays(server, scene, armature) -> None:
    scene.chironomy.generate.lock_seed, scene.chironomy.generate.seed = True, 77
    bpy.ops.chironomy.generate()
    assert server.requests[0]["seed"] == scene.chironomy.generate.seed == 77


def test_generate_asks_for_what_the_panel_says(server, scene, armature) -> None:
    bpy.ops.chironomy.align()
    assert [word.text for word in scene.chironomy.words] == ["never", "again"]
    scene.chironomy.words[0].gesture_class = "question"
    scene.chironomy.words[0].hand, scene.chironomy.words[0].size = "LEFT", 1.3
    scene.chironomy.words[1].gesture_class = "NONE"
    wanted = scene.chironomy.generate
    wanted.style = "lively"
    bpy.ops.chironomy.generate()
    asked = server.requests[1]
    assert (asked["kind"], asked["text"], asked["style"]) == ("generate", "Never, again.", "lively")
    assert asked["gestures"] == {"0": {"class": "question", "hand": "left", "size": 1.3}, "1": {"class": ""}}
    never = scene.chironomy.words[0]
    assert (never.gesture_class, never.hand, never.size) == ("question", "LEFT", pytest.approx(1.3))


def test_corrected_times_go_along_instead_of_the_text(server, scene, armature) -> None:
    bpy.ops.chironomy.align()
    scene.chironomy.words[0].end_s = 0.55
    bpy.ops.chironomy.generate()
    asked = server.requests[1]
    assert "text" not in asked
    assert [word["text"] for word in asked["words"]] == ["never", "again"]
    assert asked["words"][0]["end_s"] == pytest.approx(0.55)
    assert asked["words"][0]["punctuation"] == ","


def test_aligning_anew_drops_corrected_times(server, scene, armature) -> None:
    bpy.ops.chironomy.align()
    scene.chironomy.words[0].end_s = 0.55
    bpy.ops.chironomy.align()
    assert not scene.chironomy.words[0].times_by_hand
    assert scene.chironomy.words[0].end_s == pytest.approx(0.6)


def test_times_that_overlap_are_told(server, scene, armature) -> None:
    bpy.ops.chironomy.align()
    scene.chironomy.words[0].end_s = 0.9
    with pytest.raises(RuntimeError, match="“never” runs into “again”"):
        bpy.ops.chironomy.generate()


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda scene: setattr(scene.chironomy, "armature", None), "Choose the character"),
        (lambda scene: setattr(scene.chironomy.speech, "sound_path", ""), "Choose the sound file"),
        (lambda scene: setattr(scene.chironomy.speech, "sound_path", "/nowhere/a.wav"), "no such sound file"),
        (lambda scene: setattr(scene.chironomy.speech, "text", "  "), "Write what is said"),
        (lambda scene: setattr(scene.chironomy.speech, "source", "STRIP"), "Choose a sound strip"),
    ],
)
def test_a_disabled_generate_says_why(server, scene, armature, break_it, reason) -> None:
    break_it(scene)
    with pytest.raises(RuntimeError, match=reason):
        bpy.ops.chironomy.generate()


def test_without_a_server_generate_says_what_to_do(scene, armature) -> None:
    with pytest.raises(RuntimeError, match="backend is not running"):
        bpy.ops.chironomy.generate()


def test_what_the_server_says_reaches_the_animator(server, scene, armature) -> None:
    server.error = "line.wav: nobody speaks in it: choose another"
    with pytest.raises(RuntimeError, match="nobody speaks in it"):
        bpy.ops.chironomy.generate()
    assert not scene.chironomy.takes
    assert jobs.running() is None


def test_one_undo_takes_a_generation_back(server, scene, armature) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.chironomy.generate("EXEC_DEFAULT", True)
    bpy.ops.ed.undo()
    assert not bpy.context.scene.chironomy.takes
    assert not has_live_take(bpy.data.objects["Anna"])
    bpy.ops.ed.redo()
    assert len(bpy.context.scene.chironomy.takes) == 1
    assert has_live_take(bpy.data.objects["Anna"])


def test_what_is_chosen_for_a_word_can_be_undone_and_is_saved_with_the_file(server, scene, armature, tmp_path) -> None:
    def never() -> bpy.types.PropertyGroup:
        return bpy.context.scene.chironomy.words[0]

    bpy.ops.chironomy.align()
    bpy.ops.ed.undo_push(message="aligned")
    never().hand, never().size = "BOTH", 0.6
    bpy.ops.ed.undo_push(message="chosen")
    bpy.ops.ed.undo()
    assert (never().hand, never().size) == ("AUTO", 1.0)
    bpy.ops.ed.redo()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "chosen.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "chosen.blend"))
    assert (never().hand, never().size) == ("BOTH", pytest.approx(0.6))


@pytest.mark.parametrize(("given", "kept"), [(9.0, 1.5), (0.0, 0.3)])
def test_sizes_stay_within_what_generators_make(server, scene, armature, given, kept) -> None:
    bpy.ops.chironomy.align()
    scene.chironomy.words[0].size = given
    bpy.ops.chironomy.generate()
    assert server.requests[-1]["gestures"]["0"] == {"size": kept}
