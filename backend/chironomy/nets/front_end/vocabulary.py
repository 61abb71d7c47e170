"""The words that a model's embedding knows, by their numbers: `vocabulary.json` in the model's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from ...errors import UserError
from ...formats.atomic import replacing
from ...formats.text_file import read_text
from ...formats.words import Word
from .frames import NO_WORD

VOCABULARY_FILE = "vocabulary.json"
#: SemTalk's and SemGes' vocabularies begin with padding, start and end of a sentence, and the unknown word.
PUBLISHED_UNKNOWN = 3
_MOST_BYTES = 50 << 20

Silence = Literal["unknown-word", "silence-token"]


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    unknown: NonNegativeInt
    words: dict[str, NonNegativeInt]


@dataclass(frozen=True)
class Vocabulary:
    """Words and their numbers."""

    words: Mapping[str, int]
    unknown: int = PUBLISHED_UNKNOWN

    def number(self, text: str) -> int:
        """The word's number, in lower case as the published vocabularies are; `unknown` where it is not there."""
        return self.words.get(text.lower().replace("’", "'"), self.unknown)

    def silence(self, taken_for: Silence) -> int:
        """The number of frames without a word: the unknown word as the published systems have it when they generate,
        or the empty mark's, with which they were trained, where the vocabulary has it.
        """
        return self.words.get("", self.unknown) if taken_for == "silence-token" else self.unknown


def vocabulary_numbers(
    vocabulary: Vocabulary, words: Sequence[Word], word_numbers: NDArray[np.int64], silence: Silence
) -> NDArray[np.int64]:
    """[T]: the vocabulary's number for each frame, from the number of the word spoken in it (NO_WORD: none)."""
    # silence stands last, where NO_WORD finds it
    numbers = [*(vocabulary.number(word.text) for word in words), vocabulary.silence(silence)]
    assert NO_WORD == -1
    return np.array(numbers, dtype=np.int64)[word_numbers]


def read_vocabulary(model_folder: Path, size: int) -> Vocabulary:
    """The vocabulary of a model whose embedding has `size` rows. Raises UserError."""
    path = model_folder / VOCABULARY_FILE
    if missing := missing_vocabulary(model_folder):
        raise UserError(missing)
    try:
        document = _Document.model_validate_json(read_text(path, _MOST_BYTES))
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise UserError(f"{path}: is no vocabulary ({reason}): convert the weights again") from error
    if max((document.unknown, *document.words.values())) >= size:
        raise UserError(f"{path}: numbers words beyond the model's {size}: convert the weights again")
    return Vocabulary(document.words, document.unknown)


def missing_vocabulary(model_folder: Path) -> str:
    """One line that says what to do where a model has no vocabulary; "" where it has one."""
    path = model_folder / VOCABULARY_FILE
    return "" if path.is_file() else f"{path}: is missing: convert the weights again, with their vocab.pkl beside them"


def write_vocabulary(model_folder: Path, vocabulary: Vocabulary) -> None:
    """Writes what `read_vocabulary` reads."""
    document = {"unknown": vocabulary.unknown, "words": dict(vocabulary.words)}
    with replacing(model_folder / VOCABULARY_FILE) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=0), encoding="utf-8")
