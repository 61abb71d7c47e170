"""Steps that tests of the panel take, and what they look at."""

import io
import wave
from dataclasses import replace

import bpy
import numpy as np
from speaker import differences, example_take, snapshot

from chironomy.formats.take import StrokeWindow, Take, TakeWord
from chironomy.formats.words import Word
from chironomy_blender import connection, jobs, requests, takes
from chironomy_blender.scene.bake import shown_motion


def spoken_take(frames: int = 90) -> Take:
    take = example_take(frames)
    words = (
        TakeWord(Word("never", 0.2, 0.6, punctuation=","), 0.5, StrokeWindow(0.1, 0.3, 0.5, 0.9), "negation"),
        TakeWord(Word("again", 0.7, 1.1, punctuation="."), 0.3, StrokeWindow(0.6, 0.8, 1.0, 1.4)),
    )
    return replace(
        take, metadata=replace(take.metadata, words=words, seed=1, generator="rhythm", settings={"style": "calm"})
    )


def changes(before: dict[str, object]) -> list[str]:
    """What differs from a snapshot, the panel's own settings apart (in 4.5 they are custom properties)."""
    return [line for line in differences(before, snapshot()) if "[chironomy]" not in line]


def silent_wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(bytes(int(seconds * 16000) * 2))
    return file.getvalue()


def start_in_background() -> jobs.Job:
    """As a click on Generate does (without a window Blender runs `execute`); the timer is called by hand."""
    scene = bpy.context.scene
    jobs.start(requests.generate_job(scene, scene.chironomy.armature), connection.connector())
    return jobs.running()


def finish(job: jobs.Job) -> None:
    job.thread.join(10)
    jobs._tick()


def shown_rotations(armature: bpy.types.Object) -> np.ndarray:
    assert takes.shown_index(bpy.context.scene, armature) is not None
    return shown_motion(armature).rotations
