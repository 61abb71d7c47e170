"""From tokens to a take: both layers decoded, on their feet, met with what is locked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ...emphasis.fuse import within_reach
from ...formats.gesture_choice import chosen_classes, with_choices
from ...formats.take import Take, TakeMetadata
from ...motion import rotations as rot
from ...motion.limits import limit
from ...motion.rotations import Array
from ...motion.skeleton import INDEX, JOINT_COUNT
from ...nets.config import PARTS, SEMANTIC_PARTS, PartName
from ...nets.model_folder import Model
from ..gesture_notices import unheard
from ..locked import meet_rotations
from ..request import Request
from .decoding import decoder_of
from .face import Face, face_of
from .gate import psi_of_tokens
from .ground import stand
from .layers import decode_part, root_path, root_velocities, still_body
from .lines import Line
from .loading import weights_digest
from .settings import Settings
from .tokens import Tokens
from .words import take_words

#: Pieces in which whole takes are worked on, so that memory stays small.
_FRAMES_AT_ONCE, _JOINTS_AT_ONCE = 1024, 3


def make_take(model: Model, line: Line, tokens: Tokens, request: Request, settings: Settings) -> Take:
    """The take of one line."""
    config, frames = model.config, line.features.frames
    base = still_body(frames)
    extra = {part: _decode(model, part, tokens.base[part], base) for part in PARTS}
    face = face_of(config.parts["face"], base[:, INDEX["jaw"]], extra["face"], request.speech, config.fps, request.seed)
    _write_face(base, face)
    limit_joints(base, range(JOINT_COUNT))
    path = root_path(root_velocities(model, base, extra["lower"]), config.fps)
    translation, contacts = stand(base, path, extra["lower"][:, 3:], request.body, line.locked, config.fps)
    for first in range(0, JOINT_COUNT, _JOINTS_AT_ONCE):
        joints = slice(first, first + _JOINTS_AT_ONCE)
        base[:, joints] = rot.make_continuous(base[:, joints])
    semantic = _semantic_layer(model, base, tokens, line)
    psi = psi_of_tokens(tokens.probability, frames).astype(np.float32)
    return Take(
        base_rotations=base,
        semantic_rotations=semantic,
        translation=translation,
        semantic_translation=translation.copy(),
        face=face.shapes,
        emphasis=psi,
        contacts=contacts,
        expressions=face.expressions,
        metadata=_metadata(model, line, psi, request, settings),
    )


def _decode(model: Model, part: PartName, codes: Tensor, rotations: Array) -> Array:
    return decode_part(model, part, decoder_of(model.rvq[part], codes), len(codes), rotations)


def _write_face(base: Array, face: Face) -> None:
    base[:, INDEX["jaw"]] = face.jaw
    base[:, INDEX["left_eye_smplhf"]], base[:, INDEX["right_eye_smplhf"]] = face.left_eye, face.right_eye


def _semantic_layer(model: Model, base: Array, tokens: Tokens, line: Line) -> Array:
    """[T, 55, 4], near enough to the base to be mixed with it."""
    semantic = base.copy()
    for part in SEMANTIC_PARTS:
        _decode(model, part, tokens.semantic[part], semantic)
    moved = [joint for part in SEMANTIC_PARTS for joint in model.config.parts[part].joint_numbers]
    limit_joints(semantic, moved)
    semantic = meet_rotations(semantic, line.locked)
    for first in range(0, len(moved), _JOINTS_AT_ONCE):
        joints = moved[first : first + _JOINTS_AT_ONCE]
        semantic[:, joints] = within_reach(base[:, joints], semantic[:, joints])
    same = np.setdiff1d(np.arange(JOINT_COUNT), moved)
    semantic[:, same] = base[:, same]
    return semantic


def limit_joints(rotations: Array, joints: Sequence[int]) -> None:
    """Brings these joints of local rotations [T, 55, 4] within their ranges, in place."""
    for first in range(0, len(rotations), _FRAMES_AT_ONCE):
        stretch = slice(first, first + _FRAMES_AT_ONCE)
        rotations[stretch, list(joints)] = limit(rotations[stretch, list(joints)], joints)


def _metadata(model: Model, line: Line, psi: Array, request: Request, settings: Settings) -> TakeMetadata:
    config, choices = model.config, request.gesture_choices
    settings_kept = {"model": config.name, "style": request.style, **settings.model_dump(mode="json")}
    return TakeMetadata(
        fps=float(config.fps),
        words=take_words(request.speech, psi, chosen_classes(choices), config.fps, line.plan),
        generator="semtalk",
        weights=weights_digest(model.card),
        seed=request.seed,
        settings=with_choices(settings_kept, choices),
        licences=(f"{config.name}: {model.card.origin.licence}",),
        notices=(*line.features.notices, *(unheard(choices) if line.plan is None else line.plan.notices)),
    )
