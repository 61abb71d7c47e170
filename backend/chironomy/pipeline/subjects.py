"""Motions to be measured, from files of any kind and from corpora."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UserError
from ..evaluation.compare import Face
from ..evaluation.gesture_distance import Encode
from ..evaluation.subject import FPS, Subject, at_common_rate
from ..formats.take import EXPRESSION_COUNT, StrokeWindow, Take, TakeWord
from ..motion import rotations as rot
from ..motion.arkit import ARKIT_SHAPES
from ..motion.body import Body
from ..motion.resample import resample_linear
from ..motion.rotations import Array
from ..motion.skeleton import INDEX
from ..progress import Progress, silent
from ..speech.audio import read_audio
from .performance import Performance
from .read import read_motion

if TYPE_CHECKING:
    from ..training.shards import Corpus, Recording, Split
    from .smplx_model import SmplxModel

_MOTION_ENDINGS = (".npz", ".bvh")
_NOT_SAID = StrokeWindow(0.0, 0.0, 0.0, 0.0)
#: Files of motion that are no generated takes have this for a generator.
_IMPORTED = "import"


def read_subjects(path: Path, body: Body, split: Split = "test", audio: Path | None = None) -> list[Subject]:
    """What a path holds: one motion; or the recordings of a corpus' split; or all motions of a folder.

    audio: the recording of one motion. Raises UserError where there is nothing that can be read.
    """
    if (path / "corpus.json").is_file():
        return _of_corpus(path, body, split)
    if not path.is_dir():
        return [subject_of(read_motion(path, body, audio), path.stem)]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _MOTION_ENDINGS)
    if not files:
        raise UserError(f"{path}: holds neither a corpus nor motions ({', '.join(_MOTION_ENDINGS)}): choose another")
    return [subject_of(read_motion(file, body), file.stem) for file in files]


def subject_of(performance: Performance, name: str) -> Subject:
    """A performance as it is measured: at 30 fps, with its emphasis."""
    take, fps = performance.take, performance.fps
    rotations, translation = at_common_rate(performance.rotations(), performance.translation(), fps)
    sound = performance.sound()
    subject = Subject(
        name,
        rotations,
        translation,
        performance.body,
        words=performance.words,
        samples=np.zeros(0) if sound is None else sound.samples,
        face=_face(take),
    )
    if take.metadata.generator == _IMPORTED:
        return subject
    return replace(subject, psi=resample_linear(take.emphasis, fps, FPS), seed=take.metadata.seed)


def read_feature_network(path: Path) -> Encode:
    """How to encode motions for FGD, by the network of a file: one that this program learned, or the published one."""
    from ..nets.feature_networks import encoder_of, read_feature_network

    return encoder_of(read_feature_network(path))


def learn_feature_network(corpus: Path, output: Path, body: Body, progress: Progress = silent) -> None:
    """Learns a network for FGD from a corpus' training recordings, or from a folder's motions, and writes it."""
    from ..evaluation.gesture_distance import as_input
    from ..nets.motion_features import learn_motion_features, write_motion_features

    motions = [as_input(subject.rotations) for subject in read_subjects(corpus, body, "train")]
    write_motion_features(output, learn_motion_features(motions, progress=progress), corpus.name)


def face_surface(model: SmplxModel) -> Face:
    """Faces compared by the vertices of the user's SMPL-X model, with the body in its T-pose, as papers do it."""

    def vertices(subject: Subject) -> Array | None:
        if subject.face is None or subject.face.shape[1] != EXPRESSION_COUNT:
            return None
        known = min(EXPRESSION_COUNT, model.expressions.shape[-1])
        moved = model.vertices + np.einsum("vce,te->tvc", model.expressions[..., :known], subject.face[:, :known])
        place, jaw = model.body.rest_joints[INDEX["jaw"]], subject.rotations[:, None, INDEX["jaw"]]
        opened = place + rot.rotate(jaw, moved - place)
        weight = model.weights[:, INDEX["jaw"], None]
        return moved + weight * (opened - moved)

    return Face("m", vertices)


def _face(take: Take) -> Array | None:
    """Expressions where the take has them, else ARKit's weights; none of imported body motion."""
    if len(take.expressions):
        return resample_linear(take.expressions, take.metadata.fps, FPS)
    if take.metadata.generator == _IMPORTED:
        return None
    return resample_linear(take.face, take.metadata.fps, FPS)


def _of_corpus(folder: Path, body: Body, split: Split) -> list[Subject]:
    from ..training.shards import Corpus

    corpus = Corpus(folder)
    subjects = [recorded_subject(corpus, recording, body) for recording in corpus.of_split(split)]
    if not subjects:
        raise UserError(f"{folder}: has no recordings for {split}: prepare the corpus with some held out")
    return subjects


def recorded_subject(corpus: Corpus, recording: Recording, body: Body) -> Subject:
    """A recording of a corpus as it is measured: what the person does, with its words and, where it is there, sound."""
    face = np.asarray(corpus.read(recording, "face"), dtype=float)
    sound = corpus.folder / recording.audio
    return Subject(
        recording.id,
        rot.make_continuous(rot.from_six_d(corpus.read(recording, "rotations"))),
        np.asarray(corpus.read(recording, "translation"), dtype=float),
        body,
        words=tuple(TakeWord(word, 0.0, _NOT_SAID) for word in corpus.words(recording)),
        samples=read_audio(sound).samples if recording.audio and sound.is_file() else np.zeros(0),
        semantic_score=np.asarray(corpus.read(recording, "semantic_score"), dtype=float),
        face=face if face.shape[1] in (EXPRESSION_COUNT, len(ARKIT_SHAPES)) else None,
    )
