"""Sliders and the emphasis curve of a live take: what a slider does to the curve, and what a hand did to it.

A frame's emphasis is e = clip(psi + Σ (s − p) · bump + drawn, 0, 2): the generator's psi, the words' sliders, and what
the animator drew over them. So a slider that moves over a drawn stretch adds its bump to what is drawn, and takes it
off again where it goes back; cut is only what is shown. A slider writes keys inside its own word's window and nowhere
else: one on every frame as the generator does, or, where the stretch is made of Bezier keys (simplified, or drawn by
hand), as few Bezier keys as keep within TOLERANCE, the animator's own among them.

The record of all this is kept on the take's base action, so undo, saving and linked characters need no further care.
"""

import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, replace

import bpy
import numpy as np

from ..core.emphasis.curve import MAX_EMPHASIS, word_bump, word_frames
from ..core.emphasis.simplify import simplified
from ..core.errors import UserError
from ..core.formats.take import StrokeWindow, TakeWord
from ..core.motion.rotations import Array
from . import listeners
from .curve_keys import (
    Keys,
    has_smooth_keys,
    keys_by_hand,
    read_keys,
    replaced,
    smooth_keys,
    straight_keys,
    whole_segments,
    write_keys,
)
from .influence import EMPHASIS, influence_curve, keep_in_step, write_influence
from .live import LiveTake, has_live_take, live_take

#: Custom property of the base action, followed by the record's field.
_PREFIX = "chironomy_emphasis_"
#: A value that differs by more from the one that was left there was changed by hand.
_BY_HAND = 1e-5

#: Sliders are shown in single precision: closer than this they are the same.
_SAME = 1e-6


@dataclass(frozen=True)
class EmphasisRecord:
    """What the curve is made of, at the scene's frame rate. T frames, W words."""

    fps: Array
    """[1]."""
    psi: Array
    """[T], the generator's."""
    words: Array
    """[W, 5]: the word's own score, then preparation, start and end of the stroke, retraction in seconds."""
    sliders: Array
    """[W], 0…2."""
    drawn: Array
    """[T], what the animator drew, as a difference to what psi and the sliders give (not clipped)."""
    left: Array
    """[T], the curve's values when it was last written: what differs now was changed by hand."""

    def windows(self) -> list[StrokeWindow]:
        """The words' stroke windows."""
        return [StrokeWindow(*row[1:]) for row in self.words.tolist()]

    def frames_of(self, word: int) -> slice:
        """The frames that the word's slider can change."""
        return word_frames(self.windows()[word], float(self.fps[0]), len(self.psi))

    def stroke_of(self, word: int) -> slice:
        """The frames of the word's stroke, one at least."""
        _, _, start_s, end_s, _ = self.words[word]
        first = min(max(int(np.ceil(start_s * self.fps[0] - 1e-6)), 0), len(self.psi) - 1)
        return slice(first, max(int(np.floor(end_s * self.fps[0] + 1e-6)) + 1, first + 1))

    def bump(self, word: int) -> Array:
        """bump_w on the frames of `frames_of`."""
        frames = self.frames_of(word)
        return word_bump(self.windows()[word], np.arange(frames.start, frames.stop) / self.fps[0])

    def unclipped(self) -> Array:
        """psi + Σ (s − p) · bump + drawn [T]."""
        e = self.psi.copy()
        for word in np.flatnonzero(self.sliders != self.words[:, 0]).tolist():
            e[self.frames_of(word)] += (self.sliders[word] - self.words[word, 0]) * self.bump(word)
        return e + self.drawn

    def curve(self) -> Array:
        """e [T], as the record wants it."""
        return np.clip(self.unclipped(), 0.0, MAX_EMPHASIS)


def begin_editing(armature: bpy.types.Object, psi: Array, words: Iterable[TakeWord], fps: float) -> None:
    """Makes the live take's sliders stand at the words' own scores; psi [T] as on the scene's frames.

    Where the curve shows something else than psi, that counts as drawn by hand.
    """
    live = live_take(armature)
    rows = [[word.score, *astuple(word.window)] for word in words]
    table = np.array(rows, dtype=float).reshape(-1, 5)
    psi = np.asarray(psi, dtype=float)
    record = EmphasisRecord(np.array([fps]), psi, table, table[:, 0].copy(), np.zeros(len(psi)), psi)
    _store(live, _read_back(live, record))


def sliders_of(armature: bpy.types.Object) -> Array:
    """Where the sliders stand [W], in the order of the take's words; empty where there are none."""
    return _record(live_take(armature)).sliders


def move_sliders(armature: bpy.types.Object, sliders: Mapping[int, float]) -> None:
    """Moves these words' sliders, 0…2; the viewport follows at once, and nothing changes outside their windows."""
    live = live_take(armature)
    record = _record(live)
    moved = {word: _slider(value, record.words[word, 0]) for word, value in sliders.items()}
    moved = {word: value for word, value in moved.items() if abs(value - record.sliders[word]) > _SAME}
    if not moved:
        return
    record = _read_back(live, record)
    sliders_now = record.sliders.copy()
    sliders_now[list(moved)] = list(moved.values())
    _show(live, replace(record, sliders=sliders_now), _merged(record.frames_of(word) for word in moved))


def reset_to_generated(armature: bpy.types.Object, words: Iterable[int] | None = None) -> None:
    """Takes back what sliders and hands did: to the whole curve, or within the windows of these words."""
    live = live_take(armature)
    record = _record(live)
    if words is None:
        record = replace(record, sliders=record.words[:, 0].copy(), drawn=np.zeros_like(record.psi), left=record.psi)
        influence_curve(live.strips[EMPHASIS]).extrapolation = "CONSTANT"
        write_influence(live.strips[EMPHASIS], live.frames, record.psi)
        _finish(live, record)
        return
    chosen, record = list(words), _read_back(live, record)
    windows = _merged(record.frames_of(word) for word in chosen)
    sliders, drawn = record.sliders.copy(), record.drawn.copy()
    sliders[chosen] = record.words[chosen, 0]
    for frames in windows:
        inside = slice(frames.start + 1 if frames.start else 0, frames.stop - 1 if frames.stop < len(drawn) else None)
        drawn[inside] = 0.0  # at its borders the window meets what was drawn outside
    _show(live, replace(record, sliders=sliders, drawn=drawn), windows, straight=True)


def simplify_curve(armature: bpy.types.Object) -> tuple[int, int]:
    """Makes the curve few Bezier keys, no frame further off than TOLERANCE; returns the counts before and after."""
    live = live_take(armature)
    record = read_back(armature)
    curve = influence_curve(live.strips[EMPHASIS])
    before = len(curve.keyframe_points)
    values = record.curve()
    frames, slopes = simplified(values)
    keys = smooth_keys(live.frames[frames], values[frames], slopes, np.zeros(len(frames), dtype=bool))
    write_keys(curve, keys)
    _finish(live, replace(record, left=_sampled(live, slice(0, len(values)))))
    return before, len(keys["co"])


def read_back(armature: bpy.types.Object) -> EmphasisRecord:
    """Takes in what was drawn by hand: a slider whose stroke was drawn over stands at the highest value drawn there."""
    live = live_take(armature)
    record = _record(live)
    taken_in = _read_back(live, record)
    if taken_in is not record:
        _store(live, taken_in)
    return taken_in


def curve_changed(armature: bpy.types.Object) -> None:
    """The curve was edited by hand (the handler in `follow` says so): the sliders show it."""
    if has_emphasis_record(armature):
        read_back(armature)
        for listener in listeners.on_read_back:
            listener(armature)


def has_emphasis_record(armature: bpy.types.Object) -> bool:
    """Whether there is a live take with sliders on this armature."""
    return has_live_take(armature) and f"{_PREFIX}psi" in live_take(armature).base


def saved_emphasis(armature: bpy.types.Object) -> bytes:
    """The curve, its keys and its sliders, for `restore_emphasis`: to the bit, also when the take is shown anew."""
    live = live_take(armature)
    keys = read_keys(influence_curve(live.strips[EMPHASIS]))
    keys = {name: values - _start(live) if values.ndim == 2 else values for name, values in keys.items()}
    file = io.BytesIO()
    record = {f"record_{name}": value for name, value in vars(read_back(armature)).items()}
    np.savez(file, **{f"keys_{name}": value for name, value in keys.items()}, **record)
    return file.getvalue()


def restore_emphasis(armature: bpy.types.Object, saved: bytes) -> None:
    """Makes the curve, its keys and sliders what they were. Raises UserError where the take has other frames."""
    live = live_take(armature)
    try:
        with np.load(io.BytesIO(saved), allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        record = EmphasisRecord(**{name[7:]: value for name, value in arrays.items() if name.startswith("record_")})
        keys: Keys = {name[5:]: value for name, value in arrays.items() if name.startswith("keys_")}
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise UserError(f"{live.name}: its emphasis curve is damaged: reset it to the generated one") from error
    if len(record.psi) != len(live.frames):
        raise UserError(f"{live.name}: the frame rate was another when its emphasis was shaped: set it back first")
    keys = {name: values + _start(live) if values.ndim == 2 else values for name, values in keys.items()}
    write_keys(influence_curve(live.strips[EMPHASIS]), keys)
    _finish(live, record)


def _show(live: LiveTake, record: EmphasisRecord, windows: list[slice], straight: bool = False) -> None:
    """Writes the record's curve into these windows, and what it is then into the record."""
    values = record.curve()
    curve = influence_curve(live.strips[EMPHASIS])
    keys = read_keys(curve)
    first = int(live.frames[0])
    widened = []
    for frames in windows:
        a, b = whole_segments(keys, first + frames.start, first + frames.stop - 1)
        a, b = max(a - first, 0), min(b - first, len(values) - 1)
        _keep_borders(values, record.left, a, b)
        widened.append(slice(a, b + 1))
        keys = replaced(keys, first + a, first + b, _window_keys(keys, live.frames, values, a, b, straight))
    write_keys(curve, keys)
    left = record.left.copy()
    for frames in widened:
        left[frames] = _sampled(live, frames)
    _finish(live, replace(record, left=left))


def _keep_borders(values: Array, shown: Array, a: int, b: int) -> None:
    """Lets a window begin and end where the curve is now, be it simplified or drawn: the curve outside stays."""
    if a > 0:
        values[a] = shown[a]
    if b < len(values) - 1:
        values[b] = shown[b]


def _window_keys(keys: Keys, frames: Array, values: Array, a: int, b: int, straight: bool) -> Keys:
    at = frames[a : b + 1]
    if straight or not has_smooth_keys(keys, at[0], at[-1]):
        return straight_keys(at, values[a : b + 1])
    own = keys_by_hand(keys, int(at[0]), int(at[-1])) - at[0]
    picked, slopes = simplified(values[a : b + 1], required=own.tolist())
    return smooth_keys(at[picked], values[a + picked], slopes, np.isin(picked, own))


def _slider(value: float, score: float) -> float:
    return score if abs(value - score) <= _SAME else float(np.clip(value, 0.0, MAX_EMPHASIS))


def _read_back(live: LiveTake, record: EmphasisRecord) -> EmphasisRecord:
    """The record with what the curve shows taken in; the same object where no hand was there."""
    shown = _sampled(live, slice(0, len(record.psi)))
    by_hand = np.abs(shown - record.left) > _BY_HAND
    if not by_hand.any():
        return record
    sliders = record.sliders.copy()
    for word in range(len(sliders)):
        stroke = record.stroke_of(word)
        if by_hand[stroke].any():
            sliders[word] = np.clip(shown[stroke].max(), 0.0, MAX_EMPHASIS)
    plain = replace(record, sliders=sliders, drawn=np.zeros_like(shown)).unclipped()
    drawn = np.where(by_hand, shown, record.unclipped()) - plain
    drawn[np.abs(drawn) < 1e-9] = 0.0
    return replace(record, sliders=sliders, drawn=drawn, left=shown)


def _finish(live: LiveTake, record: EmphasisRecord) -> None:
    _store(live, record)
    keep_in_step(live.armature)
    live.armature.update_tag(refresh={"TIME"})


def _sampled(live: LiveTake, frames: slice) -> Array:
    """The curve's values on frames of the take, counted from its first."""
    evaluate = influence_curve(live.strips[EMPHASIS]).evaluate
    return np.array([evaluate(frame) for frame in live.frames[frames].tolist()])


def _start(live: LiveTake) -> Array:
    return np.array([live.frames[0], 0], dtype=np.float32)


def _merged(windows: Iterable[slice]) -> list[slice]:
    """Overlapping windows as one."""
    merged: list[slice] = []
    for window in sorted(windows, key=lambda frames: frames.start):
        if window.stop <= window.start:
            continue
        if merged and window.start <= merged[-1].stop:
            merged[-1] = slice(merged[-1].start, max(merged[-1].stop, window.stop))
        else:
            merged.append(window)
    return merged


def _store(live: LiveTake, record: EmphasisRecord) -> None:
    for name, value in vars(record).items():
        live.base[_PREFIX + name] = np.ascontiguousarray(value, dtype=float).ravel()


def _record(live: LiveTake) -> EmphasisRecord:
    if f"{_PREFIX}psi" not in live.base:
        raise UserError(f"{live.name}: its words are not known: show the take again")
    arrays = {}
    for name in EmphasisRecord.__dataclass_fields__:
        stored = live.base[_PREFIX + name]
        arrays[name] = np.array([], dtype=float)
        with suppress(ValueError):  # an empty one has no memory to show
            arrays[name] = np.frombuffer(stored).copy()
    return EmphasisRecord(**{**arrays, "words": arrays["words"].reshape(-1, 5)})
