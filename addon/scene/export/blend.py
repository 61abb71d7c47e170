"""A .blend of its own: the character, the take to go on shaping, its sound, frame rate and range set."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...core.errors import UserError
from .. import versions
from ..keyframes import Motion, shape_names
from ..layers import apply_take, remove_take
from ..live import refresh
from ..silence import silence
from .profiles import Profile
from .stage import Stage, staged

if TYPE_CHECKING:
    from . import Live

#: What Blender's compressed files end with: the magic number of Zstandard's seek table.
_SEEK_TABLE_END = (0x8F92EAB1).to_bytes(4, "little")


def write(
    path: Path,
    armature: bpy.types.Object,
    mesh: bpy.types.Object | None,
    motion: Motion,
    profile: Profile,
    live: "Live | None",
) -> None:
    """Writes the character alone, whatever else the open file holds; the file opens in the animator's own layout."""
    with staged(path.stem, armature, mesh, motion, profile) as stage:
        _show_skin(stage, mesh)
        if live is None:
            _save(path, stage)
            return
        _clear(stage)
        apply_take(
            stage.armature,
            stage.mesh,
            live.take,
            name=live.name,
            first_frame=stage.scene.frame_start,
            emphasis=live.emphasis,
            scene=stage.scene,
        )
        sound = _add_sound(stage, live) if live.audio is not None else None
        try:
            _save(path, stage)
        finally:
            remove_take(stage.armature)
            if sound is not None:
                bpy.data.sounds.remove(sound)


def _save(path: Path, stage: Stage) -> None:
    stage.scene.frame_set(stage.scene.frame_start)
    with silence():
        try:
            bpy.data.libraries.write(str(path), {stage.scene}, compress=True)
        except (OSError, RuntimeError) as error:
            reason = " ".join(str(error).split()).removeprefix("Error: ")
            raise UserError(f"{path.name}: Blender cannot write the file ({reason})") from error
    if not _is_whole(path):
        raise UserError(f"{path.name}: Blender wrote half a file: make room on the disk")


def _is_whole(path: Path) -> bool:
    """Whether a compressed .blend has its end: Blender reports success where only the last piece had no room."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(_SEEK_TABLE_END)))
        return file.read() == _SEEK_TABLE_END


def _show_skin(stage: Stage, mesh: bpy.types.Object | None) -> None:
    """The stage stops the skin from moving, which exporters do not need."""
    if stage.mesh is None or mesh is None:
        return
    stage.mesh.show_only_shape_key = mesh.show_only_shape_key
    stage.mesh.active_shape_key_index = mesh.active_shape_key_index
    for modifier in stage.mesh.modifiers:
        if modifier.type == "ARMATURE":
            modifier.show_viewport = True


def _clear(stage: Stage) -> None:
    """The take comes onto a rig in rest pose with no animation, so that *Reject* leaves it so."""
    stage.armature.animation_data_clear()
    for bone in stage.armature.pose.bones:
        bone.matrix_basis.identity()
    if stage.mesh is not None and shape_names(stage.mesh):
        stage.mesh.data.shape_keys.animation_data_clear()
        for key in stage.mesh.data.shape_keys.key_blocks:
            key.value = 0.0
    refresh(stage.armature, None)


def _add_sound(stage: Stage, live: "Live") -> bpy.types.Sound:
    audio = Path(live.audio).resolve()
    if not audio.is_file():
        raise UserError(f"{live.audio}: there is no such sound file to put into the .blend")
    strip = versions.sound_strip(stage.scene, live.name, str(audio), stage.scene.frame_start)
    strip.sound.pack()
    strip.sound.filepath = f"//{audio.name}"
    stage.scene.sync_mode = "AUDIO_SYNC"
    return strip.sound
