"""The `.png` of a take: its most telling poses over its words and its emphasis."""

# pyright: reportMissingImports=false

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from ..formats.atomic import replacing
from ..formats.take import TakeMetadata, TakeWord
from ..motion.rotations import Array
from ..progress import Progress, silent, within
from ..speech.audio import read_audio
from .blender import Character, motion_of
from .performance import Performance
from .sheet_drawing import FIGURE_HEIGHT, WIDTH, Curves, Label, Pose, Row, draw_sheet

#: Where in the stroke window a gesture shows best, 0…1.
_APEX = 0.6
#: Takes up to this long go on one row; up to the second, on two; of longer ones the beginning is shown.
ONE_ROW_S, LONGEST_S = 20.0, 60.0
POSES_PER_ROW = 8
#: The camera sees this much more than the figure's height asks for.
_RENDER_SIZE = (round(FIGURE_HEIGHT * 0.9), round(FIGURE_HEIGHT * 1.1))


def write_contact_sheet(
    path: Path, performance: Performance, character: Character, progress: Progress = silent
) -> None:
    """Renders a contact sheet of the performance to a PNG file. Raises UserError where `path` cannot be written."""
    from chironomy_blender.scene.picture import Shot, render_pictures

    motion, metadata = motion_of(performance), performance.take.metadata
    shown_s = min(motion.duration_s, LONGEST_S)
    rows = row_spans(shown_s)
    moments = [choose_moments(metadata.words, performance.emphasis, metadata.fps, span, POSES_PER_ROW) for span in rows]
    frames = [min(round(time * motion.fps), motion.frames - 1) for row in moments for time, _ in row]
    with replacing(path) as temporary, tempfile.TemporaryDirectory() as folder:
        files = render_pictures(
            character.armature,
            character.mesh,
            motion,
            frames,
            Path(folder),
            Shot(*_RENDER_SIZE, samples=5),
            within(progress, 0, 0.9),
        )
        pictures = iter([_opened(file) for file in files])
        drawn = [
            Row(
                start, end, [Pose(time, next(pictures), word) for time, word in row], _labels(metadata, row, start, end)
            )
            for (start, end), row in zip(rows, moments, strict=True)
        ]
        progress("Drawing the contact sheet", 0.92)
        waveform, sound_s = _waveform(performance.audio)
        curves = Curves(performance.emphasis, metadata.fps, waveform, sound_s or motion.duration_s)
        title = (performance.audio or path).name
        draw_sheet(title, _subtitle(metadata, motion.duration_s, shown_s), drawn, curves).save(temporary, optimize=True)
    progress("Drawing the contact sheet", 1.0)


def row_spans(duration_s: float) -> list[tuple[float, float]]:
    """Start and end in seconds of the sheet's rows."""
    count = 1 if duration_s <= ONE_ROW_S else 2
    edges = np.linspace(0.0, max(duration_s, 0.5), count + 1)
    return [(float(start), float(end)) for start, end in pairwise(edges)]


def choose_moments(
    words: Sequence[TakeWord], emphasis: Array, fps: float, span_s: tuple[float, float], count: int
) -> list[tuple[float, str]]:
    """Times worth a picture, and the words that go with them, in time order.

    Strokes where the emphasis is high come first, but never two close together; what is missing is filled from the
    widest gaps.
    """
    start, end = span_s
    moments = [(_apex_s(word), word) for word in words if start <= _apex_s(word) < end]

    def worth(moment: tuple[float, TakeWord]) -> float:
        time, word = moment
        level = float(np.interp(time * fps, np.arange(len(emphasis)), emphasis))
        return level + 0.3 * word.prominence + (0.4 if word.gesture_class not in ("", "beat") else 0.0)

    apart = 0.55 * (end - start) / count
    chosen: list[tuple[float, str]] = []
    for time, word in sorted(moments, key=worth, reverse=True):
        if len(chosen) < count and all(abs(time - other) >= apart for other, _ in chosen):
            chosen.append((time, word.word.text))
    while len(chosen) < count:
        edges = sorted([start, *(time for time, _ in chosen), end])
        widest = int(np.argmax(np.diff(edges)))
        chosen.append(((edges[widest] + edges[widest + 1]) / 2.0, ""))
    return sorted(chosen)


def _apex_s(word: TakeWord) -> float:
    """When its gesture is fully there: the stroke has arrived and is held."""
    window = word.window
    return window.stroke_start_s + _APEX * (window.stroke_end_s - window.stroke_start_s)


def _labels(metadata: TakeMetadata, row: Sequence[tuple[float, str]], start_s: float, end_s: float) -> list[Label]:
    shown = {(round(time, 6), text) for time, text in row}
    return [
        Label(
            entry.word.text,
            max(entry.word.start_s, start_s),
            min(entry.word.end_s, end_s),
            (round(_apex_s(entry), 6), entry.word.text) in shown,
        )
        for entry in sorted(metadata.words, key=lambda entry: entry.word.start_s)
        if start_s <= entry.word.start_s < end_s
    ]


def _waveform(recording: Path | None) -> tuple[Array, float]:
    """[n], 0…1: peaks of about two stretches a pixel, and the recording's length in seconds."""
    if recording is None:
        return np.zeros(0), 0.0
    audio = read_audio(recording)
    count = min(2 * WIDTH, len(audio.samples))
    edges = np.linspace(0, len(audio.samples), count, endpoint=False).astype(int)
    peaks = np.maximum.reduceat(np.abs(audio.samples), edges).astype(float)
    return peaks / max(float(peaks.max()), 1e-9), audio.duration_s


def _subtitle(metadata: TakeMetadata, duration_s: float, shown_s: float) -> str:
    minutes, seconds = divmod(round(duration_s), 60)
    length = f"{minutes}:{seconds:02d} min" if minutes else f"{duration_s:.1f} s"
    if shown_s < duration_s:
        length = f"the first {shown_s:.0f} s of {length}"
    parts = [length, f"{len(metadata.words)} words"]
    if metadata.generator:
        parts.append(f"{metadata.generator}, seed {metadata.seed}")
    return "   ·   ".join(parts)


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGBA")
