"""Measures the neutral body from two SMPL-X surfaces in their T-pose.

    python docs/measure_body.py SMPLX-male.obj SMPLX-female.obj > backend/chironomy/motion/neutral_body.json

Both surfaces are scaled to 1.70 m and averaged. Marks below say where along a limb a joint lies, read off pictures of
that surface (creases, knuckles, the ends of bones under the skin); the surface itself says where its middle is there.
Joints deep in the trunk leave no mark on the skin: their places follow the published layout of SMPL-X.
"""

import json
import sys
from pathlib import Path

import numpy as np

from chironomy.motion.rotations import Array
from chironomy.motion.skeleton import FINGERS, INDEX, JOINTS, MIRROR

HEIGHT_M = 1.70
X, Y, Z = np.eye(3)

#: Joints of the trunk and head, metres: (height, depth); on the mid-line.
TRUNK = {
    "pelvis": (0.941, 0.000), "spine1": (1.050, -0.015), "spine2": (1.178, -0.021), "spine3": (1.232, -0.012),
    "neck": (1.394, -0.028), "head": (1.552, -0.006), "jaw": (1.560, 0.014),
}  # fmt: skip
#: Joints beside the trunk that have no cross-section of their own.
BESIDE = {"left_hip": (0.062, 0.846, -0.012), "left_collar": (0.046, 1.318, -0.006)}
#: Marks on the left limbs, and the directions in which the joint lies in the middle of the surface.
LIMBS = {
    "left_knee": ((0.090, 0.473, -0.020), (X, Z)),
    "left_ankle": ((0.097, 0.078, -0.045), (X, Z)),
    "left_foot": ((0.108, 0.020, 0.066), (Y,)),
    "left_shoulder": ((0.160, 1.372, -0.028), (Z,)),
    "left_elbow": ((0.415, 1.324, -0.053), (Y, Z)),
    "left_wrist": ((0.662, 1.326, -0.060), (Y, Z)),
}
#: Knuckles of the left hand, seen from above: (x, z) of the three joints and of the end.
FINGER_MARKS = {
    "index": ((0.752, -0.043), (0.8005, -0.039), (0.8215, -0.0385), (0.846, -0.0385)),
    "middle": ((0.757, -0.0655), (0.803, -0.0675), (0.8255, -0.0715), (0.855, -0.077)),
    "pinky": ((0.7325, -0.1010), (0.7665, -0.1190), (0.7800, -0.1275), (0.798, -0.1355)),
    "ring": ((0.7475, -0.0845), (0.7910, -0.0940), (0.8130, -0.1005), (0.837, -0.1055)),
    "thumb": ((0.689, -0.0350), (0.7160, -0.0115), (0.7410, 0.0050), (0.7660, 0.0245)),
}


def read_obj(path: Path) -> tuple[Array, list[list[int]]]:
    """Vertices [N, 3] in metres and polygons of a Wavefront file."""
    vertices, polygons = [], []
    for line in path.read_text().splitlines():
        if line.startswith("v "):
            vertices.append([float(number) for number in line.split()[1:4]])
        elif line.startswith("f "):
            polygons.append([int(corner.split("/")[0]) - 1 for corner in line.split()[1:]])
    return np.array(vertices), polygons


def average_surface(paths: list[Path]) -> tuple[Array, Array]:
    """Vertices [N, 3] and triangles [M, 3] of the mean of all surfaces, feet on the ground, HEIGHT_M tall."""
    surfaces = [read_obj(path) for path in paths]
    scaled = []
    for vertices, _ in surfaces:
        low, high = vertices[:, 1].min(), vertices[:, 1].max()
        scaled.append((vertices - low * Y) * HEIGHT_M / (high - low))
    polygons = surfaces[0][1]
    triangles = [[p[0], p[k], p[k + 1]] for p in polygons for k in range(1, len(p) - 1)]
    return np.mean(scaled, axis=0), np.array(triangles)


def crossings(vertices: Array, triangles: Array, point: Array, direction: Array) -> Array:
    """How far (metres, signed) from `point` along `direction` the surface is crossed."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    ab, ac = b - a, c - a
    p = np.cross(direction, ac)
    det = np.sum(ab * p, axis=1)
    det = np.where(np.abs(det) < 1e-12, np.inf, det)
    u = np.sum((point - a) * p, axis=1) / det
    q = np.cross(point - a, ab)
    v = np.sum(direction * q, axis=1) / det
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & np.isfinite(det)
    return np.sum(ac * q, axis=1)[hit] / det[hit]


def centre(vertices: Array, triangles: Array, point: Array, directions: tuple[Array, ...]) -> Array:
    """Moves a point inside the surface to its middle along every one of `directions`."""
    for _ in range(8):
        for direction in directions:
            t = crossings(vertices, triangles, point, direction)
            point = point + direction * (t[t < 0].max() + t[t > 0].min()) / 2
    return point


def finger(vertices: Array, triangles: Array, marks: tuple[tuple[float, float], ...]) -> Array:
    """[4, 3]: three joints and the end of one finger, at half the finger's (or palm's) thickness."""
    inner = np.array([[x, 0.0, z] for x, z in marks])
    inner[3] += 0.004 * (inner[2] - inner[3]) / np.linalg.norm(inner[2] - inner[3])  # the very end has no thickness
    out = []
    for point in inner:
        t = crossings(vertices, triangles, point, Y)
        out.append(point + Y * (t.min() + t.max()) / 2)
    out[3] += 0.004 * (out[3] - out[2]) / np.linalg.norm(out[3] - out[2])
    return np.array(out)


def eye_centre(vertices: Array, polygons: list[list[int]], near: Array) -> tuple[Array, Array]:
    """Middle and pupil of the eyeball, the separate sphere around `near`."""
    label = np.arange(len(vertices))
    while True:
        before = label.copy()
        for p in polygons:
            label[p] = label[p].min()
        if np.array_equal(before, label):
            break
    pieces = [vertices[label == k] for k in np.unique(label)]
    ball = min(pieces, key=lambda piece: float(np.linalg.norm((piece.min(0) + piece.max(0)) / 2 - near)))
    return (ball.min(0) + ball.max(0)) / 2, ball[np.argmax(ball[:, 2])]


def measure(paths: list[Path]) -> dict[str, dict[str, list[float]]]:
    """The neutral body: `rest_joints` and `tips`, by name."""
    vertices, triangles = average_surface(paths)
    joints: dict[str, Array] = {name: np.array([0.0, y, z]) for name, (y, z) in TRUNK.items()}
    joints |= {name: np.array(place) for name, place in BESIDE.items()}
    for name, (mark, directions) in LIMBS.items():
        joints[name] = centre(vertices, triangles, np.array(mark), directions)
    tips: dict[str, Array] = {}
    for name in FINGERS:
        *knuckles, end = finger(vertices, triangles, FINGER_MARKS[name])
        joints |= {f"left_{name}{k}": place for k, place in enumerate(knuckles, start=1)}
        tips[f"left_{name}3"] = end
    joints["left_eye_smplhf"], tips["left_eye_smplhf"] = eye_centre(
        vertices, triangles.tolist(), np.array([0.033, 1.598, 0.065])
    )
    top = vertices[np.argmax(vertices[:, 1])]
    tips["head"] = np.array([0.0, top[1], top[2]])
    chin = vertices[(np.abs(vertices[:, 0]) < 0.004) & (np.abs(vertices[:, 1] - 1.488) < 0.012)]
    tips["jaw"] = chin[np.argmax(chin[:, 2])] * (Y + Z)
    left = vertices[(vertices[:, 0] > 0) & (vertices[:, 1] < 0.1)]
    toes = left[left[:, 2] > left[:, 2].max() - 0.012]
    tips["left_foot"] = np.array([*((toes.min(0) + toes.max(0)) / 2)[:2], left[:, 2].max()])
    return {"rest_joints": mirrored(joints), "tips": mirrored(tips)}


def mirrored(left: dict[str, Array]) -> dict[str, list[float]]:
    """Both sides, rounded to a tenth of a millimetre, in the order of the skeleton."""
    both: dict[str, list[float]] = {}
    for name in JOINTS:
        source = left.get(name)
        sign = 1.0
        if source is None:
            source, sign = left.get(JOINTS[MIRROR[INDEX[name]]]), -1.0
        if source is not None:
            both[name] = [round(float(c), 4) + 0.0 for c in source * np.array([sign, 1.0, 1.0])]
    return both


if __name__ == "__main__":
    document = measure([Path(argument) for argument in sys.argv[1:]])
    lines = [
        f'  "{part}": {{\n' + ",\n".join(f'    "{k}": {json.dumps(v)}' for k, v in places.items()) + "\n  }"
        for part, places in document.items()
    ]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")
