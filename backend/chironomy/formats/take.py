"""The take: one result of one generation, and its `.npz` file (see docs/architecture.md, Contracts)."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..errors import UserError
from ..motion.arkit import ARKIT_SHAPES
from ..motion.rotations import Array
from ..motion.skeleton import JOINT_COUNT
from .atomic import replacing
from .words import Phone, TimingMethod, Word

SCHEMA = 1
EXPRESSION_COUNT = 100
#: Ten hours at 30 fps: beyond this a file is taken for a mistake (or an attack) and not read.
MAX_FRAMES = 1_080_000


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


def write_take(path: str | os.PathLike[str], take: Take) -> None:
    """Writes a take; the same take gives the same bytes. Raises UserError where the file cannot be written."""
    arrays = {name: np.asarray(getattr(take, name), dtype=np.float32) for name in _ARRAYS}
    document = {"schema": SCHEMA, **asdict(take.metadata)}
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    metadata = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    with replacing(path) as temporary:
        np.savez_compressed(temporary, metadata=metadata, **arrays)


def read_take(path: str | os.PathLike[str]) -> Take:
    """Reads a take, checking every shape and number. Raises UserError for anything that is not a whole take."""
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in ("metadata", *_ARRAYS) if name not in file.files]
            if missing:
                raise UserError(f"{path}: is not a Chironomy take ({missing[0]} is missing)")
            document = json.loads(bytes(np.asarray(file["metadata"], dtype=np.uint8)).decode("utf-8"))
            arrays = {name: np.asarray(file[name], dtype=float) for name in _ARRAYS}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: cannot be read as a take ({error})") from error
    _check(path, document, arrays)
    return Take(metadata=_metadata(path, document), **arrays)


def _check(path: str | os.PathLike[str], document: Any, arrays: dict[str, Array]) -> None:
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UserError(f"{path}: was written in another version of the take format; generate it again")
    frames = len(arrays["base_rotations"])
    if not 0 < frames <= MAX_FRAMES:
        raise UserError(f"{path}: has {frames} frames, which no take has")
    for name, tail in _ARRAYS.items():
        if name == "expressions" and len(arrays[name]) == 0:
            continue
        if arrays[name].shape != (frames, *tail):
            raise UserError(f"{path}: {name} has the shape {arrays[name].shape} where {(frames, *tail)} is needed")
        if not np.isfinite(arrays[name]).all():
            raise UserError(f"{path}: {name} holds values that are no numbers")


def _metadata(path: str | os.PathLike[str], document: dict[str, Any]) -> TakeMetadata:
    try:
        fields = {key: value for key, value in document.items() if key not in ("schema", "words")}
        words = tuple(_take_word(entry) for entry in document["words"])
        for key in ("sources", "licences", "notices"):
            fields[key] = tuple(fields[key])
        return TakeMetadata(words=words, **fields)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its description is damaged ({error})") from error


def _take_word(entry: dict[str, Any]) -> TakeWord:
    word = dict(entry["word"])
    word["phones"] = tuple(Phone(**phone) for phone in word["phones"])
    word["method"] = TimingMethod(word["method"])
    return TakeWord(**{**entry, "word": Word(**word), "window": StrokeWindow(**entry["window"])})
