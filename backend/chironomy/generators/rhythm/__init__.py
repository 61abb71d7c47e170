"""`rhythm`: gestures from prominence and a lexicon, no weights needed."""

from .generator import RhythmGenerator

__all__ = ["RhythmGenerator"]
