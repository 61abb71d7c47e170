"""The list of takes of a scene and what can be done with them. One take at most plays on a character."""

from __future__ import annotations

from itertools import chain, count

import bpy

from .core.errors import UserError
from .core.formats.take import Take
from .properties import ChironomySettings, TakeItem, filling, settings_of
from .scene import emphasis_edit, keep, take_store, versions
from .scene.bake import accept_take
from .scene.keyframes import BODY, FACE, face_mesh_of
from .scene.layers import apply_take, remove_take
from .scene.live import has_live_take, live_take
from .word_list import fill_performed
from .word_sliders import show_sliders


def add_take(scene: bpy.types.Scene, armature: bpy.types.Object, content: bytes, take: Take) -> TakeItem:
    """Puts a take at the end of the list; it is not shown yet."""
    settings, metadata = settings_of(scene), take.metadata
    item = settings.takes.add()
    item.name = _free_name(settings, armature, metadata.seed)
    item.stored = take_store.store_take(item.name, content)
    item.armature = armature
    item.mesh = settings.mesh if settings.armature == armature else None
    item.generator, item.seed = metadata.generator, metadata.seed
    item.style = str(metadata.settings.get("style", ""))
    item.model = str(metadata.settings.get("model", ""))
    item.fps, item.frames = metadata.fps, take.frames
    item.first_frame = settings.speech.start_frame
    return item


def show_take(scene: bpy.types.Scene, index: int, take: Take | None = None) -> None:
    """Has the take play on its character instead of the one shown before. Raises UserError."""
    settings = settings_of(scene)
    item = item_at(scene, index)
    armature = require_character(scene, item)
    if item.shown and has_live_take(armature):
        if settings.armature != armature:
            settings.armature = armature  # which brings its words
        settings.active_take = index
        return
    take = take or take_store.stored_take(item.stored)
    hide_shown(scene, armature)
    part = (item.range_first, item.range_last) if item.use_range else None
    live = apply_take(armature, item.mesh, take, name=item.name, first_frame=item.first_frame, scene=scene, part=part)
    # by index: Blender may have moved the list's items meanwhile
    item = settings.takes[index]
    if item.edits is not None:
        _bring_back_edits(live.armature, item)
    saved = take_store.kept_emphasis(item.stored)
    if saved:
        emphasis_edit.restore_emphasis(armature, saved)
    item.shown = True
    with filling():
        settings.armature = armature
    _choose(scene, index, take)


def follow_chosen_character(scene: bpy.types.Scene) -> None:
    """Another character was chosen: its skin comes along, and where a take of its is shown, that take's words do."""
    settings = settings_of(scene)
    armature = settings.armature
    if armature is None:
        return
    index = shown_index(scene, armature)
    if index is not None:
        _choose(scene, index, take_store.stored_take(settings.takes[index].stored))
    elif settings.mesh is None or settings.mesh.find_armature() not in (None, armature):
        settings.mesh = face_mesh_of(armature, scene)


def hide_shown(scene: bpy.types.Scene, armature: bpy.types.Object) -> None:
    """Takes the shown take off the character; its emphasis and the animator's keys over it stay with it.

    Raises UserError where a take is under review that is not in the scene's list: nothing could bring it back.
    """
    index = shown_index(scene, armature)
    if index is None:
        if has_live_take(armature):
            raise UserError(f"{armature.name}: a take is under review that is not in the list: accept or reject it")
        return
    item = settings_of(scene).takes[index]
    live = live_take(armature)
    item.first_frame = int(live.frames[0])
    if live.part is not None:
        item.range_first, item.range_last = live.part
    if emphasis_edit.has_emphasis_record(armature):
        take_store.keep_emphasis(item.stored, emphasis_edit.saved_emphasis(armature))
    if live.edits is not None and _has_keys(live.edits):
        item.edits = live.edits.copy()
        item.edits.use_fake_user = True
    item.shown = False
    remove_take(armature)


def accept_shown(scene: bpy.types.Scene, armature: bpy.types.Object) -> bpy.types.Action:
    """Bakes what the character shows into one action, with the rotation modes that it had before.

    Where the action in use before was accepted earlier, the take goes into that one, for the frames it was made for;
    the animator's keys there stay. A take for some frames over an action of the animator's goes into a copy of it.
    """
    from .scene import regenerate

    index, settings = shown_index(scene, armature), settings_of(scene)
    tolerance_deg = settings.tolerance_deg if settings.reduce_keys else None
    if regenerate.can_accept_into_former(armature):
        action = regenerate.accept_into_former(armature, tolerance_deg=tolerance_deg)
    elif regenerate.can_accept_into_copy(armature):
        action = regenerate.accept_into_copy(armature, tolerance_deg)
    else:
        action = accept_take(armature, keep.former_modes(live_take(armature).base), tolerance_deg)
    if index is not None:
        item = settings.takes[index]
        item.shown, item.accepted, item.action = False, True, action
    return action


def reject_shown(scene: bpy.types.Scene, armature: bpy.types.Object) -> None:
    """Leaves character and file as they were before the take, and takes it off the list."""
    index = shown_index(scene, armature)
    remove_take(armature)
    if index is not None:
        _drop(scene, index)


def delete_take(scene: bpy.types.Scene, index: int) -> None:
    """Takes a take off the list; one that is shown is rejected. Accepted motion stays on the character."""
    item = item_at(scene, index)
    if item.shown and item.armature is not None and has_live_take(item.armature):
        remove_take(item.armature)
    _drop(scene, index)


def shown_index(scene: bpy.types.Scene, armature: bpy.types.Object) -> int | None:
    """Which take of the list plays on this character."""
    if not has_live_take(armature):
        return None
    takes = settings_of(scene).takes
    return next((i for i, item in enumerate(takes) if item.shown and item.armature == armature), None)


def played_index(scene: bpy.types.Scene, armature: bpy.types.Object) -> int | None:
    """The take that the character plays: the shown one, or the one that its action was baked from."""
    if has_live_take(armature):
        return shown_index(scene, armature)
    action = armature.animation_data.action if armature.animation_data else None
    takes = settings_of(scene).takes
    return next((i for i, item in enumerate(takes) if action is not None and item.action == action), None)


def item_at(scene: bpy.types.Scene, index: int) -> TakeItem:
    """A take of the list; −1 is the chosen one. Raises UserError where there is none."""
    settings = settings_of(scene)
    index = settings.active_take if index < 0 else index
    if not 0 <= index < len(settings.takes):
        raise UserError(f"There is no take {index}: the list has {len(settings.takes)}")
    return settings.takes[index]


def require_character(scene: bpy.types.Scene, item: TakeItem) -> bpy.types.Object:
    """The take's character. Raises UserError where it was deleted."""
    armature = item.armature
    if armature is None or armature.name not in scene.objects:
        raise UserError(
            f"{item.name}: its character is not in this scene any more: undo the deletion, or generate anew"
        )
    return armature


def _choose(scene: bpy.types.Scene, index: int, take: Take) -> None:
    """Lets the panel stand where a shown take is: its skin, its words, and which line they belong to."""
    settings = settings_of(scene)
    item = settings.takes[index]
    settings.active_take, settings.mesh = index, item.mesh
    same_line = settings.speech.words_of == item.words_of
    settings.speech.words_of = item.words_of
    fill_performed(settings, take.metadata, same_line)
    show_sliders(scene)


def _drop(scene: bpy.types.Scene, index: int) -> None:
    settings = settings_of(scene)
    item = settings.takes[index]
    take_store.drop_take(item.stored)
    if item.edits is not None:
        bpy.data.actions.remove(item.edits)
    settings.takes.remove(index)
    settings.active_take = max(min(settings.active_take, len(settings.takes) - 1), 0)


def _bring_back_edits(armature: bpy.types.Object, item: TakeItem) -> None:
    """The animator's keys over this take, in place of the empty action that came with it."""
    live = live_take(armature)
    empty, edits = live.edits, item.edits
    for animated, kind in ((armature, BODY), (live.keys, FACE)):
        slot = versions.slot_of(edits, kind)
        if animated is not None and slot is not None and animated.animation_data.action == empty:
            versions.assign_action(animated, edits, slot)
    name = empty.name
    bpy.data.actions.remove(empty)
    edits.name, edits.use_fake_user = name, False
    item.edits = None


def _has_keys(action: bpy.types.Action) -> bool:
    return any(versions.curves(action, slot) for slot in action.slots)


def _free_name(settings: ChironomySettings, armature: bpy.types.Object, seed: int) -> str:
    wanted = f"{armature.name} {seed}"
    taken = {item.name for item in settings.takes}
    return next(name for name in chain([wanted], (f"{wanted}.{n}" for n in count(2))) if name not in taken)
