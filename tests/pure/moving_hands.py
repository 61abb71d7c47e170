"""Hand-made motions for tests of metrics: hands on given paths, the rest of the body still."""

import numpy as np

from chironomy.evaluation.subject import FPS, Subject
from chironomy.formats.take import StrokeWindow, TakeWord
from chironomy.formats.words import Phone, Word
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.ik import LEFT_ARM, RIGHT_ARM, place

BODY = neutral_body()
#: Where hands wait, before the belly; the right hand's place is its mirror image.
LEFT_HOME, RIGHT_HOME = np.array([0.18, 1.05, 0.28]), np.array([-0.18, 1.05, 0.28])
MIRROR = np.array([-1.0, 1.0, 1.0])


def frames(duration_s: float) -> int:
    return round(duration_s * FPS)


def subject(left: np.ndarray, right: np.ndarray, **known) -> Subject:
    """Wrists on paths [T, 3] in the world, palms towards each other."""
    still = np.zeros((len(left), 3))
    inwards = np.repeat(rot.about("y", -np.pi / 2)[None], len(left), axis=0)
    local = rot.identity((len(left), 55))
    local = place(LEFT_ARM, local, still, BODY.rest_joints, left, end_rotation=inwards)
    local = place(RIGHT_ARM, local, still, BODY.rest_joints, right, end_rotation=rot.inverse(inwards))
    return Subject("hand-made", rot.make_continuous(local), still, BODY, **known)


def resting(duration_s: float, home: np.ndarray) -> np.ndarray:
    return np.repeat(home[None], frames(duration_s), axis=0)


def stroking(duration_s: float, home: np.ndarray, peaks_s: list[float], way=(0.0, 0.2, 0.0)) -> np.ndarray:
    """Strokes of half a second, quickest at the given times, there and (every second one) back again."""
    times_s = np.arange(frames(duration_s)) / FPS
    path = np.repeat(home[None], len(times_s), axis=0)
    for number, peak_s in enumerate(peaks_s):
        x = np.clip((times_s - peak_s) / 0.5 + 0.5, 0.0, 1.0)
        gone = x**3 * (10 - 15 * x + 6 * x**2)  # the path of least jerk
        path = path + gone[:, None] * np.array(way) * (1 if number % 2 == 0 else -1)
    return path


def spoken(text: str, start_s: float, end_s: float, gesture_class: str = "") -> TakeWord:
    """A word whose stressed vowel fills the middle of it."""
    third = (end_s - start_s) / 3
    phones = (
        Phone("T", start_s, start_s + third),
        Phone("AA1", start_s + third, end_s - third),
        Phone("K", end_s - third, end_s),
    )
    window = StrokeWindow(start_s - 0.4, start_s, end_s, end_s + 0.4)
    return TakeWord(Word(text, start_s, end_s, phones), 0.5, window, gesture_class)
