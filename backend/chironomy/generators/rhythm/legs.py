"""Planted feet: the legs follow the pelvis, the feet never move."""

from dataclasses import dataclass

import numpy as np

from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.rotations import Array
from ...motion.skeleton import INDEX

#: How far a weight-bearing leg is stretched: nearly, never fully.
_STRETCH = 0.9985


@dataclass(frozen=True)
class Stand:
    """Where the feet stand, in motion space: the ankles' places [2, 3] and the turn of each foot outward (radians)."""

    ankles: Array
    turn_out_rad: Array


def stand_of(body: Body, generator: np.random.Generator) -> Stand:
    """Feet about as wide as the hips, toes a little outward, one foot a little in front."""
    ankles = np.stack([body.rest_joints[INDEX[f"{side}_ankle"]] for side in ("left", "right")])
    leg = np.linalg.norm(ankles[0] - body.rest_joints[INDEX["left_hip"]])
    ankles[:, 0] = np.array([1.0, -1.0]) * leg * generator.uniform(0.145, 0.185)
    ankles[:, 2] += np.array([0.5, -0.5]) * leg * generator.uniform(-0.06, 0.06)
    return Stand(ankles, np.radians(generator.uniform(6.0, 13.0, 2)))


def _hips(body: Body, pelvis_rotation: Array) -> Array:
    """[T, 2, 3] from the pelvis joint."""
    rest = np.stack([body.rest_joints[INDEX[f"{side}_hip"]] for side in ("left", "right")]) - body.rest_joints[0]
    return rot.rotate(pelvis_rotation[:, None], rest)


def pelvis_height(body: Body, stand: Stand, pelvis_rotation: Array, ground_xz: Array) -> Array:
    """[T]: as high as the stretched leg allows, passing softly from one leg to the other.

    ground_xz [T, 2] is the pelvis joint over the ground.
    """
    hips = _hips(body, pelvis_rotation)
    across = hips[..., [0, 2]] + ground_xz[:, None] - stand.ankles[:, [0, 2]]
    thigh, shin = _leg_lengths(body)
    rise = np.sqrt(np.maximum((_STRETCH * (thigh + shin)) ** 2 - np.sum(across**2, axis=-1), 1e-4))
    allowed = rise + stand.ankles[:, 1] - hips[..., 1]
    softness = 0.003
    return -softness * np.log(np.exp(-(allowed - allowed.mean()) / softness).sum(axis=1)) + allowed.mean()


def _leg_lengths(body: Body) -> tuple[float, float]:
    joints = [body.rest_joints[INDEX[f"left_{name}"]] for name in ("hip", "knee", "ankle")]
    return float(np.linalg.norm(joints[1] - joints[0])), float(np.linalg.norm(joints[2] - joints[1]))


def leg_rotations(body: Body, stand: Stand, pelvis_rotation: Array, pelvis_at: Array) -> dict[str, Array]:
    """Local rotations [T, 4] of hips, knees, ankles and feet that keep the feet where they stand.

    pelvis_rotation [T, 4]; pelvis_at [T, 3], the pelvis joint in metres.
    """
    hips = _hips(body, pelvis_rotation) + pelvis_at[:, None]
    result: dict[str, Array] = {}
    for k, side in enumerate(("left", "right")):
        result |= _leg(body, side, hips[:, k], stand.ankles[k], float(stand.turn_out_rad[k]), pelvis_rotation)
    return result


def _leg(
    body: Body, side: str, hip: Array, ankle: Array, turn_out_rad: float, pelvis_rotation: Array
) -> dict[str, Array]:
    rest = {name: body.rest_joints[INDEX[f"{side}_{name}"]] for name in ("hip", "knee", "ankle")}
    thigh, shin = rest["knee"] - rest["hip"], rest["ankle"] - rest["knee"]
    a, b = np.linalg.norm(thigh), np.linalg.norm(shin)
    away = ankle - hip
    distance = np.linalg.norm(away, axis=-1, keepdims=True)
    down = away / distance
    cosine = np.clip((a * a + distance**2 - b * b) / (2 * a * distance), -1.0, 1.0)
    outward = turn_out_rad if side == "left" else -turn_out_rad
    knee_way = np.array([np.sin(outward), 0.0, np.cos(outward)])
    knee_way = knee_way - (down @ knee_way)[:, None] * down
    knee_way /= np.linalg.norm(knee_way, axis=-1, keepdims=True)
    knee_at = hip + a * (cosine * down + np.sqrt(1 - cosine**2) * knee_way)
    hinge = np.cross(knee_way, down)
    thigh_world = _aim(thigh, knee_at - hip, hinge)
    shin_world = _aim(shin, ankle - knee_at, hinge)
    foot_world = rot.about("y", np.full(len(hip), outward))
    return {
        f"{side}_hip": rot.multiply(rot.inverse(pelvis_rotation), thigh_world),
        f"{side}_knee": rot.multiply(rot.inverse(thigh_world), shin_world),
        f"{side}_ankle": rot.multiply(rot.inverse(shin_world), foot_world),
        f"{side}_foot": rot.identity((len(hip),)),
    }


def _aim(bone: Array, way: Array, hinge: Array) -> Array:
    """Turns a bone at rest to point along `way` [T, 3], the knee's axis (x at rest) along `hinge`."""

    def frame(along: Array, across: Array) -> Array:
        along = along / np.linalg.norm(along, axis=-1, keepdims=True)
        across = across - np.sum(across * along, axis=-1, keepdims=True) * along
        across = across / np.linalg.norm(across, axis=-1, keepdims=True)
        return np.stack([along, across, np.cross(along, across)], axis=-1)

    rest = frame(bone, np.array([1.0, 0.0, 0.0]))
    return rot.from_matrix(frame(way, hinge) @ rest.T)
