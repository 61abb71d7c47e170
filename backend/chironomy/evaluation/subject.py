"""What is measured: one motion on its body, with what is known about what was said to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..formats.take import TakeWord
from ..motion import rotations as rot
from ..motion.body import Body
from ..motion.kinematics import forward
from ..motion.measure import WRISTS, speed
from ..motion.resample import resample_rotations, resample_smooth
from ..motion.rotations import Array
from ..motion.skeleton import INDEX

#: All figures are measured at this rate, so that they can be compared.
FPS = 30
#: Pauses shorter than this belong to speaking.
_SHORTEST_PAUSE_S = 0.4


@dataclass(frozen=True)
class Subject:
    """One motion at 30 fps (at_common_rate brings it there)."""

    name: str
    rotations: Array
    """[T, 55, 4], local."""
    translation: Array
    """[T, 3], metres."""
    body: Body
    words: tuple[TakeWord, ...] = ()
    """What was said, where that is known."""
    samples: Array = field(default_factory=lambda: np.zeros(0))
    """[N], the sound at 16 kHz, where it is at hand."""
    psi: Array | None = None
    """[T], 0…1, of a generated motion."""
    semantic_score: Array | None = None
    """[T], 0…1, of a recorded motion: how much each frame means."""
    face: Array | None = None
    """[T, 52] weights of ARKit's shapes, or [T, 100] SMPL-X's expressions."""
    seed: int | None = None

    @property
    def frames(self) -> int:
        return len(self.rotations)

    @property
    def duration_s(self) -> float:
        return self.frames / FPS

    @cached_property
    def placed(self) -> tuple[Array, Array]:
        """Positions [T, 55, 3] and rotations against the world [T, 55, 4]."""
        return forward(self.rotations, self.translation, self.body.rest_joints)

    @property
    def positions(self) -> Array:
        return self.placed[0]

    @property
    def wrists(self) -> Array:
        """[T, 2, 3], left and right."""
        return self.positions[:, list(WRISTS)]

    @cached_property
    def hand_speed(self) -> Array:
        """[T, 2], m/s, of the wrists."""
        return speed(self.wrists, FPS)

    @cached_property
    def without_way(self) -> Array:
        """Positions [T, 55, 3] with the pelvis in its place: what the published metrics look at."""
        return self.positions - self.positions[:, :1] + self.body.rest_joints[:1]

    @cached_property
    def wrists_from_chest(self) -> Array:
        """[T, 2, 3]: the wrists as the chest sees them, metres."""
        positions, world = self.placed
        chest = INDEX["spine3"]
        from_chest = self.wrists - positions[:, None, chest]
        return rot.rotate(rot.inverse(world[:, None, chest]), from_chest)

    @cached_property
    def speaking(self) -> NDArray[np.bool_]:
        """[T], where something is being said, pauses between words included; everywhere where no words are known."""
        if not self.words:
            return np.ones(self.frames, dtype=bool)
        times_s = np.arange(self.frames) / FPS
        out = np.zeros(self.frames, dtype=bool)
        until_s = -np.inf
        for entry in self.words:
            start_s = entry.word.start_s
            if start_s - until_s < _SHORTEST_PAUSE_S:
                start_s = until_s
            until_s = max(until_s, entry.word.end_s)
            out |= (times_s >= start_s) & (times_s <= until_s)
        return out


def at_common_rate(rotations: Array, translation: Array, fps: float) -> tuple[Array, Array]:
    """A motion of any rate at 30 fps."""
    if fps == FPS:
        return rotations, translation
    return (
        rot.make_continuous(resample_rotations(rotations, fps, FPS)),
        resample_smooth(translation, fps, FPS),
    )
