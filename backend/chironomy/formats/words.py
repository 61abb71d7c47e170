"""Words and phones with their times: what an alignment gives and every other part of the program reads."""

from dataclasses import dataclass
from enum import StrEnum


class TimingMethod(StrEnum):
    """Where a word's times come from."""

    ALIGNED = "aligned"  # found in the sound
    ESTIMATED = "estimated"  # spread over the speech between its neighbours, by syllables
    GIVEN = "given"  # came with the transcript


@dataclass(frozen=True)
class Phone:
    """One ARPAbet phone, vowels with their stress digit where it is known ("AH0", "T")."""

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Word:
    """One spoken word."""

    text: str
    """As in the transcript, without the punctuation around it."""
    start_s: float
    end_s: float
    phones: tuple[Phone, ...] = ()
    punctuation: str = ""
    """What stood behind it in the transcript: "," or "?" or nothing; phrases end where it is not empty."""
    method: TimingMethod = TimingMethod.ALIGNED
    confidence: float = 1.0
    """0…1: how well the sound supports these times."""
