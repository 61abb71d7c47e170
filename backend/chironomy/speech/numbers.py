"""Numbers as they are said: "1961" is nineteen sixty-one, "$3.50" three dollars and fifty cents."""

import re
from collections.abc import Callable
from functools import cache

from num2words import num2words

from .english import english

#: Digits beyond this are read one by one, as telephone and account numbers are.
_LONGEST_NUMBER = 15
#: Nothing longer than this is looked at as a number.
_LONGEST_CHUNK = 64
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+"
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FRACTION_NAMES = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_FRACTION_DENOMINATORS = (2, 3, 4, 5, 6, 8, 10, 16, 100)
_ROMAN = re.compile(r"(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}

Words = list[str]


def say_number(text: str, *, before_magnitude: bool = False) -> Words | None:
    """The spoken words of a chunk that is a number with what belongs to it, or None where it is none.

    before_magnitude: "million" or the like follows, which then takes a currency's name to itself.
    """
    if len(text) > _LONGEST_CHUNK:
        return None
    for pattern, say in _rules():
        match = pattern.fullmatch(text)
        if match:
            if before_magnitude and say is _say_currency:
                return say_decimal(match["number"])
            return say(match)
    return None


def say_cardinal(value: int) -> Words:
    """121 is one hundred twenty one."""
    return [w for w in re.findall(r"[a-z]+", num2words(value)) if w != "and"]


def say_ordinal(value: int) -> Words:
    """22 is twenty second."""
    return [w for w in re.findall(r"[a-z]+", num2words(value, to="ordinal")) if w != "and"]


def say_digits(digits: str, zero: str = "zero") -> Words:
    """Digit by digit."""
    return [zero if d == "0" else _DIGITS[int(d)] for d in digits]


def say_year(value: int) -> Words:
    """1905 is nineteen oh five, 2005 two thousand five."""
    return [w for w in re.findall(r"[a-z]+", num2words(value, to="year")) if w != "and"]


def say_decimal(number: str) -> Words:
    """A number without a sign: "1,000", "3.50", ".5", "007"."""
    whole, _, decimals = number.replace(",", "").partition(".")
    if len(whole) > _LONGEST_NUMBER:
        words = say_digits(whole)
    elif len(whole) > 1 and whole.startswith("0"):
        words = say_digits(whole, zero="oh")
    else:
        words = say_cardinal(int(whole)) if whole else []
    return [*words, "point", *say_digits(decimals)] if decimals else words


def roman_value(text: str) -> int | None:
    """The value of a Roman numeral from II to XXXIX in capitals, else None."""
    if not _ROMAN.fullmatch(text):
        return None
    values = [_ROMAN_VALUES[letter] for letter in text]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def _plain(number: str) -> Words:
    """A bare number in running text: four digits are a year."""
    if re.fullmatch(r"1[1-9]\d\d|20\d\d", number):
        return say_year(int(number))
    return say_decimal(number)


def _say_sign(match: re.Match[str]) -> Words:
    return ["minus" if match["sign"] in "-−" else "plus", *(say_number(match["rest"]) or [])]


def _say_ordinal_number(match: re.Match[str]) -> Words:
    return say_ordinal(int(match["number"].replace(",", "")))


def _say_decade(match: re.Match[str]) -> Words:
    words = say_year(int(match["year"]))
    last = words[-1]
    return [*words[:-1], last[:-1] + "ies" if last.endswith("y") else last + "s"]


def _say_short_year(match: re.Match[str]) -> Words:
    value = int(match["year"])
    return ["oh", *say_cardinal(value)] if value < 10 else say_cardinal(value)


def _say_currency(match: re.Match[str]) -> Words:
    one, many, hundredth, hundredths = english().currencies[match["sign"] or match["sign_behind"]]
    number, magnitude = match["number"], english().magnitudes.get((match["magnitude"] or "").lower())
    if magnitude:
        return [*say_decimal(number), magnitude, many]
    whole, _, cents = number.replace(",", "").partition(".")
    if len(cents) != 2 or not hundredth:
        return [*say_decimal(number), one if number == "1" else many]
    small = [*say_cardinal(int(cents)), hundredth if int(cents) == 1 else hundredths] if int(cents) else []
    large = [*say_decimal(whole), one if int(whole) == 1 else many] if int(whole or 0) or not small else []
    return [*large, *(["and"] if large and small else []), *small]


def _say_time(match: re.Match[str]) -> Words:
    hours, minutes, seconds = match["hours"], match["minutes"], match["seconds"]
    if seconds:
        return [w for part in (hours, minutes, seconds) for w in _two_digits(part)]
    if minutes == "00":
        return [*say_cardinal(int(hours)), "o'clock"] if not match["half"] else _with_half(match, [hours])
    return _with_half(match, [hours, minutes])


def _with_half(match: re.Match[str], parts: list[str]) -> Words:
    half = match["half"].lower().replace(".", "") if match["half"] else ""
    return [w for part in parts for w in _two_digits(part)] + ([f"{half[0]}.", "m."] if half else [])


def _two_digits(part: str) -> Words:
    return ["oh", *say_cardinal(int(part))] if len(part) == 2 and part[0] == "0" else say_cardinal(int(part))


def _say_fraction(match: re.Match[str]) -> Words:
    above, below = int(match["above"]), int(match["below"])
    if below not in _FRACTION_DENOMINATORS or above >= below:
        return [*say_cardinal(above), *say_cardinal(below)]
    ordinal = say_ordinal(below)
    names = _FRACTION_NAMES.get(below, (" ".join(ordinal), " ".join(ordinal) + "s"))
    fraction = [*say_cardinal(above), *names[above > 1].split()]
    if not match["whole"]:
        return fraction
    return [*say_cardinal(int(match["whole"])), "and", *(["a", "half"] if (above, below) == (1, 2) else fraction)]


def _say_range(match: re.Match[str]) -> Words:
    return [*_plain(match["from"]), "to", *_plain(match["to"])]


def _say_currency_range(match: re.Match[str]) -> Words:
    many = english().currencies[match["sign"]][1]
    return [*say_decimal(match["from"]), "to", *say_decimal(match["to"]), many]


def _say_groups(match: re.Match[str]) -> Words:
    return say_digits(re.sub(r"\D", "", match[0]), zero="oh")


def _say_date(match: re.Match[str]) -> Words:
    return [w for part in re.split(r"\D", match[0]) for w in (_plain(part) if len(part) == 4 else _two_digits(part))]


def _say_version(match: re.Match[str]) -> Words:
    parts = match[0].split(".")
    if all(len(part) == 3 for part in parts[1:]):
        return say_decimal("".join(parts))
    return [w for k, part in enumerate(parts) for w in (["point"] if k else []) + say_cardinal(int(part))]


def _say_ratio(match: re.Match[str]) -> Words:
    return [*say_cardinal(int(match["from"])), "to", *say_cardinal(int(match["to"]))]


def _say_with_unit(match: re.Match[str]) -> Words:
    one, many = english().units[match["unit"].lower()]
    number = match["number"]
    return [*say_decimal(number), *(one if number == "1" else many).split()]


def _say_with_magnitude(match: re.Match[str]) -> Words:
    letter = match["magnitude"].lower()
    return [*say_decimal(match["number"]), english().magnitudes[letter]]


def _say_numbered(match: re.Match[str]) -> Words:
    return ["number", *say_decimal(match["number"])]


def _say_plain(match: re.Match[str]) -> Words:
    return _plain(match[0])


def _any_of(keys: dict[str, object]) -> str:
    return "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))


@cache
def _rules() -> list[tuple[re.Pattern[str], Callable[[re.Match[str]], Words]]]:
    """Each way to write a number, and how it is said; the first that fits the whole chunk wins."""
    facts = english()
    currency, unit = f"[{''.join(facts.currencies)}]", _any_of(dict(facts.units))
    magnitude = "|".join(sorted(facts.magnitudes, key=len, reverse=True))
    table: list[tuple[str, Callable[[re.Match[str]], Words]]] = [
        (r"\d+", _say_plain),
        (_NUMBER, _say_plain),
        (rf"(?P<number>\d[\d,]{{0,{_LONGEST_NUMBER}}})(?:st|nd|rd|th)", _say_ordinal_number),
        (r"'?(?P<year>(?:1[1-9]|20)?[1-9]0)'?s", _say_decade),
        (r"'(?P<year>\d\d)", _say_short_year),
        (
            rf"(?:US|A|C)?(?P<sign>{currency})(?P<number>{_NUMBER})(?P<magnitude>{magnitude})?(?P<sign_behind>)",
            _say_currency,
        ),
        (rf"(?P<sign>)(?P<number>{_NUMBER})(?P<magnitude>{magnitude})?(?P<sign_behind>{currency})", _say_currency),
        (
            r"(?P<hours>[01]?\d|2[0-4])[:.](?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?(?P<half>[ap]\.?m\.?)",
            _say_time,
        ),
        (r"(?P<hours>[01]?\d|2[0-4]):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?(?P<half>)", _say_time),
        (r"(?P<from>\d{1,6}):(?P<to>\d{1,6})", _say_ratio),
        (r"(?:(?P<whole>\d{1,6})[ -])?(?P<above>\d{1,6})[/⁄](?P<below>\d{1,6})", _say_fraction),
        (r"\d{1,4}[/.]\d{1,2}[/.]\d{4}|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d\d", _say_date),
        (r"\(?\d{3}\)?-\d{3}-\d{4}|\d{3}-\d{4}", _say_groups),
        (rf"(?P<sign>{currency})(?P<from>{_NUMBER})-{currency}?(?P<to>{_NUMBER})", _say_currency_range),
        (rf"(?P<from>{_NUMBER})[-‐‑–—−](?P<to>{_NUMBER})", _say_range),
        (r"\d{1,6}(?:\.\d{1,6}){2,8}", _say_version),
        (rf"#(?P<number>{_NUMBER})", _say_numbered),
        (rf"(?P<number>{_NUMBER})(?P<magnitude>[KMB])", _say_with_magnitude),
        (rf"(?i:(?P<number>{_NUMBER})(?P<unit>{unit}))", _say_with_unit),
        (rf"(?i:(?P<number>{_NUMBER})(?P<magnitude>{magnitude}))", _say_with_magnitude),
        (r"(?P<sign>[-−+])(?P<rest>[$€£¥]?[\d.].*)", _say_sign),
    ]
    return [(re.compile(pattern), say) for pattern, say in table]
