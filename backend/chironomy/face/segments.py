"""What the mouth has to do and when: speech as a row of visemes, with rests and breaths between the words."""

import unicodedata
from dataclasses import dataclass

import numpy as np

from ..formats.words import Word
from ..speech.types import FPS, Speech
from .visemes import BREATH, REST, UNKNOWN, Visemes

#: Silence between words from which the mouth goes to rest.
PAUSE_S = 0.14
#: Silence long enough to breathe in before the next phrase, and how long before it the mouth opens for that.
BREATH_PAUSE_S = 0.45
BREATH_S = (0.32, 0.08)
#: How fast words are spoken of which only the time is known.
SYLLABLES_PER_S = 4.5
_MINIMUM_S = 1e-3


@dataclass(frozen=True)
class Segment:
    """One viseme. `openness` multiplies the jaw's target."""

    viseme: str
    start_s: float
    end_s: float
    openness: float = 1.0


def segments_of(speech: Speech, table: Visemes) -> list[Segment]:
    """The segments of a speech in time order, beginning and ending at rest."""
    out: list[Segment] = []
    last_s = -1.0  # the mouth is at rest before the recording starts
    for number in range(len(speech.words)):
        spoken = _word_segments(speech, number, table)
        if not spoken:
            continue
        out += _pause(last_s, spoken[0].start_s)
        out += spoken
        last_s = max(last_s, spoken[-1].end_s)
    return [*out, Segment(REST, last_s, max(speech.duration_s, last_s) + 1.0)]


def phrase_ends(words: tuple[Word, ...]) -> list[int]:
    """Numbers of the words which end a phrase: punctuation or a pause follows."""
    return [
        number
        for number, word in enumerate(words)
        if word.punctuation or number + 1 == len(words) or words[number + 1].start_s - word.end_s >= PAUSE_S
    ]


def _pause(start_s: float, end_s: float) -> list[Segment]:
    length = end_s - start_s
    if length < PAUSE_S:
        return []
    if length < BREATH_PAUSE_S:
        return [Segment(REST, start_s, end_s)]
    opens, closes = (end_s - lead for lead in BREATH_S)
    return [Segment(REST, start_s, opens), Segment(BREATH, opens, closes)]


def _word_segments(speech: Speech, number: int, table: Visemes) -> list[Segment]:
    word = speech.words[number]
    out: list[Segment] = []
    for label, start, end in _phones(word, table):
        name, stress = _split(label, table)
        if name in table.silences:
            continue
        end = max(end, start + _MINIMUM_S)
        for part, part_start, part_end in _parts(name, start, end, table):
            openness = 1.0
            if part in table.vowels:
                openness = _openness(speech, number, stress, (start, end), table)
            out.append(Segment(part, part_start, part_end, openness))
    return out


def _phones(word: Word, table: Visemes) -> list[tuple[str, float, float]]:
    if word.phones:
        return [(phone.label, phone.start_s, phone.end_s) for phone in word.phones]
    labels = _spelled(word, table)
    length = [2.0 if _split(label, table)[0] in _vocalic(table) else 1.0 for label in labels]
    ends = word.start_s + np.cumsum(length) / sum(length) * max(word.end_s - word.start_s, _MINIMUM_S)
    starts = [word.start_s, *ends[:-1]]
    return [(label, float(start), float(end)) for label, start, end in zip(labels, starts, ends, strict=True)]


def _vocalic(table: Visemes) -> frozenset[str]:
    return table.vowels | {name for name, parts in table.sequences.items() if parts[0][0] in table.vowels}


def _spelled(word: Word, table: Visemes) -> list[str]:
    """Phones guessed from the letters; in other scripts and for numbers, syllables at the usual speed."""
    letters = [c for c in unicodedata.normalize("NFKD", word.text.casefold()) if c.isalpha()]
    if letters and all(c in table.spelling for c in letters):
        return _from_letters("".join(letters), table)
    count = max(1, round((word.end_s - word.start_s) * SYLLABLES_PER_S))
    return list(table.syllable) * count


def _from_letters(text: str, table: Visemes) -> list[str]:
    longest = max(map(len, table.spelling))
    out: list[str] = []
    at = 0
    while at < len(text):
        size = next(n for n in range(longest, 0, -1) if text[at : at + n] in table.spelling)
        out += table.spelling[text[at : at + size]]
        at += size
    # a final e after a consonant is silent in most languages written so; a doubled letter is one sound
    if len(text) > 2 and text[-1] == "e" and out[-1] == "EH":
        out.pop()
    return [label for k, label in enumerate(out) if k == 0 or label != out[k - 1]]


def _split(label: str, table: Visemes) -> tuple[str, int | None]:
    """A phone's label as the table's name and its stress digit, if it has one."""
    name = label.strip().upper()
    stress = int(name[-1]) if name[-1:] in ("0", "1", "2") else None
    name = name.rstrip("0123456789")
    name = table.aliases.get(name, name)
    known = name in table.rows or name in table.sequences or name in table.silences
    return (name if known else UNKNOWN), stress


def _parts(name: str, start_s: float, end_s: float, table: Visemes) -> list[tuple[str, float, float]]:
    out: list[tuple[str, float, float]] = []
    for part, share in table.sequences.get(name, ((name, 1.0),)):
        stop = start_s + share * (end_s - start_s)
        out.append((part, start_s, stop))
        start_s = stop
    return out


def _openness(speech: Speech, number: int, stress: int | None, span_s: tuple[float, float], table: Visemes) -> float:
    """The factor on a vowel's jaw target from its stress, its loudness and the word's prominence."""
    rhythm = speech.rhythm
    if stress is None:  # pocketsphinx's dictionary has no stress: the syllable that holds the word's nucleus has it
        nucleus = rhythm.nuclei_s[number] if number < len(rhythm.nuclei_s) else None
        stressed = nucleus is not None and span_s[0] - 0.02 <= nucleus <= span_s[1] + 0.02
    else:
        stressed = stress > 0
    first, last = (int(s * FPS) for s in span_s)
    around = rhythm.loudness[max(first, 0) : last + 1]
    loudness = float(np.max(around)) if len(around) else 0.5
    prominence = rhythm.prominence[number] if number < len(rhythm.prominence) else 0.5
    factor = 1.0
    for name, amount in (("stress", float(stressed)), ("loudness", loudness), ("prominence", prominence)):
        low, high = table.openness[name]
        factor *= low + (high - low) * min(max(amount, 0.0), 1.0)
    return factor
