"""Pictures of a character in motion, taken in a studio of their own: nothing in the open file changes.

Workbench draws them, through OpenGL; where there is none (a machine without libEGL), Cycles does, slowly.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ..core.motion.kinematics import forward
from ..core.motion.rotations import Array
from ..core.motion.skeleton import INDEX, JOINTS
from ..core.progress import Progress, silent
from .armature import body_of
from .axes import points_to_blender
from .export.profiles import load_profile
from .export.quiet import quiet
from .export.stage import Stage, staged
from .graphics import can_draw
from .keyframes import Motion

#: Skin around the joints, and how far the crown lies above the head's joint, in metres.
_BESIDE_M, _ABOVE_M = 0.08, 0.14
#: A long lens: little perspective, so that hands in front do not swell.
_LENS_MM, _SENSOR_MM = 85.0, 36.0
_MOST_FRAMES_FOR_BOUNDS = 400

#: What a picture is framed on: joints which must be in it.
FRAMINGS: dict[str, tuple[str, ...]] = {
    "figure": JOINTS,
    "upper body": tuple(name for name in JOINTS if not name.endswith(("hip", "knee", "ankle", "foot"))),
    "face": ("head", "jaw", "left_eye_smplhf", "right_eye_smplhf"),
}


@dataclass(frozen=True)
class Shot:
    """How a picture is taken."""

    width: int = 720
    height: int = 720
    framing: str = "figure"
    """One of FRAMINGS; the camera stands still and sees these joints on all frames."""
    turn_deg: float = 12.0
    """How far the camera stands to the character's left, seen from above."""
    tilt_deg: float = 4.0
    """How far it looks down."""
    background: tuple[float, float, float] | None = None
    """sRGB colour 0…1 of floor and wall; nothing: transparent, without floor."""
    samples: int = 8
    """Antialiasing: 0 (none), 5, 8, 11, 16 or 32 samples a pixel."""


def render_pictures(
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    frames: Sequence[int],
    folder: Path,
    shot: Shot | None = None,
    progress: Progress = silent,
) -> list[Path]:
    """Renders frames of the motion (0 = time 0) to numbered PNG files in the folder; all share one camera.

    Raises what `progress` raises. The folder must exist.
    """
    shot = shot or Shot()
    paths = [folder / f"{number:05d}.png" for number in range(len(frames))]
    with studio(armature, mesh, motion, shot, frames) as stage:
        render = stage.scene.render
        for number, (frame, path) in enumerate(zip(frames, paths, strict=True)):
            progress("Rendering pictures", number / len(frames))
            stage.scene.frame_set(int(frame))
            render.filepath = str(path)
            with quiet():
                bpy.ops.render.render(write_still=True, scene=stage.scene.name)
    progress("Rendering pictures", 1.0)
    return paths


@contextmanager
def studio(
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    shot: Shot,
    frames: Sequence[int] | None = None,
) -> Iterator[Stage]:
    """A scene with a copy of the character in motion, camera, light and floor; it is gone afterwards."""
    with staged("Studio", armature, mesh, motion, load_profile("generic")) as stage:
        made: list[bpy.types.ID] = []
        try:
            joints = _joints(armature, motion, shot.framing, frames)
            _add_camera(stage.scene, joints, shot, made)
            _set_up_render(stage.scene, shot)
            if shot.background is not None:
                _add_backdrop(stage.scene, shot, made)
            if not can_draw():
                _add_cycles_light(stage.scene, shot, made)
            yield stage
        finally:
            for block in reversed(made):
                bpy.data.batch_remove([block])


def _joints(armature: bpy.types.Object, motion: Motion, framing: str, frames: Sequence[int] | None) -> Array:
    """[n, 3]: where the framed joints are on these frames (default: all, thinned out), in the stage's space."""
    chosen = np.arange(motion.frames) if frames is None else np.unique(np.asarray(frames, dtype=int))
    chosen = chosen[:: max(1, len(chosen) // _MOST_FRAMES_FOR_BOUNDS)]
    rest = body_of(armature).rest_joints
    positions, _ = forward(motion.rotations[chosen], motion.translation[chosen], rest)
    crown = positions[:, [INDEX["head"]]] + [0.0, _ABOVE_M, 0.0]
    framed = np.concatenate([positions[:, [INDEX[name] for name in FRAMINGS[framing]]], crown], axis=1)
    return points_to_blender(framed.reshape(-1, 3)) * np.array(armature.matrix_world.to_scale())


def _add_camera(scene: bpy.types.Scene, joints: Array, shot: Shot, made: list[bpy.types.ID]) -> None:
    data = bpy.data.cameras.new("Studio")
    camera = bpy.data.objects.new("Studio", data)
    made += [data, camera]
    data.lens, data.sensor_width, data.sensor_fit = _LENS_MM, _SENSOR_MM, "AUTO"
    data.clip_end = 1000.0
    turn, tilt = np.radians(shot.turn_deg), np.radians(shot.tilt_deg)
    rotation = Matrix.Rotation(turn, 4, "Z") @ Matrix.Rotation(np.pi / 2 - tilt, 4, "X")
    place = camera_place(joints, np.array(rotation.to_3x3()), (shot.width, shot.height))
    camera.matrix_world = Matrix.Translation(place) @ rotation
    scene.collection.objects.link(camera)
    scene.camera = camera


def camera_place(points: Array, axes: Array, size: tuple[int, int]) -> Array:
    """Where a camera stands [3] that sees the skin around all points [n, 3] as large as may be; its axes are columns.

    For each point, |x − X| ≤ t · (Z − z) must hold, and the same in y, where t is the tangent of half the angle of view.
    """
    tangents = 0.5 * _SENSOR_MM / _LENS_MM * np.array(size) / max(size)
    seen = points @ axes
    positive = (seen[:, :2] + tangents * seen[:, 2:]).max(axis=0) + _BESIDE_M
    negative = (-seen[:, :2] + tangents * seen[:, 2:]).max(axis=0) + _BESIDE_M
    back = ((positive + negative) / (2.0 * tangents)).max()
    return axes @ np.array([*((positive - negative) / 2.0), back])


def _set_up_render(scene: bpy.types.Scene, shot: Shot) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = shot.width, shot.height, 100
    render.film_transparent = shot.background is None
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGBA" if shot.background is None else "RGB"
    render.image_settings.compression = 15
    render.use_file_extension = True
    scene.view_settings.view_transform = "Standard"
    scene.sequencer_colorspace_settings.name = "sRGB"
    if not can_draw():
        render.engine = "CYCLES"
        scene.cycles.device, scene.cycles.samples = "CPU", max(4, shot.samples)
        scene.cycles.use_denoising = True
        return
    render.engine = "BLENDER_WORKBENCH"
    scene.display.render_aa = {0: "OFF", 1: "FXAA"}.get(shot.samples, str(shot.samples))
    shading = scene.display.shading
    shading.light, shading.studio_light = "STUDIO", "paint.sl"
    shading.color_type = "MATERIAL"
    shading.show_specular_highlight = True
    shading.show_shadows = True
    shading.shadow_intensity = 0.35
    shading.show_cavity = True
    shading.cavity_type = "BOTH"
    shading.cavity_ridge_factor, shading.cavity_valley_factor = 0.6, 1.2
    shading.curvature_ridge_factor, shading.curvature_valley_factor = 0.5, 0.8


def _add_backdrop(scene: bpy.types.Scene, shot: Shot, made: list[bpy.types.ID]) -> None:
    """A floor that bends up into a wall behind the character."""
    assert shot.background is not None
    depth, radius, height, width = 2.0, 3.0, 12.0, 40.0
    bend = np.linspace(0.0, np.pi / 2, 24)
    profile = np.concatenate(
        [[[-20.0, 0.0]], np.stack([depth + radius * np.sin(bend), radius - radius * np.cos(bend)], axis=1),
         [[depth + radius, height]]]
    )  # fmt: skip
    left, right = (np.column_stack([np.full(len(profile), x), profile]) for x in (-width, width))
    count = len(profile)
    mesh = bpy.data.meshes.new("Backdrop")
    faces = [(k, count + k, count + k + 1, k + 1) for k in range(count - 1)]
    mesh.from_pydata(np.concatenate([left, right]).tolist(), [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    material = bpy.data.materials.new("Backdrop")
    material.diffuse_color = (*shot.background, 1.0)
    material.roughness = 1.0
    mesh.materials.append(material)
    backdrop = bpy.data.objects.new("Backdrop", mesh)
    backdrop.rotation_euler.z = np.radians(shot.turn_deg)
    made += [material, mesh, backdrop]
    scene.collection.objects.link(backdrop)


def _add_cycles_light(scene: bpy.types.Scene, shot: Shot, made: list[bpy.types.ID]) -> None:
    world = bpy.data.worlds.new("Studio")
    data = bpy.data.lights.new("Studio", "SUN")
    light = bpy.data.objects.new("Studio", data)
    made += [world, data, light]
    world.color = (0.6, 0.6, 0.62)
    scene.world = world
    data.energy, data.angle = 2.5, 0.5
    light.rotation_euler = (np.radians(40.0), np.radians(-25.0), np.radians(shot.turn_deg))
    scene.collection.objects.link(light)
