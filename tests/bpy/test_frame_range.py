"""A take for some frames: outside of them all stays as it was, under review and afterwards."""

import bpy
import foreign_rigs
import numpy as np
import pytest

from chironomy_blender import jobs


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


FIRST, LAST = 30, 60
HEAD = "head"


def generate_part(first: int = FIRST, last: int = LAST) -> None:
    wanted = bpy.context.scene.chironomy.generate
    wanted.use_range, wanted.range_first, wanted.range_last = True, first, last
    bpy.ops.chironomy.generate()


def key_by_hand(armature: bpy.types.Object, bone: str = HEAD) -> bpy.types.Action:
    """Three keys with Blender's own handles, far outside the part, and none in it."""
    armature.pose.bones[bone].rotation_mode = "XYZ"
    for frame, angle in ((1, 0.0), (20, 0.4), (140, -0.3)):
        armature.pose.bones[bone].rotation_euler = (angle, 0.1, angle / 2)
        armature.keyframe_insert(f'pose.bones["{bone}"].rotation_euler', frame=frame)
    return armature.animation_data.action


def poses(armature: bpy.types.Object, frames: range) -> np.ndarray:
    """[T, 55, 16], as the viewport shows them."""
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found.append([np.array(bone.matrix).ravel() for bone in evaluated.pose.bones])
    return np.array(found)


def outside_and_inside(armature: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    return np.r_[poses(armature, range(5, FIRST + 1)), poses(armature, range(LAST, 95))], poses(
        armature, range(FIRST + 9, LAST - 8)
    )


@pytest.mark.parametrize("fps", [24, 30])
def test_under_review_only_the_asked_frames_move(server, scene, armature, fps) -> None:
    scene.render.fps = fps
    at_rest = poses(armature, range(1, 2))[0]
    generate_part()
    before, after = poses(armature, range(5, FIRST + 1)), poses(armature, range(LAST, 70))
    assert np.abs(before - at_rest).max() < 1e-5
    assert np.abs(after - at_rest).max() < 1e-5
    assert np.abs(poses(armature, range(40, 50)) - at_rest).max() > 0.05


def test_a_slider_outside_the_asked_frames_moves_nothing_and_one_inside_does(server, scene, armature) -> None:
    generate_part(30, 60)  # “again” is spoken there, “never” is over
    shown = poses(armature, range(5, 95))
    scene.chironomy.words[0].slider = 2.0
    before_part = poses(armature, range(5, 30))
    assert np.abs(before_part - shown[:25]).max() < 1e-5
    scene.chironomy.words[1].slider = 2.0
    assert np.abs(poses(armature, range(5, 95)) - shown)[25:55].max() > 0.01


@pytest.mark.parametrize("step", ["review", "accept"])
def test_a_hand_made_action_goes_on_outside_and_the_border_has_no_jump(server, scene, armature, step) -> None:
    action = key_by_hand(armature)
    outside, inside = outside_and_inside(armature)
    generate_part()
    if step == "accept":
        bpy.ops.chironomy.take_accept()
        assert armature.animation_data.action != action, "the animator's own stays as it was"
        assert len(action.layers[0].strips[0].channelbags[0].fcurves[0].keyframe_points) == 3
    now_outside, now_inside = outside_and_inside(armature)
    assert np.abs(now_outside - outside).max() < 1e-4
    assert np.abs(now_inside - inside).max() > 0.05
    steps = np.abs(np.diff(poses(armature, range(5, 95)), axis=0)).max(axis=(1, 2))
    assert steps.max() < 3 * np.abs(np.diff(now_inside, axis=0)).max()


def test_accepting_a_part_keeps_the_hand_made_keys_before_and_after_it(server, scene, armature) -> None:
    key_by_hand(armature)
    far = poses(armature, range(100, 150))
    generate_part()
    bpy.ops.chironomy.take_accept()
    np.testing.assert_allclose(poses(armature, range(100, 150)), far, atol=1e-5)
    curve = (
        armature.animation_data.action.layers[0]
        .strips[0]
        .channelbags[0]
        .fcurves.find(f'pose.bones["{HEAD}"].rotation_euler', index=0)
    )
    own = [point.co[0] for point in curve.keyframe_points if point.type == "KEYFRAME"]
    assert own == [1, 20, 140]


def test_accept_shows_what_the_review_showed(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    bpy.ops.chironomy.take_accept()
    generate_part()
    scene.chironomy.words[1].slider = 1.5
    shown = poses(armature, range(5, 95))
    bpy.ops.chironomy.take_accept()
    np.testing.assert_allclose(poses(armature, range(5, 95)), shown, atol=2e-3)


def test_rejecting_a_part_gives_the_hand_made_action_back(server, scene, armature) -> None:
    action = key_by_hand(armature)
    before = poses(armature, range(5, 95))
    generate_part()
    bpy.ops.chironomy.take_reject()
    assert armature.animation_data.action == action
    np.testing.assert_array_equal(poses(armature, range(5, 95)), before)


def test_a_part_that_was_hidden_and_shown_again_is_the_same(server, scene, armature) -> None:
    key_by_hand(armature)
    generate_part()
    shown = poses(armature, range(5, 95))
    bpy.ops.chironomy.take_show(take=0, hide=True)
    bpy.ops.chironomy.take_show(take=0)
    np.testing.assert_allclose(poses(armature, range(5, 95)), shown, atol=1e-6)


def test_the_character_stays_where_it_stands(server, scene, armature) -> None:
    hips = armature.pose.bones["pelvis"]
    hips.location.x = 2.0
    generate_part()
    places = poses(armature, range(5, 95)).reshape(90, 55, 4, 4)[:, 0, :3, 3]
    assert np.abs(places[:, 0] - places[0, 0]).max() < 0.2


def test_frames_that_the_take_does_not_reach_are_told(server, scene, armature) -> None:
    scene.chironomy.generate.use_range = True
    scene.chironomy.generate.range_first, scene.chironomy.generate.range_last = 500, 600
    bpy.ops.chironomy.generate()
    assert not scene.chironomy.takes[0].shown
    assert "runs from 5 to 94" in jobs.notice("generate")[1]


@pytest.mark.parametrize("step", ["review", "accept"])
def test_a_foreign_character_keeps_its_own_motion_outside(server, scene, step) -> None:
    armature = foreign_rigs.mixamo().armature
    scene.chironomy.armature = armature
    action = key_by_hand(armature, "mixamorig:Head")
    outside, inside = outside_and_inside(armature)
    generate_part()
    if step == "accept":
        bpy.ops.chironomy.take_accept()
        assert armature.animation_data.action != action
    now_outside, now_inside = outside_and_inside(armature)
    assert np.abs(now_outside - outside).max() < 1e-3
    assert np.abs(now_inside - inside).max() > 0.05
