"""Rotations as unit quaternions (w, x, y, z), in arrays of shape [..., 4].

Axis-angle, matrices, Euler angles and the 6-D form (first two **rows** of the matrix) exist at the borders only:
they come in and go out here. Everything broadcasts over leading axes; nothing loops over frames.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]


def identity(shape: tuple[int, ...] = ()) -> Array:
    """Rotations that do nothing, [*shape, 4]."""
    q = np.zeros((*shape, 4))
    q[..., 0] = 1.0
    return q


def normalize(q: ArrayLike) -> Array:
    """Unit quaternions; a zero quaternion becomes the identity."""
    q = np.asarray(q, dtype=float)
    norm = _length(q)
    unit: Array = q / np.maximum(norm, 1e-12)
    unit[norm[..., 0] <= 1e-12] = identity()
    return unit


def multiply(a: ArrayLike, b: ArrayLike) -> Array:
    """The rotation that turns by b first, then by a (as matrices multiply)."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    aw, ax, ay, az = _components(a)
    bw, bx, by, bz = _components(b)
    out = np.empty(np.broadcast_shapes(a.shape, b.shape))
    out[..., 0] = aw * bw - ax * bx - ay * by - az * bz
    out[..., 1] = aw * bx + ax * bw + ay * bz - az * by
    out[..., 2] = aw * by - ax * bz + ay * bw + az * bx
    out[..., 3] = aw * bz + ax * by - ay * bx + az * bw
    return out


def _components(values: Array) -> list[Array]:
    """Views [...] of the last axis' entries; numpy's moveaxis takes longer than the work on a short motion."""
    return [values[..., k] for k in range(values.shape[-1])]


def inverse(q: ArrayLike) -> Array:
    """The opposite rotations."""
    return np.multiply(q, np.array([1.0, -1.0, -1.0, -1.0]))


def rotate(q: ArrayLike, v: ArrayLike) -> Array:
    """Vectors [..., 3] turned by q [..., 4]."""
    q, v = np.asarray(q, dtype=float), np.asarray(v, dtype=float)
    w, x, y, z = _components(q)
    vx, vy, vz = _components(v)
    # v + w·t + u × t with t = 2·u × v, written out: numpy's cross is twice as slow
    tx, ty, tz = 2 * (y * vz - z * vy), 2 * (z * vx - x * vz), 2 * (x * vy - y * vx)
    out = np.empty((*np.broadcast_shapes(q.shape[:-1], v.shape[:-1]), 3))
    out[..., 0] = vx + w * tx + y * tz - z * ty
    out[..., 1] = vy + w * ty + z * tx - x * tz
    out[..., 2] = vz + w * tz + x * ty - y * tx
    return out


def exp(rotation_vector: ArrayLike) -> Array:
    """Axis times angle (radians), [..., 3], to quaternions."""
    r = np.asarray(rotation_vector, dtype=float)
    angle = _length(r)
    # sinc keeps the limit at angle 0 exact: sin(a/2)/a = ½·sinc(a/2π)
    return np.concatenate([np.cos(angle / 2), r * 0.5 * np.sinc(angle / (2 * np.pi))], axis=-1)


def log(q: ArrayLike) -> Array:
    """Quaternions to axis times angle (radians), the short way: angle in 0…π."""
    q = np.asarray(q, dtype=float)
    w, xyz = q[..., :1], q[..., 1:]
    s = _length(xyz)
    angle = 2.0 * np.arctan2(s, np.abs(w))
    factor = np.where(s > 1e-9, angle / np.maximum(s, 1e-12), 2.0)
    return np.multiply(xyz, np.where(w < 0, -factor, factor))


from_axis_angle = exp
to_axis_angle = log


def about(axis: ArrayLike, angle_rad: ArrayLike) -> Array:
    """Turns by angle_rad [...] about a unit axis [..., 3] or one of 'x', 'y', 'z'."""
    vector = np.eye(3)["xyz".index(axis)] if isinstance(axis, str) else np.asarray(axis, dtype=float)
    return exp(vector * np.asarray(angle_rad, dtype=float)[..., None])


def angle(q: ArrayLike) -> Array:
    """How far each rotation turns, radians in 0…π."""
    q = np.asarray(q, dtype=float)
    return 2.0 * np.arctan2(_length(q[..., 1:])[..., 0], np.abs(q[..., 0]))


def power(q: ArrayLike, t: ArrayLike) -> Array:
    """The t-fold rotation, along the short way (t [...] broadcasts against q's leading axes)."""
    q, t = np.asarray(q, dtype=float), np.asarray(t, dtype=float)[..., None]
    w, xyz = q[..., :1], q[..., 1:]
    s = _length(xyz)
    half_angle = np.arctan2(s, np.abs(w)) * t
    factor = np.where(s > 1e-9, np.sin(half_angle) / np.maximum(s, 1e-12), t)
    return np.concatenate([np.cos(half_angle), np.multiply(xyz, np.where(w < 0, -factor, factor))], axis=-1)


def slerp(a: ArrayLike, b: ArrayLike, t: ArrayLike) -> Array:
    """From a (t = 0) to b (t = 1) at constant angular speed, the short way; t beyond 0…1 extrapolates."""
    a = np.asarray(a, dtype=float)
    return multiply(a, power(multiply(inverse(a), b), t))


def make_continuous(q: ArrayLike) -> Array:
    """The same rotations with signs such that neighbours along axis 0 (time) lie in one hemisphere."""
    q = np.array(q, dtype=float)
    if len(q) > 1:
        flips = _dot(q[1:], q[:-1])[..., 0] < 0
        q[1:] *= np.where(np.cumsum(flips, axis=0) % 2 == 1, -1.0, 1.0)[..., None]
    return q


def between(a: ArrayLike, b: ArrayLike) -> Array:
    """The smallest rotations that turn directions a [..., 3] into directions b [..., 3]."""
    start, end = _directions(a), _directions(b)
    # the middle of both directions turns `start` by half the angle: exact also where they are nearly opposite
    middle = start + end
    length = _length(middle)
    # opposite directions leave the axis open: any direction at right angles to `start` will do
    helper = np.where(np.abs(start[..., :1]) < 0.9, np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    middle = np.where(length > 1e-9, middle, _directions(np.cross(start, helper)))
    half = _directions(middle)
    return normalize(np.concatenate([_dot(start, half), np.cross(start, half)], axis=-1))


def _directions(vectors: ArrayLike) -> Array:
    """Unit vectors [..., 3]; zero stays zero."""
    vectors = np.asarray(vectors, dtype=float)
    return vectors / np.maximum(_length(vectors), 1e-12)


def _dot(a: Array, b: Array) -> Array:
    """[..., n] times [..., n], summed, [..., 1]; numpy's sum over so short an axis takes several times as long."""
    return np.einsum("...k,...k->...", a, b)[..., None]


def _length(vectors: Array) -> Array:
    """[..., 1] of [..., n]."""
    return np.sqrt(_dot(vectors, vectors))


def swing_twist(q: ArrayLike, axis: ArrayLike) -> tuple[Array, Array]:
    """q = swing · twist, where twist turns about the unit `axis` [..., 3] and swing's axis is at right angles to it.

    After a swing of exactly half a turn any twist would do: there it is none.
    """
    q, axis = np.asarray(q, dtype=float), np.asarray(axis, dtype=float)
    along = np.sum(q[..., 1:] * axis, axis=-1, keepdims=True)
    twist = normalize(np.concatenate([q[..., :1], along * axis], axis=-1))
    return multiply(q, inverse(twist)), twist


def to_matrix(q: ArrayLike) -> Array:
    """[..., 4] to [..., 3, 3]."""
    w, x, y, z = np.moveaxis(np.asarray(q, dtype=float), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_matrix(m: ArrayLike) -> Array:
    """[..., 3, 3] to [..., 4] with w ≥ 0; well-conditioned at every angle."""
    m = np.asarray(m, dtype=float)
    (m00, m01, m02), (m10, m11, m12), (m20, m21, m22) = (_components(row) for row in np.moveaxis(m, -2, 0))
    four_w_squared = 1 + m00 + m11 + m22
    q = np.stack([four_w_squared, m21 - m12, m02 - m20, m10 - m01], axis=-1)
    # turns over 120°, of which there are few
    far = four_w_squared < 1
    if np.any(far):
        q[far] = _by_largest_component(m[far])
    q = normalize(q)
    return np.where(q[..., :1] < 0, -q, q)


def _by_largest_component(m: Array) -> Array:
    """Matrices [n, 3, 3] to quaternions [n, 4], not of unit length; the largest of the four components is the pivot."""
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = m.reshape(len(m), 9).T
    x, y, z, xy, xz, yz = m21 - m12, m02 - m20, m10 - m01, m10 + m01, m02 + m20, m21 + m12
    # every row is the quaternion times four times one of its own components; so is every column
    rows = [
        [1 + m00 + m11 + m22, x, y, z],
        [x, 1 + m00 - m11 - m22, xy, xz],
        [y, xy, 1 - m00 + m11 - m22, yz],
        [z, xz, yz, 1 - m00 - m11 + m22],
    ]
    pivot = np.argmax(np.stack([rows[k][k] for k in range(4)], axis=-1), axis=-1)
    return np.stack([np.choose(pivot, row) for row in rows], axis=-1)


def to_six_d(q: ArrayLike) -> Array:
    """[..., 4] to [..., 6]: the first two rows of the matrix, row by row (Zhou et al. 2019, SemTalk's layout)."""
    m = to_matrix(q)
    return m[..., :2, :].reshape(*m.shape[:-2], 6)


def from_six_d(six: ArrayLike) -> Array:
    """[..., 6] to [..., 4]; the two rows need not be orthonormal (Gram-Schmidt)."""
    six = np.asarray(six, dtype=float)
    first, second = six[..., :3], six[..., 3:]
    first = _directions(first)
    second = _directions(second - _dot(first, second) * first)
    return from_matrix(np.stack([first, second, np.cross(first, second)], axis=-2))


def from_euler(angles_rad: ArrayLike, order: str) -> Array:
    """Angles [..., 3] about the moving axes named in order, e.g. 'zyx' = Rz · Ry · Rx (the order of BVH channels)."""
    a = np.asarray(angles_rad, dtype=float)
    first, second, third = (about(axis, a[..., k]) for k, axis in enumerate(order.lower()))
    return multiply(multiply(first, second), third)


def to_euler(q: ArrayLike, order: str) -> Array:
    """Inverse of from_euler for the six orders of three different axes; the middle angle lies in ±π/2."""
    i, j, k = ("xyz".index(axis) for axis in order.lower())
    parity = 1.0 if (j - i) % 3 == 1 else -1.0
    m = to_matrix(q)
    middle = np.arcsin(np.clip(parity * m[..., i, k], -1.0, 1.0))
    locked = np.abs(m[..., i, k]) > 1 - 1e-9
    first = np.where(
        locked, np.arctan2(parity * m[..., k, j], m[..., j, j]), np.arctan2(-parity * m[..., j, k], m[..., k, k])
    )
    third = np.where(locked, 0.0, np.arctan2(-parity * m[..., i, j], m[..., i, i]))
    return np.stack([first, middle, third], axis=-1)
