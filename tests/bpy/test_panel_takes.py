"""*Takes*: show, accept, reject, delete, save and load."""

import gc
import time

import bpy
import numpy as np
import pytest
from fake_server import fake_server
from panel import changes, shown_rotations, spoken_take
from speaker import differences, snapshot

from chironomy_blender import takes
from chironomy_blender.panels.emphasis import performed
from chironomy_blender.scene.authorship import key_counts
from chironomy_blender.scene.live import has_live_take


def test_showing_another_take_and_coming_back_keeps_what_was_shaped(server, scene, armature) -> None:
    scene.chironomy.generate.variations = 2
    bpy.ops.chironomy.generate()
    scene.chironomy.words[0].slider = 1.7
    armature.pose.bones["head"].rotation_quaternion = (0.9, 0.1, 0.0, 0.0)
    armature.keyframe_insert('pose.bones["head"].rotation_quaternion', frame=20)
    shaped = shown_rotations(armature)
    bpy.ops.chironomy.take_show(take=1)
    assert scene.chironomy.words[0].slider == pytest.approx(0.5)
    assert not np.allclose(shown_rotations(armature), shaped)
    bpy.ops.chironomy.take_show(take=0)
    assert scene.chironomy.words[0].slider == pytest.approx(1.7)
    np.testing.assert_allclose(shown_rotations(armature), shaped, atol=1e-6)


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


def test_the_panel_tells_which_gesture_a_word_was_given(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    never, again = scene.chironomy.words
    assert never.gesture_class == "AUTO"
    assert performed(never) == "never: negation"
    assert performed(again) == "again"


def test_accept_can_leave_out_keys(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    scene.chironomy.reduce_keys, scene.chironomy.tolerance_deg = True, 2.0
    bpy.ops.chironomy.take_accept()
    before, now = key_counts(armature.animation_data.action)
    assert now < before


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


def test_naming_a_take_costs_no_time_even_where_names_are_taken(server, scene, armature) -> None:
    scene.chironomy.generate.lock_seed = True
    for _ in range(3):
        bpy.ops.chironomy.generate()
    assert [item.name for item in scene.chironomy.takes] == ["Anna 1", "Anna 1.2", "Anna 1.3"]
    before = time.process_time()
    takes._free_name(scene.chironomy, armature, 1)
    assert time.process_time() - before < 0.01


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
