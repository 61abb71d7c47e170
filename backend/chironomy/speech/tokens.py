"""Text becomes tokens: what is shown, the punctuation behind it, and the words that are spoken for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..formats.words import Phone, TimingMethod
from .english import english
from .spoken import say


@dataclass(frozen=True)
class Token:
    """One word of a transcript."""

    text: str
    """As written, without the punctuation around it ("1961", "U.S.")."""
    punctuation: str
    """Behind it, where a phrase or sentence ends: one or more of . , ; : ! ? … –, or nothing."""
    spoken: tuple[str, ...]
    """What is said for it, never empty: ("nineteen", "sixty", "one"), ("u.", "s."); see spoken.py."""
    start_s: float | None = None
    """None, like end_s, where the transcript gives no time for it."""
    end_s: float | None = None
    phones: tuple[Phone, ...] = ()
    confidence: float = 1.0
    method: TimingMethod = TimingMethod.GIVEN
    """GIVEN, or ESTIMATED where the times were filled in between timed neighbours; of use only with times."""


_UNSPOKEN = re.compile(r"\[[^\[\]]{0,500}\]|\{[^{}]{0,500}\}|<[^<>]{0,500}>|♪|♫")
_BRACKETED = re.compile(r"\(([^()]{1,60})\)|\*([^*\s][^*]{0,60})\*")
_SPEAKER = re.compile(r"^[ \t]*(?:>>+[ \t]*|-[ \t]+)*(?:[A-Z][A-Z .'0-9-]{1,30}:(?=[ \t]+\S))?", re.MULTILINE)
#: Inside a chunk without blanks, words end behind these: dashes, an ellipsis, a comma or stop between letters.
_BREAKS = re.compile(
    r"(?<=[—…])(?=\w)|(?<=--)(?=\w)|(?<=\.\.)(?=[^\W\d])|(?<=[a-z]{2}[,;:!?])(?=[A-Za-z])|(?<=[a-z]–)(?=[a-z])"
)
_OPENING = "\"'“”„‘’‚«»‹›([{<¿¡*_~-–—…․·•|\\/`"
_CLOSING = ".,;:!?…–—-\"'“”’‘»«›‹)]}>*_~|\\/`·。，、！？；："
_PHRASE_ENDS = str.maketrans({"—": "–", "。": ".", "，": ",", "、": ",", "！": "!", "？": "?", "；": ";", "：": ":"})
_CAPITALS_SHARE = 0.8
#: Stands between the pieces of a text; a character for private use, which no text has.
_PIECE_END = "\ue000"


def split_tokens(text: str) -> list[Token]:
    """The words of an English text; remarks in brackets, speakers' names before a colon and emoji are left out."""
    return split_pieces([text])[0]


def split_pieces(pieces: Sequence[str]) -> list[list[Token]]:
    """The tokens of each piece of one text; the pieces are read on, as "5 | km" and "World War | II" need it."""
    if not pieces:
        return []
    text = f"\n{_PIECE_END}\n".join(piece.replace(_PIECE_END, "") for piece in pieces)
    capitals = _in_capitals(text)
    chunks = _chunks(without_remarks(text))
    words = [_bare(chunk) for chunk in chunks if chunk != _PIECE_END]
    split: list[list[Token]] = [[]]
    last: list[Token] = []
    k = -1
    for chunk in chunks:
        if chunk == _PIECE_END:
            split.append([])
            continue
        k += 1
        before, after = words[k - 1] if k else "", words[k + 1] if k + 1 < len(words) else ""
        word, punctuation = _with_own_dot(chunk, words[k], after)
        spoken = say(word, before=before, after=after, capitals=capitals) if word else ()
        if spoken:
            last = split[-1]
            last.append(Token(word, punctuation, spoken))
        elif last and not last[-1].punctuation:
            # a dash or an ellipsis that stands alone belongs to the word before it
            last[-1] = replace(last[-1], punctuation=_phrase_end(chunk))
    return split


def without_remarks(text: str) -> str:
    """The text without what nobody says: [laughs], <b>, (applause), ♪, "JOHN: " at the start of a line."""
    text = _SPEAKER.sub(" ", _UNSPOKEN.sub(_ends_within, text))
    return _BRACKETED.sub(lambda match: _ends_within(match) if _is_sound_event(match[0]) else match[0], text)


def _ends_within(remark: re.Match[str]) -> str:
    """What stays of a remark: the ends of pieces inside it."""
    return " " + f"{_PIECE_END} " * remark[0].count(_PIECE_END)


def _is_sound_event(remark: str) -> bool:
    words = re.findall(r"[a-z]+", remark.lower())
    return bool(words) and len(words) <= 4 and not english().sound_events.isdisjoint(words)


def _chunks(text: str) -> list[str]:
    return [part for chunk in text.split() for part in _BREAKS.split(chunk) if part]


def _bare(chunk: str) -> str:
    """The chunk without quotes, brackets and punctuation around it; signs that are spoken stay ("-5", "$20", "#1")."""
    word = chunk.strip()
    signed = re.match(r"^[\"'“‘(\[]*([-−–+]?[$€£¥]?\.?\d|['’]\d0s|['’]\d\d\b)", word)
    quoted = word[:1] in "\"'“‘"
    if signed:
        word = word[signed.start(1) :]
    else:
        stripped = word.lstrip(_OPENING)
        lead = re.sub("[’‘]", "'", word[: len(word) - len(stripped)])
        elided = lead.endswith("'") and _is_elided(stripped)
        word, quoted = ("'" + stripped, False) if elided else (stripped, quoted)
    bare = word.rstrip(_CLOSING)
    # players', goin': an apostrophe behind an s or n that closes no quotation
    rest = word[len(bare) :]
    if not quoted and rest[:1] in ("'", "’") and re.search(r"(?:s|in)$", bare):
        bare += rest[0]
    return bare


def _is_elided(word: str) -> bool:
    return f"'{word.rstrip(_CLOSING).lower()}" in english().leading_apostrophe


def _with_own_dot(chunk: str, word: str, after: str) -> tuple[str, str]:
    """The word with the dot that is part of it ("Dr.", "U.S."), and the punctuation that ends a phrase."""
    start = chunk.find(word) + len(word) if word else 0
    behind = chunk[start:]
    punctuation = _phrase_end(behind)
    if not behind.startswith(".") or behind.startswith(".."):
        return word, punctuation
    facts, known = english(), word.lower().replace("’", "'")
    initial = bool(re.fullmatch(r"(?:[A-Za-z]\.)*[A-Za-z]", word)) and (known != "i" or bool(after[:1].isupper()))
    number_sign = known in ("no", "nos") and after[:1].isdigit()
    if not (initial or number_sign or (known in facts.abbreviations and known not in _WORDS_TOO)):
        return word, punctuation
    sentence_end = not after or (after[:1].isupper() and after.lower() in facts.function_words)
    keeps_stop = known not in facts.titles and sentence_end and not (initial and len(word) == 1 and after)
    return word + ".", punctuation if keeps_stop else _phrase_end(behind[1:])


#: Abbreviations that are words of their own: with a stop behind them they end a sentence more often.
_WORDS_TOO = frozenset({"al", "co", "min", "max", "rev", "sen", "rep", "fig", "ms", "hon", "est", "dec", "mt", "inc"})


def _phrase_end(behind: str) -> str:
    ends = behind.translate(_PHRASE_ENDS).replace("...", "…").replace("--", "–")
    return "".join(c for c in ends if c in ".,;:!?…–" or (c == "-" and behind == "-"))[:3].replace("-", "–")


def _in_capitals(text: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", text)
    return len(words) > 3 and sum(word.isupper() for word in words) > _CAPITALS_SHARE * len(words)
