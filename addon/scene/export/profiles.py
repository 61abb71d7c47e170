"""Export profiles: what Unreal, Unity or Maya want of a file, as data in presets/export/*.json."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ..presets import presets_folder

_AXES = ("X", "Y", "Z", "-X", "-Y", "-Z")


@dataclass(frozen=True)
class Profile:
    """How a file is written. Formats that lay something down themselves (glTF: metres, Y up) keep to that."""

    description: str = ""
    object_name: str = ""
    """Name of the armature object in the file; nothing: as in Blender. Unreal drops a node called "Armature"."""
    root_bone: str = ""
    """Name of an extra bone at the origin, above the pelvis; nothing: the pelvis is the root."""
    units_per_metre: float = 1.0
    """FBX: 100 writes centimetres. Nothing is scaled by a node: the numbers themselves are in this unit."""
    forward_axis: str = "-Z"
    up_axis: str = "Y"
    leaf_bones: bool = False
    """An extra bone at the end of each chain, for programs that otherwise do not see the last bones' lengths."""
    fps: float | None = None
    """Frame rate of the file; nothing: the motion's own."""
    key_reduction_deg: float = 0.0
    """FBX: keys are left out as long as no bone turns by more than this from the motion; 0 keeps every key."""
    face_shapes: bool = True
    """Whether the mesh keeps its face shapes and their animation."""


def profile_names() -> list[str]:
    """The profiles that there are."""
    return sorted(path.stem for path in _folder().glob("*.json"))


def load_profile(name: str) -> Profile:
    """A profile by its name ("unreal") or by the path of a file. Raises UserError where it is missing or wrong."""
    path = Path(name) if name.endswith(".json") else _folder() / f"{name}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{name}: there is no such export profile: use one of {', '.join(profile_names())}") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as an export profile ({error})") from error
    return checked_profile(path, document)


def checked_profile(path: Path, document: Any) -> Profile:
    """The profile that a JSON document describes; `path` is for messages."""
    if not isinstance(document, dict):
        raise UserError(f"{path}: an export profile is an object with the fields of a profile")
    known = {field.name for field in fields(Profile)}
    for key, value in document.items():
        if key not in known:
            raise UserError(f"{path}: an export profile has no field {key!r}: it has {', '.join(sorted(known))}")
        problem = _problem(key, value)
        if problem:
            raise UserError(f"{path}: {key} is {json.dumps(value)}: {problem}")
    profile = Profile(**document)
    if profile.forward_axis[-1] == profile.up_axis[-1]:
        raise UserError(f"{path}: forward_axis and up_axis lie on one line: choose two different axes")
    return profile


def _problem(key: str, value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in ("leaf_bones", "face_shapes"):
        return "" if isinstance(value, bool) else "it must be true or false"
    if key in ("forward_axis", "up_axis"):
        return "" if value in _AXES else f"it must be one of {', '.join(_AXES)}"
    if key == "units_per_metre":
        return "" if number and 1e-3 <= value <= 1e4 else "it must be a number from 0.001 to 10000"
    if key == "fps":
        return "" if value is None or (number and 1 <= value <= 1000) else "it must be a number from 1 to 1000, or null"
    if key == "key_reduction_deg":
        return "" if number and 0 <= value <= 10 else "it must be a number of degrees from 0 to 10"
    return "" if isinstance(value, str) and len(value) <= 120 else "it must be a text of at most 120 characters"


def _folder() -> Path:
    return presets_folder() / "export"
