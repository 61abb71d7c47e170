"""The 55 joints of SMPL-X: names, parents, order, parts and mirror images.

Motion space is SMPL-X's: metres, Y up, facing +Z (so the body's left is +X), right-handed, all joint axes
parallel to the world's in the T-pose.
"""

import numpy as np

BODY_JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
FACE_JOINTS = ("jaw", "left_eye_smplhf", "right_eye_smplhf")
#: SMPL-X's order of fingers, the same in both hands.
FINGERS = ("index", "middle", "pinky", "ring", "thumb")

JOINTS: tuple[str, ...] = (
    *BODY_JOINTS,
    *FACE_JOINTS,
    *(f"{side}_{finger}{k}" for side in ("left", "right") for finger in FINGERS for k in (1, 2, 3)),
)
JOINT_COUNT = len(JOINTS)
INDEX: dict[str, int] = {name: i for i, name in enumerate(JOINTS)}

_BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)


def _finger_parents(wrist: int, first: int) -> list[int]:
    return [wrist if k % 3 == 0 else first + k - 1 for k in range(15)]


#: Parent of every joint, −1 for the pelvis; a parent always stands before its children.
PARENTS: tuple[int, ...] = (*_BODY_PARENTS, 15, 15, 15, *_finger_parents(20, 25), *_finger_parents(21, 40))

LEFT_HAND = tuple(range(25, 40))
RIGHT_HAND = tuple(range(40, 55))
LEGS = tuple(INDEX[n] for n in JOINTS[:12] if n.split("_")[-1] in ("hip", "knee", "ankle", "foot"))
#: The joints whose ground contact a take stores, in that order.
CONTACT_JOINTS = tuple(INDEX[n] for n in ("left_ankle", "right_ankle", "left_foot", "right_foot"))


def _mirror_name(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name[5:]
    return "left_" + name[6:] if name.startswith("right_") else name


#: MIRROR[i] is the joint on the other side (itself on the midline).
MIRROR = np.array([INDEX[_mirror_name(name)] for name in JOINTS])
