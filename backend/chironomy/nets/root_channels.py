"""What stands in the motion vector's channels 330:333, as a model's behaviour says; generating and training ask it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from .motion_vector import TRANSLATION

RootChannels = Literal["absolute", "velocity"]


def with_root_channels(motion: Tensor, fps: float, kind: RootChannels) -> Tensor:
    """Motion vectors [..., T, 337] that hold translations in metres, with the root's channels as the networks see them.

    "absolute" leaves them; "velocity" makes them metres per second (central differences) in the pelvis' own frame, so
    that neither where somebody stands nor which way they face plays a part.
    """
    if kind == "absolute":
        return motion
    per_frame = torch.gradient(motion[..., TRANSLATION], dim=-2)[0] if motion.shape[-2] > 1 else 0 * motion[..., :3]
    first, second = motion[..., 0:3], motion[..., 3:6]
    rows = torch.stack([first, second, torch.linalg.cross(first, second)], dim=-2)
    out = motion.clone()
    out[..., TRANSLATION] = (rows @ per_frame[..., None])[..., 0] * fps
    return out
