"""A take under review: NLA layers that show what fusing gives, follow their curve, and leave no trace."""

import bpy
import numpy as np
import pytest
from speaker import (
    create_speaker,
    degrees_apart,
    differences,
    example_take,
    face_in_blender,
    joints_in_blender,
    joints_of,
    rotations_in_blender,
    smooth_motion,
    snapshot,
)

from chironomy.emphasis.fuse import fuse, fused_translation
from chironomy.motion.arkit import ARKIT_SHAPES
from chironomy.motion.skeleton import JOINTS
from chironomy_blender.core.errors import UserError
from chironomy_blender.scene import bake, follow, influence, keep, keyframes, layers, versions

FIRST, FRAMES = 11, 60
TAKE = example_take(FRAMES)
CURVES = {
    "0": np.zeros(FRAMES),
    "0.3": np.full(FRAMES, 0.3),
    "1": np.ones(FRAMES),
    "1.6": np.full(FRAMES, 1.6),
    "2": np.full(FRAMES, 2.0),
    "swinging": 1.0 + np.sin(np.arange(FRAMES) / 7),
}
SOME = list(range(0, FRAMES, 4))


@pytest.fixture
def speaker():
    return create_speaker()


@pytest.fixture
def live(speaker):
    armature, mesh = speaker
    layers.apply_take(armature, mesh, TAKE, name="Line 1", first_frame=FIRST)
    return armature, mesh


def shown_at(armature, picked=SOME):
    return rotations_in_blender(armature, [FIRST + k for k in picked])


@pytest.mark.parametrize("e", CURVES.values(), ids=CURVES.keys())
def test_layers_show_what_fusing_gives(live, e):
    armature, _ = live
    layers.set_emphasis(armature, e, 30.0)
    expected = fuse(TAKE.base_rotations, TAKE.semantic_rotations, e)
    assert degrees_apart(shown_at(armature), expected[SOME]) < 0.1
    motion = keyframes.Motion(expected, fused_translation(TAKE, e), 30.0)
    assert np.abs(joints_in_blender(armature, [FIRST + k for k in SOME]) - joints_of(motion)[SOME]).max() < 1e-3


@pytest.mark.parametrize("e", CURVES.values(), ids=CURVES.keys())
def test_baked_form_and_layers_agree(live, e):
    armature, mesh = live
    layers.set_emphasis(armature, e, 30.0)
    in_layers = shown_at(armature)
    face = face_in_blender(mesh.data.shape_keys, [FIRST, FIRST + 31])
    action = bake.accept_take(armature)
    assert armature.animation_data.action == action
    assert not armature.animation_data.nla_tracks
    assert degrees_apart(shown_at(armature), in_layers) < 0.1
    assert np.abs(face_in_blender(mesh.data.shape_keys, [FIRST, FIRST + 31]) - face).max() < 1e-6


@pytest.mark.parametrize("fps", [23.976, 25, 60])
def test_baked_form_and_layers_agree_at_other_frame_rates(fps):
    armature, mesh = create_speaker(fps)
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    layers.set_emphasis(armature, CURVES["swinging"], 30.0)
    in_layers = shown_at(armature, list(range(0, 40, 5)))
    bake.accept_take(armature)
    assert degrees_apart(shown_at(armature, list(range(0, 40, 5))), in_layers) < 0.1


def test_outside_the_take_its_first_and_last_pose_are_held(live):
    armature, _ = live
    layers.set_emphasis(armature, CURVES["swinging"], 30.0)
    shown = rotations_in_blender(armature, [FIRST - 8, FIRST, FIRST + FRAMES - 1, FIRST + FRAMES + 20])
    assert degrees_apart(shown[0], shown[1]) < 1e-3
    assert degrees_apart(shown[2], shown[3]) < 1e-3


def test_untouched_the_curve_is_the_generators_own_to_the_bit(live):
    armature, _ = live
    strip = layers.live_take(armature).strips["Emphasis"]
    sampled = influence.sampled_influence(strip, np.arange(FIRST, FIRST + FRAMES))
    assert np.array_equal(sampled.astype(np.float32), TAKE.emphasis.astype(np.float32))


def test_the_curve_edited_by_hand_takes_effect_at_once_also_beyond_1(live):
    armature, _ = live
    layers.set_emphasis(armature, np.full(FRAMES, 0.2), 30.0)
    curve = influence.influence_curve(layers.live_take(armature).strips["Emphasis"])
    for key in curve.keyframe_points:
        key.co[1] = 1.7
    curve.update()
    armature.update_tag()
    bpy.context.view_layer.update()  # the handler runs here, as after any edit in the Graph Editor
    expected = fuse(TAKE.base_rotations, TAKE.semantic_rotations, np.full(FRAMES, 1.7))
    assert degrees_apart(shown_at(armature), expected[SOME]) < 0.1


def test_exaggeration_follows_handles_and_interpolation_too(live):
    armature, _ = live
    strips = layers.live_take(armature).strips
    source = influence.influence_curve(strips["Emphasis"])
    source.keyframe_points.clear()
    for frame, value in ((FIRST, 0.0), (FIRST + 30, 2.0), (FIRST + 50, 0.4)):
        source.keyframe_points.insert(frame, value).interpolation = "BEZIER"
    influence.keep_in_step(armature)
    frames = np.arange(FIRST, FIRST + FRAMES) + 0.5
    above = influence.sampled_influence(strips["Exaggeration"], frames)
    assert np.abs(above - (influence.sampled_influence(strips["Emphasis"], frames) - 1.0)).max() < 1e-6
    assert not influence.keep_in_step(armature)


def test_the_handler_is_installed_once_and_stays_when_files_are_loaded(live, tmp_path):
    follow.install_handler()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "live.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "live.blend"))
    assert bpy.app.handlers.depsgraph_update_post.count(follow.follow_takes) == 1


def move_one_strip(armature, mesh):
    strip = layers.live_take(armature).strips["Emphasis"]
    strip.frame_start_ui = FIRST + 25
    armature.update_tag()
    bpy.context.view_layer.update()


@pytest.mark.parametrize(
    "move",
    [lambda armature, _: follow.move_take(armature, 25), move_one_strip],
    ids=["by function", "one strip by hand"],
)
def test_a_moved_take_takes_its_curve_its_face_and_its_edits_along(live, move):
    armature, mesh = live
    layers.set_emphasis(armature, CURVES["swinging"], 30.0)
    bpy.context.scene.frame_set(FIRST + 20)
    armature.pose.bones["head"].rotation_quaternion = (0.9, 0.1, 0.3, 0.2)
    armature.pose.bones["head"].keyframe_insert("rotation_quaternion")
    before = rotations_in_blender(armature, [FIRST + k for k in SOME])
    face = face_in_blender(mesh.data.shape_keys, [FIRST + k for k in SOME])
    move(armature, mesh)
    assert degrees_apart(rotations_in_blender(armature, [FIRST + 25 + k for k in SOME]), before) < 1e-2
    assert np.abs(face_in_blender(mesh.data.shape_keys, [FIRST + 25 + k for k in SOME]) - face).max() < 1e-6
    assert list(layers.live_take(armature).frames[[0, -1]]) == [FIRST + 25, FIRST + 25 + FRAMES - 1]
    bake.accept_take(armature)
    assert degrees_apart(rotations_in_blender(armature, [FIRST + 25 + k for k in SOME]), before) < 0.1


def test_strips_hold_and_do_not_sync_their_length(live):
    armature, mesh = live
    tracks = [*armature.animation_data.nla_tracks, *mesh.data.shape_keys.animation_data.nla_tracks]
    for strip in (strip for track in tracks for strip in track.strips):
        assert (strip.extrapolation, strip.use_sync_length) == ("HOLD", False)
        assert (strip.frame_start, strip.frame_end) == (FIRST, FIRST + FRAMES - 1)


def test_deltas_keep_their_sign_and_stay_under_170_degrees(live):
    armature, _ = live
    for name in ("Emphasis", "Exaggeration"):
        action = layers.live_take(armature).strips[name].action
        for curve in versions.curves(action, versions.slot_of(action, keyframes.BODY)):
            if curve.data_path.endswith("quaternion") and curve.array_index == 0:
                assert min(key.co[1] for key in curve.keyframe_points) >= np.cos(np.radians(85.1))


def test_a_new_key_becomes_an_offset_that_accept_folds_in(live):
    armature, mesh = live
    scene = bpy.context.scene
    scene.frame_set(FIRST + 20)
    bone, shape = armature.pose.bones["head"], mesh.data.shape_keys.key_blocks["jawOpen"]
    wanted = bone.rotation_quaternion.copy()
    wanted.rotate(wanted.__class__((0.0, 1.0, 0.0), 0.4))
    bone.rotation_quaternion = wanted
    bone.keyframe_insert("rotation_quaternion")
    layered = wanted.copy()
    scene.frame_set(FIRST + 5)
    scene.frame_set(FIRST + 20)
    assert bone.rotation_quaternion.rotation_difference(layered).angle < 2e-3
    assert armature.animation_data.action.name == "Line 1 · edits"
    assert armature.animation_data.action_blend_type == "COMBINE"
    shape.value = 0.9
    shape.keyframe_insert("value")
    everywhere = shown_at(armature)
    scene.frame_set(FIRST + 20)
    assert shape.value == pytest.approx(0.9, abs=1e-3)
    bake.accept_take(armature)
    assert degrees_apart(shown_at(armature), everywhere) < 0.1
    scene.frame_set(FIRST + 20)
    assert shape.value == pytest.approx(0.9, abs=1e-3)
    assert [action.name for action in bpy.data.actions] == ["Line 1"]


def test_reject_on_a_fresh_rig_leaves_no_trace(speaker):
    armature, mesh = speaker
    before = snapshot()
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    bpy.context.scene.frame_set(FIRST + 30)
    assert differences(before, snapshot())  # the comparison sees a take
    bpy.context.scene.frame_set(1)
    layers.remove_take(armature)
    changes = differences(before, snapshot())
    assert not changes, "\n".join(changes)
    assert armature.animation_data is None
    assert mesh.data.shape_keys.animation_data is None


def test_reject_gives_the_animators_own_work_back(speaker):
    armature, mesh = speaker
    armature.pose.bones["left_elbow"].rotation_mode = "XYZ"
    armature.pose.bones["left_elbow"].rotation_euler = (0.1, 0.2, 0.3)
    own = keyframes.write_action("Own", armature, mesh, smooth_motion(20, seed=9), 1)
    versions.assign_action(armature, own, versions.slot_of(own, keyframes.BODY))
    versions.assign_action(mesh.data.shape_keys, own, versions.slot_of(own, keyframes.FACE))
    data = armature.animation_data
    data.action_blend_type, data.action_influence, data.action_extrapolation = "ADD", 0.5, "HOLD_FORWARD"
    track = data.nla_tracks.new()
    track.strips.new("Walk", 1, keyframes.write_action("Walk", armature, None, smooth_motion(20, seed=8), 1))
    track.is_solo = True
    bpy.context.scene.frame_set(7)
    before = snapshot()
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    assert armature.pose.bones["left_elbow"].rotation_mode == "QUATERNION"
    assert own.users > 0  # else it would not be saved
    armature.pose.bones["spine1"].keyframe_insert("rotation_quaternion", frame=20)
    bpy.context.scene.frame_set(30)
    bpy.context.scene.frame_set(7)
    layers.remove_take(armature)
    changes = differences(before, snapshot())
    assert not changes, "\n".join(changes)


def test_a_live_take_survives_saving_and_can_be_rejected_then(speaker, tmp_path):
    armature, mesh = speaker
    before = snapshot()
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "live.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "live.blend"))
    armature = bpy.data.objects["Speaker"]
    assert layers.live_take(armature).name == "Take"
    layers.remove_take(armature)
    changes = differences(before, snapshot())
    assert not changes, "\n".join(changes)


def test_accept_can_bake_back_to_the_bones_former_rotation_modes(speaker):
    armature, mesh = speaker
    orders = dict(
        zip(("left_elbow", "head", "spine1", "neck", "jaw", "right_wrist"), keyframes.EULER_ORDERS, strict=True)
    )
    for name, order in orders.items():
        armature.pose.bones[name].rotation_mode = order
    layers.apply_take(armature, mesh, TAKE, first_frame=FIRST)
    in_layers = shown_at(armature)
    action = bake.accept_take(armature, keep.former_modes(layers.live_take(armature).base))
    assert {name: armature.pose.bones[name].rotation_mode for name in orders} == orders
    assert armature.pose.bones["left_knee"].rotation_mode == "QUATERNION"
    assert degrees_apart(shown_at(armature), in_layers) < 0.1
    for curve in versions.curves(action, versions.slot_of(action, keyframes.BODY)):
        if curve.data_path.endswith("rotation_euler"):
            assert np.abs(np.diff([key.co[1] for key in curve.keyframe_points])).max() < 1.5  # no jump by a turn


def test_accept_keeps_the_former_action_in_the_file(speaker):
    armature, mesh = speaker
    own = keyframes.write_action("Own", armature, None, smooth_motion(20), 1)
    versions.assign_action(armature, own, versions.slot_of(own, keyframes.BODY))
    layers.apply_take(armature, mesh, TAKE)
    bake.accept_take(armature)
    assert own.use_fake_user
    assert armature.animation_data.action.name == "Take"


def test_a_second_take_is_refused_while_one_is_under_review(live):
    armature, mesh = live
    with pytest.raises(UserError, match="accept or reject"):
        layers.apply_take(armature, mesh, TAKE)


def test_a_rig_without_mesh_and_a_take_of_one_frame_work(speaker):
    armature, _ = speaker
    short = example_take(1)
    layers.apply_take(armature, None, short, first_frame=FIRST)
    layers.set_emphasis(armature, np.array([1.5]), 30.0)
    expected = fuse(short.base_rotations, short.semantic_rotations, np.array([1.5]))
    assert degrees_apart(rotations_in_blender(armature, [FIRST]), expected) < 0.1
    assert bake.shown_motion(armature).frames == 1
    bake.accept_take(armature)
    assert degrees_apart(rotations_in_blender(armature, [FIRST]), expected) < 0.1


def test_the_bones_and_shapes_that_the_tests_rely_on_are_there(speaker):
    armature, mesh = speaker
    assert all(name in armature.pose.bones for name in JOINTS)
    assert all(name in mesh.data.shape_keys.key_blocks for name in ARKIT_SHAPES)


def test_a_linked_character_can_be_reviewed_saved_and_rejected(tmp_path):
    armature, mesh = create_speaker()
    collection = bpy.data.collections.new("Character")
    bpy.context.scene.collection.children.link(collection)
    for item in (armature, mesh):
        bpy.context.scene.collection.objects.unlink(item)
        collection.objects.link(item)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    keyframes.set_scene_fps(bpy.context.scene, 30.0)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, linked):
        linked.collections = ["Character"]
    bpy.data.collections["Character"].override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)

    def overridden(kind):
        return next(item for item in bpy.context.scene.objects if item.type == kind and item.override_library)

    layers.apply_take(overridden("ARMATURE"), overridden("MESH"), TAKE, first_frame=FIRST)
    expected = fuse(TAKE.base_rotations, TAKE.semantic_rotations, CURVES["swinging"])[SOME]
    layers.set_emphasis(overridden("ARMATURE"), CURVES["swinging"], 30.0)
    assert degrees_apart(shown_at(overridden("ARMATURE")), expected) < 0.1
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert degrees_apart(shown_at(overridden("ARMATURE")), expected) < 0.1
    layers.remove_take(overridden("ARMATURE"))
    assert not bpy.data.actions
