"""A speaker with a live take and words in the list: what the pictures of the lane and its tests show."""

from dataclasses import replace

import bpy
import numpy as np
from speaker import create_speaker, example_take

from chironomy.emphasis.curve import word_bump
from chironomy.formats.take import StrokeWindow, Take, TakeWord
from chironomy.formats.words import Word
from chironomy.motion.body import neutral_body

SENTENCE = "I would never ask everyone here to do all of that again"
SCORES = (0.3, 0.05, 0.9, 0.15, 0.8, 0.1, 0.0, 0.1, 0.6, 0.0, 0.2, 0.5)


def spoken_take(frames: int = 250, fps: float = 30.0) -> Take:
    """Two layers of made-up motion, with a stroke on every word of the sentence."""
    take = example_take(frames, fps)
    times, psi = np.arange(frames) / fps, np.zeros(frames)
    words = []
    for n, (text, score) in enumerate(zip(SENTENCE.split(), SCORES, strict=True)):
        start_s = 0.5 + 0.55 * n
        window = StrokeWindow(start_s - 0.25, start_s, start_s + 0.2, start_s + 0.5)
        psi = np.maximum(psi, score * word_bump(window, times))
        words.append(TakeWord(Word(text, start_s, start_s + 0.5), score, window))
    return replace(take, emphasis=psi, metadata=replace(take.metadata, words=tuple(words)))


def fill_words(scene: bpy.types.Scene, take: Take) -> None:
    """The take's words in the scene's list."""
    from chironomy_blender.properties import filling

    with filling():
        scene.chironomy.words.clear()
        for word in take.metadata.words:
            item = scene.chironomy.words.add()
            item.text, item.start_s, item.end_s = word.word.text, word.word.start_s, word.word.end_s
            item.score = item.slider = word.score


def register_parts() -> None:
    """The parts of the add-on that words need."""
    from chironomy_blender import properties, word_lane
    from chironomy_blender.operators import emphasis as operators
    from chironomy_blender.panels import emphasis as panels

    for part in (properties, operators, panels, word_lane):
        part.register()


def unregister_parts() -> None:
    """Takes them away again."""
    from chironomy_blender import properties, word_lane
    from chironomy_blender.operators import emphasis as operators
    from chironomy_blender.panels import emphasis as panels

    for part in (word_lane, panels, operators, properties):
        part.unregister()


def live_words(first_frame: int = 11) -> bpy.types.Object:
    """A new file with the speaker, its live take and the words in the list; returns the armature."""
    from chironomy_blender.scene import layers

    armature, mesh = create_speaker()
    take = spoken_take()
    layers.apply_take(armature, mesh, take, first_frame=first_frame)
    bpy.context.scene.chironomy.armature = armature
    fill_words(bpy.context.scene, take)
    return armature


def set_scene() -> None:
    """For the pictures: in the open file, with its window, a mannequin instead of the triangles."""
    from chironomy_blender.scene import layers
    from chironomy_blender.scene.armature import create_armature
    from chironomy_blender.scene.keyframes import set_scene_fps
    from chironomy_blender.scene.mannequin import create_mannequin

    register_parts()
    scene = bpy.context.scene
    for item in list(scene.objects):
        bpy.data.objects.remove(item)
    set_scene_fps(scene, 30.0)
    scene.frame_start, scene.frame_end = 1, 250
    armature = create_armature("Speaker", neutral_body())
    mesh = create_mannequin(armature, neutral_body())
    take = spoken_take()
    layers.apply_take(armature, mesh, take, first_frame=11)
    bpy.context.view_layer.objects.active = armature
    armature.select_set(True)
    scene.chironomy.armature = armature
    fill_words(scene, take)
    bpy.ops.ed.undo_push(message="scene")
