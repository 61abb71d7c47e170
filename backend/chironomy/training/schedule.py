"""The learning rate over a stage's steps, and how fast averaged weights follow."""

from __future__ import annotations

from math import cos, pi

from .settings import StageSettings


def learning_rate(step: int, settings: StageSettings) -> float:
    """The rate of step 0, 1, …: rises in a straight line to its full value, then falls along half a cosine."""
    if step < settings.warm_up_steps:
        return settings.learning_rate * (step + 1) / settings.warm_up_steps
    rest = max(settings.steps - 1 - settings.warm_up_steps, 1)
    part = min((step - settings.warm_up_steps) / rest, 1.0)
    fall = 0.5 + 0.5 * cos(pi * part)
    return settings.learning_rate * (settings.final_learning_rate + (1 - settings.final_learning_rate) * fall)


def average_decay(step: int, settings: StageSettings) -> float:
    """How much of the averaged weights step 0, 1, … keeps: little at first, so that the random start is forgotten."""
    return min(settings.average_decay, (1 + step) / (10 + step))
