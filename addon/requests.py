"""What the panel says, as jobs for the server."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import bpy

from . import generator_menu, speech
from .core.errors import UserError
from .core.formats.gesture_choice import with_choices
from .jobs import Job
from .properties import settings_of
from .word_list import choice_of

_SEEDS = 2**31 - 1
#: Single precision, in which the list keeps times, may let neighbours overlap by so much.
_OVERLAP_S = 1e-3


def align_job(scene: bpy.types.Scene) -> Job:
    """A job that finds the times of the words. Raises UserError where sound or text is missing."""
    return _job("align", scene, speech.speech_of(scene), {}, {})


def generate_job(scene: bpy.types.Scene, armature: bpy.types.Object) -> Job:
    """A job that makes takes for the character. Raises UserError where something is missing."""
    settings, said = settings_of(scene), speech.speech_of(scene)
    wanted = settings.generate
    request: dict[str, Any] = {
        **generator_menu.asked(wanted.generator),
        "style": wanted.style,
        "seed": wanted.seed,
        "variations": wanted.variations,
    }
    if settings.speech.words_of == speech.fingerprint(said):
        request = with_choices(request, {number: choice_of(word) for number, word in enumerate(settings.words)})
        if any(word.times_by_hand for word in settings.words):
            request["words"] = _timed_words(settings.words)
    if wanted.use_range:
        _require_range(wanted, speech.start_frame(scene))
    asked = {
        "start_frame": speech.start_frame(scene),
        "use_range": wanted.use_range,
        "range_first": wanted.range_first,
        "range_last": wanted.range_last,
    }
    return _job("generate", scene, said, request, asked, armature.session_uid)


def next_seed(scene: bpy.types.Scene) -> None:
    """After a generation: seeds that were not tried yet, where the seed is not locked."""
    wanted = settings_of(scene).generate
    if not wanted.lock_seed:
        wanted.seed = (wanted.seed + wanted.variations) % _SEEDS


def any_seed() -> int:
    """A seed by chance, short enough to be read out to a colleague."""
    return random.randrange(1, 10_000)  # noqa: S311


def _job(
    kind: str, scene: bpy.types.Scene, said: speech.Speech, request: dict[str, Any], asked: dict[str, Any], uid: int = 0
) -> Job:
    whole = {"kind": kind, "language": settings_of(scene).speech.language.strip() or "en", **request}
    transcript = said.transcript
    if "words" in whole:
        transcript = None
    elif said.text is not None:
        whole["text"] = said.text
    asked = {**asked, "words_of": speech.fingerprint(said)}
    return Job(kind, whole, said.audio, said.audio_name, transcript, scene.session_uid, uid, asked)


def _timed_words(words: Iterable[bpy.types.PropertyGroup]) -> list[dict[str, Any]]:
    """The list's words with its times, some of them corrected by hand. Raises UserError where they overlap."""
    timed: list[dict[str, Any]] = []
    for word in words:
        if word.end_s <= word.start_s:
            raise UserError(f"“{word.text}” ends before it begins: correct its times in the list of words")
        if timed and word.start_s < timed[-1]["end_s"] - _OVERLAP_S:
            raise UserError(f"“{timed[-1]['text']}” runs into “{word.text}”: correct their times in the list of words")
        start_s = max(word.start_s, timed[-1]["end_s"]) if timed else word.start_s
        punctuation = word.punctuation
        timed.append({"text": word.text, "start_s": start_s, "end_s": word.end_s, "punctuation": punctuation})
    return timed


def _require_range(wanted: bpy.types.PropertyGroup, start_frame: int) -> None:
    """Takes are whole; the range has its effect when they are shown."""
    if wanted.range_last <= wanted.range_first:
        raise UserError("The frame range ends before it begins: set To after From")
    if wanted.range_last < start_frame:
        raise UserError("The frame range ends before the sound begins: choose later frames")
