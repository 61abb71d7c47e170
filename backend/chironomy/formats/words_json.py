"""Our own JSON for words with their times: everything a `Word` holds, exactly."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..errors import UserError
from .atomic import replacing
from .timed_text import Interval, read_text, require_order
from .words import Phone, TimingMethod, Word

SCHEMA = "chironomy-words-1"
#: Escapes of UTF-16 halves: two make a character, one alone is none and could not be written again.
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(path: str | os.PathLike[str]) -> Any:
    """A JSON document. Raises UserError where the file is none; NaN and Infinity are none either."""
    text = read_text(path)
    try:
        document = json.loads(text, parse_constant=_refuse)
        if _HALF_CHARACTER.search(text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        return document
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is not valid JSON ({error}): correct it or export it again") from error


def is_words(document: Any) -> bool:
    """Whether a JSON document is our own."""
    return isinstance(document, dict) and "schema" in document and "words" in document


def words_of(path: str | os.PathLike[str], document: Any) -> tuple[Word, ...]:
    """The words of a parsed document; path is for messages.

    Raises UserError for another schema, missing or wrong values, and words that overlap or are not in order.
    """
    if document["schema"] != SCHEMA:
        raise UserError(f"{path}: has the schema {document['schema']!r}, not {SCHEMA!r}: write it with this version")
    try:
        words = tuple(_word(entry) for entry in document["words"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: a word in it is damaged ({error!r}): write the file again") from error
    require_order(path, [Interval(word.start_s, word.end_s, word.text) for word in words], "word")
    return words


def write_words_json(path: str | os.PathLike[str], words: Sequence[Word], duration_s: float) -> None:
    """Writes words; the same words give the same bytes. Raises UserError where the file cannot be written."""
    document = {"schema": SCHEMA, "duration_s": duration_s, "words": [asdict(word) for word in words]}
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def _word(entry: dict[str, Any]) -> Word:
    return Word(
        _text(entry["text"]),
        _number(entry["start_s"]),
        _number(entry["end_s"]),
        tuple(
            Phone(_text(phone["label"]), _number(phone["start_s"]), _number(phone["end_s"]))
            for phone in entry.get("phones", ())
        ),
        _text(entry.get("punctuation", "")),
        TimingMethod(entry.get("method", TimingMethod.GIVEN)),
        min(max(_number(entry.get("confidence", 1.0)), 0.0), 1.0),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)
