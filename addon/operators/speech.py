"""*Speech*: align, and put the sound into the scene."""

from __future__ import annotations

import bpy

from .. import connection, jobs, speech
from ..lazy import lazy
from ..properties import settings_of
from .reporting import reporting, requires
from .sending import SendsJob, why_occupied

requests = lazy("requests")


def _what_is_missing(context: bpy.types.Context) -> str:
    return speech.what_is_missing(context.scene) or connection.why_unavailable()


def _why_not_placed(context: bpy.types.Context) -> str:
    settings = settings_of(context.scene).speech
    if settings.source == "STRIP":
        return "The sound is in the Video Sequencer already"
    return "" if settings.sound_path else "Choose the sound file of the speech"


@requires(why_occupied, _what_is_missing)
class CHIRONOMY_OT_align(SendsJob, bpy.types.Operator):
    bl_idname = "chironomy.align"
    bl_label = "Align"
    bl_description = "Find out when each word is spoken. Generate does so by itself; align first to choose gestures"
    bl_options = {"REGISTER", "UNDO"}

    def job(self, context: bpy.types.Context) -> jobs.Job:
        return requests.align_job(context.scene)


@requires(_why_not_placed)
class CHIRONOMY_OT_place_sound(bpy.types.Operator):
    bl_idname = "chironomy.place_sound"
    bl_label = "Put Sound into Scene"
    bl_description = (
        "Put the recording into the Video Sequencer at the start frame, so that it plays with the animation"
    )
    bl_options = {"REGISTER", "UNDO"}

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        speech.place_sound(context.scene)
        return {"FINISHED"}


CLASSES = (CHIRONOMY_OT_align, CHIRONOMY_OT_place_sound)
register, unregister = bpy.utils.register_classes_factory(CLASSES)
