"""Takes on characters of other programs: the same gestures, feet that stand, and every step of a review."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import foreign_rigs
import numpy as np
import pytest
from foreign_rigs import KINDS, Foreign, add_face, where
from speaker import differences, example_take, face_in_blender, snapshot

from chironomy.emphasis.fuse import fuse
from chironomy.formats.bvh_writer import write_bvh
from chironomy.formats.take import StrokeWindow, Take, TakeWord
from chironomy.formats.words import Word
from chironomy.motion import kinematics
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.ik import LEFT_LEG, RIGHT_LEG, place
from chironomy.motion.skeleton import INDEX, JOINTS, LEGS, PARENTS
from chironomy_blender.core.errors import UserError
from chironomy_blender.scene import bake, emphasis_edit, follow, keep, layers, regenerate, rig_target
from chironomy_blender.scene.axes import points_to_blender
from chironomy_blender.scene.export import export_take, load_profile
from chironomy_blender.scene.keyframes import Motion, face_shapes, set_scene_fps
from chironomy_blender.scene.rig_target import rig_of

FIRST, FRAMES = 11, 60
SHOWN = [FIRST, FIRST + 13, FIRST + 26, FIRST + 39, FIRST + 59]
BODY = neutral_body()
SIDES = ("left", "right")
LIMBS = {
    name: JOINTS[PARENTS[INDEX[name]]]
    for name in JOINTS
    if name.split("_")[-1] in ("elbow", "wrist", "knee", "ankle") or (name[-1] in "23" and name.startswith(SIDES))
}


def standing_take() -> Take:
    """Both layers stand on the same spots, sway and bend alike, and do different things above."""
    take = example_take(FRAMES)
    t = np.arange(FRAMES)[:, None] / 30
    sway = np.concatenate([0.03 * np.sin(2 * t), -0.03 + 0.01 * np.cos(3 * t), 0.02 * np.sin(t)], axis=1)
    spots = [np.tile(BODY.rest_joints[limb.end], (FRAMES, 1)) for limb in (LEFT_LEG, RIGHT_LEG)]
    flat = rot.identity((FRAMES,))
    layers_made = []
    for made in (take.base_rotations, take.semantic_rotations):
        rotations = made.copy()
        rotations[:, 0] = rot.about("y", 0.2 * np.sin(t[:, 0]))
        rotations[:, list(LEGS)] = rot.identity()
        for limb, spot in zip((LEFT_LEG, RIGHT_LEG), spots, strict=True):
            rotations = place(limb, rotations, sway, BODY.rest_joints, spot, end_rotation=flat)
        layers_made.append(rotations)
    words = (
        TakeWord(Word("never", 0.3, 0.6), 0.5, StrokeWindow(0.1, 0.3, 0.6, 0.8)),
        TakeWord(Word("again", 1.2, 1.5), 0.5, StrokeWindow(1.0, 1.2, 1.5, 1.7)),
    )
    return replace(
        take,
        base_rotations=layers_made[0],
        semantic_rotations=layers_made[1],
        translation=sway,
        semantic_translation=sway,
        metadata=replace(take.metadata, words=words),
    )


TAKE = standing_take()


@dataclass(frozen=True)
class Saved:
    """A character in a file of its own."""

    path: Path
    name: str
    bones: dict[str, str]

    def opened(self) -> Foreign:
        bpy.ops.wm.open_mainfile(filepath=str(self.path))
        set_scene_fps(bpy.context.scene, 30.0)
        return Foreign(bpy.data.objects[self.name], self.bones)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Saved]:
    """Every kind of character, once."""
    files = {}
    for kind, make in KINDS.items():
        foreign_rigs.empty_scene()
        foreign = make()
        files[kind] = Saved(tmp_path_factory.mktemp("rigs") / "rig.blend", foreign.armature.name, foreign.bones)
        bpy.ops.wm.save_as_mainfile(filepath=str(files[kind].path))
    return files


@pytest.fixture(params=KINDS)
def foreign(request: pytest.FixtureRequest, made: dict[str, Saved]) -> Foreign:
    return made[request.param].opened()


def apply(foreign: Foreign, e: float, take: Take = TAKE) -> None:
    layers.apply_take(
        foreign.armature, foreign.mesh, take, first_frame=FIRST, emphasis=np.full(take.frames, e, dtype=float)
    )


def ours(e: float) -> np.ndarray:
    """Where our own joints are [5, 55, 3] at this emphasis, in Blender's axes."""
    rotations = fuse(TAKE.base_rotations, TAKE.semantic_rotations, np.full(FRAMES, e))
    positions, _ = kinematics.forward(rotations, TAKE.translation, BODY.rest_joints)
    return points_to_blender(positions[[frame - FIRST for frame in SHOWN]])


def degrees(a: np.ndarray, b: np.ndarray) -> float:
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def palm(points: dict[str, np.ndarray], side: str) -> np.ndarray:
    middle, index, little = (points[f"{side}_{finger}1"] for finger in ("middle", "index", "pinky"))
    return np.cross(middle - points[f"{side}_wrist"], index - little)


@pytest.mark.parametrize("e", [0, 1])
def test_limbs_point_where_ours_do_and_palms_face_where_ours_do(foreign: Foreign, e: float) -> None:
    apply(foreign, e)
    for expected, found in zip(ours(e), where(foreign, SHOWN), strict=True):
        own = dict(zip(JOINTS, expected, strict=True))
        for end, start in LIMBS.items():
            if start in found and end in found:
                apart = degrees(found[end] - found[start], own[end] - own[start])
                leg = end.endswith(("knee", "ankle"))
                assert apart < (5 if leg else 0.5), f"{start} to {end}: {apart:.1f}°"
        for side in SIDES if "left_index1" in found else ():
            assert degrees(palm(found, side), palm(own, side)) < 1


def test_the_trunk_moves_from_its_own_rest_as_ours_does(foreign: Foreign) -> None:
    rest = next(where(foreign, [1]))
    apply(foreign, 1)
    rotations = kinematics.global_rotations(TAKE.semantic_rotations)
    for frame, found in zip(SHOWN, where(foreign, SHOWN), strict=True):
        for start, end in (("pelvis", "left_hip"), ("spine3", "neck"), ("neck", "head")):
            if start in found and end in found:
                turn = rotations[frame - FIRST, INDEX[start]]
                world = np.array(foreign.armature.matrix_world.to_quaternion().to_matrix())
                upright = rot.to_matrix(rig_of(foreign.armature).stand) @ world.T
                moved = upright.T @ rot.rotate(turn, upright @ (rest[end] - rest[start]))
                assert degrees(found[end] - found[start], moved) < 1, f"{start} to {end}"


@pytest.mark.parametrize("e", [0, 1, 1.8])
def test_feet_stand_still_on_the_ground(foreign: Foreign, e: float) -> None:
    rest = next(where(foreign, [1]))
    apply(foreign, e)
    tall_m = rest["head"][2] - rest["left_ankle"][2]
    places = np.array([[found[f"{side}_ankle"] for side in SIDES] for found in where(foreign, SHOWN)])
    assert np.ptp(places, axis=0).max() < 0.001 * tall_m
    at_rest = np.mean([rest["left_ankle"][2], rest["right_ankle"][2]])
    assert abs(places[..., 2] - at_rest).max() < 0.002 * tall_m


def test_hands_are_as_high_as_ours_for_the_length_of_the_arms(foreign: Foreign) -> None:
    apply(foreign, 1)
    for expected, found in zip(ours(1), where(foreign, SHOWN), strict=True):
        own = dict(zip(JOINTS, expected, strict=True))
        for side in SIDES:
            heights = []
            for points in (own, found):
                shoulder, elbow, wrist = (points[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist"))
                arm = np.linalg.norm(elbow - shoulder) + np.linalg.norm(wrist - elbow)
                heights.append((wrist - shoulder)[2] / arm)
            assert abs(heights[0] - heights[1]) < 0.05


@pytest.mark.parametrize("e", [0, 0.5, 1, 1.8])
def test_blender_shows_what_we_compute(foreign: Foreign, e: float) -> None:
    apply(foreign, e)
    armature, rig = foreign.armature, rig_of(foreign.armature)
    base, _ = rig.fitted(TAKE.base_rotations, TAKE.translation)
    semantic, translation = rig.fitted(TAKE.semantic_rotations, TAKE.semantic_translation)
    rotations = fuse(base, semantic, np.full(FRAMES, e))
    positions, _ = kinematics.forward(rotations, translation, rig.figure.rest_joints)
    to_world = np.array(armature.matrix_world)
    size_m = rig.units_per_metre * armature.matrix_world.to_scale()[0]
    for frame, found in zip(SHOWN, where(foreign, SHOWN), strict=True):
        local = rot.rotate(rot.inverse(rig.stand), positions[frame - FIRST]) * rig.units_per_metre
        expected = local @ to_world[:3, :3].T + to_world[:3, 3]
        for joint in rig.joints:
            if joint != "pelvis" and joint in found:  # Rigify's torso turns about the waist
                assert np.linalg.norm(found[joint] - expected[INDEX[joint]]) < 0.001 * size_m, joint


@pytest.mark.parametrize("tolerance_deg", [None, 0.5])
def test_accept_keeps_what_is_shown_with_sliders_and_edits(foreign: Foreign, tolerance_deg: float | None) -> None:
    for bone, mode in zip(foreign.armature.pose.bones, ("XYZ", "ZXY", "AXIS_ANGLE", "QUATERNION") * 200, strict=False):
        bone.rotation_mode = mode
    apply(foreign, 0.7)
    emphasis_edit.move_sliders(foreign.armature, {0: 1.8})
    bone = foreign.armature.pose.bones[rig_of(foreign.armature).bones[-1]]
    bpy.context.scene.frame_set(SHOWN[2])
    bone.rotation_quaternion = (0.9, 0.3, 0.3, 0.0)
    bone.keyframe_insert("rotation_quaternion")
    shown = list(where(foreign, SHOWN))
    bake.accept_take(foreign.armature, keep.former_modes(layers.live_take(foreign.armature).base), tolerance_deg)
    assert not foreign.armature.animation_data.nla_tracks
    tall_m = shown[0]["head"][2] - shown[0]["left_ankle"][2]
    bound_m = (0.001 if tolerance_deg is None else 0.02) * tall_m
    for before, after in zip(shown, where(foreign, SHOWN), strict=True):
        for joint, point in before.items():
            assert np.linalg.norm(after[joint] - point) < bound_m, joint


def properties(armature: bpy.types.Object) -> dict[str, dict[str, object]]:
    """Numbers among the custom properties of the bones: on control rigs, the switches."""
    return {
        bone.name: {key: value for key, value in bone.items() if isinstance(value, int | float)}
        for bone in armature.pose.bones
    }


def test_reject_leaves_no_trace(foreign: Foreign) -> None:
    armature = foreign.armature
    bpy.context.scene.frame_set(1)
    before, switches = snapshot(), properties(armature)
    apply(foreign, 1)
    emphasis_edit.move_sliders(armature, {0: 1.8, 1: 0.0})
    follow.move_take(armature, 20)
    armature.pose.bones[rig_of(armature).bones[5]].keyframe_insert("rotation_quaternion", frame=FIRST + 30)
    bpy.context.scene.frame_set(FIRST + 30)
    bpy.context.scene.frame_set(1)
    layers.remove_take(armature)
    assert differences(before, snapshot()) == []
    assert properties(armature) == switches


@pytest.mark.parametrize("kind", ["Mixamo", "Rigify"])
def test_a_linked_character_keeps_its_take_in_the_file(made: dict[str, Saved], tmp_path: Path, kind: str) -> None:
    foreign = made[kind].opened()
    collection = bpy.data.collections.new("Character")
    bpy.context.scene.collection.children.link(collection)
    for other in foreign.armature.users_collection:
        other.objects.unlink(foreign.armature)
    collection.objects.link(foreign.armature)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    foreign_rigs.empty_scene()
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, linked):
        linked.collections = ["Character"]
    bpy.data.collections["Character"].override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)

    def overridden() -> Foreign:
        found = (item for item in bpy.context.scene.objects if item.type == "ARMATURE" and item.override_library)
        return Foreign(next(found), foreign.bones)

    rest, switches = next(where(overridden(), [1])), properties(overridden().armature)
    apply(overridden(), 1)
    shown = next(where(overridden(), [FIRST + 20]))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    again = next(where(overridden(), [FIRST + 20]))
    assert max(np.linalg.norm(again[joint] - shown[joint]) for joint in shown) < 1e-5
    bpy.context.scene.frame_set(1)
    layers.remove_take(overridden().armature)
    after = next(where(overridden(), [1]))
    assert max(np.linalg.norm(after[joint] - rest[joint]) for joint in rest) < 1e-5
    assert properties(overridden().armature) == switches


def test_a_moved_take_plays_the_same_later(foreign: Foreign) -> None:
    apply(foreign, 1)
    before = list(where(foreign, SHOWN))
    follow.move_take(foreign.armature, 40)
    after = where(foreign, [frame + 40 for frame in SHOWN])
    for old, new in zip(before, after, strict=True):
        assert max(np.linalg.norm(new[joint] - old[joint]) for joint in old) < 1e-4


def test_a_regenerated_stretch_keeps_the_animators_keys(foreign: Foreign) -> None:
    armature = foreign.armature
    apply(foreign, 1)
    bake.accept_take(armature)
    bone = armature.pose.bones[rig_of(armature).bones[-2]]
    bpy.context.scene.frame_set(FIRST + 30)
    bone.rotation_quaternion = (0.8, 0.2, 0.4, 0.1)
    bone.keyframe_insert("rotation_quaternion", keytype="KEYFRAME")
    keyed = np.array(bone.rotation_quaternion)
    layers.apply_take(armature, None, replace(TAKE, base_rotations=TAKE.semantic_rotations), first_frame=FIRST)
    regenerate.accept_into_former(armature, FIRST + 10, FIRST + 50)
    bpy.context.scene.frame_set(FIRST + 30)
    np.testing.assert_allclose(np.array(bone.rotation_quaternion), keyed, atol=1e-5)


def test_a_slider_moves_the_rig_within_20_ms(made: dict[str, Saved]) -> None:
    foreign = made["Rigify"].opened()
    take = replace(
        TAKE,
        **{
            name: np.concatenate([getattr(TAKE, name)] * 30)
            for name in (
                "base_rotations", "semantic_rotations", "translation", "semantic_translation",
                "face", "emphasis", "contacts",
            )
        },
    )  # fmt: skip
    apply(foreign, 1, take)
    times_s = []
    for value in (0.2, 1.4, 0.9, 1.8, 0.0):
        started = time.perf_counter()
        emphasis_edit.move_sliders(foreign.armature, {1: value})
        times_s.append(time.perf_counter() - started)
    assert min(times_s) < 0.02


@pytest.mark.parametrize(("ending", "profile"), [(".fbx", "generic"), (".fbx", "unreal"), (".glb", "generic")])
def test_exported_files_hold_the_rigs_own_bones_where_blender_shows_them(
    foreign: Foreign, tmp_path: Path, ending: str, profile: str
) -> None:
    apply(foreign, 1)
    shown = list(where(foreign, SHOWN))
    path = tmp_path / f"line{ending}"
    before = snapshot()
    export_take(foreign.armature, None, bake.shown_motion(foreign.armature), path, load_profile(profile))
    assert differences(before, snapshot()) == []
    foreign_rigs.empty_scene()
    if ending == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0)
    else:
        bpy.ops.import_scene.gltf(filepath=str(path))
    armature = next(item for item in bpy.data.objects if item.type == "ARMATURE" and item.animation_data)
    assert set(foreign.bones.values()) <= set(armature.data.bones.keys())
    tall_m = shown[0]["head"][2] - shown[0]["left_ankle"][2]
    for before, after in zip(shown, where(Foreign(armature, foreign.bones), [f - FIRST for f in SHOWN]), strict=True):
        for joint, point in before.items():
            assert np.linalg.norm(after[joint] - point) < 0.003 * tall_m, joint


def test_bvh_has_our_joints_with_the_characters_proportions(foreign: Foreign, tmp_path: Path) -> None:
    apply(foreign, 1)
    shown = list(where(foreign, SHOWN))
    path = tmp_path / "line.bvh"
    export_take(foreign.armature, None, bake.shown_motion(foreign.armature), path, load_profile("generic"))
    foreign_rigs.empty_scene()
    bpy.ops.import_anim.bvh(filepath=str(path))
    imported = Foreign(bpy.context.object, {joint: joint for joint in foreign.bones})
    tall_m = shown[0]["head"][2] - shown[0]["left_ankle"][2]
    for before, after in zip(shown, where(imported, [frame - FIRST + 1 for frame in SHOWN]), strict=True):
        for joint, point in before.items():
            if joint not in ("pelvis", "spine1"):  # the controls of Rigify's torso are elsewhere than the bones
                assert np.linalg.norm(after[joint] - point) < 0.002 * tall_m, joint


@pytest.mark.parametrize("unit_m", [1.0, 0.01], ids=["metres", "centimetres"])
def test_our_own_bvh_is_a_rig_that_moves_as_it_came(tmp_path: Path, unit_m: float) -> None:
    write_bvh(tmp_path / "own.bvh", TAKE.base_rotations, TAKE.translation, BODY, 30.0, unit_m)
    foreign_rigs.empty_scene()
    bpy.ops.preferences.addon_enable(module="io_anim_bvh")
    bpy.ops.import_anim.bvh(filepath=str(tmp_path / "own.bvh"))
    imported = Foreign(bpy.context.object, {joint: joint for joint in JOINTS})
    imported.armature.animation_data_clear()
    apply(imported, 1)
    for expected, found in zip(ours(1), where(imported, SHOWN), strict=True):
        points = np.array([found[joint] for joint in JOINTS]) * unit_m
        np.testing.assert_allclose(points, expected, atol=2e-3)


@pytest.mark.parametrize("rename", [str, str.lower, str.upper, lambda name: name[0].upper() + name[1:]])
def test_the_face_plays_on_arkits_shapes_in_small_and_big_letters(rename) -> None:
    foreign_rigs.empty_scene()
    foreign = add_face(foreign_rigs.mixamo(), rename)
    keys = foreign.mesh.data.shape_keys
    assert len(face_shapes(foreign.mesh)) == 52
    before = snapshot()
    apply(foreign, 1)
    named = {shape: keys.key_blocks[key] for shape, key in face_shapes(foreign.mesh).items()}
    bpy.context.scene.frame_set(FIRST + 20)
    shown = np.array([key.value for key in named.values()])
    np.testing.assert_allclose(shown, TAKE.face[20], atol=1e-5)
    bpy.context.scene.frame_set(1)
    layers.remove_take(foreign.armature)
    assert differences(before, snapshot()) == []
    if rename is str:
        apply(foreign, 1)
        np.testing.assert_allclose(face_in_blender(keys, [FIRST + 20])[0], TAKE.face[20], atol=1e-5)


@pytest.mark.parametrize("prefix", ["mixamorig:", "mixamorig1:", "mixamorig", "", "Hero_", "Scene:Hero:"])
def test_what_stands_before_the_names_does_not_matter(prefix: str) -> None:
    foreign_rigs.empty_scene()
    rig = rig_of(foreign_rigs.mixamo(prefix).armature)
    assert rig.root == f"{prefix}Hips"
    assert len(rig.bones) == 52


def test_each_kind_is_known_by_its_bones(foreign: Foreign) -> None:
    rig = rig_of(foreign.armature)
    assert {"pelvis", "head", "left_wrist", "right_ankle"} <= set(rig.joints)
    assert set(rig.bones) <= set(foreign.armature.data.bones.keys())


def test_both_mannequins_of_unreal_are_told_apart() -> None:
    foreign_rigs.empty_scene()
    chests = [dict(zip(rig.joints, rig.bones, strict=True))["spine3"] for rig in _rigs_of_unreal()]
    assert chests == ["spine_03", "spine_05"]


def _rigs_of_unreal() -> list[rig_target.Rig]:
    return [rig_of(make().armature) for make in (foreign_rigs.unreal_4, foreign_rigs.unreal_5)]


def test_a_rig_that_was_edited_is_looked_at_anew() -> None:
    foreign_rigs.empty_scene()
    armature = foreign_rigs.mixamo().armature
    before = rig_of(armature)
    armature.data.bones["mixamorig:LeftHandThumb3"].name = "other"
    assert len(rig_of(armature).bones) == len(before.bones) - 1


def test_missing_bones_are_named_with_the_nearest_map() -> None:
    foreign_rigs.empty_scene()
    armature = foreign_rigs.mixamo().armature
    for name in ("LeftArm", "RightArm"):
        armature.data.bones[f"mixamorig:{name}"].name = f"{name}.old"
    with pytest.raises(UserError, match=r"^Mixamo: looks like Mixamo characters, but has no bone mixamorig:LeftArm, "):
        rig_of(armature)


def test_a_pelvis_that_cannot_travel_is_named() -> None:
    foreign_rigs.empty_scene()
    armature = foreign_rigs.unreal_4().armature
    bpy.ops.object.mode_set(mode="EDIT")
    armature.data.edit_bones["root"].tail = armature.data.edit_bones["pelvis"].head
    armature.data.edit_bones["pelvis"].use_connect = True
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(UserError, match="the bone pelvis is connected"):
        rig_of(armature)


def test_a_map_of_the_users_own_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign_rigs.empty_scene()
    armature = foreign_rigs.mixamo().armature
    for bone in armature.data.bones:
        bone.name = f"b{len(bone.name)}_{bone.name.rpartition(':')[2]}"
    mixamo = foreign_rigs.map_joints("mixamo")
    joints = {joint: f"b{len(name)}_{name.rpartition(':')[2]}" for joint, name in mixamo.items()}
    (tmp_path / "rig_maps").mkdir()
    own = {"name": "Studio", "joints": joints, "tips": {}}
    (tmp_path / "rig_maps" / "studio.json").write_text(json.dumps(own))
    monkeypatch.setattr(rig_target, "presets_folder", lambda: tmp_path)
    assert len(rig_of(armature).bones) == 52


def test_what_an_animator_did_comes_back_as_motion(foreign: Foreign) -> None:
    apply(foreign, 1)
    rig, motion = rig_of(foreign.armature), bake.shown_motion(foreign.armature)
    semantic, translation = rig.fitted(TAKE.semantic_rotations, TAKE.semantic_translation)
    chosen = [INDEX[joint] for joint in rig.joints]
    apart = rot.angle(rot.multiply(rot.inverse(motion.rotations[:, chosen]), semantic[:, chosen]))
    assert np.degrees(apart).max() < 0.05
    np.testing.assert_allclose(motion.translation, translation, atol=1e-5)
    assert isinstance(motion, Motion)


def test_the_whole_way_through_the_panels_operators(scene, server, tmp_path: Path) -> None:
    foreign = add_face(foreign_rigs.mixamo(), str.lower)
    bpy.context.view_layer.objects.active = foreign.armature
    bpy.ops.chironomy.use_armature()
    assert (scene.chironomy.armature, scene.chironomy.mesh) == (foreign.armature, foreign.mesh)
    bpy.ops.chironomy.generate()
    frame = scene.chironomy.speech.start_frame + 12
    calm = next(where(foreign, [frame]))
    scene.chironomy.words[0].slider = 1.8
    strong = next(where(foreign, [frame]))
    assert np.linalg.norm(strong["left_wrist"] - calm["left_wrist"]) > 0.01
    bpy.ops.chironomy.take_accept()
    accepted = next(where(foreign, [frame]))
    assert np.linalg.norm(accepted["left_wrist"] - strong["left_wrist"]) < 0.02
    scene.chironomy.export.folder, scene.chironomy.export.format = str(tmp_path), "fbx"
    bpy.ops.chironomy.export()
    assert list(tmp_path.glob("*.fbx"))


def test_generate_says_at_once_that_no_map_fits(scene, server) -> None:
    stranger = bpy.data.objects.new("Snake", bpy.data.armatures.new("Snake"))
    scene.collection.objects.link(stranger)
    scene.chironomy.armature = stranger
    with pytest.raises(RuntimeError, match="Snake: no rig map"):
        bpy.ops.chironomy.generate()


def test_the_mesh_with_the_face_is_found_among_others(scene) -> None:
    foreign = add_face(foreign_rigs.mixamo())
    body = bpy.data.objects.new("Body", bpy.data.meshes.new("Body"))
    scene.collection.objects.link(body)
    body.parent = foreign.armature
    body.modifiers.new("Armature", "ARMATURE").object = foreign.armature
    bpy.context.view_layer.objects.active = body
    bpy.ops.chironomy.use_armature()
    assert scene.chironomy.mesh == foreign.mesh


def test_all_meshes_of_a_character_are_exported_upright_in_metres(tmp_path: Path) -> None:
    foreign_rigs.empty_scene()
    foreign = add_face(foreign_rigs.mixamo())
    clothes = bpy.data.objects.new("Clothes", foreign.mesh.data.copy())
    bpy.context.scene.collection.objects.link(clothes)
    clothes.modifiers.new("Armature", "ARMATURE").object = foreign.armature
    clothes.parent = foreign.armature
    bpy.context.view_layer.update()
    top_m = max((clothes.matrix_world @ vertex.co).z for vertex in clothes.data.vertices)
    rig = rig_of(foreign.armature)
    rotations, translation = rig.fitted(TAKE.base_rotations, TAKE.translation)
    motion = Motion(rotations, translation, 30.0, TAKE.face)
    before = snapshot()
    export_take(foreign.armature, foreign.mesh, motion, tmp_path / "line.fbx", load_profile("generic"))
    assert differences(before, snapshot()) == []
    foreign_rigs.empty_scene()
    bpy.ops.import_scene.fbx(filepath=str(tmp_path / "line.fbx"), anim_offset=0)
    meshes = {item.name: item for item in bpy.data.objects if item.type == "MESH"}
    assert set(meshes) == {"Skin", "Clothes"}
    for item in meshes.values():
        highest_m = max((item.matrix_world @ vertex.co).z for vertex in item.data.vertices)
        assert highest_m == pytest.approx(top_m, abs=1e-3)
