"""The synthesiser eSpeak NG, which tells of every word and every phone when it begins."""

from __future__ import annotations

import json
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, combinations, pairwise
from typing import Any

import numpy as np

from ....errors import UserError
from ....formats.words import Phone
from ....speech.pronounce import pronunciations
from ....speech.pronounce_unknown import arpabet, unknown_signs
from . import espeak_process
from .said import LONGEST_S, Piece, Said

#: eSpeak NG's own pace, and the ends of what it takes.
_WORDS_PER_MINUTE, _SLOWEST, _FASTEST = 175, 80, 450
_PATIENCE_S = 60.0
#: The l of "all" lasts 0 s: it is part of the vowel before it, whose time it gets a share of.
_SHORTEST_S = 0.002
#: Words that eSpeak NG says in one breath ("of the") are told apart where there are no more of them.
_MOST_JOINED, _MOST_JOINED_PHONES = 4, 24
_LEAST_LIKENESS = 0.5
_PROBLEMS = {
    espeak_process.CANNOT_BE_LOADED: "cannot be loaded, and the corpus needs its voices: pip install espeakng-loader",
    espeak_process.NO_SUCH_VOICE: "lacks one of the voices: pip install --force-reinstall espeakng-loader",
}


@dataclass(frozen=True)
class _Sound:
    ipa: str
    """With its stress; empty for a pause."""
    start_s: float
    end_s: float


_Events = Sequence[Mapping[str, Any]]


def say_with_espeak(pieces: Sequence[Piece], voice: str, pace: float) -> Said:
    """voice: a language and maybe a variant ("en-us+f3"). pace: 1 is eSpeak NG's own. Raises UserError."""
    words_per_minute = int(np.clip(round(_WORDS_PER_MINUTE * pace), _SLOWEST, _FASTEST))
    samples, rate_hz, events = _spoken(" ".join(piece.written for piece in pieces), voice, words_per_minute)
    piece_ends = [end - 1 for end in accumulate(len(piece.written) + 1 for piece in pieces)]
    groups = _groups(events, piece_ends, rate_hz, len(samples))
    phones = [own for first, end, said in groups for own in _told_apart(pieces[first:end], said)]
    return Said(samples, rate_hz, tuple(phones))


def _spoken(text: str, voice: str, words_per_minute: int) -> tuple[np.ndarray, int, _Events]:
    asked = {
        **_installed(), "voice": voice, "words_per_minute": words_per_minute, "text": text, "longest_s": LONGEST_S,
    }  # fmt: skip
    program = [sys.executable, "-I", espeak_process.__file__]
    given = json.dumps(asked).encode()
    try:  # no shell, our own program
        done = subprocess.run(program, input=given, capture_output=True, check=False, timeout=_PATIENCE_S)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise UserError(f"eSpeak NG: does not come to an end with “{text}”") from error
    if done.returncode:
        raise UserError(f"eSpeak NG: {_PROBLEMS.get(done.returncode, f'could not speak “{text}”')}")
    told, _, sound = done.stdout.partition(b"\n")
    facts = json.loads(told)
    return np.frombuffer(sound, np.int16).astype(np.float32) / 32768, facts["rate_hz"], facts["events"]


def _installed() -> dict[str, str]:
    """Where the library and its data are, which come with a package that Chironomy needs."""
    try:
        import espeakng_loader

        return {"library": espeakng_loader.get_library_path(), "data": espeakng_loader.get_data_path()}
    except (ImportError, RuntimeError) as error:
        raise UserError(f"eSpeak NG: {_PROBLEMS[espeak_process.CANNOT_BE_LOADED]}") from error


def _groups(
    events: _Events, piece_ends: Sequence[int], rate_hz: int, sample_count: int
) -> Iterator[tuple[int, int, list[Phone]]]:
    """Pieces first … end − 1 and the phones that are said for them together; piece_ends: where in the text."""
    begins = [event["sample"] for event in events if "ipa" in event]
    ends = iter([*begins[1:], sample_count])
    firsts: list[int] = []
    sounds: list[list[_Sound]] = []
    for event in events:
        if "character" in event:
            first = bisect_right(piece_ends, event["character"])
            if not firsts or first > firsts[-1]:
                firsts.append(first)
                sounds.append([])
            continue
        sound = _Sound(event["ipa"], event["sample"] / rate_hz, next(ends) / rate_hz)
        if not sound.ipa or not sounds:  # a pause has no name
            continue
        if sounds[-1] and sound.end_s - sound.start_s < _SHORTEST_S:
            before = sounds[-1].pop()
            sound = _Sound(before.ipa + sound.ipa, before.start_s, sound.end_s)
        sounds[-1].append(sound)
    if not firsts or firsts[0] != 0 or firsts[-1] >= len(piece_ends):
        raise UserError("eSpeak NG: says other words than the text has")
    for (first, end), own in zip(pairwise([*firsts, len(piece_ends)]), sounds, strict=True):
        yield first, end, [phone for sound in own for phone in _phones(sound)]


def _phones(sound: _Sound) -> list[Phone]:
    """One sound of eSpeak NG's may be two of ARPAbet's ("əl"): they share its time."""
    if unknown := unknown_signs(sound.ipa):
        raise UserError(f"eSpeak NG: “{unknown}” is no known sound: put it into presets/letter_sounds.json")
    labels = arpabet(sound.ipa)
    bounds_s = np.linspace(sound.start_s, sound.end_s, len(labels) + 1).tolist()
    return [Phone(label, *span) for label, span in zip(labels, pairwise(bounds_s), strict=True)]


def _told_apart(pieces: Sequence[Piece], phones: Sequence[Phone]) -> Iterator[tuple[Phone, ...]]:
    """The phones of each piece: divided so that the pieces are most like their pronunciations."""
    if len(pieces) == 1:
        yield tuple(phones)
        return
    text = " ".join(piece.text for piece in pieces)
    if len(pieces) > _MOST_JOINED or not len(pieces) <= len(phones) <= _MOST_JOINED_PHONES:
        raise UserError(f"eSpeak NG: it cannot be told which sounds belong to which word of “{text}”")
    cuts = combinations(range(1, len(phones)), len(pieces) - 1)
    divisions = [[phones[start:end] for start, end in pairwise((0, *own, len(phones)))] for own in cuts]
    likeness = [[_likeness(*pair) for pair in zip(pieces, division, strict=True)] for division in divisions]
    best = int(np.argmax(np.sum(likeness, axis=1)))
    if np.mean(likeness[best]) < _LEAST_LIKENESS:
        raise UserError(f"eSpeak NG: says other sounds than those of “{text}”")
    yield from (tuple(own) for own in divisions[best])


def _likeness(piece: Piece, phones: Sequence[Phone]) -> float:
    """0…1, to the nearest pronunciation; stress does not count."""
    said = [phone.label.rstrip("012") for phone in phones]
    known = ([label.rstrip("012") for label in variant] for variant in pronunciations(piece.text))
    return max(SequenceMatcher(None, said, variant, autojunk=False).ratio() for variant in known)
