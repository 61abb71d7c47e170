"""From gestures, recordings and texts to a corpus of shards."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...formats.words import Word
from ...generators.semtalk.calls import called_classes
from ...generators.semtalk.gesture_plan import PlannedStroke, bearing_in, plan_channels
from ...generators.semtalk.planner import class_numbers
from ...generators.semtalk.repertoire import write_repertoire
from ...motion import rotations as rot
from ...motion.body import Body, neutral_body
from ...motion.rotations import Array
from ...nets.config import FrontEndConfig
from ...nets.front_end.features import front_end as front_end_of
from ...progress import Progress, silent
from ...speech.types import FPS, Audio, Speech
from ..corpus_format import CorpusFacts, CorpusIndex
from ..heard import heard_fields
from ..shards import CorpusWriter
from .choreography import Utterance, by_class, choreograph
from .idles import Idle, read_idles
from .lines import Line, hear_line, recorded_lines, spoken_lines
from .performances import Performance, read_performances, with_mirror_images
from .repertoire import learned_gestures
from .strokes import base_strokes, semantic_strokes
from .synthesis.voices import require_synthesisers

STYLES = ("calm", "neutral", "lively")
_STYLE_SHARES = (0.25, 0.5, 0.25)
#: How often each recording of a person is used, with other gestures each time.
_TIMES_RECORDED = 6
#: Share of strokes in training whose description is left out: of actors' gestures, and of the beats of our own.
_OPEN_OF_ACTORS, _OPEN_OF_OURS = 0.1, 0.25
_LICENCES = "gestures: LGPL-2.1 (SmartBody)"


@dataclass(frozen=True)
class Order:
    """What a corpus is made of."""

    data: Path
    """The folder with gestures/, speech/ and text/."""
    hours: float
    seed: int
    front_end: FrontEndConfig
    sentence_frames: int


@dataclass(frozen=True)
class _Job:
    order: Order
    line: Line
    copy: int

    @property
    def name(self) -> str:
        return f"{self.line.id}-{self.copy}"


@dataclass(frozen=True)
class _Made:
    job: _Job
    arrays: dict[str, NDArray]
    style: int
    words: tuple[Word, ...]
    problem: str = ""


def build(order: Order, folder: Path, workers: int = 1, progress: Progress = silent) -> CorpusIndex:
    """Writes a corpus of at least so many hours; one that was interrupted goes on after its last shard.

    The same order gives the same corpus. Raises UserError.
    """
    require_synthesisers()
    facts = CorpusFacts(
        name="chironomy-gestures",
        speakers=STYLES,
        gesture_classes=order.front_end.gesture_classes,
        phones=order.front_end.phones,
        rhythm=order.front_end.rhythm,
        speech=order.front_end.speech,
        text=order.front_end.text,
        sentence_frames=order.sentence_frames,
        seed=order.seed,
    )
    writer = CorpusWriter(folder, facts)
    wanted, frames, made_before = order.hours * 3600 * FPS, writer.frames, writer.ids
    with ProcessPoolExecutor(workers) as pool:
        jobs = (job for job in _jobs(order) if job.name not in made_before)
        while frames < wanted and (batch := list(islice(jobs, 8 * workers))):
            for made in pool.map(_make, batch):
                frames += _add(writer, made)
            progress("Making gestures for speech", min(frames / wanted, 1.0))
    write_repertoire(folder, learned_gestures(_material(order.data / "gestures")[0], neutral_body()))
    return writer.close()


def _jobs(order: Order) -> Iterator[_Job]:
    for copy in range(_TIMES_RECORDED):
        yield from (_Job(order, line, copy) for line in recorded_lines(order.data / "speech"))
    yield from (_Job(order, line, 0) for line in spoken_lines(order.data / "text", order.seed))


def _add(writer: CorpusWriter, made: _Made) -> int:
    line, name = made.job.line, made.job.name
    if made.problem:
        writer.skip(name, made.problem)
        return 0
    audio = line.said_by.name if isinstance(line.said_by, Path) else line.said_by.label
    writer.add(
        name, line.split, made.arrays, speaker=made.style, words=made.words, audio=audio,
        licence=f"speech: {line.licence}; {_LICENCES}", group=line.group,
    )  # fmt: skip
    return len(made.arrays["rotations"])


def _make(job: _Job) -> _Made:
    """One utterance; in a process of its own."""
    seed = zlib.crc32(f"{job.order.seed} {job.line.id} {job.copy}".encode())
    style = int(np.random.default_rng(seed).choice(len(STYLES), p=_STYLE_SHARES))
    try:
        audio, speech = hear_line(job.line)
    except UserError as error:
        return _Made(job, {}, style, (), str(error))
    body = neutral_body()
    performances, idles = _material(job.order.data / "gestures")
    chosen = by_class([p for p in performances if p.held_out == (job.line.split == "unseen")])
    utterance = choreograph(speech, body, chosen, idles, STYLES[style], seed)
    arrays = {**_motion(utterance), **_plans(utterance, body, job), **_heard(job.order, audio, speech)}
    return _Made(job, arrays, style, speech.words)


@cache
def _material(folder: Path) -> tuple[Sequence[Performance], Sequence[Idle]]:
    body = neutral_body()
    return with_mirror_images(read_performances(folder, body)), read_idles(folder, body)


def _motion(utterance: Utterance) -> dict[str, NDArray]:
    take = utterance.take
    return {
        "rotations": rot.to_six_d(take.semantic_rotations).astype(np.float16),
        "base_rotations": rot.to_six_d(take.base_rotations).astype(np.float16),
        "translation": take.translation.astype(np.float32),
        "contacts": take.contacts.astype(np.uint8),
        "face": take.face.astype(np.float16),
        "semantic_score": take.emphasis.astype(np.float16),
    }


def _plans(utterance: Utterance, body: Body, job: _Job) -> dict[str, NDArray]:
    take, frames = utterance.take, utterance.take.frames
    layers = semantic_strokes(utterance, body), base_strokes(utterance, body)
    semantic, base = (_some_left_open(strokes, job) for strokes in layers)

    def plan(strokes: Sequence[PlannedStroke], homes: Array, rotations: Array) -> NDArray:
        return plan_channels(strokes, homes, bearing_in(rotations, body)).astype(np.float16)

    return {
        "plan": plan(semantic, utterance.semantic_homes, take.semantic_rotations),
        "plan_given": np.ones(frames, np.uint8),
        "base_plan": plan(base, utterance.base_homes, take.base_rotations),
        "base_plan_given": np.ones(frames, np.uint8),
        "gesture_class": class_numbers(semantic, frames, job.order.front_end.gesture_classes),
    }


def _some_left_open(strokes: Sequence[PlannedStroke], job: _Job) -> list[PlannedStroke]:
    """In training, some strokes do not say what they look like: the model is to know what is usual."""
    if job.line.split != "train":
        return list(strokes)
    chance = np.random.default_rng(zlib.crc32(f"open {job.line.id} {job.copy} {job.order.seed}".encode()))
    shares = [_OPEN_OF_ACTORS if stroke.performance >= 0 else _OPEN_OF_OURS for stroke in strokes]
    return [
        replace(stroke, description=0 * stroke.description) if chance.uniform() < share else stroke
        for stroke, share in zip(strokes, shares, strict=True)
    ]


def _heard(order: Order, audio: Audio, speech: Speech) -> dict[str, NDArray]:
    front_end = front_end_of(order.front_end, Path())  # pyright: ignore[reportArgumentType] (frozen models can be hashed)
    features = front_end.features(speech, audio)
    if features.phones is None or features.word_features is None or features.word_index is None:
        raise UserError("the corpus is made for models that read phones and MiniLM's words: choose such a recipe")
    fields = heard_fields(front_end, features, order.sentence_frames)
    called = called_classes(speech, features.frames, order.front_end.gesture_classes)
    return {**fields, "rhythm": features.rhythm.astype(np.float16), "called_class": called}
