"""Tokens of texts in other languages than English, for an alignment model that the user has brought along."""

import re
import unicodedata
from collections.abc import Sequence

from num2words import num2words

from .tokens import Token, without_remarks

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_IDEOGRAPH = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
_LONGEST_NUMBER = 15


def split_foreign(pieces: Sequence[str], language: str) -> list[list[Token]]:
    """The tokens of each piece: words between blanks, ideographs and kana one by one.

    Spoken words are the letters themselves in lower case; numbers are said where num2words knows the language.
    """
    return [_tokens(without_remarks(piece), language) for piece in pieces]


def _tokens(text: str, language: str) -> list[Token]:
    text = _IDEOGRAPH.sub(r" \1 ", unicodedata.normalize("NFC", text))
    matches = list(_WORD.finditer(text))
    ends = [match.start() for match in matches[1:]] + [len(text)]
    tokens = []
    for match, end in zip(matches, ends, strict=True):
        punctuation = "".join(c for c in unicodedata.normalize("NFKC", text[match.end() : end]) if c in ".,;:!?…–—。、")
        spoken = tuple(word for part in re.split(r"[-\s]", match[0]) for word in _say(part, language))
        tokens.append(Token(match[0], punctuation[:1], spoken))
    return tokens


def _say(part: str, language: str) -> list[str]:
    word = part.lower().replace("’", "'")
    if not (word.isdecimal() and len(word) <= _LONGEST_NUMBER):
        return [word]
    try:
        return num2words(int(word), lang=language).lower().replace(",", "").split()
    except NotImplementedError:
        return [word]
