"""Gestures and ways of standing as actors' recordings have them, made by hand."""

import numpy as np
from spoken_lines import perform

from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX
from chironomy.speech.types import FPS
from chironomy.training.corpus.idles import Idle
from chironomy.training.corpus.performances import Performance, Phases, held_out


def raised_arm(number: int = 1, gesture_class: str = "negation", height_rad: float = 0.6) -> Performance:
    """The left hand comes up beside the body, is held, and goes down again, in 2.4 s."""
    rest = perform("Well.").base_rotations[0]
    motion = np.tile(rest, (72, 1, 1))
    up = np.interp(np.arange(72) / FPS, [0.3, 0.9, 1.5, 2.1], [0.0, 1.0, 1.0, 0.0])
    elbow = INDEX["left_elbow"]
    bent = rot.multiply(rest[elbow], rot.about("y", np.asarray(-height_rad)))
    motion[:, elbow] = rot.slerp(rest[elbow], bent, up[:, None][:, 0])
    phases = Phases(0.3, 0.7, 1.0, 1.5, 2.1)
    return Performance(number, "made", gesture_class, "left", motion, phases, 0.3, held_out(number))


def standing() -> list[Idle]:
    """Two ways of standing and the ways between them."""
    seconds = np.arange(12 * FPS) / FPS
    sway = np.stack([0 * seconds, 0.02 * np.sin(seconds), 0 * seconds, 0.01 * np.sin(seconds), 0 * seconds], axis=-1)
    shifted = sway + np.array([0, 0, 0.05, 0.05, 0])
    over = np.linspace(0, 1, 3 * FPS)[:, None]
    there = sway[: 3 * FPS] * (1 - over) + shifted[: 3 * FPS] * over
    between = (Idle("both", "one", there), Idle("one", "both", there[::-1]))
    return [Idle("both", "both", sway), Idle("one", "one", shifted), *between]
