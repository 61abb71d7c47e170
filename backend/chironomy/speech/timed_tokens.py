"""Tokens from texts that have times: words keep theirs, lines become passages."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..formats.textgrid import Tier
from ..formats.timed_text import Cue, Interval
from ..formats.words import Phone, TimingMethod
from .tokens import Token

#: How a text in pieces becomes the tokens of each piece: `tokens.split_pieces` or its like for other languages.
Split = Callable[[Sequence[str]], list[list[Token]]]

_ARPABET = re.compile(
    r"(?:AA|AE|AH|AO|AW|AY|EH|ER|EY|IH|IY|OW|OY|UH|UW)[012]?|B|CH|D|DH|F|G|HH|JH|K|L|M|N|NG|P|R|S|SH|T|TH|V|W|Y|Z|ZH"
)
#: What aligners write where nobody speaks.
_SILENCES = frozenset(
    {"", "sil", "sp", "spn", "pau", "silence", "<sil>", "<eps>", "<p:>", "<p>", "#", "_", "h#", "noise"}
)
_WORD_TIERS, _PHONE_TIERS = (
    re.compile(r"\b(words?|ort-mau)$", re.IGNORECASE),
    re.compile(r"\b(phones?|phonemes?|mau)$", re.IGNORECASE),
)
#: Intervals hold words, not lines, where no more than this share of them holds several; or this in a tier "words".
_LINES_SHARE, _NAMED_LINES_SHARE = 0.1, 0.5


@dataclass(frozen=True)
class Passage:
    """Some tokens of which it is known that they lie within these times: a line of subtitles."""

    start_s: float
    end_s: float
    first: int
    """tokens[first:end] are its tokens."""
    end: int


def of_cues(cues: Sequence[Cue], split: Split) -> tuple[list[Token], list[Passage]]:
    """Tokens of subtitles or recognised segments; timed where all cues hold timed words, or one word each."""
    if all(cue.words for cue in cues):
        return of_words([word for cue in cues for word in cue.words], split), []
    return of_intervals(cues, split)


def of_tier(tier: Tier, split: Split) -> tuple[list[Token], list[Passage]]:
    """Tokens of a tier that holds either words (then timed) or lines (then in passages)."""
    said = [interval for interval in tier.intervals if not _is_silence(interval)]
    return of_intervals(said, split, _NAMED_LINES_SHARE if _WORD_TIERS.search(tier.name.strip()) else _LINES_SHARE)


def of_intervals(
    intervals: Sequence[Interval], split: Split, lines_share: float = _LINES_SHARE
) -> tuple[list[Token], list[Passage]]:
    """Tokens of intervals that hold words (then timed), or lines if more than lines_share of them hold several."""
    several = sum(len(interval.text.split()) > 1 for interval in intervals)
    if several <= lines_share * len(intervals):
        return of_words(intervals, split), []
    tokens: list[Token] = []
    passages: list[Passage] = []
    for interval, own in zip(intervals, split([interval.text for interval in intervals]), strict=True):
        if own:
            passages.append(Passage(interval.start_s, interval.end_s, len(tokens), len(tokens) + len(own)))
            tokens += own
    return tokens, passages


def of_words(intervals: Sequence[Interval], split: Split) -> list[Token]:
    """Timed tokens; an interval with several words is shared out by their length."""
    pieces = split([interval.text for interval in intervals])
    return [token for interval, own in zip(intervals, pieces, strict=True) for token in _shared_out(interval, own)]


def word_tier(tiers: Sequence[Tier]) -> Tier | None:
    """The tier with the words: by its name, or the only one there is."""
    named = [tier for tier in tiers if _WORD_TIERS.search(tier.name.strip())]
    return named[0] if named else tiers[0] if len(tiers) == 1 else None


def phone_tier(tiers: Sequence[Tier]) -> Tier | None:
    """The tier with the phones, by its name."""
    return next((tier for tier in tiers if _PHONE_TIERS.search(tier.name.strip())), None)


def with_phones(tokens: Sequence[Token], tier: Tier) -> list[Token] | None:
    """Timed tokens with the phones whose middle lies inside them; None where the labels are not ARPAbet."""
    phones = [Phone(i.text.strip().upper(), i.start_s, i.end_s) for i in tier.intervals if not _is_silence(i)]
    if not all(_ARPABET.fullmatch(phone.label) for phone in phones):
        return None
    middles = [(phone.start_s + phone.end_s) / 2 for phone in phones]
    return [
        replace(
            token,
            phones=tuple(phones[bisect_left(middles, token.start_s or 0.0) : bisect_left(middles, token.end_s or 0.0)]),
        )
        for token in tokens
    ]


def _is_silence(interval: Interval) -> bool:
    return interval.text.strip().lower() in _SILENCES


def _shared_out(interval: Interval, tokens: Sequence[Token]) -> list[Token]:
    method = TimingMethod.ESTIMATED if interval.estimated else TimingMethod.GIVEN
    letters = [sum(len(word) for word in token.spoken) for token in tokens]
    total = max(sum(letters), 1)
    bounds = [
        interval.start_s + (interval.end_s - interval.start_s) * sum(letters[:k]) / total for k in range(len(tokens))
    ]
    return [
        replace(token, start_s=start_s, end_s=end_s, confidence=interval.confidence, method=method)
        for token, start_s, end_s in zip(tokens, bounds, [*bounds[1:], interval.end_s], strict=False)
    ]
