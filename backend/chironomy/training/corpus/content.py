"""What is in a corpus of gestures, counted: hours, voices, gestures of each class, performances."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...evaluation.told_strokes import told_gestures, told_strokes
from ...generators.rhythm.lexicon import BEAT
from ...generators.semtalk.repertoire import LearnedGesture, read_repertoire
from ...progress import Progress, silent
from ..corpus_format import FPS, Recording, SkippedRecording
from ..shards import Corpus
from .recognised_performances import performances_of
from .synthesis.voices import is_synthetic

_DIALOGUE = "dialogue-"
_UNSEEN = "unseen"


@dataclass(frozen=True)
class GestureCounts:
    """Gestures whose apex is to be seen; both hands together count as one."""

    by_class: Mapping[str, int]
    actors_by_class: Mapping[str, int]
    """Those of them that are recognised as an actor's performance."""
    by_performance: Mapping[int, int]
    """How often each performance is recognised, in the splits whose performances the repertoire has."""
    left_open: int
    """Gestures in those splits whose description is left open, so that nobody can tell whose they are."""

    @property
    def total(self) -> int:
        return sum(self.by_class.values())


def hours_by(recordings: Sequence[Recording], key: Callable[[Recording], str]) -> dict[str, float]:
    """Hours for each value of a key, the largest first."""
    frames: Counter[str] = Counter()
    for recording in recordings:
        frames[key(recording)] += recording.frames
    return {name: count / FPS / 3600 for name, count in frames.most_common()}


def voice_of(recording: Recording) -> str:
    """Who speaks: a synthesiser's voice, or the collection that a person's recording comes from."""
    if not is_of_a_person(recording):
        return recording.audio
    return recording.id.split("-")[0] if "-" in recording.id else "unknown"


def is_of_a_person(recording: Recording) -> bool:
    return not is_synthetic(recording.audio)


def kind_of(recording: Recording) -> str:
    """What is said."""
    if is_of_a_person(recording):
        return "recorded sentences"
    return "lines of dialogue" if recording.id.startswith(_DIALOGUE) else "speeches"


def skipped_by_reason(skipped: Sequence[SkippedRecording]) -> dict[str, int]:
    """How many were left out for each reason; names and numbers in the reasons do not count."""
    return dict(Counter(_reason(entry) for entry in skipped).most_common())


def count_gestures(corpus: Corpus, progress: Progress = silent) -> GestureCounts:
    """Counts the gestures of the semantic layer. The corpus has plans and classes."""
    names = corpus.facts.gesture_classes
    repertoire = read_repertoire(corpus.folder)
    by_class, by_actors, by_performance = Counter[str](), Counter[str](), Counter[int]()
    left_open = 0
    for done, recording in enumerate(corpus.recordings):
        progress("Counting gestures", done / len(corpus.recordings))
        strokes = told_strokes(corpus.read(recording, "plan"), corpus.read(recording, "gesture_class"))
        found = [gesture for gesture in told_gestures(strokes) if gesture.gesture_class > 0]
        by_class.update(names[gesture.gesture_class - 1] for gesture in found)
        if recording.split == _UNSEEN:  # its performances are held back, from the repertoire too
            continue
        left_open += sum(not gesture.descriptions for gesture in found)
        for gesture, number in zip(found, performances_of(found, repertoire, names), strict=True):
            if number >= 0:
                by_performance[int(number)] += 1
                by_actors[names[gesture.gesture_class - 1]] += 1
    return GestureCounts(by_class, by_actors, by_performance, left_open)


def performances_known(repertoire: Mapping[str, Sequence[LearnedGesture]]) -> int:
    """How many performances there were to choose from; mirror images are no others."""
    return len({gesture.number for gestures in repertoire.values() for gesture in gestures})


def gesture_rate(counts: GestureCounts, hours: float) -> dict[str, float]:
    """Gestures a minute: all, those that mean something, and beats."""
    minutes = hours * 60
    beats = counts.by_class.get(BEAT, 0)
    return {
        "all": counts.total / minutes,
        "with a meaning": (counts.total - beats) / minutes,
        "beats": beats / minutes,
    }


def _reason(entry: SkippedRecording) -> str:
    text = entry.reason.removeprefix(f"{entry.id}: ")
    text = re.sub(r"^\S+: ", "", text)
    return re.sub(r"\s*\([^)]*\)|\d+(\.\d+)?", lambda found: "" if "(" in found.group() else "…", text)
