"""Which words of a text carry a gesture class: presets/gesture_classes.json read against the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ...errors import UserError
from ...formats.words import Word
from ...presets import load_preset

BEAT = "beat"


@dataclass(frozen=True)
class Recognised:
    """A word that gets a gesture of its class."""

    gesture_class: str
    variant: str = ""
    """The name of the gesture where the class has one for this very word; nothing: any of the class."""


@dataclass(frozen=True)
class _Lexicon:
    classes: tuple[str, ...]
    phrases: dict[tuple[str, ...], str]
    """Words of a phrase to its class; "" for phrases that look like a class and are none."""
    longest: int
    variants: dict[str, str]
    only_in_questions: frozenset[str]
    ends_question: frozenset[str]


@cache
def _lexicon() -> _Lexicon:
    document = load_preset("gesture_classes")
    phrases = {
        tuple(entry.split()): name for name, entries in document["classes"].items() for entry in entries["entries"]
    }
    phrases |= {tuple(entry.split()): "" for entry in document["ignored"]}
    variants = {word: v for entries in document["classes"].values() for word, v in entries.get("variants", {}).items()}
    flags = {
        flag: frozenset(name for name, entries in document["classes"].items() if entries.get(flag))
        for flag in ("only_in_questions", "ends_question")
    }
    return _Lexicon(tuple(document["classes"]), phrases, max(len(phrase) for phrase in phrases), variants, **flags)


@cache
def _function_words() -> frozenset[str]:
    return frozenset(load_preset("function_words")["words"])


def gesture_classes() -> tuple[str, ...]:
    """The names of all classes, in the order of the file."""
    return _lexicon().classes


def plain(text: str) -> str:
    """A word as the lexicon has it: lower case, straight apostrophes, no signs around."""
    return text.lower().replace("’", "'").strip("\"'.,;:!?()[]…-–—“”")


def is_function_word(text: str) -> bool:
    return plain(text) in _function_words()


def recognise(words: Sequence[Word], prominence: Sequence[float], chosen: Mapping[int, str]) -> dict[int, Recognised]:
    """Word number → its gesture. Of a phrase, the word that the voice stresses most gets it.

    `chosen` holds the animator's own choices: a class, "beat", or "" for none. Raises UserError for an unknown class.
    """
    lexicon = _lexicon()
    unknown = [name for name in chosen.values() if name not in (*lexicon.classes, BEAT, "")]
    if unknown:
        raise UserError(f"{unknown[0]}: is no gesture class: choose one of {', '.join(lexicon.classes)}")
    found: dict[int, Recognised] = {}
    plain_words = [plain(word.text) for word in words]
    for start, end in _sentences(words):
        asks = "?" in words[end - 1].punctuation
        found |= _in_sentence(plain_words, prominence, start, end, asks)
    found = {index: recognised for index, recognised in found.items() if index not in chosen}
    for index, name in chosen.items():
        if name in lexicon.classes and 0 <= index < len(words):
            found[index] = Recognised(name, lexicon.variants.get(plain_words[index], "") if name == "counting" else "")
    return dict(sorted(found.items()))


def _sentences(words: Sequence[Word]) -> list[tuple[int, int]]:
    ends = [k + 1 for k, word in enumerate(words) if any(sign in word.punctuation for sign in ".?!;")]
    ends = [*ends, len(words)] if not ends or ends[-1] < len(words) else ends
    return [(start, end) for start, end in zip([0, *ends], ends, strict=False) if end > start]


def _in_sentence(
    words: Sequence[str], prominence: Sequence[float], start: int, end: int, asks: bool
) -> dict[int, Recognised]:
    lexicon = _lexicon()
    found: dict[int, Recognised] = {}
    k = start
    while k < end:
        length, name = _longest_phrase(words, k, end, asks)
        if name:
            strongest = max(range(k, k + length), key=lambda w: (not is_function_word(words[w]), prominence[w]))
            found[strongest] = Recognised(name, lexicon.variants.get(words[strongest], ""))
        k += length
    questions = lexicon.ends_question
    if asks and questions and not any(r.gesture_class in questions for r in found.values()):
        last = [w for w in range(start, end) if not is_function_word(words[w])] or [end - 1]
        found.setdefault(last[-1], Recognised(sorted(questions)[0]))
    return found


def _longest_phrase(words: Sequence[str], k: int, end: int, asks: bool) -> tuple[int, str]:
    """How many words from k on belong together, and their class ("" for none)."""
    lexicon = _lexicon()
    for length in range(min(lexicon.longest, end - k), 0, -1):
        name = lexicon.phrases.get(tuple(words[k : k + length]))
        if name is None and length == 1:
            name = lexicon.phrases.get((words[k].split("'")[0],)) if "'" in words[k] else None
        if name is not None and (asks or name not in lexicon.only_in_questions):
            return length, name
    return 1, ""
