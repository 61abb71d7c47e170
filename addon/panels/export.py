"""*Export*: for which program, what, where to."""

from __future__ import annotations

import bpy

from ..properties import settings_of
from .sidebar import Sidebar


class CHIRONOMY_PT_export(Sidebar, bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_export"
    bl_label = "Export"
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
register, unregister = bpy.utils.register_classes_factory(CLASSES)
