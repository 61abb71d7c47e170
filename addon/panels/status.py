"""What several panels draw in the same way: a job under way, a notice, the reason why a button is disabled."""

from __future__ import annotations

import textwrap

import bpy

from .. import jobs

#: What the sidebar's tabs, margins and the icon take of its width, and how wide a letter is, in unscaled pixels.
_AROUND_PX, _LETTER_PX = 75, 6.0
_SHORTEST_LINE = 20


def draw_job(layout: bpy.types.UILayout, scene: bpy.types.Scene, kind: str) -> None:
    """The progress bar with stage and time left, and Cancel."""
    job = jobs.running(scene, kind)
    if job is None:
        return
    left = jobs.seconds_shown(job.seconds_left)
    row = layout.row(align=True)
    row.progress(factor=job.fraction, text=f"{job.stage} · {left}" if left else job.stage)
    row.operator("chironomy.cancel", text="", icon="CANCEL")


def draw_notice(layout: bpy.types.UILayout, kind: str) -> None:
    """What the last job of this kind had to say."""
    told = jobs.notice(kind)
    if told is not None:
        _lines(layout, told[1], told[0])


def draw_reason(layout: bpy.types.UILayout, reason: str) -> None:
    """Why a button above is disabled."""
    if reason:
        _lines(layout, reason, "INFO")


def _lines(layout: bpy.types.UILayout, text: str, icon: str) -> None:
    column = layout.column(align=True)
    column.scale_y = 0.85
    for number, line in enumerate(textwrap.wrap(text, _letters_in_a_line())):
        column.label(text=line, icon=icon if number == 0 else "BLANK1")


def _letters_in_a_line() -> int:
    """How many letters fit beside the icon, as wide as the sidebar is now."""
    scale = bpy.context.preferences.system.ui_scale
    width_px = bpy.context.region.width / scale if bpy.context.region is not None else 0
    return max(int((width_px - _AROUND_PX) / _LETTER_PX), _SHORTEST_LINE)
