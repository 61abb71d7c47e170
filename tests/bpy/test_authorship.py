"""Whose key is it: what the animator touches after Accept is the animator's, all else is generated."""

import bpy
import numpy as np
import pytest
from speaker import create_speaker, degrees_apart, example_take, rotations_in_blender

from chironomy_blender.scene import authorship, bake, keyframes, layers, versions

FIRST, FRAMES = 11, 60
PATH = 'pose.bones["head"].rotation_quaternion'


def accepted(tolerance_deg=None, key_over_live=None):
    armature, mesh = create_speaker()
    layers.apply_take(armature, mesh, example_take(FRAMES), first_frame=FIRST)
    if key_over_live is not None:
        bpy.context.scene.frame_set(key_over_live)
        armature.pose.bones["head"].rotation_quaternion = (0.8, 0.2, 0.4, 0.1)
        armature.pose.bones["head"].keyframe_insert("rotation_quaternion")
    return armature, bake.accept_take(armature, tolerance_deg=tolerance_deg)


@pytest.fixture(params=[None, 0.5], ids=["every frame", "reduced"])
def action(request):
    return accepted(request.param)[1]


def head_curve(action, index=0):
    return next(curve for name, curve in authorship.curves_by_name(action).items() if name[1:] == (PATH, index))


def own_count(action):
    return int(sum(mask.sum() for mask in authorship.own_keys(action).values()))


def middle_key(action):
    points = head_curve(action).keyframe_points
    return points[len(points) // 2]


def test_right_after_accept_no_key_is_the_animators(action):
    assert authorship.has_record(action)
    assert own_count(action) == 0
    assert authorship.own_frames(action) == []


def press_i(action):
    key = middle_key(action)
    curve = head_curve(action)
    curve.keyframe_points.insert(key.co[0], key.co[1] + 0.1, keyframe_type="GENERATED")


def change_value(action):
    middle_key(action).co[1] += 1e-4


def move_in_time(action):
    middle_key(action).co[0] += 0.25


def drag_handle(action):
    key = middle_key(action)
    key.handle_right_type = "FREE"
    key.handle_right[1] += 0.05


def change_type(action):
    middle_key(action).type = "KEYFRAME"


def change_interpolation(action):
    middle_key(action).interpolation = "CONSTANT"


@pytest.mark.parametrize("touch", [press_i, change_value, move_in_time, drag_handle, change_type, change_interpolation])
def test_a_key_that_was_touched_is_the_animators_and_it_alone(action, touch):
    frame = middle_key(action).co[0]
    touch(action)
    head_curve(action).update()
    assert own_count(action) == 1
    assert authorship.own_frames(action)[0] == pytest.approx(frame, abs=0.3)


def test_a_new_key_is_the_animators(action):
    head_curve(action).keyframe_points.insert(FIRST + 20.5, 0.5, keyframe_type="GENERATED")
    own = authorship.own_frames(action)
    assert FIRST + 20.5 in own
    assert len(own) <= 3  # between Bezier keys, Blender shapes the handles of both neighbours along


def test_authorship_survives_saving_and_copying(action, tmp_path):
    middle_key(action).co[1] += 0.1
    head_curve(action).update()
    assert own_count(action.copy()) == 1
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "own.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "own.blend"))
    assert own_count(bpy.data.actions["Take"]) == 1


def test_an_action_that_was_never_accepted_is_the_animators():
    armature, _ = create_speaker()
    action = keyframes.write_action("Own", armature, None, keyframes.Motion(*_still()), 1)
    assert not authorship.has_record(action)
    assert own_count(action) == authorship.key_count(action)


def _still():
    return np.tile([1.0, 0, 0, 0], (3, 55, 1)), np.zeros((3, 3)), 30.0


def test_a_damaged_record_makes_every_key_the_animators(action):
    action["chironomy_written_curves"] = "[1"
    assert own_count(action) == authorship.key_count(action)


@pytest.mark.parametrize("tolerance_deg", [None, 0.5])
def test_what_was_keyed_over_the_live_take_stays_the_animators(tolerance_deg):
    _, action = accepted(tolerance_deg, key_over_live=FIRST + 25)
    assert authorship.own_frames(action) == [FIRST + 25]
    assert {name[1] for name, mask in authorship.own_keys(action).items() if mask.any()} == {PATH}


@pytest.mark.parametrize("tolerance_deg", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("order", ["QUATERNION", "XYZ", "ZXY"])
def test_accept_with_fewer_keys_keeps_its_bound_on_every_frame(tolerance_deg, order):
    armature, mesh = create_speaker()
    bones = ["head", "left_elbow", "right_shoulder", "jaw"]
    keyframes.set_rotation_mode(armature, bones, order)
    layers.apply_take(armature, mesh, example_take(FRAMES), first_frame=FIRST)
    frames = list(range(FIRST, FIRST + FRAMES))
    live = rotations_in_blender(armature, frames)
    action = bake.accept_take(armature, dict.fromkeys(bones, order), tolerance_deg)
    assert degrees_apart(rotations_in_blender(armature, frames), live) <= tolerance_deg
    before, after = authorship.key_counts(action)
    assert before == sum(len(c.keyframe_points) for c in _curves_of(dense_twin(armature, mesh, bones, order)))
    assert after < before / 2
    assert after == authorship.key_count(action)


def dense_twin(armature, mesh, bones, order):
    versions.assign_action(armature, None)
    layers.apply_take(armature, mesh, example_take(FRAMES), first_frame=FIRST)
    return bake.accept_take(armature, dict.fromkeys(bones, order))


def _curves_of(action):
    return authorship.curves_by_name(action).values()
