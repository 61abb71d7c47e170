"""SemGes' generator: it moves spine, neck, arms and hands; all else is the rhythm generator's idle stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...emphasis.fuse import within_reach
from ...errors import UserError
from ...face.animate import FaceTrack, animate_face
from ...formats.gesture_choice import chosen_classes, with_choices
from ...formats.take import Take, TakeMetadata
from ...motion import rotations as rot
from ...motion.resample import resample_rotations
from ...motion.rotations import Array
from ...motion.skeleton import INDEX
from ...nets.front_end.semges import SemGesFeatures, semges_features
from ...nets.model_card import CARD
from ...nets.model_folder import SemGesModel, read_semges_model
from ...progress import Progress, silent, within
from ...speech.types import FPS, Alignment
from ..devices import with_fallback
from ..gesture_notices import unheard
from ..locked import meet_rotations
from ..request import Request
from ..rhythm.generator import RhythmGenerator
from ..semtalk.loading import weights_digest
from ..semtalk.take_making import limit_joints
from ..semtalk.words import take_words
from .motion import semges_motion
from .skeleton import BODY, HANDS, MOVED, joints_of

_NOTICES = (
    "SemGes makes upper body and hands, {fps:g} frames a second; legs and root stand, the face follows the phones",
    "SemGes makes one layer and no semantic score: emphasis goes from standing still (0) to its motion (1)",
)


class Settings(BaseModel):
    """The keys of a request's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speaker: int = Field(default=1, ge=0)
    """One of those that the weights know; the published ones were trained on 1, 3, 5 and 7."""


class SemGesGenerator:
    """Gestures of upper body and hands by networks with a model's weights."""

    name = "semges"

    def generate(self, request: Request, progress: Progress = silent) -> Take:
        """Raises UserError for a model or setting that does not fit."""
        if request.model is None:
            raise UserError("semges: needs a model: choose a folder of weights")
        folder, settings = request.model, _settings(request.settings)

        def work(device: str) -> Take:
            progress("Loading", 0.0)
            model = _loaded(folder, _card(folder), device)
            features = semges_features(
                model.config, request.speech, request.audio, folder, device, within(progress, 0.05, 0.5)
            )
            return take_of(model, features, request, settings, within(progress, 0.5, 1.0))

        take, fallen_back = with_fallback(request.device, work)
        notices = (*fallen_back, *take.metadata.notices)
        return replace(take, metadata=replace(take.metadata, notices=notices))


def take_of(
    model: SemGesModel, features: SemGesFeatures, request: Request, settings: Settings, progress: Progress = silent
) -> Take:
    """The take of a line whose features are known. Raises UserError for a speaker that the model does not know."""
    if settings.speaker >= model.config.transformer.speakers:
        raise UserError(f"speaker {settings.speaker}: this model knows 0 to {model.config.transformer.speakers - 1}")
    standing = _standing(request)
    base = standing.base_rotations.copy()
    face = animate_face(request.speech, len(base), FPS, request.seed)
    _write_face(base, face)
    hands, body = semges_motion(model, features, settings.speaker, progress)
    semantic = base.copy()
    for joint, own in {**joints_of(hands, HANDS), **joints_of(body, BODY)}.items():
        semantic[:, joint] = _at_take_rate(own, model.config.fps, len(base))
    limit_joints(semantic, MOVED)
    locked = request.locked.before(len(base))
    base = rot.make_continuous(meet_rotations(base, locked))
    semantic = within_reach(base, meet_rotations(semantic, locked))
    same = np.setdiff1d(np.arange(base.shape[1]), MOVED)
    semantic[:, same] = base[:, same]
    psi = np.ones(len(base), dtype=np.float32)
    return replace(
        standing,
        base_rotations=base,
        semantic_rotations=semantic,
        face=face.shapes,
        emphasis=psi,
        metadata=_metadata(model, features, psi, request, settings),
    )


def _standing(request: Request) -> Take:
    """The rhythm generator's take of somebody who says nothing, as long as the speech."""
    speech = request.speech
    rhythm = replace(speech.rhythm, prominence=(), nuclei_s=())
    silence = replace(speech, alignment=Alignment((), 1.0), rhythm=rhythm)
    return RhythmGenerator().generate(replace(request, speech=silence, gesture_choices={}, settings={}))


def _write_face(base: Array, face: FaceTrack) -> None:
    for name, own in (("jaw", face.jaw), ("left_eye_smplhf", face.left_eye), ("right_eye_smplhf", face.right_eye)):
        base[:, INDEX[name]] = own


def _at_take_rate(rotations: Array, fps: float, frames: int) -> Array:
    """[frames, 4] at 30 fps; the last frame is held where the slower rate ends early."""
    resampled = resample_rotations(rot.make_continuous(rotations), fps, FPS)
    return resampled[np.minimum(np.arange(frames), len(resampled) - 1)]


def _metadata(
    model: SemGesModel, features: SemGesFeatures, psi: Array, request: Request, settings: Settings
) -> TakeMetadata:
    settings_kept = {"model": model.config.name, "style": request.style, **settings.model_dump(mode="json")}
    own_notices = tuple(notice.format(fps=model.config.fps) for notice in _NOTICES)
    return TakeMetadata(
        fps=float(FPS),
        words=take_words(request.speech, psi, chosen_classes(request.gesture_choices), FPS),
        generator="semges",
        weights=weights_digest(model.card),
        seed=request.seed,
        settings=with_choices(settings_kept, request.gesture_choices),
        licences=(f"{model.config.name}: {model.card.origin.licence}",),
        notices=(*own_notices, *features.notices, *unheard(request.gesture_choices)),
    )


def _settings(given: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UserError(f"setting {name}: {first['msg']}: semges has the setting speaker") from error


def _card(folder: Path) -> bytes:
    return (folder / CARD).read_bytes() if (folder / CARD).is_file() else b""


@lru_cache(maxsize=1)
def _loaded(folder: Path, _of_card: bytes, device: str) -> SemGesModel:
    return read_semges_model(folder, device)
