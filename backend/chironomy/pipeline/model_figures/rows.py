"""Lines of a table that says of each figure what it should be and whether it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...nets.model_card import FigureTable, MeasuredFigure

NOTHING = float("nan")


@dataclass(frozen=True)
class Target:
    """What a figure should be: not below the one, not above the other."""

    low: float = -math.inf
    high: float = math.inf
    text: str = ""
    """What it says in the table, where the numbers alone say too little."""

    def holds(self, value: float) -> bool:
        """False for a figure that could not be measured."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        if self.text:
            return self.text
        if self.low == -math.inf:
            return f"≤ {self.high:g}"
        return f"≥ {self.low:g}" if self.high == math.inf else f"{self.low:g}–{self.high:g}"


@dataclass(frozen=True)
class Row:
    """One figure of the model beside those of the corpus and of a real speaker; NaN where there is none."""

    name: str
    unit: str
    target: Target | None
    """None: shown beside the others, for whoever looks for a cause."""
    measured: float
    corpus: float = NOTHING
    real: float = NOTHING
    digits: int = 2

    @property
    def holds(self) -> bool | None:
        """Whether the figure is as it should be; None where nothing is asked of it."""
        return None if self.target is None else self.target.holds(self.measured)


def verdict(rows: Sequence[Row]) -> str:
    """How many lines hold, and which do not."""
    judged = [row for row in rows if row.holds is not None]
    failed = [row.name for row in judged if not row.holds]
    held = f"{len(judged) - len(failed)} of {len(judged)} lines hold"
    return f"{held}." if not failed else f"{held}; not: {'; '.join(failed)}."


def for_card(rows: Sequence[Row], title: str) -> FigureTable:
    """The judged lines for a model's card, beside the corpus."""
    judged = {f"{row.name} ({row.target})": row for row in rows if row.target is not None}
    figures = {
        name: MeasuredFigure(unit=row.unit, value=_rounded(row.measured, row), reference=_rounded(row.corpus, row))
        for name, row in judged.items()
    }
    return FigureTable(title=title, reference="corpus", figures=figures)


def _rounded(value: float, row: Row) -> float | None:
    return None if math.isnan(value) else round(value, row.digits)
