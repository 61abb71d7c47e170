"""*Export*: for which program, what, where to."""

from __future__ import annotations

import bpy

from ..properties import settings_of


class CHIRONOMY_PT_export(bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_export"
    bl_label = "Export"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Chironomy"
    bl_order = 5

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, settings_of(context.scene).export
        layout.use_property_split, layout.use_property_decorate = True, False
        column = layout.column()
        column.prop(settings, "profile")
        column.prop(settings, "format")
        column.row().prop(settings, "which", expand=True)
        beside = "Beside the .blend" if bpy.data.filepath else "Beside the sound"
        column.prop(settings, "folder", placeholder=beside)
        column.prop(settings, "name")
        layout.operator("chironomy.export", icon="EXPORT")


CLASSES = (CHIRONOMY_PT_export,)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
