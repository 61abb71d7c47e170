"""Random motions for property tests."""

import numpy as np
from hypothesis import strategies as st

from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import JOINT_COUNT


def random_motion(seed: int, frames: int, spread_rad: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Smooth-ish local rotations [T, 55, 4] and a translation [T, 3]."""
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.2, (frames, JOINT_COUNT, 3)).cumsum(axis=0)
    rotations = rot.exp(random.uniform(-spread_rad, spread_rad, (JOINT_COUNT, 3)) + steps)
    return rot.make_continuous(rotations), random.normal(0, 1, (frames, 3))


seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 12)
