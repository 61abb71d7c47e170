"""Jobs under way: nothing is blocked, and whatever happens meanwhile ends in a sensible state."""

import subprocess
import sys
import time

import bpy
import pytest
from panel import changes, finish, start_in_background
from speaker import snapshot

import chironomy_blender
from chironomy_blender import jobs
from chironomy_blender.scene.live import has_live_take


def test_a_job_in_the_background_blocks_nothing_and_is_delivered_by_the_timer(server, scene, armature) -> None:
    server.seconds = 0.3
    before = time.perf_counter()
    job = start_in_background()
    assert time.perf_counter() - before < 0.05
    before = time.perf_counter()
    jobs._tick()
    assert time.perf_counter() - before < 0.05
    assert not scene.chironomy.takes
    scene.frame_set(40)
    finish(job)
    assert has_live_take(armature)
    assert jobs.running() is None


def test_cancel_leaves_the_file_as_it_was(server, scene, armature) -> None:
    server.seconds = 30
    before = snapshot()
    job = start_in_background()
    time.sleep(0.2)
    bpy.ops.chironomy.cancel()
    job.thread.join(2)
    assert not job.thread.is_alive()
    assert server.cancelled == ["0"]
    assert jobs._tick() is None
    assert changes(before) == []


def test_a_character_deleted_during_the_job_drops_the_result_with_a_notice(server, scene, armature) -> None:
    server.seconds = 0.2
    job = start_in_background()
    bpy.data.objects.remove(armature)
    finish(job)
    assert not scene.chironomy.takes
    assert "character was removed" in jobs.notice("generate")[1]


def test_another_file_opened_during_the_job_drops_the_result_with_a_notice(server, scene, armature) -> None:
    server.seconds = 0.2
    job = start_in_background()
    bpy.ops.wm.read_homefile(use_empty=True)
    finish(job)
    assert not bpy.context.scene.chironomy.takes
    assert "scene was removed" in jobs.notice("generate")[1]


def test_another_scene_chosen_during_the_job_gets_nothing_of_it(server, scene, armature, tmp_path) -> None:
    server.seconds = 0.2
    job = start_in_background()
    other = bpy.data.scenes.new("Other")
    with bpy.context.temp_override(scene=other):
        finish(job)
    assert len(scene.chironomy.takes) == 1
    assert not other.chironomy.takes


def test_a_server_killed_during_the_job_is_told(server, scene, armature) -> None:
    server.seconds = 30
    job = start_in_background()
    time.sleep(0.15)
    server.die()
    finish(job)
    assert jobs.notice("generate")[0] == "ERROR"
    assert "start it again" in jobs.notice("generate")[1]
    assert not has_live_take(armature)


def test_unregistering_during_a_job_ends_it(server, scene, armature) -> None:
    server.seconds = 30
    job = start_in_background()
    time.sleep(0.15)
    chironomy_blender.unregister()
    job.thread.join(2)
    assert not job.thread.is_alive()
    assert not bpy.app.timers.is_registered(jobs._tick)
    chironomy_blender.register()


def test_undo_during_a_job_keeps_the_job(server, scene, armature) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="before")
    server.seconds = 0.3
    job = start_in_background()
    bpy.data.objects["Anna"].location.x = 1
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.ed.undo()
    finish(job)
    assert has_live_take(bpy.data.objects["Anna"])


@pytest.mark.own_process
def test_quitting_during_a_job_ends_at_once(server, scene, armature, tmp_path) -> None:
    server.seconds = 60
    script = f"""
import bpy, chironomy_blender
from chironomy.motion.body import neutral_body
from chironomy_blender import connection, jobs, requests
from chironomy_blender.scene.armature import create_armature
chironomy_blender.register()
scene = bpy.context.scene
speech, scene.chironomy.armature = scene.chironomy.speech, create_armature("Anna", neutral_body())
speech.sound_path, speech.text = {str(tmp_path / "line.wav")!r}, "Never, again."
jobs.start(requests.generate_job(scene, scene.chironomy.armature), connection.connector())
while jobs.running().stage != "Generating":
    pass
print("quits")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert "quits" in ended.stdout, ended.stderr
