"""Exported files hold the motion as it is: read back by Blender's importers, joint by joint, frame by frame."""

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from speaker import (
    create_speaker,
    differences,
    example_take,
    face_in_blender,
    joints_in_blender,
    joints_of,
    real_motion,
    smooth_motion,
    snapshot,
)

from chironomy.motion.arkit import ARKIT_SHAPES
from chironomy.motion.skeleton import JOINTS
from chironomy_blender.core.errors import UserError
from chironomy_blender.scene import layers, versions
from chironomy_blender.scene.export import Live, export_take, load_profile, profile_names
from chironomy_blender.scene.export.profiles import checked_profile
from chironomy_blender.scene.keyframes import resampled, scene_fps, set_scene_fps
from chironomy_blender.scene.silence import silence

FRAMES = 40
MOTION = smooth_motion(FRAMES)
RATES = (23.976, 24, 25, 29.97, 30, 50, 60)
needs_usd = pytest.mark.skipif(not versions.has_usd(), reason="this Blender was built without USD")
IMPORTED = [".fbx", ".glb", pytest.param(".usdc", marks=needs_usd)]


@pytest.fixture
def speaker():
    return create_speaker()


def read_back(path: Path, fps: float = 30.0) -> bpy.types.Object:
    """The file, imported into an empty scene that plays at its rate; returns the armature."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    set_scene_fps(bpy.context.scene, fps)
    with silence():
        if path.suffix == ".fbx" and fps != round(fps):
            # Blender's older importer, in Python, forgets fps_base: at 23.976 it puts keys at n · 1.001
            bpy.ops.wm.fbx_import(filepath=str(path), anim_offset=0)
        elif path.suffix == ".fbx":
            bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0)
        elif path.suffix == ".glb":
            bpy.ops.import_scene.gltf(filepath=str(path))
        elif path.suffix == ".bvh":
            bpy.ops.import_anim.bvh(filepath=str(path), update_scene_fps=True)
        else:
            bpy.ops.wm.usd_import(filepath=str(path))
    # the glTF and USD importers make helpers beside it
    armature = next(item for item in bpy.data.objects if item.type == "ARMATURE" and "head" in item.data.bones)
    if path.suffix == ".bvh":  # its importer cannot start before frame 1
        for curve in versions.curves(armature.animation_data.action, armature.animation_data.action_slot):
            for key in curve.keyframe_points:
                key.co[0] -= 1.0
    return armature


def shape_keys_in_file() -> bpy.types.Key:
    return next(keys for keys in bpy.data.shape_keys if len(keys.key_blocks) > 50)


def length_of(armature: bpy.types.Object) -> float:
    start, end = armature.animation_data.action.frame_range
    assert start == 0
    return end


@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize("ending", [*IMPORTED, ".bvh"])
def test_joints_and_face_come_back_in_every_format_and_profile(speaker, tmp_path, ending, profile):
    path = tmp_path / f"line{ending}"
    wanted = load_profile(profile)
    export_take(*speaker, MOTION, path, replace(wanted, units_per_metre=1.0) if ending == ".bvh" else wanted)
    armature = read_back(path)
    some = list(range(0, FRAMES, 3))
    assert length_of(armature) == FRAMES - 1
    assert np.abs(joints_in_blender(armature, some) - joints_of(MOTION)[some]).max() < 1e-3
    root = armature.data.bones["pelvis"].parent
    assert (root.name if root else "") == ("" if ending == ".bvh" else wanted.root_bone)
    if ending != ".bvh":
        assert np.abs(face_in_blender(shape_keys_in_file(), some) - MOTION.face[some]).max() < 1e-3


@pytest.mark.parametrize("ending", [".fbx", ".bvh"])
def test_a_recorded_gesture_comes_back(speaker, tmp_path, ending):
    motion = real_motion()
    if motion is None:
        pytest.skip("the recorded gestures (shared/data/gestures) are not here")
    export_take(*speaker, motion, tmp_path / f"line{ending}")
    armature = read_back(tmp_path / f"line{ending}", motion.fps)
    some = list(range(0, motion.frames, max(1, motion.frames // 200)))
    assert length_of(armature) == motion.frames - 1
    assert np.abs(joints_in_blender(armature, some) - joints_of(motion)[some]).max() < 1e-3


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("ending", [".fbx", ".bvh"])
def test_every_frame_rate_keeps_frames_rate_and_length(speaker, tmp_path, ending, fps):
    path = tmp_path / f"line{ending}"
    export_take(*speaker, MOTION, path, replace(load_profile("generic"), fps=fps))
    armature = read_back(path, fps)
    assert scene_fps(bpy.context.scene) == pytest.approx(fps, rel=2e-5)
    shown = resampled(MOTION, fps)
    assert shown.frames == pytest.approx(FRAMES / 30 * fps, abs=1)
    # Blender's own importer of BVH lays frames out by the frame time, off by a ten-thousandth at 23.976
    assert length_of(armature) == pytest.approx(shown.frames - 1, abs=0.01)
    some = list(range(0, shown.frames, 5))
    assert np.abs(joints_in_blender(armature, some) - joints_of(shown)[some]).max() < 1e-3


def test_the_animation_bears_the_name_of_the_file(speaker, tmp_path):
    for ending in (".fbx", ".glb"):
        export_take(*speaker, MOTION, tmp_path / f"line_12{ending}")
        armature = read_back(tmp_path / f"line_12{ending}")
        assert "line_12" in armature.animation_data.action.name
        speaker = create_speaker()


def test_unreal_gets_centimetres_with_no_scale_on_any_node(speaker, tmp_path):
    export_take(*speaker, MOTION, tmp_path / "line.fbx", load_profile("unreal"))
    armature = read_back(tmp_path / "line.fbx")
    assert armature.name == "Armature"
    head = armature.data.bones["head"].head_local
    assert 130 < max(abs(value) for value in head) < 180  # numbers in centimetres; the header says so
    assert all(abs(value - 1.0) < 1e-4 for bone in armature.pose.bones for value in bone.scale)


def test_leaf_bones_and_face_are_the_profiles_choice(speaker, tmp_path):
    bare = replace(load_profile("generic"), face_shapes=False)
    before = snapshot()
    export_take(*speaker, MOTION, tmp_path / "bare.fbx", bare)
    export_take(*speaker, MOTION, tmp_path / "leaves.fbx", replace(bare, leaf_bones=True))
    changes = differences(before, snapshot())
    assert not changes, "\n".join(changes)
    assert len(read_back(tmp_path / "bare.fbx").data.bones) == len(JOINTS)
    assert not bpy.data.shape_keys
    assert len(read_back(tmp_path / "leaves.fbx").data.bones) > len(JOINTS)


@pytest.mark.parametrize("allowed_deg", [0.05, 0.5])
def test_key_reduction_stays_within_the_stated_error(tmp_path, allowed_deg):
    sparse = replace(MOTION, rotations=MOTION.rotations[np.arange(FRAMES) // 8 * 8])
    full, thin = tmp_path / "full.fbx", tmp_path / "thin.fbx"
    for path, error in ((full, 0.0), (thin, allowed_deg)):
        export_take(*create_speaker(), sparse, path, replace(load_profile("generic"), key_reduction_deg=error))
    poses, keys = {}, {}
    for path in (full, thin):
        armature = read_back(path)
        action = armature.animation_data.action
        poses[path] = []
        for frame in range(FRAMES):
            bpy.context.scene.frame_set(frame)
            poses[path].append([armature.pose.bones[name].matrix_basis.to_quaternion() for name in JOINTS])
        keys[path] = sum(len(c.keyframe_points) for c in versions.curves(action, action.slots[0]))
    apart = [
        a.rotation_difference(b).angle
        for one, other in zip(poses[full], poses[thin], strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    assert np.degrees(max(apart)) < allowed_deg
    assert thin.stat().st_size < full.stat().st_size


def test_a_blend_holds_the_take_live_with_its_sound(speaker, tmp_path):
    take = example_take(FRAMES)
    sound = Path(__file__).parents[2] / "presets" / "demo" / "speech.flac"
    sound = sound if sound.is_file() else next(sound.parent.glob("*.flac"))
    emphasis = np.full(FRAMES, 0.5)
    live = Live(take, emphasis, "Line 1", sound)
    export_take(*speaker, replace(MOTION, fps=30.0), tmp_path / "line.blend", live=live)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "line.blend"))
    scene = bpy.context.scene
    assert [block.name for block in bpy.data.scenes] == ["line"]
    assert (scene_fps(scene), scene.frame_start, scene.frame_end) == (30.0, 0, FRAMES - 1)
    strip = scene.sequence_editor.strips_all[0]
    assert strip.sound.packed_file is not None
    assert strip.frame_start == 0
    armature = bpy.data.objects["Speaker"]
    assert layers.live_take(armature).name == "Line 1"
    layers.remove_take(armature)
    assert not bpy.data.actions
    assert armature.animation_data is None


def test_a_blend_without_a_take_holds_the_baked_motion(speaker, tmp_path):
    export_take(*speaker, MOTION, tmp_path / "line.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "line.blend"))
    armature = bpy.data.objects["Speaker"]
    assert np.abs(joints_in_blender(armature, [0, 20]) - joints_of(MOTION)[[0, 20]]).max() < 1e-3
    assert [keys.name for keys in bpy.data.shape_keys] == ["Key"]  # names are lent to the copies that are exported
    skin = bpy.data.objects["Skin"]
    assert skin.modifiers[0].show_viewport
    assert not skin.show_only_shape_key


@pytest.mark.parametrize("profile", ["generic", "unreal"])
@pytest.mark.parametrize("ending", [*IMPORTED, ".bvh", ".blend"])
def test_export_leaves_the_open_file_as_it_was(speaker, tmp_path, ending, profile):
    armature, mesh = speaker
    take = example_take(FRAMES)
    layers.apply_take(armature, mesh, take)
    armature.location = (3.0, 1.0, 0.0)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="POSE")
    bpy.context.scene.frame_set(12)
    before = snapshot()
    live = Live(take) if ending == ".blend" else None
    export_take(armature, mesh, MOTION, tmp_path / f"line{ending}", load_profile(profile), live=live)
    changes = differences(before, snapshot())
    assert not changes, "\n".join(changes)
    assert bpy.context.mode == "POSE"
    assert bpy.context.scene.frame_current == 12
    assert [item.name for item in tmp_path.iterdir()] == [f"line{ending}"]


@pytest.mark.parametrize("ending", [".fbx", ".glb"])
def test_when_the_exporter_fails_the_old_file_and_the_scene_stay(speaker, tmp_path, ending, monkeypatch):
    path = tmp_path / f"line{ending}"
    path.write_text("the old one")
    before = snapshot()
    broken = replace(MOTION, face=np.full((FRAMES, len(ARKIT_SHAPES)), 0.5))

    def fail(*_arguments):
        raise RuntimeError("Error: no space left on this planet")

    monkeypatch.setattr("chironomy_blender.scene.export.exporters._fbx", fail)
    monkeypatch.setattr("chironomy_blender.scene.export.exporters._gltf", fail)
    with pytest.raises(UserError, match="no space left"):
        export_take(*speaker, broken, path)
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]
    changes = differences(before, snapshot())
    assert not changes, "\n".join(changes)


@pytest.mark.parametrize(
    "ending",
    [".fbx", ".glb", ".blend", *(pytest.param(ending, marks=needs_usd) for ending in (".usd", ".usda", ".usdz"))],
)
def test_a_file_for_which_there_is_no_room_is_said_in_one_line_and_the_old_one_stays(speaker, tmp_path, ending):
    resource = pytest.importorskip("resource", reason="needs file size limits (not on Windows)")
    path = tmp_path / f"line{ending}"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(UserError, match="line") as error:
            export_take(*speaker, MOTION, path, load_profile("generic"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(error.value)
    assert "Location:" not in str(error.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_printed_on_stdout(speaker, tmp_path, capfd):
    for ending in (".fbx", ".glb", ".blend"):
        export_take(*speaker, MOTION, tmp_path / f"line{ending}")
    assert capfd.readouterr().out == ""


def test_bones_alone_can_be_exported(speaker, tmp_path):
    armature, _ = speaker
    export_take(armature, None, replace(MOTION, face=None), tmp_path / "line.fbx")
    shown = read_back(tmp_path / "line.fbx")
    assert np.abs(joints_in_blender(shown, [0, 20]) - joints_of(MOTION)[[0, 20]]).max() < 1e-3


@pytest.mark.parametrize("name", ["line.xyz", "line"])
def test_an_unknown_ending_is_refused(speaker, tmp_path, name):
    with pytest.raises(UserError, match="no format has this ending"):
        export_take(*speaker, MOTION, tmp_path / name)


def test_a_missing_folder_is_said(speaker, tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        export_take(*speaker, MOTION, tmp_path / "nowhere" / "line.fbx")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"scale": 2}, "no field 'scale'"),
        ({"units_per_metre": "many"}, "units_per_metre"),
        ({"units_per_metre": True}, "units_per_metre"),
        ({"fps": 0}, "fps"),
        ({"leaf_bones": 1}, "true or false"),
        ({"up_axis": "up"}, "up_axis"),
        ({"forward_axis": "Y"}, "different axes"),
        ({"key_reduction_deg": -1}, "degrees"),
        ([], "object"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_field_that_is_wrong(document, says):
    with pytest.raises(UserError, match=says):
        checked_profile(Path("mine.json"), document)


def test_an_unknown_profile_names_those_that_there_are():
    with pytest.raises(UserError, match="unreal"):
        load_profile("unrael")
