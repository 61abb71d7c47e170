"""The text of a recording: its words, and their times as far as they are known."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import UserError
from ..formats.subtitles import read_subtitles
from ..formats.textgrid import read_textgrid
from ..formats.timed_text import read_text
from ..formats.whisper import is_whisper, whisper_cues
from ..formats.words import TimingMethod, Word
from ..formats.words_json import is_words, read_json, words_of
from . import timed_tokens
from .foreign import split_foreign
from .timed_tokens import Passage
from .tokens import Token, split_pieces

#: Times may exceed the sound by so much (rounding, trailing silence cut off) and are then shortened to it.
_BEYOND_S = 0.5


@dataclass(frozen=True)
class Transcript:
    """What is said in a recording, and when, as far as its file tells."""

    tokens: tuple[Token, ...]
    """At least one."""
    passages: tuple[Passage, ...] = ()
    """Where only lines are timed: they cover all tokens, in order; the words are still to be aligned inside them."""
    source: str = ""
    language: str = "en"
    notices: tuple[str, ...] = ()
    """What the user should know, one line each."""

    @property
    def is_timed(self) -> bool:
        """Whether every word has its times already."""
        return all(token.start_s is not None for token in self.tokens)

    def words(self) -> tuple[Word, ...]:
        """The timed words. Only where is_timed."""
        return tuple(_word(token) for token in self.tokens)


def read_transcript(path: str | os.PathLike[str], language: str = "en") -> Transcript:
    """Plain text, TextGrid, SRT, WebVTT, Whisper's JSON or our own; the ending says which, else the content.

    Raises UserError for a file that cannot be used: empty, damaged, in another script than English is written in.
    """
    path = Path(path)
    tokens, passages, notices = _reader(path)(path, _splitter(str(path), language))
    if not tokens:
        raise UserError(f"{path}: holds no words: write what is said in the recording into it")
    return Transcript(tuple(tokens), tuple(passages), str(path), language, tuple(notices))


def transcript_of_text(text: str, source: str = "the given text", language: str = "en") -> Transcript:
    """A transcript from a string of plain text. Raises UserError as read_transcript does; source is for messages."""
    (tokens,) = _splitter(source, language)([text])
    if not tokens:
        raise UserError(f"{source}: holds no words: give what is said in the recording")
    return Transcript(tuple(tokens), source=source, language=language)


_Parts = tuple[Sequence[Token], Sequence[Passage], Sequence[str]]
_Reader = Callable[[Path, timed_tokens.Split], _Parts]


def _reader(path: Path) -> _Reader:
    known = {".textgrid": _from_textgrid, ".srt": _from_subtitles, ".vtt": _from_subtitles, ".json": _from_json}
    ending = path.suffix.lower()
    if ending in known:
        return known[ending]
    start = read_text(path)[:2000].lstrip()
    if start.startswith(('File type = "ooTextFile', '"ooTextFile')):
        return _from_textgrid
    if start.startswith("WEBVTT") or "-->" in start[:100]:
        return _from_subtitles
    return _from_json if start.startswith(('{"', "{\n")) else _from_text


def _from_text(path: Path, split: timed_tokens.Split) -> _Parts:
    return split([read_text(path)])[0], (), ()


def _from_subtitles(path: Path, split: timed_tokens.Split) -> _Parts:
    return *timed_tokens.of_cues(read_subtitles(path), split), ()


def _from_json(path: Path, split: timed_tokens.Split) -> _Parts:
    document = read_json(path)
    if is_words(document):
        return _of_own_words(words_of(path, document), split), (), ()
    if is_whisper(document):
        return *timed_tokens.of_cues(whisper_cues(path, document), split), ()
    raise UserError(f"{path}: is neither Chironomy's nor Whisper's JSON: give one of these, or plain text")


def _of_own_words(words: Sequence[Word], split: timed_tokens.Split) -> list[Token]:
    """The words just as they stand; spoken words are found anew."""
    pieces = split([word.text for word in words])
    spoken = [tuple(s for token in own for s in token.spoken) for own in pieces]
    return [
        Token(w.text, w.punctuation, said, w.start_s, w.end_s, w.phones, w.confidence, w.method)
        for w, said in zip(words, spoken, strict=True)
        if said
    ]


def _from_textgrid(path: Path, split: timed_tokens.Split) -> _Parts:
    tiers = read_textgrid(path)
    words = timed_tokens.word_tier(tiers)
    if words is None:
        names = ", ".join(f"“{tier.name}”" for tier in tiers) or "none"
        raise UserError(f"{path}: has no tier “words” (its interval tiers: {names}): rename the tier with the words")
    tokens, passages = timed_tokens.of_tier(words, split)
    phones = timed_tokens.phone_tier(tiers)
    if phones is None or phones is words or passages:
        return tokens, passages, ()
    with_phones = timed_tokens.with_phones(tokens, phones)
    if with_phones is None:
        return tokens, (), (f"{path}: its phones are not in ARPAbet and are not used",)
    return with_phones, (), ()


def _splitter(source: str, language: str) -> timed_tokens.Split:
    if language != "en":
        return lambda pieces: split_foreign(pieces, language)

    def split(pieces: Sequence[str]) -> list[list[Token]]:
        _require_latin(source, "".join(pieces))
        return split_pieces(pieces)

    return split


def _require_latin(source: str, text: str) -> None:
    scripts = Counter(unicodedata.name(c, "UNKNOWN").split()[0].split("-")[0] for c in text if c.isalpha())
    scripts = Counter({k.replace("FULLWIDTH", "LATIN").replace("MATHEMATICAL", "LATIN"): v for k, v in scripts.items()})
    script, count = scripts.most_common(1)[0] if scripts else ("LATIN", 0)
    if script != "LATIN" and count > scripts["LATIN"]:
        name = "Chinese" if script == "CJK" else script.capitalize()
        raise UserError(
            f"{source}: is written in {name} script: English is built in, other languages need an alignment model "
            "of their own (--align-model)"
        )


def fit_to_sound(transcript: Transcript, duration_s: float) -> Transcript:
    """The same transcript with all times inside 0…duration_s.

    Raises UserError where its times go on after the sound has ended: it belongs to another recording.
    """
    ends = [t.end_s for t in transcript.tokens if t.end_s is not None] + [p.end_s for p in transcript.passages]
    starts = [t.start_s for t in transcript.tokens if t.start_s is not None] + [p.start_s for p in transcript.passages]
    if not ends or max(ends) <= duration_s:
        return transcript
    if (max(ends) > duration_s + _BEYOND_S and max(ends) > duration_s * 1.02) or max(starts) >= duration_s:
        raise UserError(
            f"{transcript.source}: its times go up to {max(ends):.2f} s, but the recording lasts {duration_s:.2f} s: "
            "give the transcript of this recording"
        )
    return replace(
        transcript,
        tokens=tuple(_shortened(token, duration_s) for token in transcript.tokens),
        passages=tuple(replace(p, end_s=min(p.end_s, duration_s)) for p in transcript.passages),
    )


def _shortened(token: Token, duration_s: float) -> Token:
    if token.end_s is None or token.end_s <= duration_s:
        return token
    phones = tuple(replace(p, end_s=min(p.end_s, duration_s)) for p in token.phones if p.start_s < duration_s)
    return replace(token, end_s=duration_s, phones=phones)


def _word(token: Token) -> Word:
    if token.start_s is None or token.end_s is None:
        raise ValueError(f"{token.text!r} has no times")
    confidence = token.confidence if token.method is TimingMethod.GIVEN else min(token.confidence, 0.5)
    return Word(token.text, token.start_s, token.end_s, token.phones, token.punctuation, token.method, confidence)
