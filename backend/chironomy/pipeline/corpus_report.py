"""Measures a corpus' motion beside that of a reference, and writes its report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..evaluation.compare import animator_figures, paper_figures
from ..evaluation.figure import Figure
from ..evaluation.recipes import RECIPES
from ..evaluation.subject import FPS, Subject
from ..motion import rotations as rot
from ..motion.body import Body, neutral_body
from ..progress import Progress, silent, within
from ..training.corpus.report import Measured, ReportFigure, report_on, write_report
from ..training.corpus_format import Recording
from ..training.shards import Corpus
from .subjects import read_subjects, recorded_subject

#: So much of a corpus is measured: figures hardly change with more.
_SAMPLE_S = 1500.0
#: A corpus' words do not say which of them were given a gesture, and its speeches lie nowhere as sound.
_UNKNOWN_OF_A_CORPUS = ("words given a gesture", "any moment of speech to a stroke's peak, median", "beat consistency")
_RECIPE = "corrected"


def write_corpus_report(folder: Path, reference: Path | None = None, progress: Progress = silent) -> list[Path]:
    """Writes report.json and report.md beside the shards and returns their paths. Raises UserError.

    reference: a file of motion that is measured in the same way.
    """
    corpus, body = Corpus(folder), neutral_body()
    theirs = [] if reference is None else read_subjects(reference, body)
    measured = _measured(corpus, body, theirs, within(progress, 0.0, 0.7))
    if reference is not None:
        measured = measured.model_copy(update={"reference": reference.stem})
    report = report_on(corpus, measured, within(progress, 0.7, 1.0))
    return write_report(folder, report)


def spread_over(recordings: Sequence[Recording], seconds: float) -> list[Recording]:
    """Every n-th recording, so that they last about so long together."""
    total_s = sum(recording.frames for recording in recordings) / FPS
    return list(recordings[:: max(round(total_s / seconds), 1)])


def _measured(corpus: Corpus, body: Body, theirs: Sequence[Subject], progress: Progress) -> Measured:
    chosen = spread_over(corpus.recordings, _SAMPLE_S)
    semantic, base = [], []
    for done, recording in enumerate(chosen):
        progress("Reading motion", 0.2 * done / len(chosen))
        subject = recorded_subject(corpus, recording, body)
        semantic.append(subject)
        base.append(_of_base(corpus, recording, subject))
    progress("Measuring the semantic layer", 0.2)
    ours = _figures(semantic, theirs)
    progress("Measuring the base", 0.6)
    below = {figure.name: figure.value for figure in _figures(base, [])}
    figures = [
        ReportFigure(
            name=figure.name,
            unit=figure.unit,
            semantic=_number(figure.value),
            base=_number(below[figure.name]),
            reference=_number(figure.reference),
            digits=figure.digits,
        )
        for figure in ours
        if not figure.name.startswith(_UNKNOWN_OF_A_CORPUS) and not math.isnan(figure.value)
    ]
    minutes = sum(recording.frames for recording in chosen) / FPS / 60
    return Measured(minutes=minutes, utterances=len(chosen), figures=tuple(figures))


def _figures(ours: Sequence[Subject], theirs: Sequence[Subject]) -> list[Figure]:
    return animator_figures(ours, theirs) + paper_figures(ours, theirs, RECIPES[_RECIPE])


def _of_base(corpus: Corpus, recording: Recording, subject: Subject) -> Subject:
    if "base_rotations" not in corpus.fields:
        return subject
    rotations = rot.from_six_d(np.asarray(corpus.read(recording, "base_rotations")))
    return replace(subject, rotations=rot.make_continuous(rotations))


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if math.isnan(value) else round(value, 6)
