"""The surface of a user's SMPL-X model stands on its own armature, with its expressions as shape keys."""

from dataclasses import dataclass

import bpy
import numpy as np
import pytest

from chironomy.motion.body import neutral_body
from chironomy.motion.skeleton import JOINT_COUNT, JOINTS
from chironomy_blender.scene import axes
from chironomy_blender.scene.armature import create_armature
from chironomy_blender.scene.surface import create_surface


@dataclass(frozen=True)
class Model:
    """Random skin: three vertices near every joint, weights spread over six joints."""

    vertices: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    expressions: np.ndarray


@pytest.fixture
def model() -> Model:
    random = np.random.default_rng(5)
    vertices = np.repeat(neutral_body().rest_joints, 3, axis=0) + random.normal(0, 0.02, (3 * JOINT_COUNT, 3))
    weights = np.zeros((len(vertices), JOINT_COUNT))
    for vertex, row in enumerate(weights):
        row[random.choice(JOINT_COUNT, 6, replace=False)] = random.random(6) * 0.1
        row[vertex // 3] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    expressions = random.normal(0, 0.001, (len(vertices), 3, 10))
    return Model(vertices, np.arange(len(vertices)).reshape(-1, 3), weights, expressions)


@pytest.fixture
def surface(model: Model) -> bpy.types.Object:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return create_surface(create_armature("Speaker", neutral_body()), model)


def test_vertices_stand_as_in_the_model_turned_to_blenders_axes(surface, model):
    points = np.array([vertex.co for vertex in surface.data.vertices])
    np.testing.assert_allclose(points, axes.points_to_blender(model.vertices), atol=1e-6)
    assert len(surface.data.polygons) == len(model.faces)


def test_expressions_are_shape_keys_that_are_off(surface, model):
    keys = surface.data.shape_keys.key_blocks
    assert [key.name for key in keys] == ["Basis", *(f"Exp{n:03d}" for n in range(10))]
    assert all(key.value == 0.0 for key in keys[1:])
    moved = np.array([point.co for point in keys["Exp003"].data])
    expected = axes.points_to_blender(model.vertices + model.expressions[:, :, 3])
    np.testing.assert_allclose(moved, expected, atol=1e-6)
    keys["Exp003"].value = -2.5
    assert keys["Exp003"].value == -2.5


def test_four_bones_a_vertex_at_most_and_weights_sum_to_one(surface):
    assert {group.name for group in surface.vertex_groups} <= set(JOINTS)
    for vertex in surface.data.vertices:
        given = [group.weight for group in vertex.groups]
        assert 1 <= len(given) <= 4
        assert sum(given) == pytest.approx(1.0, abs=1e-3)


def test_it_follows_the_armature(surface):
    armature = surface.parent
    assert [m.object for m in surface.modifiers if m.type == "ARMATURE"] == [armature]
    armature.pose.bones["pelvis"].location = (0.0, 1.0, 0.0)
    bpy.context.view_layer.update()
    evaluated = surface.evaluated_get(bpy.context.evaluated_depsgraph_get())
    before = np.array([vertex.co for vertex in surface.data.vertices])
    after = np.array([vertex.co for vertex in evaluated.data.vertices])
    assert np.linalg.norm(after - before, axis=1) == pytest.approx(1.0, abs=1e-4)
