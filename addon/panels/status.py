"""What several panels draw in the same way: a job under way, a notice, the reason why a button is disabled."""

from __future__ import annotations

import textwrap

import bpy

from .. import jobs

#: Characters that fit into a line of the sidebar at its usual width.
_LINE = 44


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
    for number, line in enumerate(textwrap.wrap(text, _LINE)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1")
