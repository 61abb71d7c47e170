"""SemGes' 47 joints (BEAT's upper body, rotations only) as joints of the 55.

BEAT's rest pose is taken to be a T-pose with axes parallel to the world, as SMPL-X's is, so that local rotations mean
the same in both; that has not been checked against its files. The palm's bones of ring, little finger
("R", "P" without a number) and of the index ("I"), which SMPL-X does not have, turn the finger's first joint.
"""

from __future__ import annotations

from ...motion import rotations as rot
from ...motion.rotations import Array
from ...motion.skeleton import INDEX

#: The joints of the body's stream, in its order: spine, neck, head, then collar, shoulder and elbow of each arm.
BODY = (
    "spine1", "neck", "head", "right_collar", "right_shoulder", "right_elbow",
    "left_collar", "left_shoulder", "left_elbow",
)  # fmt: skip
#: One hand: wrist, middle, ring and little finger, index, thumb; a name that comes twice is two bones of BEAT's.
_HAND = (
    "wrist", "middle1", "middle2", "middle3", "ring1", "ring1", "ring2", "ring3",
    "pinky1", "pinky1", "pinky2", "pinky3", "index1", "index1", "index2", "index3", "thumb1", "thumb2", "thumb3",
)  # fmt: skip
#: The joints of the hands' stream, in its order.
HANDS = tuple(f"{side}_{name}" for side in ("right", "left") for name in _HAND)


def joints_of(six: Array, names: tuple[str, ...]) -> dict[int, Array]:
    """Local rotations [T, 4] by joint, from rot6d [T, 6 · len(names)]."""
    turns = rot.from_six_d(six.reshape(len(six), len(names), 6))
    out: dict[int, Array] = {}
    for column, name in enumerate(names):
        joint, own = INDEX[name], turns[:, column]
        out[joint] = rot.multiply(out[joint], own) if joint in out else own
    return {joint: rot.normalize(rotations) for joint, rotations in sorted(out.items())}


MOVED = sorted({INDEX[name] for name in (*BODY, *HANDS)})
"""All joints that SemGes moves."""
