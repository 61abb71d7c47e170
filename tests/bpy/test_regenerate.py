"""A new take for some frames of an accepted action: outside nothing changes, and the animator's keys stay."""

import bpy
import numpy as np
import pytest
from speaker import create_speaker, degrees_apart, example_take, face_in_blender, rotations_in_blender

from chironomy_blender.scene import authorship, bake, layers, regenerate
from chironomy_blender.scene.curve_keys import read_keys

FIRST, FRAMES = 11, 120
LAST = FIRST + FRAMES - 1
RANGE = (50, 90)
HEAD = 'pose.bones["head"].rotation_quaternion'
ALL = list(range(FIRST, LAST + 1))


def accept_first_take(tolerance_deg=None, order="QUATERNION"):
    armature, mesh = create_speaker()
    for bone in ("left_elbow", "spine2"):
        armature.pose.bones[bone].rotation_mode = order
    layers.apply_take(armature, mesh, example_take(FRAMES, seed=1), first_frame=FIRST)
    modes = {bone.name: bone.rotation_mode for bone in armature.pose.bones}
    if order != "QUATERNION":
        modes.update(left_elbow=order, spine2=order)
    return armature, mesh, bake.accept_take(armature, modes, tolerance_deg)


def regenerate_with(armature, mesh, first=RANGE[0], last=RANGE[1], tolerance_deg=None, seed=5):
    """Returns what the new take showed before it was put in."""
    layers.apply_take(armature, mesh, example_take(FRAMES, seed=seed), first_frame=FIRST)
    shown = rotations_in_blender(armature, ALL)
    regenerate.accept_into_former(armature, first, last, tolerance_deg)
    return shown


def keys_by_curve(action):
    return {name: read_keys(curve) for name, curve in authorship.curves_by_name(action).items()}


def assert_untouched_outside(before, after, first, last, reduced):
    for name, old in before.items():
        new = after[name]
        # a Bezier segment that crosses a border is split there, which shortens one handle on either side
        for part in old if not reduced else ("co", "type", "interpolation"):
            kept_old = old[part][(old["co"][:, 0] < first) | (old["co"][:, 0] > last)]
            kept_new = new[part][(new["co"][:, 0] < first) | (new["co"][:, 0] > last)]
            assert kept_old.tobytes() == kept_new.tobytes(), (name, part)


def angles(a, b):
    return np.array([degrees_apart(x, y) for x, y in zip(a, b, strict=True)])


@pytest.mark.parametrize("tolerance_deg", [None, 0.5], ids=["every frame", "reduced"])
@pytest.mark.parametrize("order", ["QUATERNION", "XYZ"])
def test_frames_inside_are_new_and_keys_outside_stay_to_the_bit(tolerance_deg, order):
    armature, mesh, action = accept_first_take(tolerance_deg, order)
    before, old = keys_by_curve(action), rotations_in_blender(armature, ALL)
    shown = regenerate_with(armature, mesh, tolerance_deg=tolerance_deg)
    assert armature.animation_data.action == action
    assert [item.name for item in bpy.data.actions] == ["Take"]
    assert not armature.animation_data.nla_tracks
    assert_untouched_outside(before, keys_by_curve(action), *RANGE, tolerance_deg is not None)
    now = rotations_in_blender(armature, ALL)
    outside = [k for k, frame in enumerate(ALL) if not RANGE[0] < frame < RANGE[1]]
    assert degrees_apart(now[outside], old[outside]) < 1e-3
    middle = slice(RANGE[0] + 8 - FIRST, RANGE[1] - 8 - FIRST + 1)
    assert angles(now[middle], shown[middle]).max() < (0.1 if tolerance_deg is None else 0.6)
    assert angles(now[middle], old[middle]).max() > 5


def test_the_old_motion_passes_into_the_new_without_a_jump():
    armature, mesh, _ = accept_first_take()
    old = rotations_in_blender(armature, ALL)
    shown = regenerate_with(armature, mesh)
    now = rotations_in_blender(armature, ALL)
    steps = angles(now[1:], now[:-1])
    apart = angles(old, shown).max()
    assert steps.max() < max(angles(old[1:], old[:-1]).max(), angles(shown[1:], shown[:-1]).max()) + apart * 0.25


def test_the_face_is_regenerated_in_the_same_frames():
    armature, mesh, _ = accept_first_take()
    keys = mesh.data.shape_keys
    old = face_in_blender(keys, ALL)
    regenerate_with(armature, mesh)
    now = face_in_blender(keys, ALL)
    inside = slice(RANGE[0] + 1 - FIRST, RANGE[1] - FIRST)
    assert np.abs(now[inside] - old[inside]).max() > 0.1
    assert np.array_equal(now[: inside.start], old[: inside.start])
    assert np.array_equal(now[inside.stop :], old[inside.stop :])


def set_pose(armature, frame, bone="head", value=(0.8, 0.2, 0.4, 0.1)):
    bpy.context.scene.frame_set(frame)
    armature.pose.bones[bone].rotation_quaternion = value
    armature.pose.bones[bone].keyframe_insert("rotation_quaternion")


@pytest.mark.parametrize("tolerance_deg", [None, 0.5], ids=["every frame", "reduced"])
@pytest.mark.parametrize("whole", [False, True], ids=["some frames", "whole take"])
def test_the_animators_keys_stay_to_the_bit_and_the_motion_comes_to_them(tolerance_deg, whole):
    armature, mesh, action = accept_first_take(tolerance_deg)
    for frame in (20, 70, 75):
        set_pose(armature, frame)
    frames = authorship.own_frames(action)
    assert {20, 70, 75} <= set(frames)
    before = {name: _at(keys, (20, 70, 75)) for name, keys in keys_by_curve(action).items() if name[1] == HEAD}
    old = rotations_in_blender(armature, ALL)
    shown = regenerate_with(armature, mesh, *((FIRST, LAST) if whole else RANGE), tolerance_deg)
    after = {name: _at(keys, (20, 70, 75)) for name, keys in keys_by_curve(action).items() if name[1] == HEAD}
    assert before == after
    assert len(before) == 4
    assert set(authorship.own_frames(action)) >= {20, 70, 75}
    now = rotations_in_blender(armature, ALL)
    head = 15
    for frame in (20, 70, 75):
        assert degrees_apart(now[frame - FIRST, head], old[frame - FIRST, head]) < 0.01
    # inserting a key, Blender shapes the handles of Bezier neighbours along: they count as the animator's as well
    far = next(k for k in range(RANGE[0] + 8, 70) if min(abs(k - frame) for frame in frames) >= 6)
    assert degrees_apart(now[far - FIRST, head], shown[far - FIRST, head]) < (0.1 if tolerance_deg is None else 0.6)


def _at(keys, frames):
    places = np.isin(keys["co"][:, 0], frames)
    return {name: values[places].tolist() for name, values in keys.items() if name in ("co", "type", "interpolation")}
