"""How actors stand: the pelvis of real idles and weight shifts, strung together without seams, over feet that stay.

Idles are stretches of standing on one leg or both; transitions lead from one way of standing to another. A chain of
them, as long as an utterance, gives the root and the legs of both layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...generators.rhythm.legs import leg_rotations, pelvis_height, stand_of
from ...generators.rhythm.randomness import stream
from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.kinematics import forward
from ...motion.rotations import Array
from ...motion.skeleton import INDEX
from ...speech.types import FPS
from .performances import read_motion, read_table

#: Clips and how they begin and end: on both legs, or on one. Taken from the name of the actor's stances.
_CLIPS = {
    "ChrRachelIdles/ChrRachel_ChrBrad@Idle01.skm": ("both", "both"),
    "ChrRachelIdles/ChrRachel_ChrBrad@Idle02.skm": ("one", "one"),
    "PNGestures/idle.skm": ("both", "both"),
    "Gestures2/ChrBrad@Idle01_ToIdle02.skm": ("both", "one"),
    "Gestures/ChrBrad@Idle02_ToIdle01.skm": ("one", "both"),
    "ChrRachelIdles/ChrRachel_ChrBrad@Idle01_ToIdle02.skm": ("both", "one"),
    "ChrRachelIdles/ChrRachel_ChrBrad@Idle02_ToIdle01.skm": ("one", "both"),
    "Gestures2/ChrBrad@Idle01_WeightShift01.skm": ("both", "both"),
    "Gestures2/ChrBrad@Idle01_WeightShift02.skm": ("both", "both"),
}
#: One way of standing lasts so long before the next.
_STAY_S = (1.6, 5.0)
#: What a new stretch begins with differs from how the last one ended: the difference fades in this time.
_FADE_S = 1.2
#: Standing while listening, actors put their weight on one leg more than while they speak.
_SHIFT_SIZE = 0.62
#: How the chest keeps upright over the moving pelvis: shares of spine1…3.
_UPRIGHT = (("spine1", 0.40), ("spine2", 0.35), ("spine3", 0.25))
_MIRROR = np.array([1.0, -1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Idle:
    """One clip of standing."""

    begins: str
    ends: str
    pelvis: Array
    """[T, 5] at FPS: rotation vector (radians), then left and forward of the middle of the feet (metres)."""

    @property
    def stays(self) -> bool:
        return self.begins == self.ends and len(self.pelvis) > 10 * FPS


def read_idles(folder: Path, body: Body) -> list[Idle]:
    """The idles below the folder of gestures. Raises UserError."""
    result = []
    for row in read_table(folder):
        if row["file"] not in _CLIPS:
            continue
        motion = read_motion(folder, row, body)
        if motion is not None:
            result.append(Idle(*_CLIPS[row["file"]], _pelvis(*motion, body)))
    return result


def _pelvis(rotations: Array, translation: Array, body: Body) -> Array:
    positions, _ = forward(rotations, translation, body.rest_joints)
    feet = positions[:, [INDEX["left_ankle"], INDEX["right_ankle"]]].mean(axis=1)
    across = (positions[:, 0] - feet)[:, [0, 2]]
    return np.concatenate([rot.log(rotations[:, 0]), across - [0.0, across[:, 1].mean()]], axis=1)


def chain(idles: Sequence[Idle], frames: int, starts_s: Sequence[float], seed: int) -> Array:
    """[frames, 5] as `Idle.pelvis`: idles at their own tempo, changing stance rather where phrases start."""
    chance = stream(seed, "idles")
    mirror = _MIRROR if chance.uniform() < 0.5 else np.ones(5)
    made = np.zeros((0, 5))
    state = "both" if chance.uniform() < 0.6 else "one"
    while len(made) < frames:
        stays = [idle for idle in idles if idle.stays and idle.begins == state]
        count = _until_a_phrase(len(made) + int(FPS * chance.uniform(*_STAY_S)), starts_s) - len(made)
        source = stays[chance.integers(len(stays))].pelvis
        count = min(max(count, FPS), len(source))
        begin = int(chance.integers(len(source) - count + 1))
        made = _joined(made, source[begin : begin + count])
        moves = [idle for idle in idles if not idle.stays and idle.begins == state]
        move = moves[chance.integers(len(moves))]
        made = _joined(made, move.pelvis)
        state = move.ends
    size = np.array([1.0, 1.0, 1.0, _SHIFT_SIZE, 0.8])
    return made[:frames] * mirror * size


def _until_a_phrase(frame: int, starts_s: Sequence[float]) -> int:
    """The frame a little before the next phrase, where one starts soon."""
    soon = [start for start in starts_s if 0.0 <= start * FPS - frame < 1.5 * FPS]
    return int((soon[0] - 0.3) * FPS) if soon else frame


def _joined(before: Array, after: Array) -> Array:
    """The second after the first, its place and speed brought to those of the first's end and let go slowly."""
    if len(before) < 2:
        return np.concatenate([before, after])
    times = np.arange(1, len(after) + 1)[:, None] / FPS
    place = before[-1] - after[0]
    speed = ((before[-1] - before[-2]) - (after[1] - after[0])) * FPS
    x = np.clip(times / _FADE_S, 0.0, 1.0)
    left = 1.0 - x * x * x * (x * (6.0 * x - 15.0) + 10.0)
    return np.concatenate([before, after + (place + speed * times) * left])


def stood(rotations: Array, pelvis: Array, body: Body, seed: int) -> tuple[Array, Array]:
    """Rotations [T, 55, 4] with the pelvis [T, 5] of idles, legs to feet that stay, the chest turned as it was.

    Also the translation [T, 3].
    """
    stand = stand_of(body, stream(seed, "stand"))
    turn = rot.exp(pelvis[:, :3])
    middle = stand.ankles.mean(axis=0)
    across = np.stack([middle[0] + pelvis[:, 3], middle[2] + 0.045 + pelvis[:, 4]], axis=-1)
    height = np.minimum(pelvis_height(body, stand, turn, across), body.rest_joints[0][1])
    at = np.stack([across[:, 0], height, across[:, 1]], axis=-1)
    result = rotations.copy()
    upright = rot.multiply(rot.inverse(turn), rotations[:, 0])
    for name, share in _UPRIGHT:
        result[:, INDEX[name]] = rot.multiply(rot.power(upright, np.asarray(share)), rotations[:, INDEX[name]])
    result[:, 0] = turn
    for name, local in leg_rotations(body, stand, turn, at).items():
        result[:, INDEX[name]] = local
    return result, at - body.rest_joints[0]
