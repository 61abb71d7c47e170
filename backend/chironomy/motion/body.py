"""A body: where its 55 joints rest, and where the last bones end."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .rotations import Array
from .skeleton import JOINTS


@dataclass(frozen=True)
class Body:
    """Rest pose (T-pose) in motion space: metres, Y up, facing +Z, feet on the ground at y = 0."""

    rest_joints: Array
    """[55, 3], in the order of skeleton.JOINTS."""
    tips: dict[str, tuple[float, float, float]]
    """Where bones without a child end: head, left_foot, right_foot, jaw, the eyes, and the ten finger ends (…3)."""


@cache
def neutral_body() -> Body:
    """The product's own body: 1.70 m tall, between a man's and a woman's proportions, mirror-symmetric.

    Measured by docs/measure_body.py from the SMPL-X surface (SMPL-Body, CC BY 4.0, Meshcapade).
    """
    document = json.loads((Path(__file__).parent / "neutral_body.json").read_text(encoding="utf-8"))
    rest_joints = np.array([document["rest_joints"][name] for name in JOINTS])
    rest_joints.setflags(write=False)  # one array is shared by all callers
    tips = {name: (float(x), float(y), float(z)) for name, (x, y, z) in document["tips"].items()}
    return Body(rest_joints=rest_joints, tips=tips)
