"""A body: where its 55 joints rest, and where the last bones end."""

from dataclasses import dataclass

from .rotations import Array


@dataclass(frozen=True)
class Body:
    """Rest pose (T-pose) in motion space: metres, Y up, facing +Z, feet on the ground at y = 0."""

    rest_joints: Array
    """[55, 3], in the order of skeleton.JOINTS."""
    tips: dict[str, tuple[float, float, float]]
    """Where bones without a child end: head, left_foot, right_foot, jaw, the eyes, and the ten finger ends (…3)."""
