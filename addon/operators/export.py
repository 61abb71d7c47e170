"""*Export*: one file for each take."""

from __future__ import annotations

import bpy

from ..properties import settings_of
from .reporting import available, reporting


class CHIRONOMY_OT_export(bpy.types.Operator):
    bl_idname = "chironomy.export"
    bl_label = "Export"
    bl_description = (
        "Write each take to a file of its own; time 0 of the file is time 0 of the sound. The scene stays as it is"
    )
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        settings = settings_of(context.scene)
        if settings.armature is None:
            return available(cls, "Choose the character to export")
        animation = settings.armature.animation_data
        has_motion = animation is not None and (animation.action is not None or len(animation.nla_tracks) > 0)
        return available(
            cls, "" if has_motion or settings.takes else "The character has no motion yet: generate a take"
        )

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..export_takes import export_takes

        files = export_takes(context.scene)
        what = files[0].name if len(files) == 1 else f"{len(files)} files"
        self.report({"INFO"}, f"{what} written to {files[0].parent}")
        return {"FINISHED"}


CLASSES = (CHIRONOMY_OT_export,)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
