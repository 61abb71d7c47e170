"""The panel's operators, against a server that speaks the protocol and holds ready-made takes."""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from fake_server import FakeServer, fake_server
from speaker import differences, example_take, snapshot

import chironomy_blender
from chironomy.formats.take import StrokeWindow, Take, TakeWord
from chironomy.formats.words import Word
from chironomy_blender import connection, jobs, requests, takes
from chironomy_blender.scene.authorship import key_counts
from chironomy_blender.scene.live import has_live_take, live_take

FPS = 30.0


def spoken_take(frames: int = 90) -> Take:
    take = example_take(frames)
    words = (
        TakeWord(Word("never", 0.2, 0.6, punctuation=","), 0.5, StrokeWindow(0.1, 0.3, 0.5, 0.9), "negation"),
        TakeWord(Word("again", 0.7, 1.1, punctuation="."), 0.3, StrokeWindow(0.6, 0.8, 1.0, 1.4)),
    )
    return replace(
        take, metadata=replace(take.metadata, words=words, seed=1, generator="rhythm", settings={"style": "calm"})
    )


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.Scene]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    monkeypatch.setenv("CHIRONOMY_DATA", str(tmp_path))
    chironomy_blender.register()
    sound = tmp_path / "line.wav"
    sound.write_bytes(_wav(3.0))
    speech = bpy.context.scene.chironomy.speech
    speech.sound_path, speech.text, speech.start_frame = str(sound), "Never, again.", 5
    yield bpy.context.scene
    jobs.cancel()
    chironomy_blender.unregister()


@pytest.fixture
def server(tmp_path: Path, scene: bpy.types.Scene) -> Iterator[FakeServer]:
    with fake_server(tmp_path, spoken_take()) as running:
        yield running


@pytest.fixture
def armature(scene: bpy.types.Scene) -> bpy.types.Object:
    from chironomy.motion.body import neutral_body
    from chironomy_blender.scene.armature import create_armature

    made = create_armature("Anna", neutral_body())
    scene.chironomy.armature = made
    return made


def changes(before: dict[str, object]) -> list[str]:
    """What differs from a snapshot, the panel's own settings apart (in 4.5 they are custom properties)."""
    return [line for line in differences(before, snapshot()) if "[chironomy]" not in line]


def _wav(seconds: float) -> bytes:
    import io
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(bytes(int(seconds * 16000) * 2))
    return file.getvalue()


def start_in_background() -> jobs.Job:
    """As a click on Generate does (without a window Blender runs `execute`); the timer is called by hand."""
    scene = bpy.context.scene
    jobs.start(requests.generate_job(scene, scene.chironomy.armature), connection.connector())
    return jobs.running()


def finish(job: jobs.Job) -> None:
    job.thread.join(10)
    jobs._tick()


def test_registering_takes_under_50_ms_and_starts_nothing(scene: bpy.types.Scene) -> None:
    threads = threading.active_count()
    durations = []
    for _ in range(5):
        chironomy_blender.unregister()
        before = time.perf_counter()
        chironomy_blender.register()
        durations.append(time.perf_counter() - before)
    assert min(durations) < 0.05
    assert threading.active_count() == threads
    assert not bpy.app.timers.is_registered(jobs._tick)


def test_every_operator_property_and_panel_says_what_it_is(scene: bpy.types.Scene) -> None:
    from chironomy_blender.properties import _CLASSES

    for name in dir(bpy.ops.chironomy):
        if name != "chironomy":
            assert getattr(bpy.ops.chironomy, name).get_rna_type().description, name
    for group in _CLASSES:
        for prop in group.bl_rna.properties:
            if prop.identifier not in ("rna_type", "name", "speech", "generate", "export", "words", "takes"):
                assert prop.description, f"{group.__name__}.{prop.identifier}"


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
    scene.chironomy.words[1].gesture_class = "NONE"
    wanted = scene.chironomy.generate
    wanted.style, wanted.use_range, wanted.range_first, wanted.range_last = "lively", True, 15, 35
    bpy.ops.chironomy.generate()
    asked = server.requests[1]
    assert (asked["kind"], asked["text"], asked["style"]) == ("generate", "Never, again.", "lively")
    assert asked["gesture_classes"] == {"0": "question", "1": ""}
    assert asked["frames"] == [10, 30]
    assert scene.chironomy.words[0].gesture_class == "question"


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


def test_a_job_in_the_background_blocks_nothing_and_is_delivered_by_the_timer(server, scene, armature) -> None:
    server.seconds = 0.3
    before = time.perf_counter()
    job = start_in_background()
    assert time.perf_counter() - before < 0.05
    before = time.perf_counter()
    jobs._tick()
    assert time.perf_counter() - before < 0.05
    assert not scene.chironomy.takes
    scene.frame_set(40)
    finish(job)
    assert has_live_take(armature)
    assert jobs.running() is None


def test_cancel_leaves_the_file_as_it_was(server, scene, armature) -> None:
    server.seconds = 30
    before = snapshot()
    job = start_in_background()
    time.sleep(0.2)
    bpy.ops.chironomy.cancel()
    job.thread.join(2)
    assert not job.thread.is_alive()
    assert server.cancelled == ["0"]
    assert jobs._tick() is None
    assert changes(before) == []


def test_a_character_deleted_during_the_job_drops_the_result_with_a_notice(server, scene, armature) -> None:
    server.seconds = 0.2
    job = start_in_background()
    bpy.data.objects.remove(armature)
    finish(job)
    assert not scene.chironomy.takes
    assert "character was removed" in jobs.notice("generate")[1]


def test_another_file_opened_during_the_job_drops_the_result_with_a_notice(server, scene, armature) -> None:
    server.seconds = 0.2
    job = start_in_background()
    bpy.ops.wm.read_homefile(use_empty=True)
    finish(job)
    assert not bpy.context.scene.chironomy.takes
    assert "scene was removed" in jobs.notice("generate")[1]


def test_another_scene_chosen_during_the_job_gets_nothing_of_it(server, scene, armature, tmp_path) -> None:
    server.seconds = 0.2
    job = start_in_background()
    other = bpy.data.scenes.new("Other")
    with bpy.context.temp_override(scene=other):
        finish(job)
    assert len(scene.chironomy.takes) == 1
    assert not other.chironomy.takes


def test_a_server_killed_during_the_job_is_told(server, scene, armature) -> None:
    server.seconds = 30
    job = start_in_background()
    time.sleep(0.15)
    server.die()
    finish(job)
    assert jobs.notice("generate")[0] == "ERROR"
    assert "start it again" in jobs.notice("generate")[1]
    assert not has_live_take(armature)


def test_unregistering_during_a_job_ends_it(server, scene, armature) -> None:
    server.seconds = 30
    job = start_in_background()
    time.sleep(0.15)
    chironomy_blender.unregister()
    job.thread.join(2)
    assert not job.thread.is_alive()
    assert not bpy.app.timers.is_registered(jobs._tick)
    chironomy_blender.register()


def test_undo_during_a_job_keeps_the_job(server, scene, armature) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="before")
    server.seconds = 0.3
    job = start_in_background()
    bpy.data.objects["Anna"].location.x = 1
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.ed.undo()
    finish(job)
    assert has_live_take(bpy.data.objects["Anna"])


def test_one_undo_takes_a_generation_back(server, scene, armature) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.chironomy.generate("EXEC_DEFAULT", True)
    bpy.ops.ed.undo()
    assert not bpy.context.scene.chironomy.takes
    assert not has_live_take(bpy.data.objects["Anna"])
    bpy.ops.ed.redo()
    assert len(bpy.context.scene.chironomy.takes) == 1
    assert has_live_take(bpy.data.objects["Anna"])


def test_showing_another_take_and_coming_back_keeps_what_was_shaped(server, scene, armature) -> None:
    scene.chironomy.generate.variations = 2
    bpy.ops.chironomy.generate()
    scene.chironomy.words[0].slider = 1.7
    armature.pose.bones["head"].rotation_quaternion = (0.9, 0.1, 0.0, 0.0)
    armature.keyframe_insert('pose.bones["head"].rotation_quaternion', frame=20)
    shaped = _shown(armature)
    bpy.ops.chironomy.take_show(take=1)
    assert scene.chironomy.words[0].slider == pytest.approx(0.5)
    assert not np.allclose(_shown(armature), shaped)
    bpy.ops.chironomy.take_show(take=0)
    assert scene.chironomy.words[0].slider == pytest.approx(1.7)
    np.testing.assert_allclose(_shown(armature), shaped, atol=1e-6)


def test_reject_leaves_the_file_as_before_the_take(server, scene, armature) -> None:
    bpy.ops.chironomy.align()
    before = snapshot()
    bpy.ops.chironomy.generate()
    assert differences(before, snapshot())
    bpy.ops.chironomy.take_reject()
    assert changes(before) == []


def test_accept_leaves_one_action_and_the_take_in_the_list(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    bpy.ops.chironomy.take_accept()
    assert not has_live_take(armature)
    assert armature.animation_data.action is not None
    assert scene.chironomy.takes[0].accepted
    assert not scene.chironomy.takes[0].shown


def test_accept_can_leave_out_keys(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    scene.chironomy.reduce_keys, scene.chironomy.tolerance_deg = True, 2.0
    bpy.ops.chironomy.take_accept()
    before, now = key_counts(armature.animation_data.action)
    assert now < before


def test_a_take_for_some_frames_changes_the_accepted_action_there_alone(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    bpy.ops.chironomy.take_accept()
    action = armature.animation_data.action
    curve = action.layers[0].strips[0].channelbags[0].fcurves.find('pose.bones["head"].rotation_quaternion', index=1)
    before = np.array([curve.evaluate(frame) for frame in range(5, 95)])
    scene.chironomy.generate.use_range = True
    scene.chironomy.generate.range_first, scene.chironomy.generate.range_last = 40, 60
    bpy.ops.chironomy.generate()
    armature.pose.bones["head"].rotation_quaternion = (0.9, 0.3, 0.0, 0.0)
    armature.keyframe_insert('pose.bones["head"].rotation_quaternion', frame=50)
    bpy.ops.chironomy.take_accept()
    assert armature.animation_data.action == action
    curve = action.layers[0].strips[0].channelbags[0].fcurves.find('pose.bones["head"].rotation_quaternion', index=1)
    after = np.array([curve.evaluate(frame) for frame in range(5, 95)])
    outside = np.r_[0:35, 56:90]
    np.testing.assert_array_equal(before[outside], after[outside])
    assert np.abs(before - after)[36:55].max() > 0.05


def test_deleting_a_hidden_take_takes_its_bytes_out_of_the_file(server, scene, armature) -> None:
    scene.chironomy.generate.variations = 2
    bpy.ops.chironomy.generate()
    bpy.ops.chironomy.take_delete(take=1)
    assert len(scene.chironomy.takes) == len(bpy.data.texts) == 1
    assert has_live_take(armature)


def test_takes_survive_saving_and_loading(server, scene, armature, tmp_path) -> None:
    scene.chironomy.generate.variations = 2
    bpy.ops.chironomy.generate()
    scene.chironomy.words[0].slider = 1.6
    bpy.ops.chironomy.take_show(take=1)
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    settings = bpy.context.scene.chironomy
    assert [item.shown for item in settings.takes] == [False, True]
    bpy.ops.chironomy.take_show(take=0)
    assert settings.words[0].slider == pytest.approx(1.6)


def test_a_take_whose_bytes_were_purged_says_so(server, scene, armature) -> None:
    scene.chironomy.generate.variations = 2
    bpy.ops.chironomy.generate()
    bpy.data.texts.remove(scene.chironomy.takes[1].stored)
    with pytest.raises(RuntimeError, match="removed from the file"):
        bpy.ops.chironomy.take_show(take=1)
    assert has_live_take(armature), "the shown take stays"


def test_export_writes_each_take_to_a_file_of_its_own(server, scene, armature, tmp_path) -> None:
    scene.chironomy.generate.variations = 2
    bpy.ops.chironomy.generate()
    settings = scene.chironomy.export
    settings.format, settings.which, settings.folder, settings.name = (
        "bvh",
        "ALL",
        str(tmp_path),
        "{sound}_{seed}_{take}",
    )
    bpy.ops.chironomy.export()
    assert len(list(tmp_path.glob("line_1_Anna 1*.bvh"))) == 2
    assert scene.chironomy.takes[0].shown


def test_an_accepted_action_is_exported_as_the_take_was_shown(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    settings = scene.chironomy.export
    settings.format, settings.folder, settings.name = "bvh", str(tmp_path), "live"
    bpy.ops.chironomy.export()
    bpy.ops.chironomy.take_accept()
    settings.name = "accepted"
    bpy.ops.chironomy.export()
    live, accepted = (_numbers(tmp_path / f"{name}.bvh") for name in ("live", "accepted"))
    np.testing.assert_allclose(live, accepted, atol=2e-3)


def test_a_wrong_placeholder_in_the_name_is_told(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    scene.chironomy.export.folder, scene.chironomy.export.name = str(tmp_path), "{shot}"
    with pytest.raises(RuntimeError, match=r"there is no \{shot\}"):
        bpy.ops.chironomy.export()


def test_sound_is_put_into_the_scene_once(scene) -> None:
    bpy.ops.chironomy.place_sound()
    bpy.ops.chironomy.place_sound()
    strips = scene.sequence_editor.strips_all
    assert len(strips) == 1
    assert round(strips[0].frame_start) == 5


def test_speech_can_come_from_a_strip_and_a_text_block(server, scene, armature) -> None:
    bpy.ops.chironomy.place_sound()
    strip = scene.sequence_editor.strips_all[0]
    strip.frame_start = 21
    speech = scene.chironomy.speech
    speech.source, speech.strip, speech.text_source = "STRIP", strip.name, "TEXT"
    speech.text_block = bpy.data.texts.new("Line")
    speech.text_block.write("Never again")
    strip.sound.pack()
    bpy.ops.chironomy.generate()
    assert server.requests[0]["text"].strip() == "Never again"
    assert live_take(armature).frames[0] == 21


def test_the_mannequin_is_made_and_chosen(scene) -> None:
    bpy.ops.chironomy.make_mannequin()
    settings = scene.chironomy
    assert settings.armature.type == "ARMATURE"
    assert len(settings.mesh.data.shape_keys.key_blocks) == 53
    bpy.context.view_layer.objects.active = settings.mesh
    settings.armature = settings.mesh = None
    bpy.ops.chironomy.use_armature()
    assert settings.armature is not None
    assert settings.mesh is not None


def test_an_armature_without_the_joints_is_refused(scene) -> None:
    foreign = bpy.data.objects.new("Foreign", bpy.data.armatures.new("Foreign"))
    scene.collection.objects.link(foreign)
    bpy.context.view_layer.objects.active = foreign
    with pytest.raises(RuntimeError, match="Foreign: no rig map"):
        bpy.ops.chironomy.use_armature()


@pytest.mark.slow
def test_four_takes_of_a_minute_are_small_and_undo_stays_fast(scene, tmp_path) -> None:
    bpy.ops.chironomy.make_mannequin()
    scene.chironomy.generate.variations = 4
    with fake_server(tmp_path, spoken_take(1800)):
        bpy.ops.chironomy.generate()
    path = tmp_path / "four.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    durations = []
    gc.collect()
    for i in range(12):
        scene.chironomy.armature.location.x = i
        before = time.perf_counter()
        bpy.ops.ed.undo_push(message=str(i))
        durations.append(time.perf_counter() - before)
    print(f"file {path.stat().st_size / 1e6:.1f} MB, undo push {min(durations) * 1000:.0f} ms")
    assert path.stat().st_size < 60e6
    assert min(durations) < 0.1


def _numbers(bvh: Path) -> np.ndarray:
    lines = bvh.read_text().split("Frame Time:")[1].splitlines()[1:]
    return np.array([line.split() for line in lines], dtype=float)


def _shown(armature: bpy.types.Object) -> np.ndarray:
    from chironomy_blender.scene.bake import shown_motion

    assert takes.shown_index(bpy.context.scene, armature) is not None
    return shown_motion(armature).rotations


def test_quitting_during_a_job_ends_at_once(server, scene, armature, tmp_path) -> None:
    server.seconds = 60
    script = f"""
import bpy, chironomy_blender
from chironomy.motion.body import neutral_body
from chironomy_blender import connection, jobs, requests
from chironomy_blender.scene.armature import create_armature
chironomy_blender.register()
scene = bpy.context.scene
speech, scene.chironomy.armature = scene.chironomy.speech, create_armature("Anna", neutral_body())
speech.sound_path, speech.text = {str(tmp_path / "line.wav")!r}, "Never, again."
jobs.start(requests.generate_job(scene, scene.chironomy.armature), connection.connector())
while jobs.running().stage != "Generating":
    pass
print("quits")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert "quits" in ended.stdout, ended.stderr


def test_reloading_the_scripts_leaves_takes_and_settings(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    chironomy_blender.unregister()
    chironomy_blender.register()
    assert bpy.context.scene.chironomy.takes[0].shown
    bpy.ops.chironomy.take_reject()
    assert not bpy.context.scene.chironomy.takes
