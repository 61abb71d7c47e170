"""*Export* through its operator."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from chironomy_blender.scene import versions


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


def test_an_accepted_action_is_named_by_its_take(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    bpy.ops.chironomy.take_accept()
    settings = scene.chironomy.export
    settings.format, settings.folder, settings.name = "bvh", str(tmp_path), "{sound}_{take}_{seed}"
    bpy.ops.chironomy.export()
    armature.animation_data.action = bpy.data.actions.new("Own")
    armature.keyframe_insert("location", frame=1)
    armature.keyframe_insert("location", frame=20)
    bpy.ops.chironomy.export()
    assert {path.stem for path in tmp_path.glob("*.bvh")} == {"line_Anna 1_1", "line_action_"}


@pytest.mark.parametrize("kind", ["fbx", "glb", "usdc"])
def test_what_is_written_can_be_read_back_and_moves(server, scene, tmp_path, kind) -> None:
    if kind == "usdc" and not versions.has_usd():
        pytest.skip("this Blender is built without USD")
    bpy.ops.chironomy.make_mannequin()
    bpy.ops.chironomy.generate()
    settings = scene.chironomy.export
    settings.format, settings.folder, settings.name = kind, str(tmp_path), "line"
    bpy.ops.chironomy.export()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    reader = {"fbx": bpy.ops.import_scene.fbx, "glb": bpy.ops.import_scene.gltf, "usdc": bpy.ops.wm.usd_import}[kind]
    reader(filepath=str(tmp_path / f"line.{kind}"))
    armature = next(item for item in bpy.data.objects if item.type == "ARMATURE")
    poses = []
    for frame in (10, 40, 70):
        bpy.context.scene.frame_set(frame)
        poses.append([np.array(bone.matrix).ravel() for bone in armature.pose.bones])
    assert len(armature.data.bones) >= 55
    assert np.abs(np.diff(poses, axis=0)).max() > 0.05


def test_before_the_file_is_saved_exports_go_beside_the_sound_and_then_beside_the_file(
    server, scene, armature, tmp_path
) -> None:
    bpy.ops.chironomy.generate()
    scene.chironomy.export.format = "bvh"
    bpy.ops.chironomy.export()
    assert (tmp_path / "line_Anna 1.bvh").is_file()
    (tmp_path / "shots").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shots" / "shot.blend"))
    bpy.ops.chironomy.export()
    assert (tmp_path / "shots" / "line_Anna 1.bvh").is_file()


def test_a_wrong_placeholder_in_the_name_is_told(server, scene, armature, tmp_path) -> None:
    bpy.ops.chironomy.generate()
    scene.chironomy.export.folder, scene.chironomy.export.name = str(tmp_path), "{shot}"
    with pytest.raises(RuntimeError, match=r"there is no \{shot\}"):
        bpy.ops.chironomy.export()


def _numbers(bvh: Path) -> np.ndarray:
    lines = bvh.read_text().split("Frame Time:")[1].splitlines()[1:]
    return np.array([line.split() for line in lines], dtype=float)
