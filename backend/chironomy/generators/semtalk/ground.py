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
) -> tuple[Array, Array]:
    """Puts a body's feet on the ground, and keeps them where they stand; rotations [T, 55, 4] change in place.

    contacts: the network's, [T, 4], 0…1. Gives translation [T, 3] and contacts [T, 4], 0 or 1. The take begins over the
    origin, or where the first locked root is; what is locked is met.
    """
    standing = settled_contacts(contacts, fps)
    translation = meet_translation(_placed(rotations, translation, body, locked), locked)
    _meet(rotations, locked)
    legs, translation = lock_feet(rotations[:, :_LEG_JOINTS], translation, body.rest_joints, standing, fps)
    rotations[:, :_LEG_JOINTS] = legs
    _meet(rotations, locked)
    return meet_translation(translation, locked), standing


def _meet(rotations: Array, locked: LockedFrames) -> None:
    if len(locked):
        rotations[:] = meet_rotations(rotations, locked)


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
