"""Written words as they are said: "Dr." is doctor, "U.S." u. s., "well-known" well known.

Spoken words are in lower case, of the letters a to z and the apostrophe ("don't"); a letter that is said by its name
has a dot behind it ("u.", "s."), as in the CMU dictionary.
"""

import re
import unicodedata

from anyascii import anyascii

from .english import english
from .numbers import roman_value, say_cardinal, say_digits, say_number, say_ordinal

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´′＇ʹ‛", "'"))
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-"))
#: Longer chunks are no words; their rest is not spoken.
_LONGEST_WORD = 80
_INITIALS = re.compile(r"(?:[a-z]\.){1,8}[a-z]?|[a-z](?:\.[a-z]){1,8}", re.IGNORECASE)
_PIECES = re.compile(
    r"[A-Z]+'[A-Z]+(?![a-z])"  # DON'T
    r"|Ma?c[A-Z][a-z']+"
    r"|[A-Z]{2,}(?=s?(?:\b|_|'s|[^A-Za-z]))(?:'?s(?![A-Za-z]))?"  # capitals in a row, with a plural or possessive s
    r"|[A-Z]{2,}(?=[A-Z][a-z])"  # HTMLParser: HTML
    r"|[A-Za-z]?[a-z']*[a-z]+'?|[A-Z](?:'[A-Za-z]+)?|[A-Z]+"
    r"|[\d][\d,.:]*\d(?:st|nd|rd|th|'?s)?|\d(?:st|nd|rd|th|s)?"
    r"|[^\sA-Za-z\d]"
)


def say(text: str, *, before: str = "", after: str = "", capitals: bool = False) -> tuple[str, ...]:
    """The spoken words of one written word; nothing where nobody would say anything (a dash, an emoji).

    before, after: the written words around it, on which the reading of "million", "km" or "II" depends.
    capitals: the whole text is in capitals, so they say nothing about this word.
    """
    written = _simplified(text)
    words = (
        _in_context(written, _simplified(before), _simplified(after), capitals)
        or say_number(written, before_magnitude=_simplified(after).lower() in english().magnitude_words)
        or _possessive_number(written)
        or _abbreviation(written, capitals)
        or _pieces(written, capitals)
    )
    if _simplified(before)[:1] in english().currencies and written.lower() in english().magnitude_words:
        words = [*words, english().currencies[_simplified(before)[0]][1]]
    return tuple(words)


def _simplified(text: str) -> str:
    """Plain quotes and dashes, compatibility forms taken apart ("½" to "1⁄2", "Ａ" to "A"), accents kept."""
    text = "".join(c for c in text[:_LONGEST_WORD] if not _is_unspeakable(c))
    text = re.sub(r"(?<=\d)(?=[½⅓⅔¼¾⅕-⅞])", " ", text)
    return unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).translate(_DASHES).strip()


def _in_context(written: str, before: str, after: str, capitals: bool) -> list[str] | None:
    facts = english()
    if written.lower() in ("no.", "nos.") and after[:1].isdigit():
        return ["number" if written.lower() == "no." else "numbers"]
    unit = facts.units.get(written.lower())
    if unit and before[-1:].isdigit() and written.lower() not in facts.units_only_attached:
        return unit[before != "1"].split()
    value = None if capitals else roman_value(written)
    if value is None or not before[:1].isupper():
        return None
    if before.lower() in facts.numbered_nouns:
        return say_cardinal(value)
    return ["the", *say_ordinal(value)]


def _possessive_number(written: str) -> list[str] | None:
    number = say_number(written.removesuffix("'s"))
    return _with_ending(number, "'s") if number else None


def _abbreviation(written: str, capitals: bool) -> list[str] | None:
    facts = english()
    stem, possessive = re.fullmatch(r"(.*?)((?:'s)?)", written, re.DOTALL).groups()  # type: ignore[union-attr]
    known = stem.lower().rstrip(".")
    if known in facts.abbreviations and (
        stem.endswith(".") or known in facts.abbreviations_without_dot or "." in known
    ):
        return _with_ending(facts.abbreviations[known].split(), possessive)
    if _INITIALS.fullmatch(stem) and "." in stem:
        return _with_ending([f"{letter.lower()}." for letter in stem if letter.isalpha()], possessive)
    if not capitals and stem.isupper() and known in facts.initialisms:
        return _with_ending([f"{letter}." for letter in known], possessive)
    return None


def _pieces(written: str, capitals: bool) -> list[str]:
    """Taken apart at hyphens, at digits, and where capitals start inside a word: "ChatGPT-4" is chat g. p. t. four."""
    ascii_text = anyascii(written)
    words: list[str] = []
    for match in _PIECES.finditer(ascii_text):
        words += _piece(match[0], ascii_text, match.start(), capitals)
    return words


def _piece(piece: str, whole: str, position: int, capitals: bool) -> list[str]:
    if piece[0].isdigit():
        return say_number(piece) or [
            w for digits in re.findall(r"\d+", piece) for w in say_number(digits) or say_digits(digits)
        ]
    if not piece[0].isalpha() and piece[0] != "'":
        return _symbol(piece, whole, position)
    word = piece.strip("'") if piece.lower() not in english().leading_apostrophe else piece
    if piece.endswith("in'"):
        word = piece.strip("'") + "'"
    letters = re.sub(r"'?s$", "", word) if word[:1].isupper() else word
    around = whole[position - 1 : position] + whole[position + len(letters) :][:1]
    if _is_spelt(letters, capitals, alone=letters == whole, at_digit=any(c.isdigit() for c in around)):
        return _with_ending([f"{letter.lower()}." for letter in letters], "'s" if len(letters) < len(word) else "")
    return [word.lower()] if word else []


def _is_spelt(letters: str, capitals: bool, *, alone: bool, at_digit: bool) -> bool:
    """Whether letters are said by their names: B2B, ChatGPT, BBC, mp3; but not A, I and NEVER."""
    if not letters.isalpha():
        return False
    if len(letters) == 1:
        return not alone or letters.lower() not in "aio"
    vowelless = len(letters) <= 5 and not re.search("[aeiouy]", letters.lower())
    if at_digit and vowelless:
        return True
    return letters.isupper() and not capitals and (vowelless or letters.lower() in english().initialisms)


def _symbol(symbol: str, whole: str, position: int) -> list[str]:
    inside = whole[:position][-1:].isalnum() and whole[position + 1 :][:1].isalnum()
    if symbol == "." and inside:
        return ["dot"]
    if symbol == "/" and "." in whole:
        return ["slash"]
    return english().symbols.get(symbol, "").split()


def _is_unspeakable(character: str) -> bool:
    """Emoji, pictures and marks that nobody reads out."""
    return unicodedata.category(character) in ("So", "Sk", "Cf", "Cc", "Co", "Cs", "Cn") and character not in "°℃℉№"


def _with_ending(words: list[str], possessive: str) -> list[str]:
    return [*words[:-1], words[-1] + possessive] if words and possessive else words
