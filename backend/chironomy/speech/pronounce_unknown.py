"""Letter to sound for words that no dictionary has."""

import ctypes
import re
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from ..presets import load_preset

_IPA = 0x02
_UTF8 = 1
_NO_SOUND_CARD = 1  # AUDIO_OUTPUT_RETRIEVAL
_DO_NOT_EXIT = 0x8000
_STRESS = {"ˈ": "1", "ˌ": "2"}
_LONGEST_WORD = 200
_NEUTRAL: tuple[str, ...] = ("AH0",)
_lock = threading.Lock()  # eSpeak NG keeps its state in globals


def by_rules(word: str, language: str = "en-us") -> tuple[tuple[str, ...], ...]:
    """The pronunciation by eSpeak NG's rules; empty where the library, the language or a sound is missing."""
    to_ipa = _espeak()
    if to_ipa is None or not any(c.isalpha() for c in word):
        return ()
    phones = arpabet(to_ipa(word[:_LONGEST_WORD], language))
    return (phones,) if phones else ()


def by_letters(word: str) -> tuple[tuple[str, ...], ...]:
    """The plain sounds of the letters, the first vowel stressed; for where eSpeak NG cannot be loaded."""
    sounds: dict[str, str] = _sounds()["letters"]
    pieces = re.findall(_alternatives(sounds), word.lower())
    phones = tuple(phone for piece in pieces for phone in sounds[piece].split())
    return (phones or _NEUTRAL,)


def arpabet(ipa: str) -> tuple[str, ...]:
    """IPA as eSpeak NG writes it ("tʃˈæt") as ARPAbet ("CH", "AE1", "T"); signs that are not known are left out."""
    sounds: dict[str, str] = _sounds()["ipa"]
    phones: list[str] = []
    stress = "0"
    for piece in re.findall(f"[ˈˌ]|{_alternatives(sounds)}", ipa):
        if piece in _STRESS:
            stress = _STRESS[piece]
            continue
        for phone in sounds[piece].split():
            if phone[-1] == "*":  # a vowel
                phones.append(phone[:-1] + stress)
                stress = "0"
            else:
                phones.append(phone)
    return tuple(phones)


def unknown_signs(ipa: str) -> str:
    """What `arpabet` leaves out of it."""
    return re.sub(f"[ˈˌ]|{_alternatives(_sounds()['ipa'])}", "", ipa)


def _alternatives(table: dict[str, str]) -> str:
    return "|".join(re.escape(key) for key in sorted(table, key=len, reverse=True))


@cache
def _sounds() -> dict[str, dict[str, str]]:
    return load_preset("letter_sounds")


@cache
def _espeak() -> Callable[[str, str], str] | None:
    """A function from a word and its language to its IPA; None where the library cannot be loaded or finds no data."""
    try:
        import espeakng_loader

        library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path()
        library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        if library.espeak_Initialize(_NO_SOUND_CARD, 0, data.encode(), _DO_NOT_EXIT) <= 0:
            return None
    except (ImportError, OSError, RuntimeError, AttributeError):
        return None
    return lambda word, language: _to_ipa(library, word, language)


def _to_ipa(library: Any, word: str, language: str) -> str:
    with _lock:
        if library.espeak_SetVoiceByName(language.lower().encode("utf-8")) != 0:
            return ""
        text = ctypes.c_char_p(word.encode("utf-8"))
        pieces: list[str] = []
        while text.value:  # one clause a call; the pointer moves on, and is null at the end
            pieces.append((library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, _IPA) or b"").decode("utf-8"))
        return " ".join(pieces)
