"""Where the words lie in a region: pure geometry, in pixels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Markers, where there are any, swallow the clicks below this height.
MARKER_BAND = 42
#: Regions lower than this show thin ticks and cannot be dragged in.
TICKS_BELOW = 90
_TALLEST, _LEAST = 56, 3
_TICK_BASE, _TICK_HEIGHT = 2, 8
#: How far beside a box a click still takes hold of it; and the narrowest box that can be taken.
_NARROWEST = 4


@dataclass(frozen=True)
class Word:
    """What the lane needs to know of a word."""

    index: int
    first_frame: float
    last_frame: float
    emphasis: float
    """0…2."""
    text: str
    selected: bool


@dataclass(frozen=True)
class Box:
    """A word in the region, from its left bottom to its right top."""

    word: Word
    left: float
    right: float
    bottom: float
    top: float
    ceiling: float
    """Where the top would be at emphasis 2."""


def lane(height: int, scale: float = 1.0) -> tuple[float, float] | None:
    """Bottom and ceiling of the lane in a region of this height; nothing where there is room for ticks alone."""
    if height < TICKS_BELOW * scale:
        return None
    bottom = MARKER_BAND * scale
    return bottom, bottom + min(_TALLEST * scale, height - bottom - 24 * scale)


def boxes(
    words: Sequence[Word], x_of: Callable[[float], float], width: int, height: int, scale: float = 1.0
) -> list[Box]:
    """The boxes (or ticks) of the words that can be seen; x_of gives a frame's place in the region."""
    place = lane(height, scale)
    bottom, ceiling = place or (_TICK_BASE * scale, (_TICK_BASE + _TICK_HEIGHT) * scale)
    found = []
    for word in words:
        left, right = x_of(word.first_frame), x_of(word.last_frame)
        if right < 0 or left > width:
            continue
        # with a gap between neighbours
        right = left + max(2.0, scale) if place is None else max(right - 1.0, left + _NARROWEST)
        top = bottom + max(_LEAST * scale, (ceiling - bottom) * word.emphasis / 2)
        found.append(Box(word, left, right, bottom, ceiling if place is None else top, ceiling))
    return found


def box_at(found: Sequence[Box], x: float, y: float, height: int, scale: float = 1.0) -> Box | None:
    """The box under the pointer: what is drawn counts, and a little above it, so that flat ones can be taken."""
    if lane(height, scale) is None:
        return None
    grip = 6 * scale
    hits = [box for box in found if box.left <= x <= box.right and box.bottom <= y <= box.top + grip]
    return min(hits, key=lambda box: box.right - box.left, default=None)


def emphasis_after(start: float, pixels: float, height: int, scale: float, fine: bool, snap: bool) -> float:
    """Where a slider that stood at `start` is after the pointer went up by so many pixels; not clipped."""
    bottom, ceiling = lane(height, scale) or (0.0, 1.0)
    value = start + pixels * (0.1 if fine else 1.0) * 2 / (ceiling - bottom)
    step = 0.01 if fine else 0.1
    return round(value / step) * step if snap else value
