"""Speaks one text with eSpeak NG: run as a program of its own, which needs nothing but Python.

The wobble of its voices goes on in the library from text to text, and nothing resets it: a new process is what makes
the same text sound the same. It cannot harm its caller either.

Standard input: JSON of library and data (paths), voice, words_per_minute, text, longest_s. Standard output: a line of
JSON with rate_hz and events, then the samples, 16 bits each. The library's functions and events are described in its
`speak_lib.h`.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any

CANNOT_BE_LOADED, NO_SUCH_VOICE, CANNOT_SPEAK = 3, 4, 5

#: AUDIO_OUTPUT_SYNCHRONOUS: sound comes through a callback, and the call returns when all is said.
_SYNCHRONOUS = 2
#: espeakINITIALIZE_PHONEME_EVENTS, …_PHONEME_IPA, …_DONT_EXIT.
_PHONE_EVENTS, _IN_IPA, _DO_NOT_EXIT = 0x1, 0x2, 0x8000
_END_OF_EVENTS, _WORD_EVENT, _PHONE_EVENT = 0, 1, 7
_RATE_PARAMETER = 1
_UTF8, _BY_CHARACTER = 1, 1
_GO_ON, _STOP = 0, 1
_MOST_EVENTS = 4096
_SEED = 1


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (  # espeak_EVENT
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def main() -> int:
    asked = json.load(sys.stdin)
    try:
        library, rate_hz = _loaded(asked["library"], asked["data"])
    except (OSError, AttributeError):
        return CANNOT_BE_LOADED
    if rate_hz <= 0:
        return CANNOT_BE_LOADED
    if library.espeak_SetVoiceByName(asked["voice"].encode()) != 0:
        return NO_SUCH_VOICE
    library.espeak_SetParameter(_RATE_PARAMETER, asked["words_per_minute"], 0)
    spoken = _speak(library, asked["text"].encode(), 2 * int(asked["longest_s"] * rate_hz))
    if spoken is None:
        return CANNOT_SPEAK
    sound, events = spoken
    sys.stdout.buffer.write(json.dumps({"rate_hz": rate_hz, "events": events}).encode() + b"\n" + sound)
    return 0


def _loaded(path: str, data: str) -> tuple[Any, int]:
    library = ctypes.CDLL(path)
    options = _PHONE_EVENTS | _IN_IPA | _DO_NOT_EXIT
    rate_hz = library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), options)
    library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))  # it is the clock's otherwise
    return library, rate_hz


def _speak(library: Any, text: bytes, longest_bytes: int) -> tuple[bytes, list[dict[str, Any]]] | None:
    """The samples, and what is told: where in the text a word begins, at which sample a phone or a pause does."""
    sound, events = bytearray(), []
    complete = True

    def take(wave: Any, count: int, told: Any) -> int:
        nonlocal complete
        if wave and count > 0:
            complete = len(sound) + 2 * count <= longest_bytes
            if not complete:
                return _STOP
            sound.extend(ctypes.string_at(wave, 2 * count))
        for k in range(_MOST_EVENTS):
            event = told[k]
            if event.type == _END_OF_EVENTS:
                break
            if event.type == _WORD_EVENT:
                events.append({"character": event.text_position - 1})
            elif event.type == _PHONE_EVENT:
                # a longer name is cut off, maybe inside a character: nobody knows it then
                events.append({"sample": event.sample, "ipa": event.id.string.decode("utf-8", "replace")})
        return _GO_ON

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    size = ctypes.c_size_t(len(text) + 1)
    problem = library.espeak_Synth(text, size, 0, _BY_CHARACTER, 0, _UTF8, None, None)
    return (bytes(sound), events) if complete and sound and not problem else None


if __name__ == "__main__":
    sys.exit(main())
