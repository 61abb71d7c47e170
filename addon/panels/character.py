"""*Character*: who speaks."""

from __future__ import annotations

import bpy

from ..properties import settings_of
from .sidebar import Sidebar


class CHIRONOMY_PT_character(Sidebar, bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_character"
    bl_label = "Character"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, settings_of(context.scene)
        layout.use_property_split, layout.use_property_decorate = True, False
        column = layout.column()
        column.prop(settings, "armature", icon="ARMATURE_DATA")
        column.prop(settings, "mesh", icon="MESH_DATA")
        column = layout.column(align=True)
        column.operator("chironomy.make_mannequin", icon="OUTLINER_OB_ARMATURE")
        column.operator("chironomy.use_armature", icon="EYEDROPPER")


CLASSES = (CHIRONOMY_PT_character,)
register, unregister = bpy.utils.register_classes_factory(CLASSES)
