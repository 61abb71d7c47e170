"""Mixing a take's two layers by its emphasis.

Per joint, with δ = base⁻¹ · semantic and X = limit(base · δ²), the way taken kept in mind:

    e ≤ 1:  slerp(base, semantic, e)          e > 1:  slerp(semantic, X, e − 1)

Joints that are the same in both layers (the legs, the root) stay as they are at every e, limits or not: feet keep
their place. Everything works frame by frame, so a stretch of a take is mixed by handing in that stretch.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..formats.take import Take
from ..motion import rotations as rot
from ..motion.ik import soft_clamp
from ..motion.limits import extrapolate
from ..motion.rotations import Array
from ..motion.stretches import in_stretches
from .curve import MAX_EMPHASIS, emphasis_curve

#: Layers are kept less than half a turn apart, where "the short way" from one to the other would change sides.
MAX_APART_RAD = np.radians(170.0)
_SOFT_RAD = np.radians(10.0)
#: Scalar product of quaternions a quarter turn apart.
_QUARTER_APART = np.cos(np.radians(45.0))


def fuse(base: ArrayLike, semantic: ArrayLike, emphasis: ArrayLike) -> Array:
    """Mixed local rotations [T, 55, 4] of two layers [T, 55, 4] at emphasis e [T], 0…2.

    Frames at e = 0 and e = 1 are base and semantic, to the bit (semantic up to the quaternion's sign).
    """
    base, semantic = np.asarray(base, dtype=float), np.asarray(semantic, dtype=float)
    return in_stretches(_fuse, base, semantic, np.clip(np.asarray(emphasis, dtype=float), 0.0, MAX_EMPHASIS))


def _fuse(base: Array, semantic: Array, e: Array) -> Array:
    semantic = _same_hemisphere(base, semantic)
    out = base.copy()
    mixed = np.flatnonzero((e > 0) & (e < 1))
    out[mixed] = _slerp_where_different(base[mixed], semantic[mixed], e[mixed])
    full = e >= 1
    out[full] = semantic[full]
    beyond = np.flatnonzero(e > 1)
    if len(beyond):
        goal = exaggerated(base[beyond], semantic[beyond])
        out[beyond] = _slerp_where_different(semantic[beyond], goal, e[beyond] - 1.0)
    return out


def exaggerated(base: ArrayLike, semantic: ArrayLike) -> Array:
    """X [T, 55, 4]: as far beyond semantic as semantic is from base, within the joints' limits: the motion at e = 2."""
    return in_stretches(_exaggerated, np.asarray(base, dtype=float), np.asarray(semantic, dtype=float))


def _exaggerated(base: Array, semantic: Array) -> Array:
    goal = extrapolate(base, semantic)
    onward = _short(rot.multiply(rot.inverse(semantic), goal))
    too_far = rot.angle(onward)[..., None] > MAX_APART_RAD
    goal = np.where(too_far, rot.multiply(semantic, _shortened(onward, MAX_APART_RAD)), goal)
    return np.where(_differ(base, semantic)[..., None], goal, semantic)


def layer_deltas(base: ArrayLike, semantic: ArrayLike) -> tuple[Array, Array]:
    """What two layers combined onto the base need: δ = base⁻¹ · semantic and semantic⁻¹ · X, each [T, 55, 4].

    Both have w ≥ 0 on every frame, turn by no more than MAX_APART_RAD and hence run on without a flip of sign.
    base · δ^min(e, 1) · (semantic⁻¹ · X)^max(e − 1, 0) is the motion that `fuse` gives.
    Raises ValueError where the layers are further apart: generators bring them `within_reach`.
    """
    base, semantic = np.asarray(base, dtype=float), np.asarray(semantic, dtype=float)
    delta = in_stretches(_delta, base, semantic)
    if len(delta) and rot.angle(delta).max() > MAX_APART_RAD + 1e-4:
        raise ValueError("base and semantic layer are too far apart to be mixed: bring them within_reach first")
    return delta, in_stretches(lambda b, s: _delta(s, _exaggerated(b, s)), base, semantic)


def _delta(a: Array, b: Array) -> Array:
    """a⁻¹ · b with w ≥ 0; exactly the identity where both are the same."""
    return np.where(_differ(a, b)[..., None], _short(rot.multiply(rot.inverse(a), b)), rot.identity())


def within_reach(base: ArrayLike, semantic: ArrayLike) -> Array:
    """The semantic layer [T, 55, 4] brought to within MAX_APART_RAD of the base, continuous in time.

    Joints up to ten degrees less than that apart come back as they were (their quaternions in the base's hemisphere).
    A joint that goes on turning past half a turn waits at the border, on its own side, instead of changing sides.
    """
    base, semantic = np.asarray(base, dtype=float), np.asarray(semantic, dtype=float)
    out = _same_hemisphere(base, semantic)
    # joints that are never a quarter turn apart, and those are most, stay as they are
    far = np.flatnonzero((_alike(base, out) <= _QUARTER_APART).any(axis=0))
    if len(far):
        out[:, far] = _brought_within_reach(base[:, far], out[:, far])
    return out


def _brought_within_reach(base: Array, semantic: Array) -> Array:
    delta = rot.make_continuous(rot.multiply(rot.inverse(base), semantic))
    delta *= np.where(delta[:1, :, :1] < 0, -1.0, 1.0)
    sine = np.linalg.norm(delta[..., 1:], axis=-1)
    apart = 2 * np.arctan2(sine, delta[..., 0])  # 0…2π, along the way that the joint took
    # a whole turn comes back to the base: the last sixth of it fades out
    home = (2 * np.pi - apart) * MAX_APART_RAD / (np.pi / 3)
    wanted = np.minimum(soft_clamp(apart, -np.pi, MAX_APART_RAD, _SOFT_RAD), home)
    axis = delta[..., 1:] / np.maximum(sine, 1e-12)[..., None]
    brought = rot.multiply(base, rot.exp(axis * wanted[..., None]))
    return np.where((wanted == apart)[..., None], semantic, brought)


def fused_take(take: Take, sliders: Mapping[int, float] | None = None) -> tuple[Array, Array, Array]:
    """A take's motion with these sliders: rotations [T, 55, 4], translation [T, 3], e [T]."""
    e = emphasis_curve(take.emphasis, take.metadata.words, sliders or {}, take.metadata.fps)
    return fuse(take.base_rotations, take.semantic_rotations, e), fused_translation(take, e), e


def fused_translation(take: Take, emphasis: ArrayLike) -> Array:
    """The root's translation [T, 3] at emphasis e [T]; above 1 it stays that of the semantic layer."""
    part = np.clip(np.asarray(emphasis, dtype=float), 0.0, 1.0)[:, None]
    return take.translation + part * (take.semantic_translation - take.translation)


def _slerp_where_different(a: Array, b: Array, t: Array) -> Array:
    out = a.copy()
    differ = _differ(a, b)
    out[differ] = rot.slerp(a[differ], b[differ], np.broadcast_to(t[:, None], differ.shape)[differ])
    return out


def _differ(a: Array, b: Array) -> NDArray[np.bool_]:
    return np.any(a != b, axis=-1) & np.any(a != -b, axis=-1)


def _short(q: Array) -> Array:
    return np.where(q[..., :1] < 0, -q, q)


def _shortened(q: Array, angle_rad: float) -> Array:
    return rot.power(q, angle_rad / np.maximum(rot.angle(q), 1e-9))


def _same_hemisphere(reference: Array, q: Array) -> Array:
    return np.where(_alike(reference, q)[..., None] < 0, -q, q)


def _alike(a: Array, b: Array) -> Array:
    """[...]: scalar product of quaternions [..., 4]."""
    return np.einsum("...k,...k->...", a, b)
