"""One figure of a table."""

from dataclasses import dataclass

NOTHING = float("nan")


@dataclass(frozen=True)
class Figure:
    """One line of the table; NaN where there is nothing to measure."""

    name: str
    unit: str
    value: float
    reference: float = NOTHING
    digits: int = 2
