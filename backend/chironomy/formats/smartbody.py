"""SmartBody's text formats in: skeletons (`.sk`, or a `.bvh` beside the motion) and motions (`.skm`).

A motion holds named channels: `XPos`, `YPos`, `ZPos` are lengths added to the joint's offset; `Quat` holds three
numbers, axis times angle in radians, applied after the joint's pre-rotation. Y is up. Behind the frames stand the marks
of a gesture.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..motion import rotations as rot
from ..motion.clip import Clip, standard_frame_time
from ..motion.rotations import Array
from .bvh_reader import read_bvh_skeleton
from .text_file import read_text

MAX_BYTES = 1 << 30
MAX_JOINTS = 2_000
#: Skeletons in BVH are in centimetres, and so are the motions made for them; all others are in metres.
_BVH_UNIT_M = 0.01
_WIDTH = {"XPos": 1, "YPos": 1, "ZPos": 1, "Quat": 3}
_MARKS = {
    "ready time": "ready",
    "strokeStart time": "stroke_start",
    "emphasis time": "emphasis",
    "stroke time": "stroke_end",
    "relax time": "relax",
}


def read_skm(path: str | os.PathLike[str], skeleton_path: str | os.PathLike[str] | None = None) -> Clip:
    """Reads a motion onto its skeleton (by default the one skeleton that lies beside it): metres, Y up.

    The clip's marks are ready, stroke_start, emphasis (the apex), stroke_end and relax, in seconds.
    Raises UserError, with the line's number, for anything that is not a whole motion of finite numbers.
    """
    motion = _parse_motion(path, read_text(path, MAX_BYTES).splitlines())
    skeleton_path = skeleton_path or skeleton_beside(path)
    skeleton = read_skeleton(skeleton_path)
    _check_joints(path, skeleton_path, skeleton, motion)
    rotations, positions = _apply_channels(skeleton, motion, _unit_m(skeleton_path))
    return replace(
        skeleton, rotations=rotations, positions=positions, frame_time_s=motion.frame_time_s, marks=motion.marks
    )


def skeleton_beside(path: str | os.PathLike[str]) -> Path:
    """The one `.sk` or else `.bvh` file in the folder of a motion. Raises UserError where there is none or a choice."""
    folder = Path(path).parent
    for ending in (".sk", ".bvh"):
        found = sorted(file for file in folder.glob("*") if file.suffix.lower() == ending)
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(f"{path}: {len(found)} skeletons ({ending}) lie beside it: leave one of them in its folder")
    raise UserError(f"{path}: has no skeleton: put its .sk file into the same folder")


def read_skeleton(path: str | os.PathLike[str]) -> Clip:
    """A skeleton from `.sk` or `.bvh`, in metres, standing in its rest pose for one frame."""
    if Path(path).suffix.lower() != ".bvh":
        return _parse_skeleton(path, read_text(path, MAX_BYTES).splitlines())
    skeleton, unit_m = read_bvh_skeleton(path), _unit_m(path)
    tips = {joint: tip * unit_m for joint, tip in skeleton.tips.items()}
    return replace(skeleton, offsets=skeleton.offsets * unit_m, tips=tips)


def _unit_m(skeleton_path: str | os.PathLike[str]) -> float:
    return _BVH_UNIT_M if Path(skeleton_path).suffix.lower() == ".bvh" else 1.0


def _parse_skeleton(path: str | os.PathLike[str], lines: list[str]) -> Clip:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[Array] = []
    pre_rotations: list[Array] = []
    stack: list[int] = []
    for number, line in enumerate(lines):
        words = line.split("#")[0].replace("{", " ").replace("}", " } ").split()
        match words:
            case ["root" | "joint", name, *_]:
                if len(names) == MAX_JOINTS:
                    raise _error(path, number, f"more than {MAX_JOINTS} joints")
                names.append(name)
                parents.append(stack[-1] if stack else -1)
                stack.append(len(names) - 1)
                offsets.append(np.zeros(3))
                pre_rotations.append(rot.identity())
            case ["offset", *values] if stack:
                offsets[stack[-1]] = _vector(path, number, values[:3], 3)
            case ["prerot", "axis", x, y, z, "ang", degrees, *_] if stack:
                *axis, angle = _vector(path, number, [x, y, z, degrees], 4)
                pre_rotations[stack[-1]] = _axis_angle(np.array(axis), np.radians(angle))
            case ["}", *_]:
                del stack[len(stack) - words.count("}") :]
    if not names or stack:
        raise UserError(f"{path}: is not a whole SmartBody skeleton: fetch it again")
    rest = np.array(pre_rotations)
    return Clip(tuple(names), tuple(parents), np.array(offsets), rest[None], 1.0, rest_rotations=rest)


def _axis_angle(axis: Array, angle_rad: float) -> Array:
    length = np.linalg.norm(axis)
    return rot.about(axis / length, np.asarray(angle_rad)) if length > 1e-9 else rot.identity()


def _vector(path: str | os.PathLike[str], number: int, words: list[str], count: int) -> Array:
    try:
        values = np.array([float(word) for word in words])
    except ValueError:
        values = np.zeros(0)
    if values.shape != (count,) or not np.isfinite(values).all():
        raise _error(path, number, f"{count} finite numbers should stand here")
    return values


@dataclass(frozen=True)
class _Motion:
    channels: tuple[tuple[str, str], ...]
    values: Array
    frame_time_s: float
    marks: dict[str, float]


def _parse_motion(path: str | os.PathLike[str], lines: list[str]) -> _Motion:
    start = next((n for n, line in enumerate(lines) if line.split()[:1] == ["channels"]), None)
    if start is None or not any(line.split()[:1] == ["SkMotion"] for line in lines[:start]):
        raise UserError(f"{path}: is not a SmartBody motion (no channels): choose another file")
    channels: list[tuple[str, str]] = []
    frames, number = 0, start
    for number, line in enumerate(lines[start + 1 :], start + 1):
        match line.split():
            case []:
                continue
            case ["frames", count, *_] if count.isdecimal():
                frames = int(count[:9])
                break
            case [joint, kind] if kind in _WIDTH:
                channels.append((joint, kind))
            case _:
                raise _error(path, number, "a joint and XPos, YPos, ZPos or Quat should stand here")
    announced = lines[start].split()[1:2]
    if announced != [str(len(channels))] or not channels:
        raise _error(path, start, f"{len(channels)} channels are listed where {''.join(announced)} are announced")
    if not frames:
        raise UserError(f"{path}: has no frames: fetch it again")
    return _parse_frames(path, lines, number + 1, frames, channels)


def _parse_frames(
    path: str | os.PathLike[str], lines: list[str], first: int, frames: int, channels: list[tuple[str, str]]
) -> _Motion:
    width = sum(_WIDTH[kind] for _, kind in channels)
    end = first
    while end < len(lines) and (lines[end].startswith("kt") or not lines[end].strip()):
        end += 1
    filled = [(number, lines[number]) for number in range(first, end) if lines[number].strip()]
    if len(filled) != frames:
        raise _error(path, end - 1, f"{len(filled)} frames where {frames} are announced")
    rows = [line.replace("kt", "", 1).replace("fr", "", 1) for _, line in filled]
    try:
        table = np.loadtxt(rows, dtype=float, comments=None, ndmin=2)
    except ValueError:
        table = np.zeros((0, 0))
    if table.shape != (frames, 1 + width) or not np.isfinite(table).all():
        for (number, _), row in zip(filled, rows, strict=True):
            _vector(path, number, row.split(), 1 + width)
        raise _error(path, first, "the frames cannot be read")
    times = table[:, 0]
    frame_time_s = float(times[-1] - times[0]) / (frames - 1) if frames > 1 else 1 / 30
    if not 1e-6 <= frame_time_s <= 1e3 or (np.diff(times) <= 0).any():
        raise _error(path, first, "the times of the frames do not rise")
    return _Motion(tuple(channels), table[:, 1:], standard_frame_time(frame_time_s), _marks(path, lines, end))


def _marks(path: str | os.PathLike[str], lines: list[str], start: int) -> dict[str, float]:
    marks = {}
    for number, line in enumerate(lines[start:], start):
        label, _, value = line.partition(":")
        if label.strip() in _MARKS:
            marks[_MARKS[label.strip()]] = float(_vector(path, number, value.split(), 1)[0])
    return marks


def _joint_index(skeleton: Clip) -> dict[str, int]:
    index = {name: joint for joint, name in reversed(list(enumerate(skeleton.names)))}
    return {alias: index[name] for alias, name in _aliases().items() if name in index} | index


def _check_joints(
    path: str | os.PathLike[str], skeleton_path: str | os.PathLike[str], skeleton: Clip, motion: _Motion
) -> None:
    """A motion may name joints of props that a skeleton need not have, but one made for another skeleton is refused."""
    moved, known = {name for name, _ in motion.channels}, _joint_index(skeleton)
    unknown = sorted(moved - known.keys())
    if 2 * len(unknown) > len(moved):
        names = ", ".join(unknown[:3])
        raise UserError(f"{path}: moves joints that {Path(skeleton_path).name} lacks ({names}): give its own skeleton")


@cache
def _aliases() -> dict[str, str]:
    """SmartBody's standard joint names → those of its characters' skeletons; motions use either, or both."""
    return json.loads((Path(__file__).parent / "smartbody_joints.json").read_text(encoding="utf-8"))


def _apply_channels(skeleton: Clip, motion: _Motion, unit_m: float) -> tuple[Array, dict[int, Array]]:
    frames = len(motion.values)
    index = _joint_index(skeleton)
    rotations = np.repeat(skeleton.rest_rotations[None], frames, axis=0)
    positions: dict[int, Array] = {}
    column = 0
    for name, kind in motion.channels:
        values = motion.values[:, column : column + _WIDTH[kind]]
        column += _WIDTH[kind]
        joint = index.get(name)
        if joint is None:
            continue  # see _check_joints
        if kind == "Quat":
            rotations[:, joint] = rot.multiply(skeleton.rest_rotations[joint], rot.exp(values))
        else:
            place = positions.setdefault(joint, np.tile(skeleton.offsets[joint], (frames, 1)))
            place[:, "XYZ".index(kind[0])] += values[:, 0] * unit_m
    return rot.make_continuous(rotations), positions


def _error(path: str | os.PathLike[str], line: int, what: str) -> UserError:
    return UserError(f"{path}: line {line + 1}: {what}: fetch it again or correct the line")
