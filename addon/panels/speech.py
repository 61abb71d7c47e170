"""*Speech*: which recording, which words, where they start."""

from __future__ import annotations

import bpy

from .. import jobs
from ..properties import settings_of
from .sidebar import Sidebar
from .status import draw_job, draw_notice, draw_reason


class CHIRONOMY_PT_speech(Sidebar, bpy.types.Panel):
    bl_idname = "CHIRONOMY_PT_speech"
    bl_label = "Speech"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        settings = settings_of(scene).speech
        layout.use_property_split, layout.use_property_decorate = True, False
        column = layout.column()
        column.row().prop(settings, "source", expand=True)
        if settings.source == "FILE":
            column.prop(settings, "sound_path", text="File")
            column.prop(settings, "start_frame")
        elif scene.sequence_editor is not None:
            column.prop_search(settings, "strip", scene.sequence_editor, "strips_all", icon="SOUND")
        else:
            column.label(text="This scene has no strips yet", icon="INFO")
        column = layout.column()
        column.row().prop(settings, "text_source", expand=True)
        name = {"FIELD": "text", "TEXT": "text_block", "FILE": "text_path"}[settings.text_source]
        column.prop(settings, name, text="Words" if name == "text" else "")
        column.prop(settings, "language")
        row = layout.row(align=True)
        row.operator("chironomy.align", icon="ALIGN_JUSTIFY")
        row.operator("chironomy.place_sound", text="Put into Scene", icon="SOUND")
        draw_job(layout, scene, "align")
        draw_notice(layout, "align")
        if not jobs.running(scene):
            from ..speech import what_is_missing

            draw_reason(layout, what_is_missing(scene))


CLASSES = (CHIRONOMY_PT_speech,)
register, unregister = bpy.utils.register_classes_factory(CLASSES)
