"""*Speech*: align, and put the sound into the scene."""

from __future__ import annotations

import bpy

from .. import connection, jobs, speech
from ..lazy import lazy
from .reporting import available, reporting

requests = lazy("requests")


def _why_not(context: bpy.types.Context) -> str:
    if jobs.running(context.scene):
        return "A job of this scene is under way: wait for it, or cancel it"
    return speech.what_is_missing(context.scene) or connection.why_unavailable()


class CHIRONOMY_OT_align(bpy.types.Operator):
    bl_idname = "chironomy.align"
    bl_label = "Align"
    bl_description = "Find out when each word is spoken. Generate does so by itself; align first to choose gestures"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return available(cls, _why_not(context))

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        return self._start(context)

    @reporting
    def _start(self, context: bpy.types.Context) -> set[str]:
        jobs.start(requests.align_job(context.scene), connection.connector())
        return {"CANCELLED"}  # nothing is changed yet: no undo step; the words come with one of their own

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..delivery import deliver

        job = requests.align_job(context.scene)
        jobs.launch(job, connection.connector())
        deliver(jobs.wait(job))
        return {"FINISHED"}


class CHIRONOMY_OT_place_sound(bpy.types.Operator):
    bl_idname = "chironomy.place_sound"
    bl_label = "Put Sound into Scene"
    bl_description = (
        "Put the recording into the Video Sequencer at the start frame, so that it plays with the animation"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        settings = context.scene.chironomy.speech
        if settings.source == "STRIP":
            return available(cls, "The sound is in the Video Sequencer already")
        return available(cls, "" if settings.sound_path else "Choose the sound file of the speech")

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        speech.place_sound(context.scene)
        return {"FINISHED"}


CLASSES = (CHIRONOMY_OT_align, CHIRONOMY_OT_place_sound)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
