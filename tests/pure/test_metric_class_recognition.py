"""Classes are recognised by what the hands do, not by which of several places they do it in."""

import numpy as np
import pytest
from moving_hands import BODY, LEFT_HOME, RIGHT_HOME, resting, stroking, subject

from chironomy.evaluation.class_recognition import Recogniser, features
from chironomy.evaluation.told_strokes import ToldGesture, ToldStroke
from chironomy.generators.semtalk.gesture_plan import DESCRIPTION_CHANNELS
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import FINGERS, INDEX

WAYS = {"there": (0.0, 0.0, 0.2), "big": (-0.2, 0.05, 0.0), "stop": (0.0, 0.25, 0.05)}
GESTURE = ToldGesture((ToldStroke(1, 1, 40, 48, 68, 80, 100, np.zeros(DESCRIPTION_CHANNELS)),))


def performed(way, chance: np.random.Generator):
    """A right hand that goes a way, more or less, from more or less the same place."""
    home = RIGHT_HOME + chance.normal(0, 0.02, 3)
    way = np.array(way) * chance.uniform(0.85, 1.15)
    return subject(resting(4, LEFT_HOME), stroking(4, home, [2.0], way)).rotations


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    chance, made = np.random.default_rng(1), Recogniser()
    for gesture_class, way in WAYS.items():
        for _ in range(6):
            made.learn("right", features(performed(way, chance), GESTURE, BODY), gesture_class)
    return made


def test_gestures_are_of_the_class_that_looks_alike(recogniser: Recogniser) -> None:
    chance = np.random.default_rng(2)
    shown = [features(performed(way, chance), GESTURE, BODY) for way in WAYS.values()]
    assert recogniser.recognise("right", shown) == list(WAYS)


def test_hands_of_which_nothing_is_known_have_no_class(recogniser: Recogniser) -> None:
    shown = features(performed(WAYS["big"], np.random.default_rng(3)), GESTURE, BODY)
    assert recogniser.recognise("left", [shown]) == [""]


def test_fingers_tell_classes_apart_too() -> None:
    still = subject(resting(4, LEFT_HOME), resting(4, RIGHT_HOME)).rotations
    fist = still.copy()
    for finger in FINGERS[:4]:
        for k in (1, 2, 3):
            fist[:, INDEX[f"right_{finger}{k}"]] = rot.about("z", np.radians(-70))
    made = Recogniser()
    made.learn("right", features(still, GESTURE, BODY), "stop")
    made.learn("right", features(fist, GESTURE, BODY), "contrast")
    assert made.recognise("right", [features(fist, GESTURE, BODY)]) == ["contrast"]
    assert made.recognise("right", [features(still, GESTURE, BODY)]) == ["stop"]
