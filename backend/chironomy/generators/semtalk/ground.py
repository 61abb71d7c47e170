"""Where a generated body stands: feet on the ground and in their places."""

from __future__ import annotations

import numpy as np

from ...motion.body import Body
from ...motion.feet import lock_feet, settled_contacts
from ...motion.kinematics import forward
from ...motion.rotations import Array
from ...motion.skeleton import CONTACT_JOINTS
from ...motion.stretches import in_stretches
from ..locked import LockedFrames, meet_rotations, meet_translation

_LEG_JOINTS = max(CONTACT_JOINTS) + 1


def stand(
    rotations: Array, translation: Array, contacts: Array, body: Body, locked: LockedFrames, fps: float
) -> tuple[Array, Array, Array]:
    """Rotations [T, 55, 4], translation [T, 3] and contacts [T, 4], 0 or 1, of a body whose feet stay where they stand.

    contacts: the network's, [T, 4], 0…1. The take begins over the origin, or where the first locked root is.
    """
    standing = settled_contacts(contacts, fps)
    translation = _placed(rotations, translation, body, locked)
    rotations, translation = meet_rotations(rotations, locked), meet_translation(translation, locked)
    rotations, translation = lock_feet(rotations, translation, body.rest_joints, standing, fps)
    return meet_rotations(rotations, locked), meet_translation(translation, locked), standing


def _placed(rotations: Array, translation: Array, body: Body, locked: LockedFrames) -> Array:
    held = np.flatnonzero(locked.root)
    if len(held):
        first = locked.frames[held[0]]
        return translation + (locked.translation[held[0]] - translation[first])
    legs = rotations[:, :_LEG_JOINTS]
    feet = list(CONTACT_JOINTS)
    heights = in_stretches(lambda q, at: forward(q, at, body.rest_joints)[0][:, feet, 1], legs, translation)
    # on most frames the lowest of the four joints is one that stands
    above = np.median((heights - body.rest_joints[feet, 1]).min(axis=1))
    return translation - np.array([translation[0, 0], above, translation[0, 2]])
