"""What a corpus is: the arrays that it may hold, and its index `corpus.json`.

All is at 30 fps, in motion space (metres, Y up, facing +Z); frame k of a recording is the time k / 30 s of its sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..errors import UserError
from ..motion.skeleton import JOINT_COUNT

FPS = 30
#: "unseen" is a second test: of what is never trained on it shows even the gestures, where a corpus holds some back.
Split = Literal["train", "val", "test", "unseen"]

#: The six numbers of a rotation are two rows of length 1; readers normalise, so rounding does no harm.
_UNIT_TOLERANCE = 0.05


@dataclass(frozen=True)
class FieldSpec:
    """One kind of array in a shard."""

    tail: tuple[int | None, ...]
    """Shape behind the first axis; None: any width, the same in all shards."""
    kinds: str
    """Kinds of numpy types that are allowed: f float, i and u integers."""
    required: bool = False
    rows_of: str | None = None
    """None: one entry a frame. Else: rows that this field of indices, one a frame, points to; −1 points to none."""


#: What a corpus may hold. `rotations` (first two rows of each matrix) are what the person does, `base_rotations` what
#: they would do without the meaning of the words; where those are missing, both layers learn from the same motion.
FIELDS: dict[str, FieldSpec] = {
    "rotations": FieldSpec((JOINT_COUNT, 6), "f", required=True),
    "base_rotations": FieldSpec((JOINT_COUNT, 6), "f"),
    "translation": FieldSpec((3,), "f", required=True),
    "contacts": FieldSpec((4,), "fiu", required=True),
    # expressions of SMPL-X (100) or ARKit's weights (52)
    "face": FieldSpec((None,), "f", required=True),
    "rhythm": FieldSpec((None,), "f", required=True),
    "speech": FieldSpec((None,), "f"),
    "phones": FieldSpec((), "iu"),
    # the row of the word's features; without word_features, its number in the vocabulary
    "word_index": FieldSpec((), "i"),
    "word_features": FieldSpec((None,), "f", rows_of="word_index"),
    # the row that tells of a window of `sentence_frames` frames which starts at this frame
    "sentence_index": FieldSpec((), "i"),
    "sentence_features": FieldSpec((None,), "f", rows_of="sentence_index"),
    # 0…1, as the label of the gate and the weight of the sparse losses
    "semantic_score": FieldSpec((), "f", required=True),
    "gesture_class": FieldSpec((), "iu"),
    # the class that the word calls for by the table of classes, as the number in gesture_class; 0 for none
    "called_class": FieldSpec((), "iu"),
    # what a planner would tell the networks of the semantic and of the base motion; given is 1 where it says something
    "plan": FieldSpec((None,), "f"),
    "plan_given": FieldSpec((), "iu"),
    "base_plan": FieldSpec((None,), "f"),
    "base_plan_given": FieldSpec((), "iu"),
}


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SkippedRecording(_Document):
    """A recording that could not be used, and why."""

    id: str
    reason: str


class Recording(_Document):
    """One recording: frames `offset` … `offset + frames − 1` of a shard."""

    id: str = Field(min_length=1, max_length=200)
    split: Split
    speaker: int = Field(default=0, ge=0)
    """Its speaker, or style: an index into `speakers`."""
    shard: str = Field(pattern=r"^shard_\d{4,6}$")
    offset: int = Field(ge=0)
    frames: int = Field(gt=0)
    audio: str = ""
    licence: str = ""
    group: str = ""
    """Recordings that share material (a mirrored copy, two voices for one performance) are one group, in one split."""


class CorpusFacts(_Document):
    """What a corpus says of itself; recipes are checked against it."""

    name: str
    speakers: tuple[str, ...] = ("unknown",)
    """Names of speakers, or of styles."""
    gesture_classes: tuple[str, ...] = ()
    """Names for the numbers in `gesture_class`, counted from 1; 0 leaves the class open."""
    phones: tuple[str, ...] = ()
    """Names for the numbers in `phones`."""
    rhythm: str = "normalised"
    """This and the next two: the front end that made the features, by its name in a recipe."""
    speech: str = "none"
    text: str = "none"
    sentence_frames: int = Field(default=64, gt=0)
    """How long the windows are that `sentence_features` tell of."""
    seed: int | None = None


class CorpusIndex(_Document):
    """The content of corpus.json."""

    schema_version: Literal[1] = 1
    fps: Literal[30] = FPS
    facts: CorpusFacts
    recordings: tuple[Recording, ...]
    skipped: tuple[SkippedRecording, ...] = ()


def check_kind(where: str, name: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Raises UserError where an array cannot be the field `name`."""
    spec = FIELDS.get(name)
    if spec is None:
        raise UserError(f"{where}: {name} is no field of a corpus: there are {', '.join(FIELDS)}")
    tail = shape[1:]
    fits = len(tail) == len(spec.tail) and all(want in (None, have) for want, have in zip(spec.tail, tail, strict=True))
    if not shape or not fits or dtype.kind not in spec.kinds:
        wanted = ", ".join("any" if n is None else str(n) for n in ("T", *spec.tail))
        raise UserError(f"{where}: {name} is {dtype} of shape {shape}, where ({wanted}) is needed")


def check_values(where: str, arrays: Mapping[str, NDArray]) -> None:
    """Raises UserError where values of one recording are no numbers, no rotations, or point outside their rows."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise UserError(f"{where}: {name} holds values that are no numbers")
        if name.endswith("rotations"):
            lengths = np.linalg.norm(array.astype(np.float32).reshape(-1, 2, 3), axis=-1)
            if np.abs(lengths - 1).max(initial=0) > _UNIT_TOLERANCE:
                raise UserError(f"{where}: {name} holds values that are no rotations (rows whose length is not 1)")
    for name, spec in FIELDS.items():
        if spec.rows_of and name in arrays:
            index = arrays[spec.rows_of]
            if index.min(initial=-1) < -1 or index.max(initial=-1) >= len(arrays[name]):
                raise UserError(f"{where}: {spec.rows_of} points outside {name}")


def missing_fields(names: Mapping[str, object]) -> list[str]:
    """Fields that a corpus with these fields needs as well."""
    needed = [name for name, spec in FIELDS.items() if spec.required]
    needed += [spec.rows_of for name, spec in FIELDS.items() if spec.rows_of and name in names]
    return [name for name in needed if name not in names]
