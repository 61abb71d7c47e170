"""The facts about written and spoken English that the rest of `speech` needs, from presets/spoken_english.json."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from ..presets import load_preset


@dataclass(frozen=True)
class English:
    """How things that are written short are said in full; all keys in lower case."""

    abbreviations: dict[str, str]
    """Without their last dot: "dr", "e.g"."""
    abbreviations_without_dot: frozenset[str]
    """Those that stand for their long form even where no dot follows."""
    titles: frozenset[str]
    """Abbreviations that never end a sentence."""
    initialisms: frozenset[str]
    """Said letter by letter when in capitals, though they could be read as a word."""
    symbols: dict[str, str]
    currencies: dict[str, tuple[str, str, str, str]]
    """One, many, one hundredth, many hundredths."""
    magnitudes: dict[str, str]
    magnitude_words: frozenset[str]
    units: dict[str, tuple[str, str]]
    """One, many."""
    units_only_attached: frozenset[str]
    """Units that are words or letters too: taken as units only where no space stands before them."""
    numbered_nouns: frozenset[str]
    """After these, Roman numerals are cardinal numbers ("World War II"); after names they are ordinals."""
    leading_apostrophe: frozenset[str]
    sound_events: frozenset[str]
    """First words of remarks in round brackets that nobody says: "(laughs)"."""
    function_words: frozenset[str]
    """Words that a voice seldom stresses."""
    vowel_durations_ms: dict[str, float]
    """Usual length of each ARPAbet vowel under stress inside a phrase, in fluent speech."""


@cache
def english() -> English:
    """The preset, read once."""
    document: dict[str, Any] = load_preset("spoken_english")
    fields: dict[str, Any] = {name: _frozen(value) for name, value in document.items()}
    return English(**fields)


def _frozen(value: Any) -> Any:
    """Lists become sets, and lists inside objects tuples."""
    if isinstance(value, dict):
        return {key: tuple(entry) if isinstance(entry, list) else entry for key, entry in value.items()}
    return frozenset(value)
