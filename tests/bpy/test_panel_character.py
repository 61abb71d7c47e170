"""*Character*: who speaks."""

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from chironomy.motion.body import neutral_body
from chironomy.motion.skeleton import JOINT_COUNT, PARENTS
from chironomy_blender import preferences


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


def test_the_mannequin_has_the_body_of_the_preferences_smplx_model(scene, tmp_path, monkeypatch) -> None:
    taller = 1.1 * neutral_body().rest_joints
    model = tmp_path / "SMPLX_TALL.npz"
    write_smplx_model(model, taller)
    settings = replace(preferences.current_settings(), smplx_model=str(model))
    monkeypatch.setattr(preferences, "current_settings", lambda: settings)
    bpy.ops.chironomy.make_mannequin()
    bones = scene.chironomy.armature.data.bones
    height = bones["head"].head_local.z - bones["left_ankle"].head_local.z
    assert height == pytest.approx(taller[15, 1] - taller[7, 1], rel=1e-3)


def test_a_file_that_is_no_smplx_model_is_told(scene, tmp_path, monkeypatch) -> None:
    settings = replace(preferences.current_settings(), smplx_model=str(tmp_path / "gone.npz"))
    monkeypatch.setattr(preferences, "current_settings", lambda: settings)
    with pytest.raises(RuntimeError, match=r"gone\.npz"):
        bpy.ops.chironomy.make_mannequin()
    assert scene.chironomy.armature is None


def write_smplx_model(path: Path, joints: np.ndarray) -> None:
    """A file as distributed, with a small octahedron about each joint."""
    belongs = np.kron(np.eye(JOINT_COUNT), np.ones((1, 6)))
    corners = 0.01 * np.concatenate([np.eye(3), -np.eye(3)])
    vertices = (joints[:, None] + corners).reshape(-1, 3)
    np.savez(
        path,
        v_template=vertices,
        f=np.array([[0, 1, 2]]),
        shapedirs=np.zeros((len(vertices), 3, 20)),
        J_regressor=belongs / 6,
        weights=belongs.T,
        kintree_table=np.stack([np.array(PARENTS), np.arange(JOINT_COUNT)]),
    )
