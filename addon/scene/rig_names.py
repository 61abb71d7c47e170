"""Which rig map fits an armature, by the names of its bones."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import bpy

from ..core.errors import UserError
from ..core.motion.retarget_source import NEEDED_JOINTS, RigMap
from ..core.motion.skeleton import JOINTS

#: What may stand before all names of a character: "mixamorig:", "mixamorig1:", "mixamorig", "Hero_".
_NAMESPACE = re.compile(r"(.*[:_])?|mixamorig\d*")


@dataclass(frozen=True)
class NamedBones:
    """A rig map as it fits one armature."""

    rig_map: RigMap
    prefix: str
    """What stands before the map's names on this armature."""
    joints: Mapping[str, str]
    """Our joint → the armature's bone, in SMPL-X's order, for those that are there."""

    def bone(self, name: str) -> str:
        """The armature's name for a bone of the map (there may be none of that name)."""
        return self.prefix + _plain(name)

    def missing(self) -> list[str]:
        """Names of bones that no motion can do without and that are not there."""
        names = {joint: self.rig_map.joints.get(joint) for joint in NEEDED_JOINTS if joint not in self.joints}
        return [self.bone(name) if name else joint for joint, name in names.items()]


def named_bones(armature: bpy.types.Object, rig_maps: Iterable[RigMap]) -> NamedBones:
    """The map that covers most joints, with the bones for them. Raises UserError where none covers those needed."""
    names = {bone.name for bone in armature.data.bones}
    candidates = [_covered(names, rig_map, prefix) for rig_map in rig_maps for prefix in _prefixes(names, rig_map)]
    fitting = [found for found in candidates if not found.missing()]
    if fitting:
        return max(fitting, key=lambda found: _fit(armature, found))
    nearest = min(candidates, key=lambda found: len(found.missing()), default=None)
    missing = nearest.missing() if nearest is not None else []
    if nearest is None or len(missing) > len(NEEDED_JOINTS) // 2:
        kinds = ", ".join(dict.fromkeys(found.rig_map.name for found in candidates))
        raise UserError(
            f"{armature.name}: no rig map has the names of its bones (there are maps for {kinds}): "
            "choose another armature, or write a map into presets/rig_maps"
        )
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    raise UserError(
        f"{armature.name}: looks like {nearest.rig_map.name}, but has no bone {', '.join(missing[:3])}{more}: "
        "add or rename them, or write a map into presets/rig_maps"
    )


def _prefixes(names: set[str], rig_map: RigMap) -> set[str]:
    pelvis = _plain(rig_map.joints.get(JOINTS[0], ""))
    found = {name.removesuffix(pelvis) for name in names if pelvis and name.endswith(pelvis)}
    return {"", *filter(_NAMESPACE.fullmatch, found)}


def _covered(names: set[str], rig_map: RigMap, prefix: str) -> NamedBones:
    bones = {joint: prefix + _plain(rig_map.joints[joint]) for joint in JOINTS if joint in rig_map.joints}
    return NamedBones(rig_map, prefix, {joint: bone for joint, bone in bones.items() if bone in names})


def _fit(armature: bpy.types.Object, found: NamedBones) -> tuple[int, bool, bool]:
    """How many joints have a bone; where that is equal, whether the neck stands on the spine's end; no prefix."""
    neck, chest = (armature.data.bones.get(found.joints.get(joint, "")) for joint in ("neck", "spine3"))
    upright = neck is not None and chest is not None and neck.parent == chest
    return len(found.joints), upright, not found.prefix


def _plain(name: str) -> str:
    return name.rpartition(":")[2]
