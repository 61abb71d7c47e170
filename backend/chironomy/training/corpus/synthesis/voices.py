"""The voices that read the corpus' texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import soxr

from ....errors import UserError
from ....formats.words import Phone, TimingMethod, Word
from ....speech.tokens import Token
from ....speech.transcript import Transcript
from ....speech.types import SAMPLE_RATE, Alignment, Audio
from .espeak import say_with_espeak
from .flite import load_voice, say_with_flite
from .said import LONGEST_CHARACTERS, Piece, Said

_SYNTHESISERS: dict[str, Callable[[Sequence[Piece], str, float], Said]] = {
    "flite": say_with_flite,
    "espeak-ng": say_with_espeak,
}
_SPEAKABLE = re.compile(r"[a-z']+|[a-z]\.(?:'?s)?|[a-z]'s")
#: Signs that all synthesisers make a pause for; quotes, brackets and the like they do not get.
_SIGNS = str.maketrans({"–": ",", "…": "."})


@dataclass(frozen=True)
class Voice:
    synthesiser: str
    """flite or espeak-ng."""
    name: str
    pace: float
    """1 is the voice's own pace, 2 twice as fast."""

    @property
    def label(self) -> str:
        return f"{self.synthesiser} {self.name}"


#: One is chosen by chance for each line.
VOICES = (
    Voice("flite", "slt", 1.0), Voice("flite", "rms", 1.0), Voice("flite", "awb", 1.0), Voice("flite", "slt", 1.12),
    Voice("flite", "rms", 0.9), Voice("flite", "awb", 1.1), Voice("flite", "slt", 0.92), Voice("flite", "rms", 1.1),
    Voice("flite", "awb", 0.92),
    Voice("espeak-ng", "en-us", 0.86), Voice("espeak-ng", "en-gb-x-rp", 0.94), Voice("espeak-ng", "en-us+f3", 0.9),
    Voice("espeak-ng", "en-us+f3", 1.03),
)  # fmt: skip


def is_synthetic(audio: str) -> bool:
    """Whether what a corpus says of a recording's sound is a voice's label."""
    return audio.split(" ")[0] in _SYNTHESISERS


def require_synthesisers() -> None:
    """Raises UserError where flite, one of its voices or eSpeak NG is missing."""
    for name in {voice.name for voice in VOICES if voice.synthesiser == "flite"}:
        load_voice(name)
    for name in {voice.name for voice in VOICES if voice.synthesiser == "espeak-ng"}:
        say_with_espeak([Piece("yes")], name, 1.0)


def speak(transcript: Transcript, voice: Voice) -> tuple[Audio, Alignment]:
    """The sound, and the words and phones with the synthesiser's own times: a word for each token.

    The synthesiser is given what is spoken for each token ("nineteen sixty one"), not what is written. Raises
    UserError where it says other words than these.
    """
    pieces = [piece for token in transcript.tokens for piece in _pieces(token)]
    unspeakable = [piece.text for piece in pieces if not _SPEAKABLE.fullmatch(piece.text)]
    if unspeakable or sum(len(piece.written) + 1 for piece in pieces) > LONGEST_CHARACTERS:
        raise UserError(f"{transcript.source}: {unspeakable[0] if unspeakable else 'all at once'} cannot be spoken")
    try:
        said = _SYNTHESISERS[voice.synthesiser](pieces, voice.name, voice.pace)
    except UserError as error:
        raise UserError(f"{transcript.source}: {error}") from error
    samples = soxr.resample(said.samples, said.rate_hz, SAMPLE_RATE).astype(np.float32)
    audio = Audio(np.clip(samples, -1.0, 1.0), transcript.source)
    return audio, Alignment(tuple(_words(transcript, said, audio.duration_s)), 1.0)


def _pieces(token: Token) -> list[Piece]:
    pieces = [Piece(text) for text in token.spoken]
    pieces[-1] = replace(pieces[-1], signs=token.punctuation.translate(_SIGNS)[:1])
    return pieces


def _words(transcript: Transcript, said: Said, duration_s: float) -> list[Word]:
    own = iter(said.phones)
    words: list[Word] = []
    for token in transcript.tokens:
        parts = [next(own) for _ in token.spoken]
        if not all(parts):
            raise UserError(f"{transcript.source}: nothing is said for “{token.text}”")
        phones = _without_gaps([phone for part in parts for phone in part], duration_s)
        start_s, end_s = phones[0].start_s, phones[-1].end_s
        words.append(Word(token.text, start_s, end_s, tuple(phones), token.punctuation, TimingMethod.GIVEN))
    return words


def _without_gaps(phones: Sequence[Phone], duration_s: float) -> list[Phone]:
    """Each phone lasts until the next of its word begins: "1961" is one word, whatever pauses are made in it."""
    bounds_s = [min(time_s, duration_s) for time_s in (*(phone.start_s for phone in phones), phones[-1].end_s)]
    return [Phone(phone.label, *span) for phone, span in zip(phones, pairwise(bounds_s), strict=True)]
