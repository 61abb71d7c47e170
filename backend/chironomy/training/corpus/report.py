"""The report on a corpus of gestures: report.json for machines, report.md the same for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ...formats.atomic import replacing
from ...generators.semtalk.repertoire import read_repertoire
from ...progress import Progress, silent
from ..shards import Corpus
from .content import (
    GestureCounts,
    count_gestures,
    gesture_rate,
    hours_by,
    is_of_a_person,
    kind_of,
    performances_known,
    skipped_by_reason,
    voice_of,
)

REPORT, READABLE_REPORT = "report.json", "report.md"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReportFigure(_Document):
    """One figure of the motion; None where there is nothing to measure."""

    name: str
    unit: str
    semantic: float | None
    base: float | None
    reference: float | None = None
    digits: int = 2


class Measured(_Document):
    """Figures of a sample of the corpus' motion, as `chironomy evaluate` measures them."""

    minutes: float
    utterances: int
    reference: str = ""
    """Name of the motion beside it."""
    figures: tuple[ReportFigure, ...]


class ClassCount(_Document):
    """One gesture class."""

    name: str
    gestures: int
    by_actors: int


class GestureReport(_Document):
    """The gestures of the semantic layer."""

    total: int
    a_minute: dict[str, float]
    classes: tuple[ClassCount, ...]
    performances_known: int
    performances_used: int
    most_frequent: dict[str, int]
    """The performances that come most often, by number, and how often."""
    left_open: int
    """Gestures that cannot be told apart, because their description is left open for training."""


class CorpusReport(_Document):
    """All that a report says."""

    name: str
    seed: int | None
    utterances: int
    hours: float
    by_recorded_people: float
    """Share of the utterances, 0…1."""
    hours_by_split: dict[str, float]
    hours_by_style: dict[str, float]
    hours_by_voice: dict[str, float]
    hours_by_text: dict[str, float]
    skipped: dict[str, int]
    gestures: GestureReport | None
    measured: Measured


def report_on(corpus: Corpus, measured: Measured, progress: Progress = silent) -> CorpusReport:
    """Counts what is in a corpus. measured: what was measured of its motion."""
    recordings, facts = corpus.recordings, corpus.facts
    hours = sum(hours_by(recordings, lambda r: r.split).values())
    counts = count_gestures(corpus, progress) if {"plan", "gesture_class"} <= corpus.fields else None
    return CorpusReport(
        name=facts.name,
        seed=facts.seed,
        utterances=len(recordings),
        hours=hours,
        by_recorded_people=sum(map(is_of_a_person, recordings)) / len(recordings),
        hours_by_split=hours_by(recordings, lambda r: r.split),
        hours_by_style=hours_by(recordings, lambda r: facts.speakers[r.speaker]),
        hours_by_voice=hours_by(recordings, voice_of),
        hours_by_text=hours_by(recordings, kind_of),
        skipped=skipped_by_reason(corpus.skipped),
        gestures=None if counts is None else _gestures(corpus, counts, hours),
        measured=measured,
    )


def write_report(folder: Path, report: CorpusReport) -> list[Path]:
    """Writes both files into the folder and returns their paths."""
    paths = [folder / REPORT, folder / READABLE_REPORT]
    texts = [json.dumps(report.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n", readable(report)]
    for path, text in zip(paths, texts, strict=True):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    return paths


def readable(report: CorpusReport) -> str:
    """The report as Markdown."""
    share = f"{100 * report.by_recorded_people:.0f} %"
    seed = "" if report.seed is None else f", seed {report.seed}"
    lines = [f"# Corpus {report.name}{seed}", ""]
    lines += [f"{report.hours:.2f} h in {report.utterances:,} utterances; {share} of them spoken by people.", ""]
    for title, hours in (
        ("split", report.hours_by_split),
        ("style", report.hours_by_style),
        ("voice", report.hours_by_voice),
        ("text", report.hours_by_text),
    ):
        lines += _table((title, "hours", "share"), _hour_rows(hours, report.hours))
    lines += ["## Left out", "", *_skipped(report.skipped), ""]
    if report.gestures is not None:
        lines += _gesture_lines(report.gestures)
    return "\n".join([*lines, *_measured_lines(report.measured)])


def _gestures(corpus: Corpus, counts: GestureCounts, hours: float) -> GestureReport:
    often = sorted(counts.by_performance.items(), key=lambda item: (-item[1], item[0]))
    classes = sorted(corpus.facts.gesture_classes, key=lambda name: -counts.by_class.get(name, 0))
    return GestureReport(
        total=counts.total,
        a_minute=gesture_rate(counts, hours),
        classes=tuple(
            ClassCount(name=name, gestures=counts.by_class.get(name, 0), by_actors=counts.actors_by_class.get(name, 0))
            for name in classes
        ),
        performances_known=performances_known(read_repertoire(corpus.folder)),
        performances_used=len(counts.by_performance),
        most_frequent={str(number): count for number, count in often[:5]},
        left_open=counts.left_open,
    )


def _gesture_lines(gestures: GestureReport) -> list[str]:
    rate = ", ".join(f"{value:.1f} {name}" for name, value in gestures.a_minute.items())
    most = next(iter(gestures.most_frequent.values()), 0)
    recognised = sum(entry.by_actors for entry in gestures.classes)
    part = 100 * most / max(recognised, 1)
    return [
        "## Gestures",
        "",
        f"{gestures.total:,} in the semantic layer, both hands together as one. A minute: {rate}.",
        "",
        f"{gestures.performances_used} of {gestures.performances_known} performances by actors are used; the most "
        f"frequent comes {most} times ({part:.1f} % of the {recognised:,} gestures recognised as an actor's).",
        "",
        "Performances are recognised by their descriptions in the plan, outside of the",
        f"split of unseen gestures; {gestures.left_open:,} gestures whose description is left open cannot be.",
        "",
        *_table(
            ("class", "gestures", "recognised as an actor's"),
            [(c.name, f"{c.gestures:,}", f"{c.by_actors:,}") for c in gestures.classes],
        ),
    ]


def _measured_lines(measured: Measured) -> list[str]:
    head = ("", "semantic", "base", *([measured.reference] if measured.reference else []), "")
    rows = [
        (
            figure.name,
            *(_number(value, figure.digits) for value in (figure.semantic, figure.base)),
            *([_number(figure.reference, figure.digits)] if measured.reference else []),
            figure.unit,
        )
        for figure in measured.figures
    ]
    about = f"Measured on {measured.utterances} utterances spread over the corpus, {measured.minutes:.0f} minutes."
    return ["## Motion", "", about, "", *_table(head, rows)]


def _skipped(skipped: Mapping[str, int]) -> list[str]:
    return [f"- {count}: {reason}" for reason, count in skipped.items()] or ["Nothing."]


def _hour_rows(hours: Mapping[str, float], total: float) -> list[tuple[str, str, str]]:
    return [(name, f"{value:.2f}", f"{100 * value / total:.0f} %") for name, value in hours.items()]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in head[1:])]
    return [*("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)), ""]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
