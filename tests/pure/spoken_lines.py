"""Lines of speech made from text alone, for tests of generators: words with plausible times, stress and nuclei."""

import re
import zlib

import numpy as np

from chironomy.formats.words import Phone, Word
from chironomy.generators.request import Request
from chironomy.generators.rhythm import RhythmGenerator
from chironomy.generators.rhythm.lexicon import is_function_word
from chironomy.motion.body import neutral_body
from chironomy.speech.types import FPS, Alignment, Rhythm, Speech

LINE = (
    "Well, I never thought it would come to this. You know what I mean? On the other hand, we must all work together, "
    "and maybe the biggest problem is not the money. There are three things to say: first, stop waiting for others. "
    "Second, give people a small chance! And who knows, perhaps one day everyone will look over there and say hello "
    "to a completely different world. But I don't know."
)
#: No word of it has a gesture class.
PLAIN_LINE = (
    "The printers of those times worked slowly, and their pages show a steady care for the letter. "
    "Ink was made from soot and oil, paper came from linen, and the press creaked beside the window while "
    "apprentices carried water from the river. Time passed quickly."
)


def speech(text: str, start_s: float = 0.6, tail_s: float = 1.2) -> Speech:
    """About 2.5 words a second, content words stressed by chance (the same for the same text), pauses at signs."""
    now_s, words, prominence, nuclei = start_s, [], [], []
    for number, token in enumerate(text.split()):
        match = re.fullmatch(r"(\W*)([\w'’-]+)(\W*)", token)
        assert match, token
        spelled, signs = match[2], match[3]
        light = is_function_word(spelled)
        lasts_s = (0.13 if light else 0.16) + 0.045 * len(spelled) * (0.8 if light else 1.0)
        chance = zlib.crc32(f"{spelled}{number}".encode()) % 1000 / 1000
        vowel = Phone("AH1", now_s + 0.3 * lasts_s, now_s + 0.7 * lasts_s)
        words.append(Word(spelled, now_s, now_s + lasts_s, (vowel,), signs))
        prominence.append(min((0.08 if light else 0.35) + 0.5 * chance * (0.4 if light else 1.0), 1.0))
        nuclei.append(now_s + 0.45 * lasts_s)
        now_s += lasts_s + (0.45 if any(s in signs for s in ".?!") else 0.22 if signs else 0.0)
    duration_s = now_s + tail_s
    quiet = np.zeros(int(np.ceil(duration_s * FPS)))
    rhythm = Rhythm(quiet, quiet, quiet + 120.0, quiet, tuple(prominence), tuple(nuclei))
    return Speech(duration_s, Alignment(tuple(words), 1.0), rhythm)


def request(text: str = LINE, **choices) -> Request:
    return Request(speech(text), neutral_body(), **choices)


def perform(text: str = LINE, **choices):
    """The take of a line."""
    return RhythmGenerator().generate(request(text, **choices))
