"""Rig maps (presets/rig_maps/*.json): which joint of a kind of skeleton plays the part of which of the 55.

{"name": "Mixamo characters",
 "joints": {"pelvis": "mixamorig:Hips", …},          our joint: the source's
 "tips": {"left_index3": "mixamorig:LeftHandIndex4", …}}   our finger's last joint: the source's joint at its end

Maps of control rigs may add "switches": {"upper_arm_parent.L": {"IK_FK": 1.0}, …}, custom properties by bone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..motion.body import Body
from ..motion.clip import Clip
from ..motion.retarget import Motion, own_motion, retarget
from ..motion.retarget_source import RigMap, find_joint, missing_joints
from ..motion.skeleton import INDEX
from .text_file import read_text

_MAX_BYTES = 1 << 20


def rig_map_from(document: Any, source: str = "rig map") -> RigMap:
    """A rig map from its JSON document. Raises UserError, naming the source, where it is none."""
    try:
        maps = {key: {str(k): str(v) for k, v in document.get(key, {}).items()} for key in ("joints", "tips")}
        name = str(document["name"])
        switches = {
            str(bone): {str(k): float(v) for k, v in values.items()}
            for bone, values in document.get("switches", {}).items()
        }
        if not maps["joints"]:
            raise KeyError("joints")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{source}: is no rig map: it needs a name and joints (see presets/rig_maps)") from error
    unknown = sorted({*maps["joints"], *maps["tips"]} - INDEX.keys())
    if unknown:
        raise UserError(f"{source}: {unknown[0]} is none of SMPL-X's joints: correct its name")
    return RigMap(name, maps["joints"], maps["tips"], switches)


def read_rig_map(path: str | os.PathLike[str]) -> RigMap:
    """Reads one rig map. Raises UserError where the file is missing or no rig map."""
    try:
        return rig_map_from(json.loads(read_text(path, _MAX_BYTES)), str(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is no JSON ({error}): correct it") from error


def read_rig_maps(folder: str | os.PathLike[str]) -> tuple[RigMap, ...]:
    """All rig maps of a folder, in the order of their file names."""
    return tuple(read_rig_map(path) for path in sorted(Path(folder).glob("*.json")))


def matching_rig_map(clip: Clip, rig_maps: Iterable[RigMap], source: str = "clip") -> RigMap:
    """The map that covers most of the 55 joints with joints of this clip.

    Raises UserError where no map has a counterpart for all joints that retargeting needs.
    """
    fitting = [rig_map for rig_map in rig_maps if not missing_joints(clip, rig_map)]
    if not fitting:
        names = ", ".join(name[:30] for name in clip.names[:4])
        raise UserError(f"{source}: its skeleton is unknown (joints {names}, …): give a rig map")
    return max(fitting, key=lambda rig_map: _fit(clip, rig_map))


def _fit(clip: Clip, rig_map: RigMap) -> tuple[int, bool]:
    """How many of the map's joints a clip has; and, where that is equal, whether the neck stands on the spine's end."""
    covered = sum(find_joint(clip, name) >= 0 for name in (*rig_map.joints.values(), *rig_map.tips.values()))
    neck, chest = (find_joint(clip, rig_map.joints.get(name)) for name in ("neck", "spine3"))
    return covered, neck >= 0 and clip.parents[neck] == chest


def retarget_clip(clip: Clip, rig_maps: Iterable[RigMap], body: Body, source: str = "clip") -> Motion:
    """The clip on the body: as it is where it has the 55 joints, else with the rig map that fits it.

    Raises UserError where none does.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # bones without length are found out below
        motion = own_motion(clip, body) or retarget(clip, matching_rig_map(clip, rig_maps, source), body)
    if not (np.isfinite(motion.rotations).all() and np.isfinite(motion.translation).all()):
        raise UserError(f"{source}: its skeleton has no legs of any length: export it with its rest pose")
    return motion
