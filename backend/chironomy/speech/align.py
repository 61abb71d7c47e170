"""The words of a transcript get their times in a recording."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import UserError
from ..formats.words import Phone, TimingMethod, Word
from ..progress import Progress, silent, within
from .alignment.estimate import Slot, placed, speech_regions
from .alignment.listening import (
    Heard,
    HeardWord,
    Listener,
    Report,
    Span,
    SpokenWord,
    fitted_phones,
    spread_phones,
)
from .pronounce import pronunciations
from .tokens import Token
from .transcript import Transcript
from .types import Alignment, Audio

_STAGE = "Aligning words"
_LISTENING = 0.1
"""The share of the work that is done before the first word is looked for."""
#: Words with less confidence are not where they were found: they are estimated.
_TRUSTED = 0.15
_ESTIMATED_CONFIDENCE = 0.1
_DOUBTFUL_FIT = 0.6
_LONG_FOREIGN_S = 1.5
_TOUCHING_S = 0.3
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Stretch:
    """Tokens first … end − 1 are to be found between two times; `given` where it is one token with times of its own."""

    first: int
    end: int
    start_s: float
    end_s: float
    given: bool = False


@dataclass(frozen=True)
class _Timed:
    """One spoken word with its times."""

    phones: tuple[Phone, ...]
    method: TimingMethod
    confidence: float


def align(
    audio: Audio, transcript: Transcript, progress: Progress = silent, *, model: str | os.PathLike[str] | None = None
) -> Alignment:
    """Words and phones with times. English needs nothing else; `model` is a CTC model for another language.

    Words that are timed already keep their times (GIVEN) and get phones inside them; words of a timed line are looked
    for inside it. A word that is not in the sound is spread, with its like, over the speech between its neighbours
    (ESTIMATED, confidence at most 0.1). Whatever the transcript, every token becomes one word, in order, with
    0 ≤ start ≤ end ≤ duration; how well text and sound fit each other is in `fit` and `notices`.

    model: a folder, or a name whose files `transformers` has already; nothing is downloaded.
    Raises UserError where the model cannot be used, or none is given for a language other than English.
    """
    progress = _forward_only(progress)
    progress(_STAGE, 0.0)
    listener = _listener(audio, transcript, model, _reporter(within(progress, 0.0, _LISTENING)))
    words = [[_spoken(text, transcript.language) for text in token.spoken] for token in transcript.tokens]
    stretches = _stretches(transcript, audio.duration_s)
    regions = speech_regions(audio.samples)
    timed: list[Word] = []
    certainty: list[float] = []
    foreign: list[Span] = []
    for number, stretch in enumerate(stretches):
        fraction = (number + np.arange(2)) / len(stretches) * (1 - _LISTENING) + _LISTENING
        report = _reporter(within(progress, *fraction.tolist()))
        tokens, said = transcript.tokens[stretch.first : stretch.end], words[stretch.first : stretch.end]
        flat = [word for own in said for word in own]
        heard = listener.find(flat, stretch.start_s, stretch.end_s, report)
        certainty += [word.confidence if word else 0.0 for word in heard.words]
        if stretch.given:
            timed.append(_given(tokens[0], flat, heard))
        else:
            timed += _assembled(tokens, said, _times(flat, heard, stretch, regions))
            foreign += heard.foreign
    flat = [word for own in words for word in own]
    fit = float(np.average(certainty, weights=[len(word.variants[0]) for word in flat]))
    progress(_STAGE, 1.0)
    return Alignment(tuple(timed), fit, _notices(transcript, timed, fit, foreign))


def _listener(audio: Audio, transcript: Transcript, model: str | os.PathLike[str] | None, report: Report) -> Listener:
    if model is not None:
        from .alignment.ctc import CtcListener

        return CtcListener(audio, model, report)
    if transcript.language.partition("-")[0] != "en" and not transcript.is_timed:
        raise UserError(
            f"{transcript.source}: is in another language than English ({transcript.language}): "
            "give an alignment model for it (--align-model)"
        )
    from .alignment.english import EnglishListener

    return EnglishListener(audio, report)


def _forward_only(progress: Progress) -> Progress:
    """Windows overlap, so some work is done twice: the bar waits meanwhile."""
    furthest = 0.0

    def report(stage: str, fraction: float) -> None:
        nonlocal furthest
        furthest = max(furthest, fraction)
        progress(stage, furthest)

    return report


def _reporter(progress: Progress) -> Report:
    return lambda fraction: progress(_STAGE, fraction)


def _spoken(text: str, language: str) -> SpokenWord:
    return SpokenWord(text, pronunciations(text, language))


def _stretches(transcript: Transcript, duration_s: float) -> list[_Stretch]:
    """What is to be looked for where: given words one by one, lines, words between given ones, or the whole."""

    def clipped(time_s: float) -> float:
        return min(max(time_s, 0.0), duration_s)

    if transcript.is_timed:
        stretches: list[_Stretch] = []
        for index, token in enumerate(transcript.tokens):
            start, end = clipped(token.start_s or 0.0), clipped(token.end_s or 0.0)
            given = token.method is not TimingMethod.ESTIMATED
            if not given and stretches and not stretches[-1].given:
                stretches[-1] = replace(stretches[-1], end=index + 1, end_s=max(end, stretches[-1].end_s))
            else:
                stretches.append(_Stretch(index, index + 1, start, max(start, end), given))
        return stretches
    if transcript.passages:
        return [
            _Stretch(p.first, p.end, clipped(p.start_s), max(clipped(p.start_s), clipped(p.end_s)))
            for p in transcript.passages
            if p.end > p.first
        ]
    return [_Stretch(0, len(transcript.tokens), 0.0, duration_s)]


def _given(token: Token, said: Sequence[SpokenWord], heard: Heard) -> Word:
    """A word with its own times; its phones are its own too, or those found there, or evenly spread."""
    start_s, end_s = token.start_s or 0.0, token.end_s or 0.0
    if token.phones:
        phones = token.phones
    elif all(heard.words):
        phones = fitted_phones([phone for word in heard.words if word for phone in word.phones], start_s, end_s)
    else:
        phones = spread_phones([label for word in said for label in word.variants[0]], start_s, end_s)
    return Word(token.text, start_s, end_s, phones, token.punctuation, TimingMethod.GIVEN, token.confidence)


def _times(words: Sequence[SpokenWord], heard: Heard, stretch: _Stretch, regions: Sequence[Span]) -> list[_Timed]:
    trusted = [word if word and word.confidence >= _TRUSTED else None for word in heard.words]
    slots = [
        Slot(word.span if word else None, said.syllables, stretch.start_s, stretch.end_s)
        for word, said in zip(trusted, words, strict=True)
    ]
    spans = placed(slots, regions)
    return [_one_timed(*item) for item in zip(words, trusted, heard.words, spans, strict=True)]


def _one_timed(said: SpokenWord, trusted: HeardWord | None, heard: HeardWord | None, span: Span) -> _Timed:
    if trusted:
        phones = trusted.phones if trusted.span == span else fitted_phones(trusted.phones, *span)
        return _Timed(phones, TimingMethod.ALIGNED, trusted.confidence)
    confidence = min(heard.confidence if heard else 0.0, _ESTIMATED_CONFIDENCE)
    return _Timed(spread_phones(said.variants[0], *span), TimingMethod.ESTIMATED, confidence)


def _assembled(tokens: Sequence[Token], said: Sequence[Sequence[SpokenWord]], timed: Sequence[_Timed]) -> list[Word]:
    """Spoken words joined to those of the transcript: "nineteen", "sixty", "one" become "1961"."""
    words: list[Word] = []
    position = 0
    for token, own in zip(tokens, said, strict=True):
        parts = timed[position : position + len(own)]
        position += len(own)
        phones = tuple(phone for part in parts for phone in part.phones)
        weights = [len(part.phones) for part in parts]
        found = sum(w for w, part in zip(weights, parts, strict=True) if part.method is TimingMethod.ALIGNED)
        method = TimingMethod.ALIGNED if 2 * found >= sum(weights) else TimingMethod.ESTIMATED
        confidence = float(np.average([part.confidence for part in parts], weights=weights))
        words.append(
            Word(token.text, phones[0].start_s, phones[-1].end_s, phones, token.punctuation, method, confidence)
        )
    return words


def _notices(transcript: Transcript, words: Sequence[Word], fit: float, foreign: Sequence[Span]) -> tuple[str, ...]:
    notices = list(transcript.notices)
    if fit < _DOUBTFUL_FIT:
        notices.append(
            f"{transcript.source or 'the transcript'}: fits the recording badly ({fit:.2f} of 1): "
            "check that they belong together"
        )
    estimated = [word for word in words if word.method is TimingMethod.ESTIMATED]
    if estimated:
        named = ", ".join(f"“{w.text}” at {w.start_s:.1f} s" for w in estimated[:_MOST_NAMED])
        more = f" and {len(estimated) - _MOST_NAMED} more" if len(estimated) > _MOST_NAMED else ""
        notices.append(f"not found in the recording, their times are estimated: {named}{more}")
    long = [span for span in _joined(foreign) if span[1] - span[0] > _LONG_FOREIGN_S]
    notices += [f"speech without text from {start:.1f} to {end:.1f} s" for start, end in long[:_MOST_NAMED]]
    return tuple(notices)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans that touch become one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1] + _TOUCHING_S:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
