"""*Character*: who speaks."""

import bpy
import pytest


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
