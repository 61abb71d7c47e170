"""A small speaking character and motion for it: what the tests of keyframes, layers and export share."""

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from chironomy.emphasis.fuse import within_reach
from chironomy.formats.take import Take, TakeMetadata
from chironomy.motion import kinematics
from chironomy.motion import rotations as rot
from chironomy.motion.arkit import ARKIT_SHAPES
from chironomy.motion.body import neutral_body
from chironomy.motion.skeleton import JOINTS
from chironomy_blender.scene.armature import create_armature, rest_rotations
from chironomy_blender.scene.axes import local_from_pose, points_to_blender
from chironomy_blender.scene.keyframes import Motion, set_scene_fps

DATA = Path(__file__).parents[3] / "shared" / "data"


def create_speaker(fps: float = 30.0) -> tuple[bpy.types.Object, bpy.types.Object]:
    """An empty file with an armature and a skin of one triangle for each bone, with ARKit's shape keys."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    set_scene_fps(bpy.context.scene, fps)
    armature = create_armature("Speaker", neutral_body())
    points, faces, names = [], [], []
    for bone in armature.data.bones:
        corner = len(points)
        points += [bone.head_local + Vector(offset) for offset in ((0.03, 0, 0), (0, 0.03, 0), (0, 0, 0.03))]
        faces.append((corner, corner + 1, corner + 2))
        names.append(bone.name)
    data = bpy.data.meshes.new("Skin")
    data.from_pydata(points, [], faces)
    mesh = bpy.data.objects.new("Skin", data)
    bpy.context.scene.collection.objects.link(mesh)
    for name, face in zip(names, faces, strict=True):
        mesh.vertex_groups.new(name=name).add(face, 1.0, "REPLACE")
    mesh.modifiers.new("Armature", "ARMATURE").object = armature
    mesh.parent = armature
    mesh.shape_key_add(name="Basis")
    for i, name in enumerate(ARKIT_SHAPES):
        key = mesh.shape_key_add(name=name, from_mix=False)
        key.value = 0.0
        key.data[i].co = key.data[i].co + Vector((0.0, 0.0, 0.05))
    return armature, mesh


def smooth_motion(frames: int, fps: float = 30.0, seed: int = 0, spread_rad: float = 0.5) -> Motion:
    """Every joint, the root and the whole face move, smoothly."""
    random = np.random.default_rng(seed)
    t = np.arange(frames) / fps
    phase = t[:, None, None] * random.uniform(0.3, 5, (55, 1)) + random.uniform(0, 6, (55, 1))
    rotations = rot.exp(np.sin(phase) * random.normal(0, spread_rad, (55, 3)))
    translation = np.stack([0.2 * np.sin(t), 0.03 * np.cos(3 * t), 0.1 * t], axis=-1)
    face = 0.5 + 0.5 * np.sin(t[:, None] * random.uniform(0.3, 6, 52) + random.uniform(0, 6, 52))
    return Motion(rot.make_continuous(rotations), translation, fps, face)


def real_motion() -> Motion | None:
    """A recorded gesture on the neutral body, where the recordings are at hand."""
    clips = sorted((DATA / "gestures" / "Gestures2").glob("*.skm"))
    if not clips:
        return None
    from chironomy.formats.rig_map import read_rig_maps, retarget_clip
    from chironomy.formats.smartbody import read_skm

    maps = read_rig_maps(Path(__file__).parents[2] / "presets" / "rig_maps")
    own = retarget_clip(read_skm(clips[len(clips) // 2]), maps, neutral_body())
    return Motion(rot.make_continuous(own.rotations), own.translation, own.fps)


def example_take(frames: int, fps: float = 30.0, seed: int = 1) -> Take:
    """Two layers that differ in every joint of the upper body, and an emphasis that swings."""
    base = smooth_motion(frames, fps, seed, 0.15)
    t = np.arange(frames)[:, None, None] / fps
    random = np.random.default_rng(seed + 1)
    delta = rot.exp(np.sin(t * random.uniform(0.5, 4, (55, 1))) * random.normal(0, 0.4, (55, 3)))
    delta[:, [i for i, name in enumerate(JOINTS) if name.split("_")[-1] in ("hip", "knee", "ankle", "foot")]] = (
        rot.identity()
    )
    semantic = within_reach(base.rotations, rot.make_continuous(rot.multiply(base.rotations, delta)))
    psi = 0.5 - 0.5 * np.cos(np.arange(frames) / fps * 4)
    return Take(
        base.rotations,
        semantic,
        base.translation,
        base.translation + 0.05 * np.sin(t[:, 0]),
        base.face,
        psi,
        np.ones((frames, 4)),
        TakeMetadata(fps=fps),
    )


def joints_of(motion: Motion) -> rot.Array:
    """Where forward kinematics puts the joints [T, 55, 3], in Blender's axes."""
    positions, _ = kinematics.forward(motion.rotations, motion.translation, neutral_body().rest_joints)
    return points_to_blender(positions)


def joints_in_blender(armature: bpy.types.Object, frames: list[int]) -> rot.Array:
    """Where the bones' heads are in the world on these frames of the scene."""
    places = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        places.append([armature.matrix_world @ armature.pose.bones[name].head for name in JOINTS])
    return np.array(places)


def rotations_in_blender(armature: bpy.types.Object, frames: list[int]) -> rot.Array:
    """The evaluated local rotations on these frames, in motion space."""
    pose = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        pose.append([evaluated.pose.bones[name].matrix_basis.to_quaternion() for name in JOINTS])
    return local_from_pose(np.array(pose), rest_rotations(armature))


def face_in_blender(keys: bpy.types.Key, frames: list[int]) -> rot.Array:
    """The shape keys' values on these frames, in ARKit's order."""
    values = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        values.append([keys.key_blocks[name].value for name in ARKIT_SHAPES])
    return np.array(values)


def degrees_apart(a: rot.Array, b: rot.Array) -> float:
    """The largest angle between rotations [..., 4]."""
    return float(np.degrees(rot.angle(rot.multiply(rot.inverse(a), b))).max())


_COMPARED = ("objects", "armatures", "meshes", "shape_keys", "actions", "scenes", "sounds", "texts")
#: What says how a data-block is used rather than what it is, or what Blender writes when it evaluates NLA strips.
_PASSING = {"session_uid", "users", "tag", "is_evaluated", "original", "rna_type", "bl_rna", "id_data"} | {
    "strip_time",
    "influence",
}


def snapshot() -> dict[str, object]:
    """All data-blocks that the animator works with, as values that can be compared."""
    bpy.context.view_layer.update()
    seen: dict[str, object] = {}
    for kind in _COMPARED:
        for block in getattr(bpy.data, kind):
            seen[f"{kind}/{block.name}"] = _values(block, depth=6)
    seen["active"] = getattr(bpy.context.view_layer.objects.active, "name", None)
    seen["selected"] = [item.name for item in bpy.context.view_layer.objects if item.select_get()]
    return seen


def differences(before: object, after: object, path: str = "") -> list[str]:
    """Where two snapshots differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys(), key=str)
        return [line for key in keys for line in differences(before.get(key), after.get(key), f"{path}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [line for i, (old, new) in pairs for line in differences(old, new, f"{path}/{i}")]
    return [] if before == after else [f"{path}: {before!r} → {after!r}"[:200]]


def _values(block: bpy.types.bpy_struct, depth: int) -> object:
    values: dict[str, object] = {}
    for prop in block.bl_rna.properties:
        if prop.identifier in _PASSING or depth == 0:
            continue
        read = _READERS.get(prop.type, _plain)
        values[prop.identifier] = read(block, prop, depth)
    for name in block.keys() if isinstance(block, bpy.types.ID) else ():
        value = block[name]
        values[f"[{name}]"] = value.to_dict() if hasattr(value, "to_dict") else str(value)
    return values


def _plain(block: bpy.types.bpy_struct, prop: bpy.types.Property, _depth: int) -> object:
    value = getattr(block, prop.identifier)
    return (
        [list(row) if hasattr(row, "__len__") else row for row in value] if getattr(prop, "is_array", False) else value
    )


def _pointer(block: bpy.types.bpy_struct, prop: bpy.types.Property, depth: int) -> object:
    value = getattr(block, prop.identifier)
    if value is None:
        return None
    if isinstance(value, bpy.types.ID) and not value.is_embedded_data:
        return f"→ {value.name}"
    owned = isinstance(value, bpy.types.AnimData | bpy.types.Pose | bpy.types.ActionSlot | bpy.types.RenderSettings)
    return _values(value, depth - 1) if owned else value.bl_rna.identifier


_WALKED = {"nla_tracks", "strips", "bones", "key_blocks", "slots", "layers", "channelbags", "fcurves", "drivers"}


def _collection(block: bpy.types.bpy_struct, prop: bpy.types.Property, depth: int) -> object:
    if isinstance(block, bpy.types.ShapeKey):
        return None  # walking its points can crash 5.0.1
    items = getattr(block, prop.identifier)
    if prop.identifier == "keyframe_points":
        co = np.empty(2 * len(items), dtype=np.float32)
        items.foreach_get("co", co)
        return co.tobytes()
    if prop.identifier in _WALKED:
        return [_values(item, depth - 1) for item in items]
    return len(items)


_READERS: dict[str, Callable[[bpy.types.bpy_struct, bpy.types.Property, int], object]] = {
    "POINTER": _pointer,
    "COLLECTION": _collection,
}
