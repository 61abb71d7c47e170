"""*Export*: one file for each take."""

from __future__ import annotations

import bpy

from ..properties import settings_of
from .reporting import reporting, requires


def _why_not(context: bpy.types.Context) -> str:
    settings = settings_of(context.scene)
    if settings.armature is None:
        return "Choose the character to export"
    animation = settings.armature.animation_data
    has_motion = animation is not None and (animation.action is not None or len(animation.nla_tracks) > 0)
    return "" if has_motion or settings.takes else "The character has no motion yet: generate a take"


@requires(_why_not)
class CHIRONOMY_OT_export(bpy.types.Operator):
    bl_idname = "chironomy.export"
    bl_label = "Export"
    bl_description = (
        "Write each take to a file of its own; time 0 of the file is time 0 of the sound. The scene stays as it is"
    )
    bl_options = {"REGISTER"}

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..export_takes import export_takes

        files = export_takes(context.scene)
        what = files[0].name if len(files) == 1 else f"{len(files)} files"
        self.report({"INFO"}, f"{what} written to {files[0].parent}")
        return {"FINISHED"}


CLASSES = (CHIRONOMY_OT_export,)
register, unregister = bpy.utils.register_classes_factory(CLASSES)
