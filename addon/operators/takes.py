"""*Takes*: show, hide, accept, reject, delete."""

import bpy
from bpy.props import BoolProperty, IntProperty

from ..lazy import lazy
from ..properties import on_character_chosen, settings_of
from .reporting import reporting, requires

takes, authorship, live = lazy("takes"), lazy("scene.authorship"), lazy("scene.live")

_TAKE = IntProperty(name="Take", description="The take's number in the list, from 0; −1: the chosen one", default=-1)


def _why_no_shown(context: bpy.types.Context) -> str:
    armature = settings_of(context.scene).armature
    if armature is None:
        return "Choose the character that speaks"
    if not live.has_live_take(armature):
        return "No take is shown on this character: show one from the list"
    if armature.animation_data.use_tweak_mode:
        return "An NLA strip is being tweaked: leave tweak mode first (Tab in the NLA editor)"
    return ""


def _why_no_takes(context: bpy.types.Context) -> str:
    return "" if settings_of(context.scene).takes else "There are no takes yet: generate one"


@requires(_why_no_takes)
class CHIRONOMY_OT_take_show(bpy.types.Operator):
    bl_idname = "chironomy.take_show"
    bl_label = "Show Take"
    bl_description = "Let this take alone play on its character. On the shown one: hide it; what you shaped is kept"
    bl_options = {"REGISTER", "UNDO"}

    take: _TAKE
    hide: BoolProperty(name="Hide", description="Take it off the character instead", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        settings = settings_of(context.scene)
        index = settings.active_take if self.take < 0 else self.take
        self.hide = 0 <= index < len(settings.takes) and settings.takes[index].shown
        return self.execute(context)

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        item = takes.item_at(scene, self.take)
        if self.hide:
            takes.hide_shown(scene, takes.require_character(scene, item))
        else:
            takes.show_take(scene, settings_of(scene).active_take if self.take < 0 else self.take)
        return {"FINISHED"}


@requires(_why_no_shown)
class CHIRONOMY_OT_take_accept(bpy.types.Operator):
    bl_idname = "chironomy.take_accept"
    bl_label = "Accept"
    bl_description = "Bake what the character shows now, with your keys and your emphasis, into one clean action"
    bl_options = {"REGISTER", "UNDO"}

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        action = takes.accept_shown(context.scene, settings_of(context.scene).armature)
        before, now = authorship.key_counts(action)
        reduced = settings_of(context.scene).reduce_keys
        fewer = f", {before} keys reduced to {now}" if reduced else f", {now} keys"
        self.report({"INFO"}, f"The take is now the action “{action.name}”{fewer}")
        return {"FINISHED"}


@requires(_why_no_shown)
class CHIRONOMY_OT_take_reject(bpy.types.Operator):
    bl_idname = "chironomy.take_reject"
    bl_label = "Reject"
    bl_description = "Take the shown take off character and list: the file is as it was before the take came"
    bl_options = {"REGISTER", "UNDO"}

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        takes.reject_shown(context.scene, settings_of(context.scene).armature)
        return {"FINISHED"}


@requires(_why_no_takes)
class CHIRONOMY_OT_take_delete(bpy.types.Operator):
    bl_idname = "chironomy.take_delete"
    bl_label = "Delete Take"
    bl_description = "Take the chosen take off the list and out of the file. An accepted action stays on the character"
    bl_options = {"REGISTER", "UNDO"}

    take: _TAKE

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        takes.item_at(context.scene, self.take)
        takes.delete_take(context.scene, settings_of(context.scene).active_take if self.take < 0 else self.take)
        return {"FINISHED"}


CLASSES = (CHIRONOMY_OT_take_show, CHIRONOMY_OT_take_accept, CHIRONOMY_OT_take_reject, CHIRONOMY_OT_take_delete)
_register, _unregister = bpy.utils.register_classes_factory(CLASSES)


def _follow_chosen_character(scene: bpy.types.Scene) -> None:
    takes.follow_chosen_character(scene)


def register() -> None:
    _register()
    if _follow_chosen_character not in on_character_chosen:
        on_character_chosen.append(_follow_chosen_character)


def unregister() -> None:
    if _follow_chosen_character in on_character_chosen:
        on_character_chosen.remove(_follow_chosen_character)
    _unregister()
