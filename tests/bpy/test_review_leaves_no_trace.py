"""Reject, undo, saving and linked characters during a review: the file is as it was before."""

import time

import bpy
import numpy as np
import pytest
from speaker import create_speaker, degrees_apart, differences, example_take, rotations_in_blender, snapshot

from chironomy_blender.scene import bake, emphasis_edit, follow, layers, regenerate, take_store

FIRST, FRAMES = 11, 60
TAKE = example_take(FRAMES)


@pytest.fixture
def speaker():
    return create_speaker()


def key_head(armature, frame):
    bpy.context.scene.frame_set(frame)
    armature.pose.bones["head"].rotation_quaternion = (0.8, 0.2, 0.4, 0.1)
    armature.pose.bones["head"].keyframe_insert("rotation_quaternion")


def draw_emphasis(armature):
    layers.set_emphasis(armature, np.linspace(0, 2, FRAMES), 30.0)
    emphasis_edit.simplify_curve(armature)
    emphasis_edit.reset_to_generated(armature)


def key_face(armature):
    keys = layers.live_take(armature).keys
    keys.key_blocks["jawOpen"].value = 0.9
    keys.key_blocks["jawOpen"].keyframe_insert("value", frame=FIRST + 9)


WORK = {
    "emphasis shaped": draw_emphasis,
    "keys over it": lambda armature: key_head(armature, FIRST + 20),
    "keys on the face": key_face,
    "moved": lambda armature: follow.move_take(armature, 25),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
@pytest.mark.parametrize("accepted_before", [False, True], ids=["fresh rig", "over an accepted take"])
def test_reject_leaves_the_file_as_it_was_whatever_was_done_meanwhile(speaker, work, accepted_before):
    armature, mesh = speaker
    if accepted_before:
        layers.apply_take(armature, mesh, example_take(FRAMES, seed=4), first_frame=FIRST)
        bake.accept_take(armature, tolerance_deg=0.5)
    bpy.context.scene.frame_set(1)
    before = snapshot()
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    work(armature)
    bpy.context.view_layer.update()
    bpy.context.scene.frame_set(1)
    layers.remove_take(armature)
    changes = differences(before, snapshot())
    assert not changes, "\n".join(changes)


def test_undo_takes_each_step_of_a_review_back_and_redo_brings_it_again(speaker):
    armature, mesh = speaker
    bpy.ops.ed.undo_push(message="before")
    clean = snapshot()
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    bpy.ops.ed.undo_push(message="show")
    shown = rotations_in_blender(armature, [FIRST + 20, FIRST + 40])
    bpy.context.scene.frame_set(1)
    bake.accept_take(armature, tolerance_deg=0.5)
    bpy.ops.ed.undo_push(message="accept")
    bpy.ops.ed.undo()
    armature = bpy.data.objects["Speaker"]
    assert layers.has_live_take(armature)
    assert degrees_apart(rotations_in_blender(armature, [FIRST + 20, FIRST + 40]), shown) < 1e-3
    bpy.context.scene.frame_set(1)
    bpy.ops.ed.redo()
    armature = bpy.data.objects["Speaker"]
    assert not layers.has_live_take(armature)
    assert degrees_apart(rotations_in_blender(armature, [FIRST + 20, FIRST + 40]), shown) <= 0.5
    bpy.context.scene.frame_set(1)
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    changes = differences(clean, snapshot())
    assert not changes, "\n".join(changes)


def test_a_review_goes_on_after_saving_and_ends_in_the_former_action(speaker, tmp_path):
    armature, mesh = speaker
    layers.apply_take(armature, mesh, example_take(FRAMES, seed=4), first_frame=FIRST)
    bake.accept_take(armature, tolerance_deg=0.5)
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    key_head(armature, FIRST + 30)
    shown = rotations_in_blender(armature, [FIRST + 30])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "review.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "review.blend"))
    armature = bpy.data.objects["Speaker"]
    assert regenerate.can_accept_into_former(armature)
    action = regenerate.accept_into_former(armature, FIRST + 10, FIRST + 50, 0.5)
    assert armature.animation_data.action == action
    assert degrees_apart(rotations_in_blender(armature, [FIRST + 30]), shown) < 0.6


def test_the_undo_push_stays_short_with_four_takes_of_a_minute(speaker):
    armature, mesh = speaker
    random = np.random.default_rng(0)
    for number in range(3):  # compressed takes: bytes that do not compress further, 6 MB each
        take_store.store_take(f"Take {number}", random.bytes(6_000_000))
    layers.apply_take(armature, mesh, example_take(1800), first_frame=FIRST)
    bpy.ops.ed.undo_push(message="shown")
    times = []
    for step in range(5):
        armature.pose.bones["head"].scale.x = 1 + step / 10
        started = time.perf_counter()
        bpy.ops.ed.undo_push(message=f"step {step}")
        times.append(time.perf_counter() - started)
    print(f"undo push: {[round(1000 * t) for t in times]} ms")
    assert min(times) < 0.1


def test_a_linked_character_keeps_its_accepted_and_regenerated_action_in_the_file(tmp_path):
    armature, mesh = create_speaker()
    collection = bpy.data.collections.new("Character")
    bpy.context.scene.collection.children.link(collection)
    for item in (armature, mesh):
        bpy.context.scene.collection.objects.unlink(item)
        collection.objects.link(item)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, linked):
        linked.collections = ["Character"]
    bpy.data.collections["Character"].override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)

    def overridden(kind):
        return next(item for item in bpy.context.scene.objects if item.type == kind and item.override_library)

    layers.apply_take(overridden("ARMATURE"), overridden("MESH"), example_take(FRAMES, seed=4), first_frame=FIRST)
    bake.accept_take(overridden("ARMATURE"), tolerance_deg=0.5)
    layers.apply_take(overridden("ARMATURE"), overridden("MESH"), TAKE, first_frame=FIRST)
    shown = rotations_in_blender(overridden("ARMATURE"), [FIRST + 30])
    regenerate.accept_into_former(overridden("ARMATURE"), FIRST + 10, FIRST + 50, 0.5)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert degrees_apart(rotations_in_blender(overridden("ARMATURE"), [FIRST + 30]), shown) < 0.6
    assert [action.name for action in bpy.data.actions] == ["Take"]
