"""*Speech*: where sound and text come from."""

import bpy

from chironomy_blender.scene.live import live_take


def test_sound_is_put_into_the_scene_once(scene) -> None:
    bpy.ops.chironomy.place_sound()
    bpy.ops.chironomy.place_sound()
    strips = scene.sequence_editor.strips_all
    assert len(strips) == 1
    assert round(strips[0].frame_start) == 5


def test_speech_can_come_from_a_strip_and_a_text_block(server, scene, armature) -> None:
    bpy.ops.chironomy.place_sound()
    strip = scene.sequence_editor.strips_all[0]
    strip.frame_start = 21
    speech = scene.chironomy.speech
    speech.source, speech.strip, speech.text_source = "STRIP", strip.name, "TEXT"
    speech.text_block = bpy.data.texts.new("Line")
    speech.text_block.write("Never again")
    strip.sound.pack()
    bpy.ops.chironomy.generate()
    assert server.requests[0]["text"].strip() == "Never again"
    assert live_take(armature).frames[0] == 21
