"""A photographer's studio for a character in motion: a scene of its own, which leaves no trace in the open file.

Workbench draws, through OpenGL; where there is none (a machine without libEGL), Cycles does, slowly.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ..core.errors import UserError
from ..core.motion.kinematics import forward
from ..core.motion.rotations import Array
from ..core.motion.skeleton import INDEX, JOINTS
from .armature import body_of
from .axes import points_to_blender
from .export.profiles import load_profile
from .export.stage import Stage, staged
from .graphics import can_draw
from .keyframes import Motion
from .silence import silence

#: Skin around the joints, and how far the crown lies above the head's joint, in metres.
_BESIDE_M, _ABOVE_M = 0.08, 0.14
#: A long lens: little perspective, so that hands in front do not swell.
_LENS_MM, _SENSOR_MM = 85.0, 36.0
_MOST_FRAMES_FOR_BOUNDS = 400
#: Stops of light: the pale shell keeps its shading instead of burning out.
_EXPOSURE = -0.4
#: The soft dark spot on the floor under the character: radius in metres, and how dark it is in the middle.
_SPOT_RADIUS_M, _SPOT_RINGS, _SPOT_DARKEST = 0.5, 24, 0.35

#: What a picture is framed on: joints which must be in it.
FRAMINGS: dict[str, tuple[str, ...]] = {
    "figure": JOINTS,
    "upper body": tuple(name for name in JOINTS if not name.endswith(("hip", "knee", "ankle", "foot"))),
    "face": ("neck", "head", "jaw", "left_eye_smplhf", "right_eye_smplhf"),
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
    """Linear colour 0…1 of floor and wall; nothing: transparent, without floor."""
    samples: int = 8
    """Antialiasing: 0 (none), 1 (edges smoothed afterwards), or 5, 8, 11, 16, 32 samples a pixel."""
    fine: bool = True
    """With shadows, and with edges and hollows brought out; takes three times as long."""


@dataclass(frozen=True)
class Studio:
    """The scene while it stands."""

    scene: bpy.types.Scene
    character: tuple[bpy.types.Object, ...]
    """All that moves."""
    joints: Array
    """[T', n, 3]: where the joints are on (some of) the frames, in the scene's space."""
    shot: Shot

    def render(self, path: Path) -> None:
        """Renders the scene's current frame to the file. Raises UserError where it could not be written."""
        self.scene.render.filepath = str(path)
        try:
            with silence():
                bpy.ops.render.render(write_still=True, scene=self.scene.name)
        except RuntimeError as error:  # what an operator reports as an error
            reason = str(error).strip().splitlines()[-1]
            raise UserError(f"{path}: Blender could not render the picture: {reason}") from error
        if not path.is_file():
            raise UserError(f"{path}: could not be written: is the disk full?")

    @contextmanager
    def without_character(self) -> Iterator[None]:
        """The studio is empty meanwhile."""
        for item in self.character:
            item.hide_render = True
        try:
            yield
        finally:
            for item in self.character:
                item.hide_render = False

    def moving_part(self) -> tuple[int, int, int, int]:
        """Left, right, bottom and top in pixels of what character and spot on the floor cover on any frame."""
        turns = np.linspace(0.0, 2.0 * np.pi, 16)
        rim = _SPOT_RADIUS_M * np.stack([np.cos(turns), np.sin(turns), np.zeros(16)], axis=1)
        spot = self.joints[:, [0]] * [1.0, 1.0, 0.0] + rim
        axes = np.array(self.scene.camera.matrix_world.to_3x3())
        skin = self.joints[..., None, :] + 1.5 * _BESIDE_M * np.array(
            [axes[:, 0], -axes[:, 0], axes[:, 1], -axes[:, 1]]
        )
        points = np.concatenate([skin.reshape(-1, 3), spot.reshape(-1, 3)])
        size = np.array([self.shot.width, self.shot.height])
        seen = (points - np.array(self.scene.camera.matrix_world.translation)) @ axes
        pixels = (0.5 + 0.5 * seen[:, :2] / -seen[:, 2:] / _tangents(size)) * size
        low = np.clip(np.floor(pixels.min(axis=0) / 2) * 2, 0, size - 2).astype(int)
        high = np.clip(np.ceil(pixels.max(axis=0) / 2) * 2, low + 2, size).astype(int)
        return int(low[0]), int(high[0]), int(low[1]), int(high[1])


@contextmanager
def studio(
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    shot: Shot,
    frames: Sequence[int] | None = None,
) -> Iterator[Studio]:
    """Builds the studio around a copy of the character with the motion from frame 0; afterwards it is gone.

    The camera sees the framed joints on these frames (default: all).
    """
    with staged("Studio", armature, mesh, motion, load_profile("generic")) as stage:
        made: list[bpy.types.ID] = []
        try:
            joints = _joints(armature, motion, frames)
            framed = joints[:, [*(INDEX[name] for name in FRAMINGS[shot.framing]), -1]]
            _add_camera(stage.scene, framed.reshape(-1, 3), shot, made)
            _set_up_render(stage.scene, shot)
            if stage.mesh is not None:
                stage.mesh.show_only_shape_key = False  # exporters need no moving skin, pictures do
            character = [item for item in (stage.armature, stage.mesh) if item is not None]
            if shot.background is not None:
                _add_backdrop(stage.scene, shot, made)
                character.append(_add_spot(stage, shot, made))
            if not can_draw():
                _add_cycles_light(stage.scene, shot, made)
            yield Studio(stage.scene, tuple(character), joints, shot)
        finally:
            bpy.data.batch_remove(made)


def _joints(armature: bpy.types.Object, motion: Motion, frames: Sequence[int] | None) -> Array:
    """[T', 56, 3]: the joints and the crown of the head on these frames, thinned out where they are many."""
    chosen = np.arange(motion.frames) if frames is None else np.unique(np.asarray(frames, dtype=int))
    chosen = chosen[:: max(1, len(chosen) // _MOST_FRAMES_FOR_BOUNDS)]
    rest = body_of(armature).rest_joints
    positions, _ = forward(motion.rotations[chosen], motion.translation[chosen], rest)
    crown = positions[:, [INDEX["head"]]] + [0.0, _ABOVE_M, 0.0]
    scale = np.array(armature.matrix_world.to_scale())
    return points_to_blender(np.concatenate([positions, crown], axis=1)) * scale


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

    For each point, |x − X| ≤ t · (Z − z) must hold, and the same in y; t is the tangent of half the angle of view.
    """
    tangents = _tangents(np.array(size))
    seen = points @ axes
    positive = (seen[:, :2] + tangents * seen[:, 2:]).max(axis=0) + _BESIDE_M
    negative = (-seen[:, :2] + tangents * seen[:, 2:]).max(axis=0) + _BESIDE_M
    back = ((positive + negative) / (2.0 * tangents)).max()
    return axes @ np.array([*((positive - negative) / 2.0), back])


def _tangents(size: Array) -> Array:
    return 0.5 * _SENSOR_MM / _LENS_MM * size / size.max()


def _set_up_render(scene: bpy.types.Scene, shot: Shot) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = shot.width, shot.height, 100
    render.film_transparent = shot.background is None
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGBA" if shot.background is None else "RGB"
    render.image_settings.compression = 15
    render.use_file_extension = False
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.exposure = _EXPOSURE
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
    shading.show_shadows, shading.shadow_intensity = shot.fine, 0.35
    shading.show_cavity, shading.cavity_type = shot.fine, "BOTH"
    shading.cavity_ridge_factor, shading.cavity_valley_factor = 0.6, 1.2
    shading.curvature_ridge_factor, shading.curvature_valley_factor = 0.5, 0.8


def _add_backdrop(scene: bpy.types.Scene, shot: Shot, made: list[bpy.types.ID]) -> None:
    """A floor that bends up into a wall behind the character."""
    assert shot.background is not None
    depth, radius, height, width = 2.0, 3.0, 12.0, 40.0
    bend = np.linspace(0.0, np.pi / 2, 24)
    curve = np.stack([depth + radius * np.sin(bend), radius - radius * np.cos(bend)], axis=1)
    profile = np.concatenate([[[-20.0, 0.0]], curve, [[depth + radius, height]]])
    left, right = (np.column_stack([np.full(len(profile), x), profile]) for x in (-width, width))
    count = len(profile)
    mesh = bpy.data.meshes.new("Backdrop")
    faces = [(k, count + k, count + k + 1, k + 1) for k in range(count - 1)]
    mesh.from_pydata(np.concatenate([left, right]).tolist(), [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    mesh.materials.append(_matt("Backdrop", shot.background, made))
    backdrop = bpy.data.objects.new("Backdrop", mesh)
    backdrop.rotation_euler.z = np.radians(shot.turn_deg)
    made += [mesh, backdrop]
    scene.collection.objects.link(backdrop)


def _add_spot(stage: Stage, shot: Shot, made: list[bpy.types.ID]) -> bpy.types.Object:
    """A soft dark spot on the floor that follows the character: rings, each a little darker."""
    assert shot.background is not None
    turns = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    radii = _SPOT_RADIUS_M * np.linspace(1.0, 0.0, _SPOT_RINGS + 1)[:-1]
    circles = [np.column_stack([r * np.cos(turns), r * np.sin(turns), np.full(48, 0.002)]) for r in radii]
    mesh = bpy.data.meshes.new("Spot")
    after = np.roll(np.arange(48), -1)
    faces = [
        (48 * ring + k, 48 * ring + after[k], 48 * (ring + 1) + after[k], 48 * (ring + 1) + k)
        for ring in range(_SPOT_RINGS - 1)
        for k in range(48)
    ]
    inner = tuple(range(48 * (_SPOT_RINGS - 1), 48 * _SPOT_RINGS))
    mesh.from_pydata(np.concatenate(circles).tolist(), [], [*faces, inner])
    part = np.linspace(0.0, 1.0, _SPOT_RINGS)
    for darkness in (1.0 - _SPOT_DARKEST) * part * part * (3.0 - 2.0 * part):
        colour = tuple(channel * (1.0 - darkness) for channel in shot.background)
        mesh.materials.append(_matt("Spot", colour, made))
    mesh.polygons.foreach_set("material_index", [*np.repeat(np.arange(_SPOT_RINGS - 1), 48), _SPOT_RINGS - 1])
    spot = bpy.data.objects.new("Spot", mesh)
    follow = spot.constraints.new("COPY_LOCATION")
    follow.target, follow.subtarget, follow.use_z = stage.armature, JOINTS[0], False
    made += [mesh, spot]
    stage.scene.collection.objects.link(spot)
    return spot


def _matt(name: str, colour: tuple[float, ...], made: list[bpy.types.ID]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*colour, 1.0)
    material.roughness = 1.0
    made.append(material)
    return material


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
