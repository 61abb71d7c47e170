"""Speech whose every word's time is known exactly: the synthesiser flite speaks, and tells when each phone sounds.

Uses flite's shared libraries (Debian: `apt install flite`), whose C functions are documented in `flite.h`.
"""

import ctypes
import ctypes.util
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class FliteMissing(Exception):
    """flite or one of its voices is not installed."""


@dataclass(frozen=True)
class SpokenWord:
    text: str
    """As flite says it: "nineteen" of "1961", in lower case, without apostrophes."""
    token: int
    """Which blank-separated piece of the text it belongs to."""
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Utterance:
    samples: NDArray[np.float32]
    sample_rate: int
    words: tuple[SpokenWord, ...]

    @property
    def token_times_s(self) -> list[tuple[float, float]]:
        """Start and end of each piece of the text that is spoken at all."""
        times: dict[int, tuple[float, float]] = {}
        for word in self.words:
            start, _ = times.get(word.token, (word.start_s, 0.0))
            times[word.token] = (start, word.end_s)
        return [times[token] for token in sorted(times)]


class _Wave(ctypes.Structure):
    _fields_ = [  # cst_wave.h
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


_FIRST_PHONE_START = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_LAST_PHONE_END = b"R:SylStructure.daughtern.daughtern.R:Segment.end"


class Flite:
    """One voice of flite: `slt` (a woman) or `rms` (a man)."""

    def __init__(self, voice: str) -> None:
        self._library = _load("flite")
        voice_library = _load(f"flite_cmu_us_{voice}")
        register = getattr(voice_library, f"register_cmu_us_{voice}")
        register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        for name, result, arguments in (
            ("flite_synth_text", pointer, [text, pointer]),
            ("utt_relation", pointer, [pointer, text]),
            ("utt_wave", ctypes.POINTER(_Wave), [pointer]),
            ("relation_head", pointer, [pointer]),
            ("item_next", pointer, [pointer]),
            ("item_as", pointer, [pointer, text]),
            ("item_parent", pointer, [pointer]),
            ("item_feat_string", text, [pointer, text]),
            ("ffeature_float", ctypes.c_float, [pointer, text]),
            ("delete_utterance", None, [pointer]),
        ):
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self._library.flite_init()
        self._voice = register(None)

    def say(self, text: str) -> Utterance:
        library = self._library
        utterance = library.flite_synth_text(text.encode("ascii"), self._voice)
        wave = library.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768
        words: list[SpokenWord] = []
        tokens: list[int] = []
        item = library.relation_head(library.utt_relation(utterance, b"Word"))
        while item:
            token = library.item_parent(library.item_as(item, b"Token"))
            if token not in tokens:
                tokens.append(token)
            name = library.item_feat_string(item, b"name").decode("ascii")
            start = library.ffeature_float(item, _FIRST_PHONE_START)
            end = library.ffeature_float(item, _LAST_PHONE_END)
            words.append(SpokenWord(name, tokens.index(token), start, end))
            item = library.item_next(item)
        result = Utterance(samples, wave.sample_rate, tuple(words))
        library.delete_utterance(utterance)
        return result


def _load(name: str) -> ctypes.CDLL:
    for path in (ctypes.util.find_library(name), f"lib{name}.so.1"):
        try:
            return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL) if path else ctypes.CDLL(f"lib{name}.so.1")
        except OSError:
            continue
    raise FliteMissing(f"lib{name} is not installed: apt install flite")
