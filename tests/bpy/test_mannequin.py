"""The mannequin is a sound mesh, bends without collapsing, and makes every face that ARKit names."""

import time

import bpy
import numpy as np
import pytest
from mathutils.kdtree import KDTree

from chironomy.motion import rotations as rot
from chironomy.motion.arkit import ARKIT_SHAPES
from chironomy.motion.body import Body, neutral_body
from chironomy.motion.skeleton import INDEX, JOINTS
from chironomy_blender.scene import axes
from chironomy_blender.scene.armature import create_armature, hinge_axis, rest_rotations
from chironomy_blender.scene.mannequin import build_mannequin, create_mannequin
from chironomy_blender.scene.mannequin.parts import Part

MIRRORED = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def figure() -> Part:
    return build_mannequin(neutral_body())


@pytest.fixture(scope="module")
def character() -> tuple[bpy.types.Object, bpy.types.Object]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    armature = create_armature("Speaker", neutral_body())
    return armature, create_mannequin(armature, neutral_body())


def triangles(faces: np.ndarray) -> np.ndarray:
    quads = faces[faces[:, 3] >= 0]
    return np.concatenate([faces[:, :3], quads[:, [0, 2, 3]]])


def pieces(faces: np.ndarray, count: int) -> np.ndarray:
    """For every vertex the number of the closed piece that it belongs to."""
    label, tri = np.arange(count), triangles(faces)
    while True:
        before = label.copy()
        for k in range(3):
            a, b = tri[:, k], tri[:, (k + 1) % 3]
            low = np.minimum(label[a], label[b])
            np.minimum.at(label, a, low)
            np.minimum.at(label, b, low)
        label = label[label]
        if np.array_equal(before, label):
            return np.unique(label, return_inverse=True)[1]


def volumes(points: np.ndarray, faces: np.ndarray, piece: np.ndarray) -> np.ndarray:
    tri = triangles(faces)
    a, b, c = (points[tri[:, k]] for k in range(3))
    return np.bincount(piece[tri[:, 0]], np.einsum("ij,ij->i", a, np.cross(b, c)) / 6)


def test_every_piece_is_closed_and_faces_outwards(figure):
    directed: dict[tuple[int, int], int] = {}
    for face in figure.faces.tolist():
        corners = [corner for corner in face if corner >= 0]
        assert len(set(corners)) == len(corners)
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            directed[a, b] = directed.get((a, b), 0) + 1
    assert set(directed.values()) == {1}
    assert all((b, a) in directed for a, b in directed)
    piece = pieces(figure.faces, len(figure.vertices))
    assert (volumes(figure.vertices, figure.faces, piece) > 0).all()


def test_no_vertex_is_loose(figure):
    assert np.array_equal(np.unique(figure.faces[figure.faces >= 0]), np.arange(len(figure.vertices)))


def test_size_suits_a_viewport(character):
    mesh = character[1].data
    count = sum(len(face.vertices) - 2 for face in mesh.polygons)
    assert 10_000 < count < 30_000
    assert not mesh.validate(verbose=False)


def test_weights_sum_to_one_over_at_most_four_bones(character):
    mesh = character[1]
    names = {group.index: group.name for group in mesh.vertex_groups}
    assert set(names.values()) <= set(JOINTS)
    for vertex in mesh.data.vertices:
        given = [group.weight for group in vertex.groups]
        assert 1 <= len(given) <= 4
        assert sum(given) == pytest.approx(1.0, abs=1e-3)


def test_every_bone_but_none_in_vain_moves_something(character):
    assert {group.name for group in character[1].vertex_groups} == set(JOINTS)


def test_all_52_shapes_are_there_off_and_in_order(character):
    keys = character[1].data.shape_keys.key_blocks
    assert [key.name for key in keys] == ["Basis", *ARKIT_SHAPES]
    assert all(key.value == 0.0 for key in keys[1:])


@pytest.mark.parametrize("name", ARKIT_SHAPES)
def test_every_shape_moves_something_one_sees(figure, name):
    assert np.linalg.norm(figure.shapes[name], axis=1).max() > 0.0012


def test_figure_and_shapes_are_symmetric(figure):
    tree = KDTree(len(figure.vertices))
    for i, point in enumerate(figure.vertices * MIRRORED):
        tree.insert(point, i)
    tree.balance()
    nearest = [tree.find(point)[1:] for point in figure.vertices]
    assert max(distance for _, distance in nearest) < 1e-5
    for name in ARKIT_SHAPES:
        if name.endswith("Left"):
            left, right = figure.shapes[name], figure.shapes[name[:-4] + "Right"]
            np.testing.assert_allclose(
                np.sort(np.linalg.norm(left, axis=1)), np.sort(np.linalg.norm(right, axis=1)), atol=1e-6
            )
            np.testing.assert_allclose(left.sum(axis=0), (right * MIRRORED).sum(axis=0), atol=1e-5)


def test_left_shapes_move_the_characters_left(figure):
    for name in ("eyeBlinkLeft", "browOuterUpLeft", "mouthSmileLeft", "cheekSquintLeft"):
        moved = np.linalg.norm(figure.shapes[name], axis=1) > 1e-3
        assert (figure.vertices[moved, 0] > 0).all()


def test_jaw_open_moves_no_skin_that_the_jaws_joint_carries(figure):
    carried = figure.weights["jaw"] > 0.999
    assert np.count_nonzero(carried) > 100
    assert np.abs(figure.shapes["jawOpen"][carried]).max() == 0.0


def test_no_shape_moves_an_eyeball(figure):
    eyes = (figure.weights["left_eye_smplhf"] + figure.weights["right_eye_smplhf"]) > 0
    assert all(np.abs(offsets[eyes]).max() == 0.0 for offsets in figure.shapes.values())


def test_lids_never_cut_into_the_eyeball(figure):
    eyeball = figure.vertices[figure.weights["left_eye_smplhf"] > 0]
    centre = neutral_body().rest_joints[INDEX["left_eye_smplhf"]]
    radius = np.linalg.norm(eyeball - centre, axis=1).max()
    near = (figure.weights["head"] > 0.5) & (np.linalg.norm(figure.vertices - centre, axis=1) < 2 * radius)
    outside = near & (np.linalg.norm(figure.vertices - centre, axis=1) > radius)
    for name in ("eyeBlinkLeft", "eyeLookDownLeft", "eyeLookUpLeft", "eyeSquintLeft", "eyeWideLeft", "eyeLookInLeft"):
        for amount in (0.25, 0.5, 0.75, 1.0):
            moved = figure.vertices[outside] + amount * figure.shapes[name][outside]
            assert np.linalg.norm(moved - centre, axis=1).min() > radius, (name, amount)


def posed(
    character, local: dict[str, list[tuple[object, float]]], shapes: dict[str, float] | None = None
) -> np.ndarray:
    """The deformed vertices in motion space, for rotations about motion axes in degrees."""
    armature, mesh = character
    rest = rest_rotations(armature)
    for i, name in enumerate(JOINTS):
        q = rot.identity()
        for axis, degrees in local.get(name, ()):
            q = rot.multiply(q, rot.about(axis, np.radians(degrees)))
        armature.pose.bones[name].rotation_quaternion = axes.pose_from_local(q, rest[i])
    for key in mesh.data.shape_keys.key_blocks[1:]:
        key.value = (shapes or {}).get(key.name, 0.0)
    bpy.context.view_layer.update()
    evaluated = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(3 * len(evaluated.data.vertices), dtype=np.float32)
    evaluated.data.vertices.foreach_get("co", points)
    return axes.points_from_blender(points.reshape(-1, 3))


def fist(side: str) -> dict[str, list[tuple[object, float]]]:
    body, sign = neutral_body(), 1.0 if side == "left" else -1.0
    out: dict[str, list[tuple[object, float]]] = {
        f"{side}_{finger}{k}": [("z", -sign * degrees)]
        for finger in ("index", "middle", "ring", "pinky")
        for k, degrees in ((1, 85), (2, 95), (3, 60))
    }
    for k in (1, 2, 3):
        thumb = f"{side}_thumb{k}"
        end = body.rest_joints[INDEX[f"{side}_thumb{k + 1}"]] if k < 3 else np.array(body.tips[thumb])
        along = end - body.rest_joints[INDEX[thumb]]
        out[thumb] = [(hinge_axis(thumb, along / np.linalg.norm(along)), 35)]
    return out


POSES = {
    "elbows at 120 degrees": {"left_elbow": [("y", -120.0)], "right_elbow": [("y", 120.0)]},
    "arms raised": {
        "left_collar": [("z", 20.0)], "left_shoulder": [("z", 65.0)],
        "right_collar": [("z", -20.0)], "right_shoulder": [("z", -65.0)],
    },
    "arms down": {"left_shoulder": [("z", -75.0)], "right_shoulder": [("z", 75.0)]},
    "arms crossed": {
        "left_collar": [("y", -15.0)], "left_shoulder": [("z", -35.0), ("y", -55.0)], "left_elbow": [("y", -105.0)],
        "right_collar": [("y", 15.0)], "right_shoulder": [("z", 35.0), ("y", 55.0)], "right_elbow": [("y", 105.0)],
    },
    "fists": {**fist("left"), **fist("right")},
    "bow and turn": {"spine1": [("x", 25.0)], "spine2": [("y", 20.0)], "spine3": [("y", 20.0)], "neck": [("y", 40.0)]},
    "sitting": {"left_hip": [("x", -90.0)], "left_knee": [("x", 100.0)], "left_ankle": [("x", 25.0)]},
}  # fmt: skip


@pytest.mark.parametrize("pose", POSES)
def test_no_piece_collapses_when_bent(character, figure, pose):
    piece = pieces(figure.faces, len(figure.vertices))
    before = volumes(figure.vertices, figure.faces, piece)
    after = volumes(posed(character, POSES[pose]), figure.faces, piece)
    assert (after / before).min() > 0.8
    assert (after / before).max() < 1.2


def test_fingertips_reach_the_palm_in_a_fist(character, figure):
    points = posed(character, fist("left"))
    palm = points[figure.weights["left_wrist"] > 0.99]
    for finger in ("index", "middle", "ring", "pinky"):
        tip = points[figure.weights[f"left_{finger}3"] > 0.99]
        gap = np.linalg.norm(tip[:, None] - palm[None], axis=-1).min()
        assert gap < 0.026, finger


def test_jaw_joint_opens_the_mouth_and_mouth_close_closes_it(character, figure):
    lips = np.flatnonzero(np.linalg.norm(figure.shapes["mouthClose"], axis=1) > 1e-3)
    pairs = [
        (a, b)
        for a in lips[figure.weights["jaw"][lips] > 0.9]
        for b in lips[(figure.weights["jaw"][lips] < 0.1)]
        if np.linalg.norm(figure.vertices[a] - figure.vertices[b]) < 0.0015
    ]
    assert len(pairs) >= 5  # upper and lower lip meet there
    upper, lower = (np.array([pair[k] for pair in pairs]) for k in (1, 0))
    for amount in (0.3, 0.6, 1.0):
        jaw = {"jaw": [("x", 22.0 * amount)]}
        opened = posed(character, jaw, {"jawOpen": amount})
        closed = posed(character, jaw, {"jawOpen": amount, "mouthClose": amount})
        gap_open = np.linalg.norm(opened[upper] - opened[lower], axis=1).mean()
        gap_closed = np.linalg.norm(closed[upper] - closed[lower], axis=1).mean()
        assert gap_open > 0.02 * amount
        assert gap_closed < 0.25 * gap_open


def test_it_is_a_child_of_the_armature_and_deformed_by_it(character):
    armature, mesh = character
    assert mesh.parent == armature
    assert [m.object for m in mesh.modifiers if m.type == "ARMATURE"] == [armature]


def test_it_fits_other_proportions():
    body = neutral_body()
    joints = body.rest_joints * [1.15, 1.2, 1.1]
    tips = {name: tuple(np.array(tip) * [1.15, 1.2, 1.1]) for name, tip in body.tips.items()}
    tall = build_mannequin(Body(joints, tips))
    assert np.isfinite(tall.vertices).all()
    assert tall.vertices[:, 1].max() == pytest.approx(2.04, abs=0.03)
    assert tall.vertices[:, 1].min() == pytest.approx(0.0, abs=0.02)


def test_it_stands_on_the_ground_at_its_stature(figure):
    assert figure.vertices[:, 1].min() == pytest.approx(0.0, abs=0.006)
    assert figure.vertices[:, 1].max() == pytest.approx(1.70, abs=0.01)


def test_it_is_built_in_under_two_seconds():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    armature = create_armature("Speaker", neutral_body())
    start = time.process_time()
    create_mannequin(armature, neutral_body())
    assert time.process_time() - start < 2.0
