"""*Takes*: the list, and what can be done with the shown one."""

from __future__ import annotations

import bpy

from ..properties import settings_of
from .sidebar import Sidebar


class CHIRONOMY_UL_takes(bpy.types.UIList):
    """One row a take: shown or not, name, style and seed."""

    bl_idname = "CHIRONOMY_UL_takes"

    def draw_item(self, _context, layout, _data, take, _icon, _active_data, _active, index=0, _flag=0) -> None:
        row = layout.row(align=True)
        icon = "HIDE_OFF" if take.shown else "HIDE_ON"
        row.operator("chironomy.take_show", text="", icon=icon, emboss=False).take = index
        split = row.split(factor=0.5)
        split.prop(take, "name", text="", emboss=False)
        split = split.row(align=True)
        split.label(text=f"{take.style} · {take.seed}")
        if take.accepted:
            split.label(text="", icon="CHECKMARK")


class CHIRONOMY_PT_takes(Sidebar, bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_takes"
    bl_label = "Takes"
    bl_order = 4

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, settings_of(context.scene)
        row = layout.row()
        row.template_list("CHIRONOMY_UL_takes", "", settings, "takes", settings, "active_take", rows=4)
        column = row.column(align=True)
        column.operator("chironomy.take_show", text="", icon="HIDE_OFF").take = -1
        column.separator()
        column.operator("chironomy.take_delete", text="", icon="TRASH").take = -1
        row = layout.row(align=True)
        row.prop(settings, "reduce_keys")
        row = row.row()
        row.enabled = settings.reduce_keys
        row.prop(settings, "tolerance_deg", text="Degrees")
        row = layout.row(align=True)
        row.operator("chironomy.take_accept", icon="CHECKMARK")
        row.operator("chironomy.take_reject", icon="X")
        if 0 <= settings.active_take < len(settings.takes):
            self._draw_settings(settings.takes[settings.active_take])

    def _draw_settings(self, take: bpy.types.PropertyGroup) -> None:
        column = self.layout.column(align=True)
        column.scale_y = 0.85
        length_s = take.frames / take.fps if take.fps else 0.0
        column.label(text=f"{take.model or take.generator}, {take.style}, seed {take.seed}")
        column.label(text=f"{length_s:.1f} s from frame {take.first_frame}")
        if take.use_range:
            column.label(text=f"Asked for frames {take.range_first} to {take.range_last}")


CLASSES = (CHIRONOMY_UL_takes, CHIRONOMY_PT_takes)
register, unregister = bpy.utils.register_classes_factory(CLASSES)
