"""One file for each take, named by a template."""

from __future__ import annotations

import string
from itertools import chain, count
from pathlib import Path

import bpy
import numpy as np

from .core.errors import UserError
from .properties import ChironomySettings, settings_of
from .scene.bake import shown_motion
from .scene.keyframes import Motion, scene_fps
from .scene.live import has_live_take
from .scene.played import played_motion
from .takes import hide_shown, played_index, show_take, shown_index

PLACEHOLDERS = ("scene", "character", "sound", "take", "seed", "style", "generator")
_FORBIDDEN = '<>:"/\\|?*'


def export_takes(scene: bpy.types.Scene) -> list[Path]:
    """Writes what the panel *Export* says; returns the files. Raises UserError; files written before stay."""
    settings = settings_of(scene)
    armature = settings.armature
    if armature is None:
        raise UserError("Choose the character to export")
    if settings.export.which == "ALL":
        return _export_all(scene, armature)
    index = played_index(scene, armature)
    motion = shown_motion(armature, scene) if has_live_take(armature) else action_motion(scene, armature)
    return [_write(scene, armature, motion, index, set())]


def _export_all(scene: bpy.types.Scene, armature: bpy.types.Object) -> list[Path]:
    """Every take is shown in turn, so that each is written as the animator shaped it."""
    settings = settings_of(scene)
    chosen, before = settings.active_take, shown_index(scene, armature)
    files: list[Path] = []
    indices = [i for i, item in enumerate(settings.takes) if item.armature == armature]
    if not indices:
        raise UserError(f"{armature.name}: has no takes in the list: generate one, or export what is shown")
    try:
        for index in indices:
            show_take(scene, index)
            files.append(_write(scene, armature, shown_motion(armature, scene), index, set(files)))
    finally:
        if before is None:
            hide_shown(scene, armature)
        else:
            show_take(scene, before)
        settings.active_take = chosen
    return files


def _write(
    scene: bpy.types.Scene, armature: bpy.types.Object, motion: Motion, index: int | None, taken: set[Path]
) -> Path:
    from .scene.export import export_take, load_profile

    settings = settings_of(scene)
    folder = export_folder(settings)
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder: make it, or choose another")
    stem = file_name(scene, index)
    names = chain([stem], (f"{stem}_{n}" for n in count(2)))
    path = next(path for path in (folder / f"{name}.{settings.export.format}" for name in names) if path not in taken)
    export_take(armature, settings.mesh, motion, path, load_profile(settings.export.profile))
    return path


def export_folder(settings: ChironomySettings) -> Path:
    """The chosen folder, or that of the .blend, or that of the sound. Raises UserError where there is none of them."""
    chosen = settings.export.folder or ("//" if bpy.data.filepath else "")
    if chosen.startswith("//") and not bpy.data.filepath:
        raise UserError("The file is not saved yet: save it, or choose a folder for the export")
    sound = settings.speech.sound_path if settings.speech.source == "FILE" else ""
    if not (chosen or sound):
        raise UserError("Choose a folder for the export")
    return Path(bpy.path.abspath(chosen)) if chosen else Path(bpy.path.abspath(sound)).parent


def file_name(scene: bpy.types.Scene, index: int | None) -> str:
    """The template with its placeholders replaced, fit for every system. Raises UserError for unknown ones."""
    settings = settings_of(scene)
    item = settings.takes[index] if index is not None else None
    sound = settings.speech.sound_path if settings.speech.source == "FILE" else settings.speech.strip
    values = {
        "scene": scene.name,
        "character": settings.armature.name if settings.armature else "character",
        "sound": (item.sound if item else "") or Path(sound).stem or "speech",
        "take": item.name if item else "action",
        "seed": str(item.seed) if item else "",
        "style": item.style if item else "",
        "generator": item.generator if item else "",
    }
    try:
        parts = list(string.Formatter().parse(settings.export.name))
    except ValueError as error:
        raise UserError(f"File name: {error}: write placeholders as {{take}}") from error
    name = ""
    for literal, placeholder, _spec, _conversion in parts:
        if placeholder is not None and placeholder not in values:
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise UserError(f"File name: there is no {{{placeholder}}}: use {known}")
        name += literal + (values[placeholder] if placeholder is not None else "")
    clean = "".join("_" if character in _FORBIDDEN or not character.isprintable() else character for character in name)
    return clean.strip(" .") or "take"


def action_motion(scene: bpy.types.Scene, armature: bpy.types.Object) -> Motion:
    """What the character's active action holds over its frame range, in motion space. Raises UserError without one."""
    data = armature.animation_data
    if data is None or data.action is None:
        raise UserError(f"{armature.name}: has neither a shown take nor an action: generate one first")
    first, last = (round(frame) for frame in data.action.frame_range)
    frames = np.arange(first, last + 1)
    return played_motion(armature, settings_of(scene).mesh, frames, scene_fps(scene))
