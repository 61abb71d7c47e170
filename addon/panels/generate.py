"""*Generate*: what to make, and how far it is."""

from __future__ import annotations

import bpy

from .. import jobs
from ..connection import why_unavailable
from ..operators.generate import why_not
from ..properties import settings_of
from .sidebar import Sidebar
from .status import draw_job, draw_notice, draw_reason

_ADDON = (__package__ or "").rpartition(".")[0]


class CHIRONOMY_PT_generate(Sidebar, bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_generate"
    bl_label = "Generate"
    bl_order = 2

    def draw(self, context: bpy.types.Context) -> None:
        layout, wanted = self.layout, settings_of(context.scene).generate
        layout.use_property_split, layout.use_property_decorate = True, False
        column = layout.column()
        column.prop(wanted, "generator")
        column.prop(wanted, "style")
        row = column.row(align=True)
        row.prop(wanted, "seed")
        row.operator("chironomy.new_seed", text="", icon="FILE_REFRESH")
        row.prop(wanted, "lock_seed", text="", icon="LOCKED" if wanted.lock_seed else "UNLOCKED")
        column.prop(wanted, "variations")
        column.prop(wanted, "use_range")
        if wanted.use_range:
            row = column.row(align=True)
            row.prop(wanted, "range_first", text="Frames")
            row.prop(wanted, "range_last", text="")
            row.operator("chironomy.range_from_scene", text="", icon="PREVIEW_RANGE")
        if jobs.running(context.scene, "generate"):
            draw_job(layout, context.scene, "generate")
            return
        row = layout.row()
        row.scale_y = 1.4
        row.operator("chironomy.generate", icon="PLAY")
        draw_reason(layout, why_not(context))
        if why_unavailable():
            layout.operator("preferences.addon_show", text="Preferences", icon="PREFERENCES").module = _ADDON
        draw_notice(layout, "generate")


CLASSES = (CHIRONOMY_PT_generate,)
register, unregister = bpy.utils.register_classes_factory(CLASSES)
