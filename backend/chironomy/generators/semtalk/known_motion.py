"""What of the motion is known before a window is generated: its seed, and what the animator holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...motion.skeleton import FACE_JOINTS, INDEX, JOINT_COUNT
from ...nets.motion_vector import MOTION_WIDTH, TRANSLATION, from_pose
from ...nets.root_channels import RootChannels
from .lines import Line, Place, length_of


def known_motion(
    lines: Sequence[Line], places: Sequence[Place], seeds: Sequence[Tensor], root: RootChannels
) -> tuple[Tensor, Tensor]:
    """Motion [B, n, 337] and mask [B, n, 337] of windows, equally long; the mask is 1 where nothing is known.

    seeds: for each window its first frames [S, 337], as the networks see them.
    """
    length = length_of(lines, places)
    motion, mask = torch.zeros(len(places), length, MOTION_WIDTH), torch.ones(len(places), length, MOTION_WIDTH)
    for row, (place, seed) in enumerate(zip(places, seeds, strict=True)):
        line = lines[place.line]
        motion[row, : len(seed)] = seed
        mask[row, : len(seed), _seed_channels(bool(place.window) or root == "velocity")] = 0.0
        _hold(motion[row], mask[row], line, line.windows.start(place.window), root)
    return motion, mask


def _seed_channels(root_is_known: bool) -> Tensor:
    """[337] bool: all that a seed says. The face comes after the body, so jaw and eyes are left open in it."""
    known = torch.ones(MOTION_WIDTH, dtype=torch.bool)
    for name in FACE_JOINTS:
        known[6 * INDEX[name] : 6 * INDEX[name] + 6] = False
    known[TRANSLATION] = root_is_known
    return known


def _hold(motion: Tensor, mask: Tensor, line: Line, start: int, root: RootChannels) -> None:
    """Writes locked frames into one window [n, 337]. Velocities of a locked root are not known from single frames."""
    locked = line.locked
    first, end = np.searchsorted(locked.frames, [start, start + len(motion)])
    if first == end:
        return
    keys = slice(first, end)
    rows = torch.from_numpy(locked.frames[keys] - start)
    held = np.zeros((end - first, MOTION_WIDTH), dtype=bool)
    held[:, : 6 * JOINT_COUNT] = np.repeat(locked.joints[keys], 6, axis=1)
    if root == "absolute":
        held[:, TRANSLATION] = locked.root[keys, None]
    pose = from_pose(locked.rotations[keys], locked.translation[keys], np.zeros((end - first, 4)))
    where = torch.from_numpy(held)
    motion[rows] = torch.where(where, pose, motion[rows])
    mask[rows] = torch.where(where, 0.0, mask[rows])
