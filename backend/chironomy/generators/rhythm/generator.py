"""The rhythm generator: a plan for every word, then arms, trunk and legs, twice: base and semantic layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...emphasis.fuse import within_reach
from ...face.animate import animate_face
from ...formats.gesture_choice import with_choices
from ...formats.take import Take, TakeMetadata
from ...motion import rotations as rot
from ...motion.body import Body
from ...motion.limits import limit
from ...motion.rotations import Array
from ...motion.skeleton import CONTACT_JOINTS, INDEX, JOINT_COUNT
from ...progress import Progress, silent
from ...speech.types import FPS
from ..gesture_notices import unmet
from ..request import Request
from .arm_keys import authored_rows, homes_of, strokes_of, thread
from .arm_motion import add_light_touches, arm_joints, path_through
from .arm_pose import PRONATION, WRIST, Arm, arm_of
from .clearance import clear_of_body, keep_hands_apart, leave_room_beyond
from .emphasis import psi, take_words
from .exaggeration import clear_when_exaggerated
from .legs import Stand, leg_rotations, stand_of
from .library import Library, Style, library, style_named
from .phrases import Phrase, phrases_of
from .plan import Performed, hands_of, plan
from .randomness import stream
from .trunk import Pelvis, breath, pelvis_motion, trunk_motion, trunk_rotations


@dataclass(frozen=True)
class _Scene:
    """All that both layers share."""

    body: Body
    arms: tuple[Arm, Arm]
    library: Library
    style: Style
    seed: int
    phrases: Sequence[Phrase]
    performed: Sequence[Performed]
    times_s: Array
    stand: Stand
    pelvis: Pelvis
    breathing: Array


class RhythmGenerator:
    """Gestures from the rhythm of the voice and the meaning of words, without any weights."""

    name = "rhythm"

    def generate(self, request: Request, progress: Progress = silent) -> Take:
        """Raises UserError for an unknown style or gesture class."""
        progress("Planning gestures", 0.0)
        scene = _scene(request)
        frames = len(scene.times_s)
        progress("Moving", 0.2)
        base, semantic = _layers(scene)
        progress("Moving", 0.7)
        face = animate_face(request.speech, frames, FPS, request.seed)
        for layer in (base, semantic):
            layer[:, INDEX["jaw"]] = face.jaw
            layer[:, INDEX["left_eye_smplhf"]] = face.left_eye
            layer[:, INDEX["right_eye_smplhf"]] = face.right_eye
        base, semantic = _finished(base, semantic, request.body)
        emphasis = psi(scene.performed, frames, FPS)
        translation = scene.pelvis.at - scene.body.rest_joints[0]
        return Take(
            base_rotations=base,
            semantic_rotations=semantic,
            translation=translation,
            semantic_translation=translation.copy(),
            face=face.shapes,
            emphasis=emphasis,
            contacts=np.ones((frames, len(CONTACT_JOINTS))),
            metadata=TakeMetadata(
                fps=float(FPS),
                words=take_words(request.speech.words, scene.performed, emphasis, FPS),
                generator=self.name,
                seed=request.seed,
                settings=with_choices({"style": request.style, **request.settings}, request.gesture_choices),
                notices=unmet(request, {p.word: hands_of(p) for p in scene.performed}),
            ),
        )


def _scene(request: Request) -> _Scene:
    presets, style = library(), style_named(request.style)
    speech, seed = request.speech, request.seed
    times_s = np.arange(max(math.ceil(speech.duration_s * FPS - 1e-6), 1)) / FPS
    phrases = phrases_of(speech.words, presets, seed)
    performed = plan(speech, phrases, presets, style, seed, request.gesture_choices)
    stand = stand_of(request.body, stream(seed, "stand"))
    pelvis = pelvis_motion(request.body, stand, phrases, style, seed, times_s)
    return _Scene(
        body=request.body,
        arms=(arm_of(request.body, "left"), arm_of(request.body, "right")),
        library=presets,
        style=style,
        seed=seed,
        phrases=phrases,
        performed=performed,
        times_s=times_s,
        stand=stand,
        pelvis=pelvis,
        breathing=breath(phrases, seed, times_s),
    )


def _arm_paths(scene: _Scene, semantic: bool) -> list[Array]:
    """[T, 28] for the left and the right arm (see arm_pose), clear of the body and of each other."""
    paths = []
    duration_s = float(scene.times_s[-1])
    for arm in scene.arms:
        rows = authored_rows(arm, scene.library)
        homes = homes_of(arm, rows, scene.phrases, scene.library, scene.style, scene.seed, duration_s)
        strokes = strokes_of(arm, rows, scene.performed, homes, scene.library, scene.seed, semantic)
        keys = thread(strokes, homes, arm, scene.seed, scene.style, duration_s)
        path = path_through(arm, keys, scene.style, scene.seed, scene.times_s)
        if semantic:
            add_light_touches(path, arm.side, scene.performed, FPS)
        clear_of_body(path, arm, FPS)
        paths.append(path)
    keep_hands_apart(scene.arms, paths[0], paths[1], FPS)
    return paths


def _layers(scene: _Scene) -> tuple[Array, Array]:
    """Local rotations [T, 55, 4] of base and semantic layer."""
    legs = leg_rotations(scene.body, scene.stand, scene.pelvis.rotation, scene.pelvis.at)
    paths = [_arm_paths(scene, semantic) for semantic in (False, True)]
    leave_room_beyond(scene.arms, paths[0], paths[1], FPS)
    # the same in both layers, so that between and beyond them the elbow stays a hinge
    elbow_turns = [(paths[0][k][:, PRONATION] + paths[1][k][:, PRONATION]) / 4 for k in range(2)]
    base, semantic = (_layer(scene, layer, legs, elbow_turns, bool(k)) for k, layer in enumerate(paths))
    return base, semantic


def _layer(
    scene: _Scene, paths: Sequence[Array], legs: dict[str, Array], elbow_turns: Sequence[Array], semantic: bool
) -> Array:
    out = np.empty((len(scene.times_s), JOINT_COUNT, 4))
    out[:] = rot.identity()
    hands = np.stack([path[:, WRIST] for path in paths], axis=1)
    trunk = trunk_motion(
        scene.performed, scene.phrases, scene.pelvis, scene.breathing, hands, scene.style, scene.seed,
        scene.times_s, FPS, semantic,
    )  # fmt: skip
    joints = legs | trunk_rotations(scene.pelvis, trunk)
    for arm, path, elbow_turn in zip(scene.arms, paths, elbow_turns, strict=True):
        joints |= arm_joints(scene.body, arm, path, elbow_turn, trunk.lift, FPS)
    for name, rotations in joints.items():
        out[:, INDEX[name]] = rotations
    return out


def _finished(base: Array, semantic: Array, body: Body) -> tuple[Array, Array]:
    """Both layers within the joints' limits, near enough to each other, continuous, clear beyond."""
    base, semantic = limit(base), limit(semantic)
    base = rot.make_continuous(clear_when_exaggerated(base, semantic, body, FPS))
    return base, within_reach(base, semantic)
