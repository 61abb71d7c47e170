"""What Whisper and its relatives write as JSON: openai-whisper, faster-whisper, WhisperX, whisper.cpp."""

from __future__ import annotations

import os
from itertools import groupby
from typing import Any

from ..errors import UserError
from .timed_text import Cue, Interval, ending_before_next, require_order


def is_whisper(document: Any) -> bool:
    """Whether a JSON document looks like a recogniser's result."""
    return isinstance(document, dict) and any(
        isinstance(document.get(key), list) for key in ("segments", "word_segments", "transcription")
    )


def whisper_cues(path: str | os.PathLike[str], document: Any) -> tuple[Cue, ...]:
    """The segments of a parsed document, with their words where it has them; path is for messages.

    Words without times (WhisperX gives none to numbers) share the time between their neighbours and are marked
    `estimated`. Raises UserError where the document has not the shape it should have, or runs backwards in time.
    """
    try:
        cues = _cues(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: is no result of Whisper that can be read ({error!r}): transcribe again") from error
    cues = ending_before_next(cues)
    require_order(path, cues, "segment")
    words = [word for cue in cues for word in cue.words]
    require_order(path, ending_before_next(words), "word")
    return tuple(cues)


def _cues(document: dict[str, Any]) -> list[Cue]:
    if "transcription" in document:
        return [
            Cue(entry["offsets"]["from"] / 1000, entry["offsets"]["to"] / 1000, str(entry["text"]).strip())
            for entry in document["transcription"]
        ]
    segments = document.get("segments") or []
    loose = document.get("words") or document.get("word_segments") or []
    if loose and not any(segment.get("words") for segment in segments):
        times = [float(word[key]) for word in loose for key in ("start", "end") if key in word]
        segments = [{"start": min(times), "end": max(times), "text": "", "words": loose}]
    return [_segment(segment) for segment in segments]


def _segment(segment: dict[str, Any]) -> Cue:
    start_s, end_s = float(segment["start"]), float(segment["end"])
    words = ending_before_next(_timed(_joined(segment.get("words") or []), start_s, end_s))
    text = str(segment.get("text") or " ".join(word.text for word in words)).strip()
    return Cue(start_s, end_s, text, words=tuple(words))


def _joined(words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces without a blank before them ("-known") joined to the word they continue, where blanks are kept at all."""
    if not any(str(word["word"]).startswith(" ") for word in words):
        return words
    joined: list[dict[str, Any]] = []
    for word in words:
        if joined and not str(word["word"]).startswith(" "):
            text = f"{joined[-1]['word']}{word['word']}"
            joined[-1] = {**word, **joined[-1], "word": text, "end": word.get("end", joined[-1].get("end"))}
        else:
            joined.append(word)
    return joined


def _timed(words: list[dict[str, Any]], start_s: float, end_s: float) -> list[Interval]:
    """Each word with its times; runs of words without get what lies between the timed words around them."""
    timed: list[Interval] = []
    runs = [(known, list(run)) for known, run in groupby(words, key=_has_times)]
    for k, (known, run) in enumerate(runs):
        if known:
            timed += [_word(word, float(word["start"]), float(word["end"])) for word in run]
            continue
        from_s = timed[-1].end_s if timed else start_s
        to_s = float(runs[k + 1][1][0]["start"]) if k + 1 < len(runs) else max(end_s, from_s)
        step_s = max(to_s - from_s, 0.0) / len(run)
        timed += [
            _word(word, from_s + n * step_s, from_s + (n + 1) * step_s, estimated=True) for n, word in enumerate(run)
        ]
    return timed


def _has_times(word: dict[str, Any]) -> bool:
    return word.get("start") is not None and word.get("end") is not None


def _word(word: dict[str, Any], start_s: float, end_s: float, estimated: bool = False) -> Interval:
    confidence = float(word.get("score", word.get("probability", 0.3 if estimated else 1.0)))
    return Interval(start_s, end_s, str(word["word"]).strip(), min(max(confidence, 0.0), 1.0), estimated)
