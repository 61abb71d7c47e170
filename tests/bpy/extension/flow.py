"""The whole way of an animator, inside one Blender with the built extension installed.

    python flow.py EXTENSION.zip CHIRONOMY FOLDER

Run by test_extension_end_to_end.py in a process of its own, with Blender's user folder in a temporary place. Prints one
JSON object with what was seen; the test decides what is right.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

import bpy
import numpy as np

EXTENSION = "bl_ext.user_default.chironomy"
DEMO = Path(__file__).parents[3] / "presets" / "demo" / "speech.flac"


def install(archive: Path, program: Path) -> None:
    bpy.context.preferences.view.show_splash = False
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    bpy.context.preferences.addons[EXTENSION].preferences.executable = str(program)


def registering_s() -> float:
    """Switching the add-on on as at Blender's start, the best of three: other programs slow single times down."""
    return min(_registering_once_s() for _ in range(3))


def _registering_once_s() -> float:
    """Nothing of the add-on is loaded, but its compiled files are there."""
    sys.dont_write_bytecode = False  # whatever the environment says
    sys.modules[EXTENSION].unregister()
    for name in [name for name in sys.modules if name == EXTENSION or name.startswith(f"{EXTENSION}.")]:
        del sys.modules[name]
    started = time.perf_counter()
    module = importlib.import_module(EXTENSION)
    module.register()
    return time.perf_counter() - started


def generate() -> bpy.types.Object:
    scene = bpy.context.scene
    settings = scene.chironomy
    settings.speech.sound_path = str(DEMO)
    settings.speech.text = DEMO.with_suffix(".txt").read_text(encoding="utf-8").strip()
    settings.speech.start_frame = 1
    settings.generate.generator = "rhythm"
    scene.render.fps, scene.render.fps_base = 30, 1.0
    bpy.ops.chironomy.make_mannequin()
    bpy.ops.chironomy.generate()
    return settings.armature


def pose(armature: bpy.types.Object, frame: int) -> list[list[float]]:
    bpy.context.scene.frame_set(frame)
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return [[value for row in bone.matrix for value in row] for bone in evaluated.pose.bones]


def set_slider(word: str, value: float) -> bpy.types.PropertyGroup:
    item = next(item for item in bpy.context.scene.chironomy.words if item.text == word)
    item.slider = value
    return item


def frame_at(time_s: float) -> int:
    return bpy.context.scene.chironomy.speech.start_frame + round(time_s * 30)


def difference(a: list[list[float]], b: list[list[float]]) -> float:
    return float(np.abs(np.array(a) - np.array(b)).max())


def read_back(path: Path) -> dict[str, float]:
    """Length of the motion in a written file, in frames, and its joints' number."""
    scene = bpy.data.scenes.new("Read back")
    bpy.context.window.scene = scene
    before = set(bpy.data.objects)
    if path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    else:
        bpy.ops.import_anim.bvh(filepath=str(path), update_scene_fps=True)
    armature = next(each for each in bpy.data.objects if each not in before and each.type == "ARMATURE")
    first, last = armature.animation_data.action.frame_range
    return {"frames": last - first + 1, "bones": len(armature.data.bones)}


def main() -> None:
    archive, program, folder = (Path(argument) for argument in sys.argv[1:4])
    install(archive, program)
    seen: dict[str, object] = {"version": bpy.app.version_string, "registering_s": registering_s()}
    bpy.context.preferences.addons[EXTENSION].preferences.executable = str(program)
    bpy.ops.chironomy.start_server()
    armature = generate()
    settings = bpy.context.scene.chironomy
    seen["words"] = [item.text for item in settings.words]
    never = next(item for item in settings.words if item.text == "never")
    stroke = frame_at((never.stroke_start_s + never.stroke_end_s) / 2)
    away = frame_at(never.retraction_s + 2.0)
    there, far = pose(armature, stroke), pose(armature, away)
    for value in (0.0, 1.8):
        set_slider("never", value)
        seen[f"at {value}"] = difference(pose(armature, stroke), there)
        seen[f"2 s away from {value}"] = difference(pose(armature, away), far)
    shown = pose(armature, stroke)
    bpy.ops.chironomy.take_accept()
    seen["accepting changes"] = difference(pose(armature, stroke), shown)
    seen["tracks left"] = len(armature.animation_data.nla_tracks)
    settings.export.folder = str(folder)
    for kind in ("fbx", "bvh"):
        settings.export.format, settings.export.name = kind, "line"
        bpy.ops.chironomy.export()
        seen[kind] = read_back(folder / f"line.{kind}")
        bpy.context.window.scene = armature.users_scene[0]
    bpy.ops.chironomy.stop_server()
    print("SEEN " + json.dumps(seen))


main()
