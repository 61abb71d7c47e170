"""Utterances of a corpus performed by a model: with the corpus' own plan, and with what the model's planner chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...evaluation.subject import Subject
from ...evaluation.told_strokes import ToldStroke, told_strokes
from ...formats.take import StrokeWindow, Take, TakeWord
from ...generators.request import Request
from ...generators.semtalk.generator import perform_lines
from ...generators.semtalk.lines import Line
from ...generators.semtalk.listening import listen
from ...generators.semtalk.loading import loaded
from ...generators.semtalk.planner import Plan
from ...generators.semtalk.settings import read_settings
from ...speech.types import Audio, Speech
from ...training.corpus import lines as spoken
from ...training.corpus_format import Recording
from ...training.shards import Corpus
from ..performance import of_take
from ..subjects import subject_of
from .sample import mixed, recorded

#: Lines that are performed together.
_LINES_AT_ONCE = 16
#: Corpora have fewer lines by far: a recording that is not among so many was made from other texts.
_LINES_LOOKED_THROUGH = 60_000
_SETTINGS = read_settings({})
_NO_STROKE = StrokeWindow(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Utterance:
    """A recording of a corpus with its sound, heard again."""

    style: str
    audio: Audio
    speech: Speech
    subject: Subject
    """The corpus' motion, its semantic layer, with its words and its sound."""
    mixed: Subject
    """The corpus' motion as the product would show it: both layers mixed by the semantic score."""
    plan: Plan
    """The corpus' own, as channels alone."""
    strokes: tuple[ToldStroke, ...]
    """Of the semantic layer."""


@dataclass(frozen=True)
class Performed:
    """A take of an utterance."""

    utterance: Utterance
    plan: Plan
    take: Take
    shown: Subject
    """As the product shows it: both layers mixed by psi."""
    semantic: Subject
    """The semantic layer alone."""


def heard_again(corpus: Corpus, recordings: Sequence[Recording], data: Path) -> list[Utterance]:
    """The recordings whose speech can be made again from the folder shared/data: all, where nothing changed since.

    Raises UserError where that is none.
    """
    lines = _lines_of(corpus, {recording.id for recording in recordings}, data)
    there = [recording for recording in recordings if recording.id in lines]
    heard = [_heard(corpus, recording, lines[recording.id]) for recording in there]
    found = [utterance for utterance in heard if utterance is not None]
    if not found:
        raise UserError(f"{corpus.folder}: its speech cannot be made again from {data}: name the folder with --data")
    return found


def by_own_plan(folder: Path, those: Sequence[Utterance], first_seed: int = 1) -> list[Performed]:
    """A take of each utterance as the product makes it: the model's planner chooses the gestures.

    Each has a seed of its own, as in the corpus: with one for all, every line would begin in the same stance.
    """
    return _performed(folder, those, first_seed, lambda line, _: line)


def by_plan_of_corpus(folder: Path, those: Sequence[Utterance]) -> list[Performed]:
    """A take of each utterance with the strokes that the corpus' motion has."""
    return _performed(
        folder,
        those,
        1,
        lambda line, utterance: replace(
            line, plan=utterance.plan, gesture_class=utterance.plan.gesture_class.astype(np.int64)
        ),
    )


def _performed(
    folder: Path, those: Sequence[Utterance], first_seed: int, planned: Callable[[Line, Utterance], Line]
) -> list[Performed]:
    model, out = loaded(folder, "cpu", "fp32"), []
    for start in range(0, len(those), _LINES_AT_ONCE):
        some = those[start : start + _LINES_AT_ONCE]
        requests = [
            Request(u.speech, u.subject.body, first_seed + k, u.style, settings={}, audio=u.audio, model=folder)
            for k, u in enumerate(some, start)
        ]
        lines = listen(model.config, folder, requests, _SETTINGS, "cpu")
        lines = [planned(line, utterance) for line, utterance in zip(lines, some, strict=True)]
        made = perform_lines(model, lines, requests, _SETTINGS)
        out += [_of_take(u, line, generated.take) for u, line, generated in zip(some, lines, made, strict=True)]
    return out


def _of_take(utterance: Utterance, line: Line, take: Take) -> Performed:
    assert line.plan is not None
    recorded_one = utterance.subject
    shown = subject_of(of_take(take, recorded_one.body), recorded_one.name)
    shown = replace(shown, samples=recorded_one.samples)
    semantic = replace(shown, rotations=take.semantic_rotations, translation=take.semantic_translation)
    return Performed(utterance, line.plan, take, shown, semantic)


def _lines_of(corpus: Corpus, wanted: set[str], data: Path) -> dict[str, spoken.Line]:
    """What was said in recordings of these names."""
    copies = ((f"{line.id}-{copy}", line) for line in spoken.recorded_lines(data / "speech") for copy in range(16))
    read = ((f"{line.id}-0", line) for line in spoken.spoken_lines(data / "text", corpus.facts.seed or 0))
    lines: dict[str, spoken.Line] = {}
    for name, line in chain(copies, islice(read, _LINES_LOOKED_THROUGH)):
        if name in wanted:
            lines[name] = line
        if len(lines) == len(wanted):
            break
    return lines


def _heard(corpus: Corpus, recording: Recording, line: spoken.Line) -> Utterance | None:
    """None where the sound is not as long as it was: the corpus was made from another."""
    audio, speech = spoken.hear_line(line)
    if len(speech.rhythm.loudness) != recording.frames:
        return None
    plan = Plan(
        base=corpus.read(recording, "base_plan").astype(np.float32),
        semantic=corpus.read(recording, "plan").astype(np.float32),
        gesture_class=corpus.read(recording, "gesture_class").astype(np.int16),
        performed=(),
        strokes=(),
    )
    words = tuple(TakeWord(word, 0.0, _NO_STROKE) for word in speech.words)

    def with_speech(motion: Subject) -> Subject:
        return replace(motion, words=words, samples=audio.samples)

    return Utterance(
        style=corpus.facts.speakers[recording.speaker],
        audio=audio,
        speech=speech,
        subject=with_speech(recorded(corpus, recording)),
        mixed=with_speech(mixed(corpus, recording)),
        plan=plan,
        strokes=tuple(told_strokes(plan.semantic, plan.gesture_class)),
    )
