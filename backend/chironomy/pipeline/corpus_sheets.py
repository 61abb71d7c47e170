"""Contact sheets of a corpus' utterances: both layers from the front, the semantic one from the side too."""

# pyright: reportMissingImports=false

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ..evaluation.told_strokes import ToldGesture, told_gestures, told_strokes
from ..formats.atomic import replacing
from ..formats.words import Word
from ..motion import rotations as rot
from ..motion.body import neutral_body
from ..progress import Progress, silent, within
from ..training.corpus.content import kind_of, voice_of
from ..training.corpus_format import FPS, Recording
from ..training.shards import Corpus
from .blender import character, motion_of
from .performance import of_motion
from .sheet_drawing import fitted, font

_COLUMNS = 10
_PICTURE = (240, 400)
_HEADER, _LABEL = 84, 34
_BACKGROUND, _TEXT, _MUTED = (40, 45, 54), (236, 233, 226), (170, 178, 190)
#: Layer, and how far the camera stands to the character's left.
_ROWS = (("rotations", 8.0), ("rotations", 80.0), ("base_rotations", 8.0))


def write_corpus_sheets(folder: Path, count: int, output: Path, progress: Progress = silent) -> list[Path]:
    """Draws so many utterances that differ in split, style, voice and kind of text; the PNG files. Raises UserError."""
    corpus = Corpus(folder)
    output.mkdir(parents=True, exist_ok=True)
    chosen = different(corpus, count)
    paths = []
    for number, recording in enumerate(chosen):
        path = output / f"{recording.id.replace('/', '_')}.png"
        _write_sheet(corpus, recording, path, within(progress, number / len(chosen), (number + 1) / len(chosen)))
        paths.append(path)
    return paths


def different(corpus: Corpus, count: int) -> list[Recording]:
    """Utterances one after another, each with as much about it as possible that those before it seldom had."""
    left = list(corpus.recordings)
    seen: dict[str, int] = {}
    chosen: list[Recording] = []
    while left and len(chosen) < count:
        best = min(left, key=lambda recording: sum(2.0 ** seen.get(fact, 0) for fact in _facts(corpus, recording)))
        for fact in _facts(corpus, best):
            seen[fact] = seen.get(fact, 0) + 1
        left.remove(best)
        chosen.append(best)
    return chosen


def moments(gestures: Sequence[ToldGesture], frames: int, count: int) -> list[int]:
    """Frames spread evenly, each moved to the nearest apex where one is near."""
    apexes = np.array([gesture.apex for gesture in gestures])
    step = frames / count
    chosen = []
    for k in range(count):
        even = round((k + 0.5) * step)
        near = apexes[np.abs(apexes - even) < step / 2] if len(apexes) else apexes
        chosen.append(int(near[np.abs(near - even).argmin()]) if len(near) else even)
    return [min(frame, frames - 1) for frame in chosen]


def _facts(corpus: Corpus, recording: Recording) -> tuple[str, ...]:
    style = corpus.facts.speakers[recording.speaker]
    length = "long" if recording.frames > 8 * FPS else "short"
    return recording.split, style, voice_of(recording), kind_of(recording), length


def _write_sheet(corpus: Corpus, recording: Recording, path: Path, progress: Progress) -> None:
    gestures = told_gestures(told_strokes(corpus.read(recording, "plan"), corpus.read(recording, "gesture_class")))
    frames = moments(gestures, recording.frames, _COLUMNS)
    width, height = _PICTURE
    sheet = Image.new("RGB", (_COLUMNS * width, _HEADER + len(_ROWS) * height + _LABEL), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    style, words = corpus.facts.speakers[recording.speaker], corpus.words(recording)
    title = f"{recording.id}: {recording.split}, {style}, {voice_of(recording)}, {recording.frames / FPS:.1f} s"
    draw.text((16, 10), title, font=font(26), fill=_TEXT)
    draw.text((16, 48), " ".join(word.text for word in words)[:230], font=font(20), fill=_MUTED)
    for row, (layer, turn_deg) in enumerate(_ROWS):
        part = within(progress, row / len(_ROWS), (row + 1) / len(_ROWS))
        pictures = _pictures(corpus, recording, layer, frames, turn_deg, part)
        for column, picture in enumerate(pictures):
            sheet.paste(picture, (column * width, _HEADER + row * height), picture)
    for column, frame in enumerate(frames):
        label = fitted(_label(corpus, gestures, words, frame), 20, width - 20)
        draw.text((column * width + 12, _HEADER + len(_ROWS) * height), label, font=font(20), fill=_TEXT)
    with replacing(path) as temporary:
        sheet.save(temporary, optimize=True)


def _pictures(
    corpus: Corpus, recording: Recording, layer: str, frames: Sequence[int], turn_deg: float, progress: Progress
) -> list[Image.Image]:
    from chironomy_blender.scene.picture import Shot, render_pictures

    layer = layer if layer in corpus.fields else "rotations"
    rotations = rot.from_six_d(np.asarray(corpus.read(recording, layer)))
    translation = np.asarray(corpus.read(recording, "translation"), dtype=float)
    performance = of_motion(rotations, translation, FPS, neutral_body(), recording.id)
    shot = Shot(*_PICTURE, turn_deg=turn_deg, samples=5, fine=False)  # ten sheets are 300 pictures
    with character(performance) as stage, tempfile.TemporaryDirectory() as folder:
        motion = motion_of(performance)
        files = render_pictures(stage.armature, stage.mesh, motion, frames, Path(folder), shot, progress)
        return [_opened(file) for file in files]


def _label(corpus: Corpus, gestures: Sequence[ToldGesture], words: Sequence[Word], frame: int) -> str:
    """The time, what is said then, and the class of the gesture that has its apex there."""
    said = next((word.text for word in words if word.start_s <= frame / FPS < word.end_s), "")
    names = {gesture.gesture_class for gesture in gestures if gesture.apex == frame and gesture.gesture_class}
    classes = ", ".join(corpus.facts.gesture_classes[number - 1] for number in names)
    return f"{frame / FPS:.2f} s  {said}" + (f"  ({classes})" if classes else "")


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGBA")
