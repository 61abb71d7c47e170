"""Armatures of other programs, made with their bones' names, proportions, rest poses and axes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import addon_utils
import bpy
import numpy as np
from mathutils import Matrix, Vector

from chironomy.formats.rig_map import read_rig_map
from chironomy.motion import kinematics
from chironomy.motion import rotations as rot
from chironomy.motion.arkit import ARKIT_SHAPES
from chironomy.motion.body import neutral_body
from chironomy.motion.skeleton import FINGERS, INDEX, JOINTS, PARENTS
from chironomy_blender.scene.axes import points_to_blender
from chironomy_blender.scene.keyframes import set_scene_fps
from chironomy_blender.scene.presets import presets_folder

SIDES = (("left", 1.0), ("right", -1.0))


@dataclass(frozen=True)
class Rest:
    """How a character rests: angles in degrees, lengths as factors of ours, by the name of the joint at the end."""

    arms_down: float = 0.0
    arms_forward: float = 0.0
    elbows_bent: float = 0.0
    palms_in: float = 0.0
    legs_apart: float = 0.0
    fingers_bent: float = 0.0
    lengths: Mapping[str, float] | None = None

    def joints(self) -> np.ndarray:
        """[55, 3], motion space, metres, with the soles at the height of ours."""
        own = neutral_body().rest_joints
        local = rot.identity((1, 55))
        for side, s in SIDES:
            down = rot.about("z", np.radians(-s * self.arms_down))
            forward = rot.about("y", np.radians(-s * self.arms_forward))
            local[0, INDEX[f"{side}_shoulder"]] = rot.multiply(down, forward)
            local[0, INDEX[f"{side}_elbow"]] = rot.about("y", np.radians(-s * self.elbows_bent))
            local[0, INDEX[f"{side}_wrist"]] = rot.about("x", np.radians(-self.palms_in))
            local[0, INDEX[f"{side}_hip"]] = rot.about("z", np.radians(s * self.legs_apart))
            for finger in FINGERS[:4]:
                for k in (1, 2, 3):
                    local[0, INDEX[f"{side}_{finger}{k}"]] = rot.about("z", np.radians(-s * self.fingers_bent))
        rest = np.empty_like(own)
        for k, name in enumerate(JOINTS):
            factor = (self.lengths or {}).get(name.split("_", 1)[-1] if "_" in name else name, 1.0)
            rest[k] = own[k] if k == 0 else rest[PARENTS[k]] + (own[k] - own[PARENTS[k]]) * factor
        positions = kinematics.forward(local, np.zeros((1, 3)), rest)[0][0]
        ankles = [INDEX["left_ankle"], INDEX["right_ankle"]]
        return positions - [0.0, (positions[ankles, 1] - own[ankles, 1]).mean(), 0.0]


#: Thighs, shins, upper arms and forearms as long as on Epic's mannequin (42.6, 40.2, 30.3 and 27.0 cm).
UNREAL_LENGTHS = {"knee": 1.12, "ankle": 1.0, "elbow": 1.18, "wrist": 1.1, "shoulder": 1.2, "spine2": 1.2}


@dataclass(frozen=True)
class Foreign:
    """A character of another program in the scene."""

    armature: bpy.types.Object
    bones: dict[str, str]
    """Our joint → the bone that shows where it is (on control rigs: the bone that deforms, not the control)."""
    mesh: bpy.types.Object | None = None


def map_joints(name: str) -> dict[str, str]:
    """The joints of a rig map of ours."""
    return dict(read_rig_map(presets_folder() / "rig_maps" / f"{name}.json").joints)


def mixamo(prefix: str = "mixamorig:", *, lengths: Mapping[str, float] | None = None) -> Foreign:
    """A T-pose as Blender imports Mixamo's FBX: centimetres, Y up, the object turned by 90° and scaled to 0.01."""
    bones = {joint: name.replace("mixamorig:", prefix) for joint, name in map_joints("mixamo").items()}
    rest = Rest(arms_down=2, lengths=lengths or {"knee": 1.05, "ankle": 1.1, "elbow": 0.95}).joints()
    armature = _build("Mixamo", bones, rest, along_limbs=True, extra={f"{prefix}HeadTop_End": bones["head"]})
    armature.data.transform(Matrix.Rotation(-np.pi / 2, 4, "X") @ Matrix.Scale(100, 4))
    armature.rotation_euler.x, armature.scale = np.pi / 2, (0.01, 0.01, 0.01)
    armature.data.update_tag()
    bpy.context.view_layer.update()
    return Foreign(armature, bones)


def unreal_4() -> Foreign:
    """Epic's first mannequin: A-pose, a root bone on the ground, twist bones, bones that point across the limbs."""
    bones = map_joints("unreal_4")
    rest = Rest(48, 8, 22, 40, 6, 14, UNREAL_LENGTHS).joints()
    twists = {f"{part}_twist_01_{s}": f"{part}_{s}" for part in ("upperarm", "lowerarm", "thigh", "calf") for s in "lr"}
    return Foreign(_build("Unreal 4", bones, rest, root="root", extra=twists), bones)


def unreal_5() -> Foreign:
    """Epic's second mannequin (Manny): five spine bones, two for the neck, and bones in the palms."""
    bones = map_joints("unreal_5")
    rest = Rest(52, 6, 16, 35, 4, 10, UNREAL_LENGTHS).joints()
    between = {"spine_02": "spine_03", "spine_04": "spine_05", "neck_02": "head"}
    palms = {f"{f}_metacarpal_{s}": f"{f}_01_{s}" for f in ("index", "middle", "ring", "pinky") for s in "lr"}
    return Foreign(_build("Unreal 5", bones, rest, root="root", between={**between, **palms}), bones)


def auto_rig_pro() -> Foreign:
    """The controls of Auto-Rig Pro that the map names, with the switches between IK and FK on IK."""
    bones = map_joints("auto_rig_pro")
    armature = _build("Auto-Rig Pro", bones, Rest(35, 4, 10, 10, 5, 8).joints(), root="c_traj", along_limbs=True)
    with _editing(armature):
        for limb in ("hand", "foot"):
            for side in "lr":
                control = armature.data.edit_bones.new(f"c_{limb}_ik.{side}")
                control.head, control.tail = (0, 0, 0), (0, 0, 0.1)
    for bone in armature.pose.bones:
        if "_ik." in bone.name:
            bone["ik_fk_switch"] = 0.0
    return Foreign(armature, bones)


def bare(spine: int = 1) -> Foreign:
    """Mixamo's names, but no fingers, no collars, no toes and few bones in the spine."""
    left_out = ("collar", "foot", "spine3", *(("spine2",) if spine < 2 else ()), *FINGERS)
    bones = {joint: name for joint, name in map_joints("mixamo").items() if not any(part in joint for part in left_out)}
    return Foreign(_build("Bare", bones, Rest(40, legs_apart=5).joints()), bones)


def rigify_metarig() -> Foreign:
    """Rigify's own human, before it is generated."""
    with _rigify():
        return _metarig()


def rigify_rig() -> Foreign:
    """The control rig that Rigify generates from it, seen through the bones that deform."""
    with _rigify():
        metarig = _metarig()
        bpy.ops.pose.rigify_generate()
    armature = next(item for item in bpy.data.objects if item.type == "ARMATURE" and item != metarig.armature)
    bpy.data.objects.remove(metarig.armature)
    return Foreign(armature, {joint: f"DEF-{bone}" for joint, bone in metarig.bones.items()})


def _metarig() -> Foreign:
    bpy.ops.object.armature_human_metarig_add()
    return Foreign(bpy.context.object, map_joints("rigify_metarig"))


@contextmanager
def _rigify() -> Iterator[None]:
    """Rigify is switched on. A generated rig's panels go with it: left behind, they keep 4.5 from ending."""
    addon_utils.enable("rigify", default_set=True)
    before = _registered()
    yield
    for cls in _registered() - before:
        bpy.utils.unregister_class(cls)
    addon_utils.disable("rigify", default_set=True)


def _registered() -> set[type]:
    kinds = (bpy.types.Panel, bpy.types.Operator, bpy.types.PropertyGroup)
    return {cls for kind in kinds for cls in kind.__subclasses__() if cls.is_registered}


def empty_scene() -> None:
    """An empty file at 30 frames per second."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    set_scene_fps(bpy.context.scene, 30.0)


#: By kind, what puts the character into an empty file.
KINDS: dict[str, Callable[[], Foreign]] = {
    "Mixamo": mixamo,
    "Unreal 4": unreal_4,
    "Unreal 5": unreal_5,
    "Rigify metarig": rigify_metarig,
    "Rigify": rigify_rig,
    "Auto-Rig Pro": auto_rig_pro,
    "few bones": bare,
}


def add_face(foreign: Foreign, rename: Callable[[str], str] = str) -> Foreign:
    """A skin of one triangle with ARKit's shapes, by other names, carried by the head."""
    data = bpy.data.meshes.new("Skin")
    top = foreign.armature.data.bones[foreign.bones["head"]]
    data.from_pydata([top.head_local, top.tail_local, top.head_local + Vector((0, 0, 0.01))], [], [(0, 1, 2)])
    mesh = bpy.data.objects.new("Skin", data)
    bpy.context.scene.collection.objects.link(mesh)
    mesh.vertex_groups.new(name=top.name).add([0, 1, 2], 1.0, "REPLACE")
    mesh.modifiers.new("Armature", "ARMATURE").object = foreign.armature
    mesh.parent = foreign.armature
    mesh.shape_key_add(name="Basis")
    for name in ARKIT_SHAPES:
        mesh.shape_key_add(name=rename(name), from_mix=False).value = 0.0
    return Foreign(foreign.armature, foreign.bones, mesh)


def _build(
    name: str,
    bones: Mapping[str, str],
    rest: np.ndarray,
    *,
    root: str = "",
    along_limbs: bool = False,
    extra: Mapping[str, str] | None = None,
    between: Mapping[str, str] | None = None,
) -> bpy.types.Object:
    """An armature with these bones at the joints.

    along_limbs: bones point to the next joint; else all point across, as importers leave them.
    extra: bone → its parent, at the parent's place. between: bone → the bone that it is put above in the chain.
    """
    data = bpy.data.armatures.new(name)
    armature = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(armature)
    with _editing(armature):
        edit = data.edit_bones
        if root:
            edit.new(root).tail = (0.0, 0.2, 0.0)
        for joint, bone_name in bones.items():
            k, parent = INDEX[joint], PARENTS[INDEX[joint]]
            while parent >= 0 and JOINTS[parent] not in bones:
                parent = PARENTS[parent]
            bone = edit.new(bone_name)
            bone.head = points_to_blender(rest[k])
            children = [i for i, up in enumerate(PARENTS) if up == k and JOINTS[i] in bones]
            following = next(
                (i for i in children if "middle" in JOINTS[i] or "spine" in JOINTS[i]), (children or [k])[0]
            )
            way = points_to_blender(rest[following] - rest[k]) if children else np.array([0.0, 0.0, 0.04])
            bone.tail = bone.head + Vector(way if along_limbs else np.add(np.roll(way, 1), [0.003, 0.0, 0.001]))
            bone.roll = 0.7 * (k % 5) - 1.0
            bone.parent = edit[bones[JOINTS[parent]]] if parent >= 0 else edit.get(root)
        for bone_name, parent in (extra or {}).items():
            bone = edit.new(bone_name)
            bone.head, bone.tail, bone.parent = edit[parent].head, edit[parent].tail, edit[parent]
        for bone_name, below in (between or {}).items():
            bone, child = edit.new(bone_name), edit[below]
            bone.head = (child.head + child.parent.head) / 2
            bone.tail, bone.parent = bone.head + Vector((0.01, 0.02, 0.03)), child.parent
            child.parent = bone
    return armature


@contextmanager
def _editing(armature: bpy.types.Object) -> Iterator[None]:
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    yield
    bpy.ops.object.mode_set(mode="OBJECT")


def where(foreign: Foreign, frames: list[int]) -> Iterator[dict[str, np.ndarray]]:
    """On each frame, where the bones that show our joints are in the world, evaluated."""
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        evaluated = foreign.armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        pose, world = evaluated.pose.bones, evaluated.matrix_world
        yield {joint: np.array(world @ pose[bone].head) for joint, bone in foreign.bones.items()}
