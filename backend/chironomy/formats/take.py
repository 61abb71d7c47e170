"""The take: one result of one generation, and its `.npz` file (see docs/architecture.md, Contracts)."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np

from ..errors import UserError
from ..motion.arkit import ARKIT_SHAPES
from ..motion.rotations import Array
from ..motion.skeleton import JOINT_COUNT
from .npz import Header, read_npz, write_npz
from .words import Phone, TimingMethod, Word

SCHEMA = 1
EXPRESSION_COUNT = 100
#: Over two hours at 60 fps: beyond this a file is taken for a mistake (or an attack) and not read.
MAX_FRAMES = 500_000
_MAX_METADATA_BYTES = 64 << 20


@dataclass(frozen=True)
class StrokeWindow:
    """When a word's gesture happens: bump_w of the emphasis is 1 from stroke_start_s to stroke_end_s, 0 outside."""

    preparation_s: float
    stroke_start_s: float
    stroke_end_s: float
    retraction_s: float


@dataclass(frozen=True)
class TakeWord:
    """A word as the generator performed it."""

    word: Word
    score: float
    """The word's own emphasis: the maximum of psi over its stroke window, 0…1. Its slider starts here."""
    window: StrokeWindow
    gesture_class: str = ""
    """One of presets/gesture_classes.json, "beat", or nothing."""
    prominence: float = 0.0
    """0…1: how much the voice stresses it."""


@dataclass(frozen=True)
class TakeMetadata:
    """What is known about a take besides its numbers; stored as UTF-8 JSON."""

    fps: float
    words: tuple[TakeWord, ...] = ()
    generator: str = ""
    weights: str = ""
    """SHA-256 of the generator's weights, or nothing where it has none."""
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    """What the user should know about this take: words not found in the sound and so on, one line each."""


@dataclass(frozen=True)
class Take:
    """Two layers of motion and the emphasis between them. Quaternions are (w, x, y, z), continuous in time."""

    base_rotations: Array
    """[T, 55, 4], local rotations."""
    semantic_rotations: Array
    """[T, 55, 4]; legs and root as in the base."""
    translation: Array
    """[T, 3], metres, added to the pelvis at rest."""
    semantic_translation: Array
    """[T, 3]."""
    face: Array
    """[T, 52], ARKit's blend shapes, 0…1."""
    emphasis: Array
    """[T], the generator's psi, 0…1."""
    contacts: Array
    """[T, 4], 1 where left ankle, right ankle, left foot, right foot stand on the ground."""
    metadata: TakeMetadata
    expressions: Array = field(default_factory=lambda: np.zeros((0, EXPRESSION_COUNT)))
    """[T, 100], SMPL-X's expression coefficients where the generator makes them, else [0, 100]."""

    @property
    def frames(self) -> int:
        return len(self.base_rotations)

    @property
    def duration_s(self) -> float:
        return self.frames / self.metadata.fps


_ARRAYS: dict[str, tuple[int, ...]] = {
    "base_rotations": (JOINT_COUNT, 4),
    "semantic_rotations": (JOINT_COUNT, 4),
    "translation": (3,),
    "semantic_translation": (3,),
    "face": (len(ARKIT_SHAPES),),
    "emphasis": (),
    "contacts": (4,),
    "expressions": (EXPRESSION_COUNT,),
}


def as_stored(take: Take) -> Take:
    """The take with its numbers rounded as its file has them: written and read again, it stays as it is."""
    return replace(take, **{name: np.float32(getattr(take, name)).astype(float) for name in _ARRAYS})


def write_take(path: str | os.PathLike[str], take: Take) -> None:
    """Writes a take; the same take gives the same bytes. Raises UserError where the file cannot be written."""
    arrays = {name: np.asarray(getattr(take, name), dtype=np.float32) for name in _ARRAYS}
    document = {"schema": SCHEMA, **asdict(take.metadata)}
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, allow_nan=False)
    metadata = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    write_npz(path, {"metadata": metadata, **arrays})


def read_take(path: str | os.PathLike[str]) -> Take:
    """Reads a take, checking every shape and number. Raises UserError for anything that is not a whole take."""
    content = read_npz(path, "a Chironomy take", lambda headers: _check_headers(path, headers))
    try:
        document = json.loads(content["metadata"].tobytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: its description is damaged ({error}): generate it again") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UserError(f"{path}: was written in another version of the take format: generate it again")
    arrays = {name: np.asarray(content[name], dtype=float) for name in _ARRAYS}
    _check_values(path, arrays)
    return Take(metadata=_metadata(path, document), **arrays)


def _check_headers(path: str | os.PathLike[str], headers: Mapping[str, Header]) -> None:
    """Everything that can be known before anything is unpacked."""
    missing = [name for name in ("metadata", *_ARRAYS) if name not in headers]
    if missing:
        raise UserError(f"{path}: is not a Chironomy take ({missing[0]} is missing): choose another file")
    unknown = [name for name in headers if name != "metadata" and name not in _ARRAYS]
    if unknown:
        raise UserError(f"{path}: is not a Chironomy take (what is {unknown[0][:40]}?): choose another file")
    shape, dtype = headers["metadata"]
    if dtype != np.uint8 or len(shape) != 1 or shape[0] > _MAX_METADATA_BYTES:
        raise UserError(f"{path}: its description is damaged: generate it again")
    frames = (*headers["base_rotations"][0], 0)[0]
    if not 0 < frames <= MAX_FRAMES:
        raise UserError(f"{path}: has {frames} frames, where a take has 1 to {MAX_FRAMES}: generate it again")
    for name, tail in _ARRAYS.items():
        shape, dtype = headers[name]
        needed = (frames, *tail)
        if shape != needed and not (name == "expressions" and shape == (0, *tail)):
            raise UserError(f"{path}: {name} has the shape {shape} where {needed} is needed: generate it again")
        if dtype.kind != "f":
            raise UserError(f"{path}: {name} holds {dtype} where numbers are needed: generate it again")


def _check_values(path: str | os.PathLike[str], arrays: dict[str, Array]) -> None:
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise UserError(f"{path}: {name} holds values that are no numbers: generate it again")
        if name.endswith("_rotations") and np.abs(np.linalg.norm(values, axis=-1) - 1).max() > 1e-2:
            raise UserError(f"{path}: {name} holds values that are no rotations: generate it again")


def _metadata(path: str | os.PathLike[str], document: dict[str, Any]) -> TakeMetadata:
    try:
        known = {key: value for key, value in document.items() if key not in ("schema", "words")}
        words = tuple(_take_word(entry) for entry in document["words"])
        for key in ("sources", "licences", "notices"):
            known[key] = tuple(_text(line) for line in known[key])
        metadata = TakeMetadata(words=words, **known)
        if not 1 <= _finite(metadata.fps) <= 1000 or not isinstance(metadata.settings, dict):
            raise ValueError(f"a frame rate of {metadata.fps}")
        return metadata
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its description is damaged ({error}): generate it again") from error


def _take_word(entry: dict[str, Any]) -> TakeWord:
    word = dict(entry["word"])
    word["phones"] = tuple(_checked(Phone(**phone)) for phone in word["phones"])
    word["method"] = TimingMethod(word["method"])
    window = _checked(StrokeWindow(**entry["window"]))
    return _checked(TakeWord(**{**entry, "word": _checked(Word(**word)), "window": window}))


_Record = TypeVar("_Record", Phone, Word, StrokeWindow, TakeWord)


def _checked(record: _Record) -> _Record:
    """The record, if its texts are texts and its numbers finite numbers. Raises ValueError where they are not."""
    for item in fields(record):
        if item.type in ("str", str):
            _text(getattr(record, item.name))
        elif item.type in ("float", float):
            _finite(getattr(record, item.name))
    return record


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text")
    return value


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r:.40} is no number")
    return value
