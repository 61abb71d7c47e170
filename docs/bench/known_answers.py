"""Metrics on hand-made cases whose answers are known: what each should give, and what it gives.

    python3.11 dev.py bench known_answers [--write]

Prints a Markdown section; --write puts it into docs/benchmarks.md. Many more cases are in
tests/pure/test_metric_*.py.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np
from stages import ROOT, machine, write_section

sys.path.insert(0, str(ROOT / "tests" / "pure"))

from moving_hands import LEFT_HOME, RIGHT_HOME, frames, resting, spoken, stroking, subject
from test_metric_beat_consistency import clip, onsets_at, slowing_down

from chironomy.evaluation import beat_consistency as bc
from chironomy.evaluation.animator import measure
from chironomy.evaluation.psi_quality import calibration_error, roc_area
from chironomy.evaluation.recipes import RECIPES
from chironomy.evaluation.semantic_recall import ScoredPair
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX

OURS, PUBLISHED, EVALTOOLS = (RECIPES[name] for name in ("corrected", "published", "emage_evaltools"))


class Row(NamedTuple):
    """One line of the table."""

    metric: str
    case: str
    known: float
    measured: float


def of_papers() -> Iterator[Row]:
    """The metrics of papers, corrected and as published where these differ."""
    spread = np.array([[-1.0], [0.0], [1.0]])
    case = "one dimension: means 1 and 4, deviations 2 and 3"
    yield Row("FGD", case, 10.0, OURS.frechet_distance(1 + 2 * spread, 4 + 3 * spread))
    usual = np.ones(55)
    slow = [clip(slowing_down({5: 0.5}))]
    yield Row("BC", "a beat, an onset on it", 1.0, bc.corrected(slow, usual, onsets_at(5)))
    one_sigma = bc.corrected(slow, usual, onsets_at(5.3))
    yield Row("BC", "the onset 0.3 s later (one sigma)", np.exp(-0.5), one_sigma)
    steady = [clip(slowing_down({}))]
    case = "steady motion, an onset in its middle"
    yield Row("BC", case, 0.0, bc.corrected(steady, usual, onsets_at(6)))
    folded = bc.published(steady, usual, onsets_at(6))
    yield Row("BC, published (on folded motion)", case, 1.0, folded)
    swinging = np.zeros((4, 2, 3))
    swinging[:, 1, 0] = [0.1, -0.1, 0.1, -0.1]
    yield Row("L1 diversity, m", "a joint swings by 0.1 m", 0.1, OURS.l1_diversity([swinging]))
    real = np.random.default_rng(1).normal(0, 1, (20, 6, 3))
    pair = [(real + 0.5, real)]
    yield Row("face MSE", "off by 0.5 throughout", 0.25, OURS.face_mse(pair))
    yield Row("LVD", "off by 0.5 throughout", 0.0, OURS.face_lvd(pair))
    yield Row("LVD, published (an error of positions)", "off by 0.5 throughout", 0.5, PUBLISHED.face_lvd(pair))
    scored = ScoredPair(np.array([[[0.0, 0, 0]], [[1, 0, 0]]]), np.zeros((2, 1, 3)), np.array([0.9, 0.3]))
    case = "scores 0.9 and 0.3, the second missed"
    yield Row("SRGR", case, 0.75, OURS.semantic_recall([scored], 0.1))
    yield Row("SRGR, published", case, 0.45 / 0.165, PUBLISHED.semantic_recall([scored], 0.1))
    aslant = ScoredPair(np.array([[[3.0, 3, 0]]]), np.zeros((1, 1, 3)), np.array([0.165]))
    case = "3° and 3° off, allowed 5°"
    yield Row("SRGR, published (sum of axes)", case, 0.0, PUBLISHED.semantic_recall([aslant], 5))
    yield Row("SRGR, emage_evaltools (distance)", case, 1.0, EVALTOOLS.semantic_recall([aslant], 5))


def of_animators() -> Iterator[Row]:
    """What an animator would notice."""
    angle = 2 * np.pi * np.arange(frames(6)) / 30
    circle = RIGHT_HOME + 0.05 * np.stack([np.sin(angle), np.cos(angle), 0 * angle], axis=-1)
    found = measure([subject(resting(6, LEFT_HOME), circle)])
    case = "a hand on a circle of 5 cm, one turn a second"
    yield Row("faster hand, m/s", case, 0.05 * 2 * np.pi, found["faster hand, median speed"])
    yield Row("wrist jerk, m/s³", case, 0.05 * (2 * np.pi) ** 3, found["wrist jerk, 95th percentile"])
    still = subject(resting(4, LEFT_HOME), resting(4, RIGHT_HOME))
    along = np.linspace(0, 0.03, still.frames)[:, None] * np.array([1.0, 0, 0])
    slid = measure([replace(still, translation=along)])
    yield Row("foot sliding, mm", "the body is pushed 3 cm", 30.0, slid["foot sliding, worst contact"])
    bent = still.rotations.copy()
    bent[:30, INDEX["left_knee"]] = rot.about("x", -np.radians(60))
    found = measure([replace(still, rotations=bent)])
    yield Row(
        "joint limits, % of frames", "a knee bent forwards in 1 of 4 s", 25.0, found["a joint over 1° out of range"]
    )
    belly = np.concatenate([resting(3, RIGHT_HOME), resting(1, np.array([-0.03, 1.05, 0.0]))])
    found = measure([subject(resting(4, LEFT_HOME), belly)])
    yield Row(
        "hands in the body, % of frames", "in the belly in 1 of 4 s", 25.0, found["hands over 2 cm in trunk or head"]
    )
    middle = np.array([0.0, 1.05, 0.3])
    crossed = subject(resting(4, middle), np.concatenate([resting(3, RIGHT_HOME), resting(1, middle)]))
    yield Row("hands in each other, % of frames", "in 1 of 4 s", 25.0, measure([crossed])["hands in each other"])
    yield Row("frozen, % of frames", "nothing moves", 100.0, measure([still])["frozen while speaking"])
    busy = subject(resting(10, LEFT_HOME), stroking(10, RIGHT_HOME, [2.0, 4.0, 6.0]))
    rate = measure([busy])["strokes, those of both hands together as one"]
    yield Row("gesture rate, strokes a minute", "three in 10 s", 18.0, rate)
    words = (spoken("one", 1.8, 2.0, "beat"), spoken("two", 3.8, 4.0, "beat"))
    timed = subject(resting(6, LEFT_HOME), stroking(6, RIGHT_HOME, [2.0, 4.0]), words=words)
    late = measure([timed])["stressed vowel to a stroke's peak, median"]
    yield Row("stroke-to-word timing, ms", "strokes 100 ms behind stressed vowels", 100.0, late)


def of_psi() -> Iterator[Row]:
    """Whether psi is a good probability."""
    labels = np.array([0, 0, 1, 1])
    yield Row(
        "psi, area under the ROC curve",
        "one of four pairs in the wrong order",
        0.75,
        roc_area([0.1, 0.6, 0.4, 0.8], labels),
    )
    yield Row("psi, calibration error", "says 0.3, is 0.5", 0.2, calibration_error(np.full(4, 0.3), labels))


def table() -> str:
    """Markdown."""
    lines = ["| metric | case | known | measured |", "| --- | --- | ---: | ---: |"]
    for row in (*of_papers(), *of_animators(), *of_psi()):
        lines.append(f"| {row.metric} | {row.case} | {row.known:.4g} | {round(row.measured, 9):.4g} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()
    text = f"{date.today()}, {machine()}. `python3.11 dev.py bench known_answers --write`\n\n{table()}"
    print(text)
    if given.write:
        write_section("Known answers of metrics", text)


if __name__ == "__main__":
    main()
