"""Switching the add-on on and off."""

import threading
import time

import bpy

import chironomy_blender
from chironomy_blender import jobs


def test_registering_takes_under_50_ms_and_starts_nothing(scene: bpy.types.Scene) -> None:
    threads = threading.active_count()
    durations = []
    for _ in range(5):
        chironomy_blender.unregister()
        before = time.perf_counter()
        chironomy_blender.register()
        durations.append(time.perf_counter() - before)
    assert min(durations) < 0.05
    assert threading.active_count() == threads
    assert not bpy.app.timers.is_registered(jobs._tick)


def test_every_operator_property_and_panel_says_what_it_is(scene: bpy.types.Scene) -> None:
    from chironomy_blender.properties import _CLASSES

    for name in dir(bpy.ops.chironomy):
        if name != "chironomy":
            assert getattr(bpy.ops.chironomy, name).get_rna_type().description, name
    for group in _CLASSES:
        for prop in group.bl_rna.properties:
            if prop.identifier not in ("rna_type", "name", "speech", "generate", "export", "words", "takes"):
                assert prop.description, f"{group.__name__}.{prop.identifier}"


def test_reloading_the_scripts_leaves_takes_and_settings(server, scene, armature) -> None:
    bpy.ops.chironomy.generate()
    chironomy_blender.unregister()
    chironomy_blender.register()
    assert bpy.context.scene.chironomy.takes[0].shown
    bpy.ops.chironomy.take_reject()
    assert not bpy.context.scene.chironomy.takes
