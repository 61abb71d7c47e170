"""How true a motion is to the recorded one that it should be: for autoencoders, and for performances asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..motion import rotations as rot
from ..motion.measure import jerk
from ..motion.rotations import Array
from ..motion.skeleton import LEFT_HAND, RIGHT_HAND
from .figure import NOTHING, Figure
from .strokes import find_strokes
from .subject import FPS, Subject

#: Rebuilt and recorded motion of one clip.
Rebuilt = tuple[Subject, Subject]
#: The recorded hand moves above the first, and idles below the second.
_MOVING_M_S, _IDLE_M_S = 0.15, 0.05
_FINGERS = [*LEFT_HAND, *RIGHT_HAND]


def reconstruction_figures(pairs: Sequence[Rebuilt]) -> list[Figure]:
    """Errors of places and fingers, and whether quick movements stay quick and quiet ones quiet; NaN without pairs."""
    wrists, moving = _pooled(pairs, wrist_error_m), _pooled(pairs, _recorded_speed) > _MOVING_M_S
    return [
        Figure("joint error, mean", "cm", 100 * _mean(_pooled(pairs, joint_error_m))),
        Figure("wrist error, mean", "cm", 100 * _mean(wrists)),
        Figure("wrist error where the hand moves, mean", "cm", 100 * _mean(wrists[moving])),
        Figure("finger error, mean", "°", np.degrees(_mean(_pooled(pairs, finger_error_rad)))),
        Figure("peak speed of strokes against the recorded, median", "", _median(_pooled(pairs, peak_speed_ratios))),
        Figure("wrist jerk against the recorded, 95th percentile", "", _ratio_of_jerks(pairs)),
        Figure("speed of idle hands against the recorded", "", _ratio_of_idle_speeds(pairs)),
    ]


def joint_error_m(rebuilt: Subject, recorded: Subject) -> Array:
    """Distance of every joint in every frame, the root's way taken out, [T · 55]."""
    frames = min(rebuilt.frames, recorded.frames)
    return np.linalg.norm(rebuilt.without_way[:frames] - recorded.without_way[:frames], axis=-1).ravel()


def wrist_error_m(rebuilt: Subject, recorded: Subject) -> Array:
    """The same of the wrists, [T · 2]."""
    frames = min(rebuilt.frames, recorded.frames)
    away = rebuilt.wrists - rebuilt.positions[:, :1], recorded.wrists - recorded.positions[:, :1]
    return np.linalg.norm(away[0][:frames] - away[1][:frames], axis=-1).ravel()


def finger_error_rad(rebuilt: Subject, recorded: Subject) -> Array:
    """Angle between local rotations of every finger joint, [T · 30]."""
    frames = min(rebuilt.frames, recorded.frames)
    theirs = rot.inverse(recorded.rotations[:frames, _FINGERS])
    return rot.angle(rot.multiply(theirs, rebuilt.rotations[:frames, _FINGERS])).ravel()


def peak_speed_ratios(rebuilt: Subject, recorded: Subject) -> Array:
    """For every recorded stroke, how quick the rebuilt hand gets during it against the recorded one, [strokes]."""
    strokes = [stroke for stroke in find_strokes(recorded) if stroke.start < rebuilt.frames]
    return np.array([_peak(rebuilt, s.hand, s.start, s.end) / _peak(recorded, s.hand, s.start, s.end) for s in strokes])


def _peak(subject: Subject, hand: int, start: int, end: int) -> float:
    return float(subject.hand_speed[start : end + 1, hand].max())


def _recorded_speed(rebuilt: Subject, recorded: Subject) -> Array:
    return recorded.hand_speed[: min(rebuilt.frames, recorded.frames)].ravel()


def _rebuilt_speed(rebuilt: Subject, recorded: Subject) -> Array:
    return rebuilt.hand_speed[: min(rebuilt.frames, recorded.frames)].ravel()


def _ratio_of_jerks(pairs: Sequence[Rebuilt]) -> float:
    ours = _pooled(pairs, lambda rebuilt, _: jerk(rebuilt.wrists, FPS).ravel())
    theirs = _pooled(pairs, lambda _, recorded: jerk(recorded.wrists, FPS).ravel())
    if not (ours.size and theirs.size):
        return NOTHING
    return float(np.percentile(ours, 95) / max(np.percentile(theirs, 95), 1e-9))


def _ratio_of_idle_speeds(pairs: Sequence[Rebuilt]) -> float:
    ours, theirs = _pooled(pairs, _rebuilt_speed), _pooled(pairs, _recorded_speed)
    idle = theirs < _IDLE_M_S
    return _mean(ours[idle]) / max(_mean(theirs[idle]), 1e-9) if idle.any() else NOTHING


def _pooled(pairs: Sequence[Rebuilt], samples: Callable[[Subject, Subject], Array]) -> Array:
    return np.concatenate([samples(rebuilt, recorded) for rebuilt, recorded in pairs]) if pairs else np.zeros(0)


def _mean(samples: Array) -> float:
    return float(samples.mean()) if len(samples) else NOTHING


def _median(samples: Array) -> float:
    return float(np.median(samples)) if len(samples) else NOTHING
