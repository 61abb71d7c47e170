"""Blender's own importer reads our BVH: the same joints at the same places, the same frames, rate and length."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from chironomy.formats.bvh_writer import CENTIMETRES, METRES, write_bvh
from chironomy.motion import rotations as rot
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import JOINT_COUNT, JOINTS

BODY = neutral_body()


def moving(frames: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    steps = random.normal(0, 0.2, (frames, JOINT_COUNT, 3)).cumsum(axis=0)
    return rot.make_continuous(rot.exp(steps)), random.normal(0, 1, (frames, 3))


@pytest.mark.parametrize(("unit_m", "scale"), [(METRES, 1.0), (CENTIMETRES, 0.01)])
@pytest.mark.parametrize("fps", [24, 30, 60])
def test_blender_puts_every_joint_where_we_do(tmp_path: Path, unit_m: float, scale: float, fps: int) -> None:
    frames = 20
    rotations, translation = moving(frames)
    path = tmp_path / "motion.bvh"
    write_bvh(path, rotations, translation, BODY, fps, unit_m)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.preferences.addon_enable(module="io_anim_bvh")
    bpy.ops.import_anim.bvh(filepath=str(path), global_scale=scale, update_scene_fps=True)
    scene, armature = bpy.context.scene, bpy.context.object
    assert scene.render.fps / scene.render.fps_base == pytest.approx(fps, rel=1e-4)
    first, last = armature.animation_data.action.frame_range
    assert last - first + 1 == frames
    expected = forward(rotations, translation, BODY.rest_joints)[0]
    for frame in range(frames):
        scene.frame_set(int(first) + frame)
        found = np.array([armature.matrix_world @ armature.pose.bones[name].head for name in JOINTS])
        ours = expected[frame] @ np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
        assert np.abs(found - ours).max() < 1e-4
