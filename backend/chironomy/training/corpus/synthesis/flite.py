"""The synthesiser flite (CMU), through its shared libraries (Debian: `apt-get install flite`).

Its C functions are described in `flite.h` and `cst_utterance.h`.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np

from ....errors import UserError
from ....formats.words import Phone
from ....speech.english import english
from ....speech.types import Samples
from .said import LONGEST_S, Piece, Said

_SENTENCE_ENDS = frozenset(".!?")
_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 8_000, 48_000
#: flite's phones that ARPAbet calls otherwise.
_ARPABET = {"ax": "AH"}
_SILENCE = "pau"
_SEED = 1


class _Wave(ctypes.Structure):
    _fields_ = (  # cst_wave.h
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Voice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))  # the beginning of cst_voice.h's


@dataclass(frozen=True)
class _Loaded:
    library: Any
    voice: Any
    """A pointer to the _Voice."""


def say_with_flite(pieces: Sequence[Piece], voice: str, pace: float) -> Said:
    """voice: slt, rms or awb. pace: 1 is the voice's own, 2 twice as fast. Raises UserError."""
    loaded = load_voice(voice)
    said = [_say_sentence(loaded, sentence, pace) for sentence in _sentences(pieces)]
    rate_hz = said[0].rate_hz
    starts_s = accumulate((len(part.samples) / rate_hz for part in said), initial=0.0)
    phones = [
        tuple(Phone(phone.label, phone.start_s + start_s, phone.end_s + start_s) for phone in own)
        for part, start_s in zip(said, starts_s, strict=False)
        for own in part.phones
    ]
    return Said(np.concatenate([part.samples for part in said]), rate_hz, tuple(phones))


@cache
def load_voice(voice: str) -> _Loaded:
    """Loads flite and one of its voices. Raises UserError where they are not installed."""
    library, voices = _library("flite"), _library(f"flite_cmu_us_{voice}")
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, arguments in (
        ("flite_synth_text", pointer, [text, pointer]),
        ("utt_relation", pointer, [pointer, text]),
        ("utt_wave", ctypes.POINTER(_Wave), [pointer]),
        ("relation_head", pointer, [pointer]),
        ("item_next", pointer, [pointer]),
        ("item_daughter", pointer, [pointer]),
        ("item_as", pointer, [pointer, text]),
        ("ffeature_string", text, [pointer, text]),
        ("ffeature_float", ctypes.c_float, [pointer, text]),
        ("feat_set_float", None, [pointer, text, ctypes.c_float]),
        ("delete_utterance", None, [pointer]),
        ("srand", None, [ctypes.c_uint]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    register = getattr(voices, f"register_cmu_us_{voice}")
    register.restype, register.argtypes = ctypes.POINTER(_Voice), [text]
    library.flite_init()
    return _Loaded(library, register(None))


def _library(name: str) -> ctypes.CDLL:
    for path in (ctypes.util.find_library(name), f"lib{name}.so.1"):
        try:
            if path:
                return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)  # voices look up flite's own symbols
        except OSError:
            continue
    raise UserError(f"lib{name}: is not installed, and the corpus needs its voices: sudo apt-get install flite")


def _sentences(pieces: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    """flite's melody sinks over all that it is given at once."""
    first = 0
    for last, piece in enumerate(pieces):
        if last == len(pieces) - 1 or not _SENTENCE_ENDS.isdisjoint(piece.signs):
            yield pieces[first : last + 1]
            first = last + 1


def _say_sentence(loaded: _Loaded, pieces: Sequence[Piece], pace: float) -> Said:
    library, text = loaded.library, " ".join(piece.written for piece in pieces)
    library.feat_set_float(loaded.voice.contents.features, b"duration_stretch", 1 / pace)
    library.srand(_SEED)  # of the voice's noise, so that the same text sounds the same
    utterance = library.flite_synth_text(text.encode("ascii"), loaded.voice)
    if not utterance:
        raise UserError(f"flite: could not speak “{text}”")
    try:
        samples, rate_hz = _sound(library.utt_wave(utterance))
        tokens = _items(library, library.relation_head(library.utt_relation(utterance, b"Token")))
        phones = tuple(tuple(_phones(library, token)) for token in tokens)
    finally:
        library.delete_utterance(utterance)
    if len(phones) != len(pieces):
        raise UserError(f"flite: says {len(phones)} words for the {len(pieces)} of “{text}”")
    return Said(samples, rate_hz, phones)


def _sound(pointer: Any) -> tuple[Samples, int]:
    wave = pointer.contents if pointer else None
    if (
        wave is None
        or wave.num_channels != 1
        or not _LOWEST_RATE_HZ <= wave.sample_rate <= _HIGHEST_RATE_HZ
        or not 0 < wave.num_samples <= LONGEST_S * wave.sample_rate
    ):
        raise UserError("flite: gave no sound that can be used: install Debian's flite again")
    samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768
    return samples, wave.sample_rate


def _phones(library: Any, token: int) -> Iterator[Phone]:
    """Those of all words that a token of the text is spoken as, with the stress of their syllables on the vowels."""
    for word in _items(library, library.item_daughter(token)):
        for syllable in _items(library, library.item_daughter(library.item_as(word, b"SylStructure"))):
            stress = library.ffeature_string(syllable, b"stress").decode("ascii")
            for segment in _items(library, library.item_daughter(syllable)):
                name = library.ffeature_string(segment, b"name").decode("ascii")
                if name == _SILENCE:
                    continue
                start_s = library.ffeature_float(segment, b"R:Segment.p.end")
                end_s = library.ffeature_float(segment, b"R:Segment.end")
                yield Phone(_label(name, stress), start_s, end_s)


def _label(name: str, stress: str) -> str:
    label = _ARPABET.get(name, name.upper())
    return label + stress if label in english().vowel_durations_ms else label


def _items(library: Any, item: int | None) -> Iterator[int]:
    while item:
        yield item
        item = library.item_next(item)
