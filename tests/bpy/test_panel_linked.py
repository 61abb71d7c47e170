"""The panel with a linked character, a library override: its way from a take to the saved result."""

import bpy
import numpy as np
import pytest
from panel import shown_rotations
from speaker import rotations_in_blender

from chironomy_blender.scene.live import has_live_take

SOME = list(range(5, 95, 7))


@pytest.fixture
def library(tmp_path) -> str:
    """A file with the mannequin in a collection of its own."""
    path = str(tmp_path / "library.blend")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    import chironomy_blender

    chironomy_blender.register()
    try:
        bpy.ops.chironomy.make_mannequin()
    finally:
        chironomy_blender.unregister()
    scene, character = bpy.context.scene, bpy.data.collections.new("Character")
    scene.collection.children.link(character)
    for item in list(scene.collection.objects):
        scene.collection.objects.unlink(item)
        character.objects.link(item)
    bpy.ops.wm.save_as_mainfile(filepath=path)
    return path


def overridden(kind: str) -> bpy.types.Object:
    return next(item for item in bpy.context.scene.objects if item.type == kind and item.override_library)


def reopened(path: str) -> bpy.types.PropertyGroup:
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    return bpy.context.scene.chironomy


def test_a_linked_character_is_generated_for_shaped_accepted_and_kept_in_the_file(library, server, scene, tmp_path):
    with bpy.data.libraries.load(library, link=True) as (_, linked):
        linked.collections = ["Character"]
    bpy.data.collections["Character"].override_hierarchy_create(scene, bpy.context.view_layer)
    bpy.context.view_layer.objects.active = overridden("ARMATURE")
    bpy.ops.chironomy.use_armature()
    assert scene.chironomy.mesh == overridden("MESH")
    bpy.ops.chironomy.generate()
    generated = rotations_in_blender(overridden("ARMATURE"), SOME)
    scene.chironomy.words[0].slider = 1.7
    shaped = rotations_in_blender(overridden("ARMATURE"), SOME)
    assert np.abs(shaped - generated).max() > 0.01

    settings = reopened(str(tmp_path / "shot.blend"))
    assert settings.words[0].slider == pytest.approx(1.7)
    assert has_live_take(overridden("ARMATURE"))
    np.testing.assert_allclose(rotations_in_blender(overridden("ARMATURE"), SOME), shaped, atol=1e-5)
    settings.words[1].slider = 0.0
    shown = shown_rotations(overridden("ARMATURE"))[[frame - 5 for frame in SOME]]
    bpy.ops.chironomy.take_accept()

    settings = reopened(str(tmp_path / "shot.blend"))
    assert settings.takes[0].accepted
    assert not has_live_take(overridden("ARMATURE"))
    accepted = rotations_in_blender(overridden("ARMATURE"), SOME)
    assert np.abs(np.abs(np.sum(accepted * shown, axis=-1)) - 1).max() < 1e-4
