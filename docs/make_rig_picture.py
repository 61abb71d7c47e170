"""Makes docs/pictures/foreign_rigs.png: one take on the mannequin and on characters of other programs, side by side.

    .venv/bin/python docs/make_rig_picture.py TAKE.npz [--at 3.45 5.7] [--out docs/pictures/foreign_rigs.png]

The characters are the armatures of the tests (tests/bpy/foreign_rigs.py), drawn as capsules along their limbs.
"""

import argparse
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "bpy")]

import foreign_rigs  # noqa: E402
from foreign_rigs import where  # noqa: E402

from chironomy.formats.take import Take, read_take  # noqa: E402
from chironomy.motion.body import neutral_body  # noqa: E402
from chironomy.motion.skeleton import INDEX, JOINTS, PARENTS  # noqa: E402
from chironomy_blender.scene import layers  # noqa: E402
from chironomy_blender.scene.armature import create_armature  # noqa: E402
from chironomy_blender.scene.graphics import can_draw  # noqa: E402
from chironomy_blender.scene.mannequin import create_mannequin  # noqa: E402

KINDS = ("Mixamo", "Unreal 4", "Unreal 5", "Rigify", "Auto-Rig Pro", "few bones")
COLOURS = ((0.75, 0.45, 0.3), (0.3, 0.5, 0.75), (0.35, 0.6, 0.7), (0.7, 0.6, 0.3), (0.5, 0.65, 0.4), (0.6, 0.5, 0.65))
SPACE_M, ROW_M = 1.25, 2.35
#: Radius of the limb that ends at a joint.
RADII_M = {"knee": 0.065, "ankle": 0.05, "elbow": 0.045, "wrist": 0.036, "foot": 0.035, "head": 0.05}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("take", type=Path)
    parser.add_argument("--at", type=float, nargs="+", default=[3.45, 5.7], help="seconds")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures" / "foreign_rigs.png")
    arguments = parser.parse_args()
    take = read_take(arguments.take)
    frames = [round(at * take.metadata.fps) for at in arguments.at]
    poses = {kind: poses_of(kind, take, frames) for kind in KINDS}
    foreign_rigs.empty_scene()
    for row, frame in enumerate(frames):
        height = (len(frames) - 1 - row) * ROW_M
        add_mannequin(take, frame, height)
        for column, kind in enumerate(KINDS):
            add_figure(kind, poses[kind][row], Vector(((column + 1) * SPACE_M, 0, height)), COLOURS[column])
    render(len(KINDS) + 1, len(frames), arguments.out)


def poses_of(kind: str, take: Take, frames: list[int]) -> list[dict[str, np.ndarray]]:
    """Where the joints of this character are at these frames of the take, as generated."""
    foreign_rigs.empty_scene()
    foreign = foreign_rigs.KINDS[kind]()
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = round(take.metadata.fps), 1.0
    layers.apply_take(foreign.armature, None, take, first_frame=0)
    return list(where(foreign, frames))


def add_mannequin(take: Take, frame: int, height_m: float) -> None:
    """The mannequin itself, still, at one frame of the take."""
    body = neutral_body()
    armature = create_armature("Mannequin", body)
    mesh = create_mannequin(armature, body)
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = round(take.metadata.fps), 1.0
    layers.apply_take(armature, mesh, take, first_frame=-frame)
    armature.location.z = height_m
    bpy.context.scene.frame_set(0)
    add_label("Mannequin", Vector((0, 0, height_m)))


def add_figure(name: str, points: dict[str, np.ndarray], at: Vector, colour: tuple[float, float, float]) -> None:
    """Capsules between joints, and a ball for the head; its label stands below."""
    import bmesh  # there once bpy is

    shape = bmesh.new()
    for end in points:
        parent = PARENTS[INDEX[end]]
        while parent >= 0 and JOINTS[parent] not in points:
            parent = PARENTS[parent]
        if parent >= 0:
            part = end.split("_")[-1]
            finger = end[-1] in "123" and "spine" not in end
            radius = 0.011 if finger else RADII_M.get(part, 0.045)
            add_capsule(shape, Vector(points[JOINTS[parent]]) + at, Vector(points[end]) + at, radius)
    up = Vector(points["head"]) - Vector(points["neck"] if "neck" in points else points["pelvis"])
    head = Vector(points["head"]) + up.normalized() * 0.08 + at
    bmesh.ops.create_icosphere(shape, subdivisions=4, radius=0.105, matrix=Matrix.Translation(head))
    mesh = bpy.data.meshes.new(name)
    shape.to_mesh(mesh)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*colour, 1.0)
    mesh.materials.append(material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))
    add_label(name, at)


def add_capsule(shape: object, start: Vector, end: Vector, radius: float) -> None:
    import bmesh

    for centre in (start, end):
        bmesh.ops.create_icosphere(shape, subdivisions=3, radius=radius, matrix=Matrix.Translation(centre))
    way = end - start
    turned = way.to_track_quat("Z", "Y").to_matrix().to_4x4()
    middle = Matrix.Translation((start + end) / 2) @ turned
    bmesh.ops.create_cone(shape, segments=24, radius1=radius, radius2=radius, depth=way.length, matrix=middle)


def add_label(text: str, at: Vector) -> None:
    curve = bpy.data.curves.new(text, "FONT")
    curve.body, curve.size, curve.align_x = text, 0.13, "CENTER"
    label = bpy.data.objects.new(text, curve)
    label.location, label.rotation_euler.x = at + Vector((0, -0.3, -0.2)), np.pi / 2
    material = bpy.data.materials.new("Label")
    material.diffuse_color = (0.05, 0.05, 0.05, 1.0)
    curve.materials.append(material)
    bpy.context.scene.collection.objects.link(label)


def render(columns: int, rows: int, path: Path) -> None:
    scene, camera = bpy.context.scene, bpy.data.cameras.new("Camera")
    eye = bpy.data.objects.new("Camera", camera)
    scene.collection.objects.link(eye)
    scene.camera, camera.type = eye, "ORTHO"
    width, height = columns * SPACE_M + 0.2, rows * ROW_M + 0.1
    camera.ortho_scale = width
    turn = Matrix.Rotation(np.radians(14), 4, "Z") @ Matrix.Rotation(np.pi / 2, 4, "X")
    centre = Vector(((columns - 1) * SPACE_M / 2, 0, height / 2 - 0.3))
    eye.matrix_world = Matrix.Translation(centre) @ turn @ Matrix.Translation((0, 0, 20))
    shown = scene.render
    shown.resolution_x, shown.resolution_y = 1800, round(1800 * height / width)
    shown.filepath, shown.image_settings.file_format = str(path), "PNG"
    shown.image_settings.color_mode, shown.image_settings.compression, shown.dither_intensity = "RGB", 100, 0.0
    scene.view_settings.view_transform = "Standard"
    shown.engine = "BLENDER_WORKBENCH" if can_draw() else "CYCLES"
    shading = scene.display.shading
    shading.light, shading.studio_light, shading.color_type = "STUDIO", "paint.sl", "MATERIAL"
    shading.show_cavity = True
    scene.world = bpy.data.worlds.new("World")
    scene.world.color = (0.8, 0.8, 0.82)
    shading.background_type, shading.background_color = "VIEWPORT", (0.8, 0.8, 0.82)
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
