"""What tests of the panel share: a scene with a line to speak, a character, and a server with ready-made takes."""

from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from fake_server import FakeServer, fake_server
from panel import silent_wav, spoken_take

import chironomy_blender
from chironomy.motion.body import neutral_body
from chironomy_blender import jobs
from chironomy_blender.scene.armature import create_armature


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.Scene]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    monkeypatch.setenv("CHIRONOMY_DATA", str(tmp_path))
    chironomy_blender.register()
    sound = tmp_path / "line.wav"
    sound.write_bytes(silent_wav(3.0))
    speech = bpy.context.scene.chironomy.speech
    speech.sound_path, speech.text, speech.start_frame = str(sound), "Never, again.", 5
    yield bpy.context.scene
    jobs.cancel()
    chironomy_blender.unregister()


@pytest.fixture
def server(tmp_path: Path, scene: bpy.types.Scene) -> Iterator[FakeServer]:
    with fake_server(tmp_path, spoken_take()) as running:
        yield running


@pytest.fixture
def armature(scene: bpy.types.Scene) -> bpy.types.Object:
    made = create_armature("Anna", neutral_body())
    scene.chironomy.armature = made
    return made
