"""The armature stands and moves exactly as our own forward kinematics say, in Blender."""

import bpy
import numpy as np
import pytest

from chironomy.motion import kinematics
from chironomy.motion import rotations as rot
from chironomy.motion.body import Body, neutral_body
from chironomy.motion.skeleton import INDEX, JOINTS, MIRROR, PARENTS
from chironomy_blender.scene import armature as rig
from chironomy_blender.scene import axes

MIRRORED = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def body() -> Body:
    return neutral_body()


@pytest.fixture
def armature(body: Body) -> bpy.types.Object:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return rig.create_armature("Speaker", body)


def random_rotations(frames: int, seed: int = 7) -> rot.Array:
    q = np.random.default_rng(seed).normal(size=(frames, len(JOINTS), 4))
    return rot.normalize(q)


def set_pose(armature: bpy.types.Object, local: rot.Array, translation: rot.Array) -> None:
    rest = rig.rest_rotations(armature)
    pose = axes.pose_from_local(local, rest)
    for name, q in zip(JOINTS, pose, strict=True):
        armature.pose.bones[name].rotation_quaternion = q
    armature.pose.bones["pelvis"].location = axes.location_from_translation(translation, rest[0])
    bpy.context.view_layer.update()


def test_bones_equal_forward_kinematics_on_200_random_frames(armature, body):
    local = random_rotations(200)
    translation = np.random.default_rng(1).uniform(-2, 2, (200, 3))
    heads, tails = rig.bone_ends(body)
    expected, world = kinematics.forward(local, translation, body.rest_joints)
    expected_tails = expected + rot.rotate(world, tails - heads)
    errors = []
    for frame in range(200):
        set_pose(armature, local[frame], translation[frame])
        bones = armature.pose.bones
        errors.append(np.array([bones[n].head for n in JOINTS]) - axes.points_to_blender(expected[frame]))
        errors.append(np.array([bones[n].tail for n in JOINTS]) - axes.points_to_blender(expected_tails[frame]))
    assert np.abs(errors).max() < 1e-3


def test_pose_and_location_go_there_and_back():
    rest = rot.to_matrix(random_rotations(1)[0])
    local = random_rotations(20, seed=3)
    np.testing.assert_allclose(axes.local_from_pose(axes.pose_from_local(local, rest), rest), local, atol=1e-12)
    moved = axes.location_from_translation([[1.0, 2.0, 3.0]], rest[0])
    np.testing.assert_allclose(axes.translation_from_location(moved, rest[0]), [[1.0, 2.0, 3.0]], atol=1e-12)


def test_world_rotations_turn_points_alike_on_both_sides():
    q, points = random_rotations(1)[0], np.random.default_rng(2).normal(size=(55, 3))
    turned = axes.points_to_blender(rot.rotate(q, points))
    same = rot.rotate(axes.rotations_to_blender(q), axes.points_to_blender(points))
    np.testing.assert_allclose(turned, same, atol=1e-12)
    np.testing.assert_allclose(axes.rotations_from_blender(axes.rotations_to_blender(q)), q, atol=1e-12)


def test_character_stands_upright_and_faces_minus_y(armature):
    bones = armature.data.bones
    assert bones["head"].tail_local.z > 1.6
    assert bones["left_foot"].tail_local.y < bones["left_ankle"].head_local.y - 0.05
    assert bones["left_wrist"].head_local.x > 0.5


def test_every_bone_lies_along_its_limb(armature, body):
    heads, tails = rig.bone_ends(body)
    for i, name in enumerate(JOINTS):
        bone = armature.data.bones[name]
        np.testing.assert_allclose(bone.head_local, axes.points_to_blender(heads[i]), atol=1e-5)
        np.testing.assert_allclose(bone.tail_local, axes.points_to_blender(tails[i]), atol=1e-5)
        assert bone.length > 0.005
        assert (bone.parent.name if bone.parent else None) == (JOINTS[PARENTS[i]] if PARENTS[i] >= 0 else None)


def test_rolls_are_mirrored(armature):
    rest = rig.rest_rotations(armature)
    # the mirror image of a frame is left-handed; Blender's flipped pose keeps Y and Z and turns X round
    mirrored = rest[MIRROR] * MIRRORED[None, :, None] * np.array([-1.0, 1.0, 1.0])
    sides = [i for i, name in enumerate(JOINTS) if name.startswith(("left_", "right_"))]
    np.testing.assert_allclose(rest[sides], mirrored[sides], atol=1e-5)


def _bend(armature: bpy.types.Object, bone: str, degrees: float) -> np.ndarray:
    """Where the bone's tail goes (Blender's axes) when it alone turns about its own X."""
    before = armature.pose.bones[bone].tail.copy()
    armature.pose.bones[bone].rotation_quaternion = rot.about("x", np.radians(degrees))
    bpy.context.view_layer.update()
    return np.array(armature.pose.bones[bone].tail - before)


@pytest.mark.parametrize(
    ("bone", "axis", "sign"),
    [
        ("left_elbow", 1, -1),
        ("right_elbow", 1, -1),
        ("left_knee", 1, +1),
        ("right_knee", 1, +1),
        ("left_wrist", 2, -1),
        ("right_index2", 2, -1),
        ("left_pinky1", 2, -1),
        ("spine2", 1, -1),
        ("head", 1, -1),
        ("jaw", 2, -1),
    ],
)
def test_positive_turn_about_x_closes_the_joint(armature, bone, axis, sign):
    assert _bend(armature, bone, 20.0)[axis] * sign > 0


def test_positive_turn_about_x_brings_the_thumb_over_the_palm(armature, body):
    palm = axes.points_to_blender(body.rest_joints[INDEX["left_ring1"]] + [-0.03, -0.02, 0.0])
    tip = np.array(armature.pose.bones["left_thumb3"].tail)
    moved = tip + _bend(armature, "left_thumb3", 30.0)
    assert np.linalg.norm(moved - palm) < np.linalg.norm(tip - palm)


def test_bones_are_sorted_into_collections(armature):
    names = {collection.name: len(collection.bones) for collection in armature.data.collections}
    assert names == {"Body": 22, "Left Hand": 15, "Right Hand": 15, "Face": 3}


def test_armature_is_recognised_and_gives_its_body_back(armature, body):
    assert rig.is_smplx_armature(armature)
    again = rig.body_of(armature)
    np.testing.assert_allclose(again.rest_joints, body.rest_joints, atol=1e-5)
    assert set(again.tips) == set(body.tips)
    for name, tip in body.tips.items():
        np.testing.assert_allclose(again.tips[name], tip, atol=1e-5)


def test_a_strange_armature_is_not_taken_for_ours():
    stranger = bpy.data.objects.new("Stranger", bpy.data.armatures.new("Stranger"))
    assert not rig.is_smplx_armature(stranger)
    assert not rig.is_smplx_armature(None)


def test_creating_keeps_selection_and_active_object(body):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "POINT"))
    bpy.context.scene.collection.objects.link(light)
    bpy.context.view_layer.objects.active = light
    light.select_set(True)
    rig.create_armature("Speaker", body)
    assert bpy.context.view_layer.objects.active == light
    assert bpy.context.selected_objects == [light]


def test_two_joints_in_one_place_still_make_55_bones(body):
    joints = body.rest_joints.copy()
    joints[INDEX["left_index2"]] = joints[INDEX["left_index1"]]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert len(rig.create_armature("Odd", Body(joints, body.tips)).data.bones) == len(JOINTS)
