"""BVH in: any skeleton, any channel order, to a Clip in the file's own axes and unit."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import numpy as np

from ..errors import UserError
from ..motion import rotations as rot
from ..motion.clip import Clip, standard_frame_time
from ..motion.rotations import Array
from .text_file import read_text

#: Far above any skeleton in use; what lies beyond is taken for a mistake or an attack.
MAX_JOINTS = 2_000
MAX_BYTES = 1 << 30
MAX_FRAMES = 4_000_000


@dataclass
class _Joint:
    name: str
    parent: int
    offset: Array = field(default_factory=lambda: np.zeros(3))
    channels: tuple[str, ...] = ()
    tip: Array | None = None


def read_bvh(path: str | os.PathLike[str]) -> Clip:
    """Reads a BVH file, keeping its axes and its unit of length (which the format does not say).

    Position channels take the place of the joint's offset, as in MotionBuilder and Blender.
    Raises UserError, with the line's number, for anything that is not a whole BVH file of finite numbers.
    """
    lines = read_text(path, MAX_BYTES).splitlines()
    joints, motion_line = _read_hierarchy(path, lines)
    frame_time_s, values = _read_motion(path, lines, motion_line, sum(len(joint.channels) for joint in joints))
    rotations, positions = _apply_channels(joints, values)
    return Clip(frame_time_s=frame_time_s, rotations=rotations, positions=positions, **_skeleton(joints))


def read_bvh_skeleton(path: str | os.PathLike[str]) -> Clip:
    """The skeleton of a BVH file, standing still in its rest pose for one frame."""
    joints, _ = _read_hierarchy(path, read_text(path, MAX_BYTES).splitlines())
    return Clip(frame_time_s=1.0, rotations=rot.identity((1, len(joints))), **_skeleton(joints))


def _skeleton(joints: list[_Joint]) -> dict:
    return {
        "names": tuple(joint.name for joint in joints),
        "parents": tuple(joint.parent for joint in joints),
        "offsets": np.array([joint.offset for joint in joints]),
        "tips": {k: joint.tip for k, joint in enumerate(joints) if joint.tip is not None},
    }


class _Damaged(Exception):
    """What is wrong with the line at hand."""


def _read_hierarchy(path: str | os.PathLike[str], lines: list[str]) -> tuple[list[_Joint], int]:
    """The joints in the order of their channels, and the number (from 0) of the line MOTION."""
    hierarchy = _Hierarchy()
    for number, line in enumerate(lines):
        words = line.replace("{", " { ").replace("}", " } ").split()
        if words and words[0].upper() == "MOTION":
            if hierarchy.stack or not hierarchy.joints:
                raise _error(path, number, "the skeleton ends before all its brackets are closed")
            return hierarchy.joints, number
        try:
            hierarchy.take_line(words)
        except _Damaged as damage:
            raise _error(path, number, str(damage)) from damage
    raise UserError(f"{path}: line {len(lines)}: is not a whole BVH file (no MOTION section): export it again")


class _Hierarchy:
    """Takes the lines of a HIERARCHY section one after another; no recursion, however deep it nests."""

    _END = -2

    def __init__(self) -> None:
        self.joints: list[_Joint] = []
        self.stack: list[int] = []  # open joints; _END for an open End Site
        self.announced: int | None = None  # the joint or End Site whose { comes next
        self.begun = False

    def take_line(self, words: list[str]) -> None:
        while words:
            keyword = words.pop(0)
            match keyword.upper():
                case "HIERARCHY":
                    self.begun = True
                case _ if not self.begun:
                    raise _Damaged("is not a BVH file (it does not begin with HIERARCHY)")
                case "ROOT" | "JOINT":
                    words = self._announce(words)
                case "END":
                    self._need(self.announced is None and bool(self.stack), "an End Site in the wrong place")
                    self.announced, words = self._END, [w for w in words if w == "{"]
                case "{":
                    self._need(self.announced is not None, "a { in the wrong place")
                    self.stack.append(self.announced if self.announced is not None else self._END)
                    self.announced = None
                case "}":
                    self._need(bool(self.stack) and self.announced is None, "a } too many")
                    self.stack.pop()
                case "OFFSET":
                    self._take_offset(words[:3])
                    words = words[3:]
                case "CHANNELS":
                    words = self._take_channels(words)
                case _:
                    raise _Damaged(f"does not know what to do with '{keyword[:40]}'")

    def _need(self, condition: bool, damage: str) -> None:
        if not condition:
            raise _Damaged(damage)

    def _announce(self, words: list[str]) -> list[str]:
        self._need(self.announced is None and self._END not in self.stack[-1:], "a joint in the wrong place")
        self._need(len(self.joints) < MAX_JOINTS, f"more than {MAX_JOINTS} joints")
        bracket = words.index("{") if "{" in words else len(words)
        name = " ".join(words[:bracket])
        self._need(bool(name), "a joint without a name")
        self.announced = len(self.joints)
        self.joints.append(_Joint(name, self.stack[-1] if self.stack else -1))
        return words[bracket:]

    def _take_offset(self, words: list[str]) -> None:
        self._need(bool(self.stack) and self.announced is None, "an OFFSET outside of a joint's brackets")
        try:
            offset = np.array([float(word) for word in words])
        except ValueError:
            raise _Damaged("an OFFSET that is no number") from None
        self._need(offset.shape == (3,) and bool(np.isfinite(offset).all()), "an OFFSET without three finite numbers")
        if self.stack[-1] != self._END:
            self.joints[self.stack[-1]].offset = offset
        elif len(self.stack) > 1 and np.any(offset):
            self.joints[self.stack[-2]].tip = offset

    def _take_channels(self, words: list[str]) -> list[str]:
        inside = bool(self.stack) and self.stack[-1] != self._END and self.announced is None
        self._need(inside, "CHANNELS outside of a joint's brackets")
        self._need(bool(words) and words[0].isdecimal() and int(words[0][:4]) <= 6, "a wrong number of CHANNELS")
        count = int(words[0])
        channels = tuple(word.lower() for word in words[1 : 1 + count])
        known = {axis + kind for axis in "xyz" for kind in ("position", "rotation")}
        self._need(len(channels) == count, "fewer CHANNELS than announced")
        self._need(set(channels) <= known and len(set(channels)) == count, "CHANNELS that BVH does not have")
        self.joints[self.stack[-1]].channels = channels
        return words[1 + count :]


def _read_motion(path: str | os.PathLike[str], lines: list[str], motion: int, channels: int) -> tuple[float, Array]:
    """Frame time and values [T, channels]."""
    body = [(number, line) for number, line in enumerate(lines[motion + 1 : motion + 20], motion + 1) if line.strip()]
    frames = _announced(path, body[:1], "Frames:", motion)
    frame_time_s = _announced(path, body[1:2], "Frame Time:", motion)
    if not 1 <= frames <= MAX_FRAMES:
        raise _error(path, body[0][0], f"{frames:g} frames: a motion has 1 to {MAX_FRAMES}")
    if not 1e-6 <= frame_time_s <= 1e3:
        raise _error(path, body[1][0], f"a frame time of {frame_time_s:g} s makes no sense")
    first = body[1][0] + 1
    rows = [line for line in lines[first:] if line.strip()]
    if len(rows) < frames:
        raise _error(path, len(lines) - 1, f"ends after {len(rows)} of {frames:.0f} frames")
    if channels == 0:
        raise _error(path, motion, "no joint has channels")
    return standard_frame_time(frame_time_s), _numbers(path, lines, first, rows[: int(frames)], channels)


def _announced(path: str | os.PathLike[str], line: list[tuple[int, str]], label: str, motion: int) -> float:
    number, text = line[0] if line else (motion, "")
    head, _, value = text.strip().partition(":")
    wrong = _error(path, number, f"'{label} <number>' should stand here")
    if " ".join(head.lower().split()) + ":" != label.lower():
        raise wrong
    try:
        return float(value)
    except ValueError as error:
        raise wrong from error


def _numbers(path: str | os.PathLike[str], lines: list[str], first: int, rows: list[str], channels: int) -> Array:
    """The bulk of the file at once; only when something is wrong the line at fault is looked for."""
    try:
        values = np.loadtxt(rows, dtype=float, comments=None, ndmin=2)
    except ValueError:
        values = np.zeros((0, 0))
    if values.shape == (len(rows), channels) and np.isfinite(values).all():
        return values
    filled = (number for number in range(first, len(lines)) if lines[number].strip())
    for number, row in zip(filled, rows, strict=False):
        words = row.split()
        if len(words) != channels:
            raise _error(path, number, f"{len(words)} values where {channels} channels are announced")
        for word in words:
            try:
                finite = bool(np.isfinite(float(word)))
            except ValueError:
                finite = False
            if not finite:
                raise _error(path, number, f"'{word[:40]}' is no finite number")
    raise _error(path, first, "the motion cannot be read")


def _apply_channels(joints: list[_Joint], values: Array) -> tuple[Array, dict[int, Array]]:
    rotations = rot.identity((len(values), len(joints)))
    positions: dict[int, Array] = {}
    column = 0
    for k, joint in enumerate(joints):
        own = {name: values[:, column + n] for n, name in enumerate(joint.channels)}
        column += len(joint.channels)
        travels = [axis for axis in range(3) if "xyz"[axis] + "position" in own]
        if travels:
            positions[k] = np.tile(joint.offset, (len(values), 1))
            for axis in travels:
                positions[k][:, axis] = own["xyz"[axis] + "position"]
        order = "".join(name[0] for name in joint.channels if name.endswith("rotation"))
        if len(order) == 3:
            angles = np.stack([own[axis + "rotation"] for axis in order], axis=-1)
            rotations[:, k] = rot.from_euler(np.radians(angles), order)
        else:
            for axis in order:
                turn = rot.about(axis, np.radians(own[axis + "rotation"]))
                rotations[:, k] = rot.multiply(rotations[:, k], turn)
    return rot.make_continuous(rotations), positions


def _error(path: str | os.PathLike[str], line: int, what: str) -> UserError:
    return UserError(f"{path}: line {line + 1}: {what}: export it again or correct the line")
