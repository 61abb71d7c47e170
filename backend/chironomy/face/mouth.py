"""From visemes to mouth movement: dominance functions, and contacts that are never skipped.

Every segment pulls the articulators towards its targets, strongest during itself and less before and after
(Cohen and Massaro 1993, "Modeling coarticulation in synthetic visual speech"); their weighted mean is the movement.
So lips round before the rounded vowel, and short phones do not quite reach their targets. Contacts of the lips are
laid over that movement, because a p without closed lips is what viewers notice first.
"""

import numpy as np
from numpy.typing import NDArray

from ..motion.arkit import ARKIT_SHAPES, SHAPE_INDEX
from ..motion.rotations import Array
from .segments import Segment
from .visemes import REST, Visemes

Indices = NDArray[np.intp]

#: The dominance falls off from this middle part of each segment.
_CORE = 0.45
#: Beyond so many standard deviations a segment has no say.
_REACH = 4.0
#: Weight of the mouth at rest, everywhere: short phones do not quite reach their targets.
_REST_WEIGHT = 0.02
#: Lips need this long to close and to open; less where the neighbouring phones are shorter.
_CLOSING_S, _OPENING_S, _QUICKEST_S = 0.085, 0.075, 0.045
_LIP_OPENERS = [
    SHAPE_INDEX[name] for name in ARKIT_SHAPES if name.startswith(("mouthLowerDown", "mouthUpperUp", "mouthFunnel"))
]


def mouth_shapes(segments: list[Segment], frames: int, fps: float, table: Visemes) -> Array:
    """Blend shapes [T, 52] of the mouth for segments in time order."""
    moves = _articulators(segments, frames, fps, table)
    jaw = moves[:, table.articulators.index("jaw")]
    touch = {name: _contact(name, segments, frames, fps, table) for name in table.contacts}
    apart = np.ones(frames)
    for name, amount in touch.items():
        apart = apart * (1.0 - amount * table.contacts[name].closes)
    shapes = moves @ table.shapes
    shapes[:, _LIP_OPENERS] *= apart[:, None]
    for name, amount in touch.items():
        shapes += amount[:, None] * table.contacts[name].shapes
    # ARKit's mouthClose closes the lips against the open jaw: equal to jawOpen, they touch
    shapes[:, SHAPE_INDEX["mouthClose"]] = (1.0 - apart) * jaw
    return shapes


def _articulators(segments: list[Segment], frames: int, fps: float, table: Visemes) -> Array:
    """[T, A]: the dominance-weighted mean of all segments' targets."""
    rows = np.array([table.rows[segment.viseme] for segment in segments])
    start = np.array([segment.start_s for segment in segments])
    end = np.array([segment.end_s for segment in segments])
    targets = table.targets[rows].copy()
    targets[:, table.articulators.index("jaw")] *= np.array([segment.openness for segment in segments])
    margin = (1.0 - _CORE) / 2.0 * np.minimum(end - start, 0.4)
    core_start, core_end = start + margin, end - margin

    reach_s = _REACH * float(max(table.before_s.max(), table.after_s.max()))
    segment, frame = _frames_near(core_start, core_end, reach_s, frames, fps)
    time = frame / fps
    early, late = np.maximum(core_start[segment] - time, 0.0), np.maximum(time - core_end[segment], 0.0)

    out = np.empty((frames, len(table.articulators)))
    rest, dominance = table.targets[table.rows[REST]], table.dominance[rows]
    for k in range(out.shape[1]):  # one at a time: the pairs of long speech, for all at once, fill memory
        away = (early / table.before_s[k]) ** 2 + (late / table.after_s[k]) ** 2
        weight = dominance[segment, k] * np.exp(-0.5 * away)
        total = np.bincount(frame, weight, frames) + _REST_WEIGHT
        pull = np.bincount(frame, weight * targets[segment, k], frames) + _REST_WEIGHT * rest[k]
        out[:, k] = pull / total
    return out


def _contact(name: str, segments: list[Segment], frames: int, fps: float, table: Visemes) -> Array:
    """[T], 0…1: how far the lips are in contact, 1 at least on the frame next to the middle of every such phone."""
    chosen = [k for k, segment in enumerate(segments) if table.contact_of.get(segment.viseme) == name]
    if not chosen:
        return np.zeros(frames)
    start = np.array([segments[k].start_s for k in chosen])
    length = np.array([segments[k].end_s for k in chosen]) - start
    first, last = table.contacts[name].hold
    middle = start + 0.5 * length
    # at least a frame wide, so that one frame falls into it whatever the frame rate
    hold_start = np.minimum(start + first * length, middle - 0.51 / fps)
    hold_end = np.maximum(start + last * length, middle + 0.51 / fps)
    closing = np.clip(_length_beside(segments, chosen, -1), _QUICKEST_S, _CLOSING_S)
    opening = np.clip(_length_beside(segments, chosen, +1), _QUICKEST_S, _OPENING_S)

    number, frame = _frames_near(hold_start, hold_end, max(_CLOSING_S, _OPENING_S), frames, fps)
    time = frame / fps
    away = np.maximum((hold_start[number] - time) / closing[number], (time - hold_end[number]) / opening[number])
    apart = 0.5 - 0.5 * np.cos(np.pi * np.clip(away, 0.0, 1.0))
    # where contacts overlap, the product keeps the curve smooth and is 0 wherever one of them is whole
    remaining = np.ones(frames)
    np.multiply.at(remaining, frame, apart)
    return 1.0 - remaining


def _length_beside(segments: list[Segment], chosen: list[int], step: int) -> Array:
    at = np.clip(np.array(chosen) + step, 0, len(segments) - 1)
    return np.array([segments[k].end_s - segments[k].start_s for k in at])


def _frames_near(start_s: Array, end_s: Array, reach_s: float, frames: int, fps: float) -> tuple[Indices, Indices]:
    """All pairs (segment, frame) where the frame is at most reach_s outside the segment: two int arrays [P]."""
    first = np.clip(np.ceil((start_s - reach_s) * fps), 0, frames).astype(np.intp)
    stop = np.clip(np.floor((end_s + reach_s) * fps) + 1, 0, frames).astype(np.intp)
    counts = np.maximum(stop - first, 0)
    segment = np.repeat(np.arange(len(first)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return segment, first[segment] + within
