"""What a line begins with where the animator says nothing: somebody who stands and waits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from ...motion.skeleton import CONTACT_JOINTS
from ...nets.motion_vector import from_pose
from ...speech.types import FPS, Alignment, Rhythm, Speech
from ..request import Request
from ..rhythm.generator import RhythmGenerator


def start_motion(request: Request, frames: int) -> Tensor:
    """[frames, 337] of the pose in which the rhythm generator waits for somebody to speak, feet on the ground."""
    silent = np.zeros(frames)
    rhythm = Rhythm(silent, silent, np.full(frames, 100.0), silent, (), ())
    silence = Speech(frames / FPS, Alignment((), 1.0), rhythm)
    waiting = RhythmGenerator().generate(replace(request, speech=silence, gesture_choices={}, settings={}))
    pose = np.repeat(waiting.base_rotations[:1], frames, axis=0)
    return from_pose(pose, np.zeros((frames, 3)), np.ones((frames, len(CONTACT_JOINTS))))
