"""What a finished job brought, put into the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from . import jobs
from .connection import learn_generators
from .core.errors import UserError
from .core.formats.words import Word
from .properties import settings_of
from .requests import next_seed
from .takes import add_take, show_take
from .word_list import fill_aligned

_GONE = "The {what} was removed while the backend worked: its result was dropped"


def deliver(job: jobs.Job) -> str:
    """Writes words or takes into the job's scene; returns a notice, or nothing.

    Raises UserError where scene or character are gone: then nothing is written.
    """
    scene = jobs.scene_of(job)
    if scene is None:
        raise UserError(_GONE.format(what="scene"))
    notices = list(job.notices)
    if job.kind == "align":
        fill_aligned(settings_of(scene), [_word(told) for told in job.words])
        settings_of(scene).speech.words_of = job.asked["words_of"]
    else:
        armature = jobs.armature_of(job)
        if armature is None:
            raise UserError(_GONE.format(what="character"))
        notices += _add_takes(scene, armature, job)
        next_seed(scene)
    learn_generators()
    text = " · ".join(dict.fromkeys(notices))
    if text:
        jobs.tell(job.kind, "INFO", text)
    return text


def _add_takes(scene: bpy.types.Scene, armature: bpy.types.Object, job: jobs.Job) -> list[str]:
    """Adds all takes and shows the first; where that cannot be now, says so: the takes are in the list all the same."""
    settings = settings_of(scene)
    first = len(settings.takes)
    for content, take in job.takes:
        item = add_take(scene, armature, content, take)
        item.sound, item.words_of = Path(job.audio_name).stem, job.asked["words_of"]
        item.first_frame = job.asked["start_frame"]
        item.use_range = job.asked["use_range"]
        item.range_first, item.range_last = job.asked["range_first"], job.asked["range_last"]
    try:
        show_take(scene, first, job.takes[0][1])
    except UserError as error:
        settings.active_take = first
        return [f"The takes are in the list, but not shown: {error}"]
    return []


def _word(told: dict[str, Any]) -> Word:
    return Word(told["text"], told["start_s"], told["end_s"], punctuation=told.get("punctuation", ""))
