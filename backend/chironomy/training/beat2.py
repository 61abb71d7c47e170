"""BEAT2 (Liu et al. 2024, EMAGE) as a corpus: motion, sound, words and semantic scores of each of its recordings.

In a folder of BEAT2, `2_scott_0_1_1` is smplxflame_30/2_scott_0_1_1.npz, wave16k/….wav, textgrid/….TextGrid and
sem/….txt; train_test_split.csv says which are for what.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..formats.smplx_npz import read_smplx
from ..formats.textgrid import Tier, read_textgrid
from ..formats.timed_text import Interval, read_text
from ..formats.words import Phone, TimingMethod, Word
from ..generators.semtalk.calls import called_classes
from ..motion import rotations as rot
from ..motion.body import neutral_body
from ..motion.feet import foot_contacts
from ..motion.kinematics import forward
from ..motion.resample import resample_linear, resample_rotations, resample_smooth
from ..nets.config import ModelConfig
from ..nets.front_end.features import FrontEnd
from ..progress import Progress, silent
from ..speech.audio import read_audio
from ..speech.rhythm import analyse_rhythm
from ..speech.types import FPS, Alignment, Speech
from .corpus_format import FIELDS, CorpusFacts, CorpusIndex, Split
from .heard import heard_fields
from .shards import CorpusWriter

_MOTION, _SOUND, _WORDS, _SCORES = "smplxflame_30", "wave16k", "textgrid", "sem"
_SPLITS = "train_test_split.csv"
#: Numbers of BEAT2's English speakers in the order of SemTalk's speaker tables: three stand where numbers are missing.
_SPEAKERS = (1, 2, 3, 4, 5, 6, 7, 30, 9, 10, 11, 12, 13, 28, 15, 16, 17, 18, 27, 20, 21, 22, 23, 24, 25)
#: Scores up to this are beats, which mean nothing.
_BEAT_SCORE = 0.1
#: Motion and sound of one recording may differ by so much; the longer one is cut.
_MOST_DIFFERENCE_S = 2.0
_SILENT_MARKS = ("", "sil", "sp", "spn", "<eps>")
_LICENCE = "BEAT2's own: see the data set"


def prepare_beat2(
    folder: Path, output: Path, config: ModelConfig, models: Path, progress: Progress = silent
) -> CorpusIndex:
    """Writes a corpus for the recipe of `config`; `models` is where HuBERT, CLIP or a vocabulary lie if it needs them.

    Recordings that are broken or incomplete are left out, and named in the corpus. Raises UserError where the folder
    is not BEAT2's, or no recording can be used.
    """
    names = sorted(path.stem for path in (folder / _MOTION).glob("*.npz"))
    if not names:
        raise UserError(f"{folder}: has no {_MOTION}/*.npz: give the folder of BEAT2 (beat_english_v2.0.0)")
    splits = _read_splits(folder)
    front = FrontEnd(config.front_end, models, silence=config.behaviour.silence)
    writer = CorpusWriter(output, _facts(config))
    made_before = writer.ids
    for number, name in enumerate(names):
        if name in made_before:
            continue
        progress(f"Preparing {name}", number / len(names))
        try:
            arrays, words = _recording(folder, name, front, config.window_frames)
            split = splits.get(name) or _split_by_name(name)
            writer.add(name, split, arrays, speaker=_speaker(name), words=words, audio=f"{name}.wav", licence=_LICENCE)
        except UserError as error:
            writer.skip(name, str(error))
    return writer.close()


def semantic_scores(path: Path, frames: int) -> NDArray[np.float32]:
    """Score of every frame [T], 0…1, from one of BEAT2's sem files; beats and frames without a gesture have 0."""
    scores = np.zeros(frames, np.float32)
    times_s = np.arange(frames) / FPS
    for line in reversed([line for line in read_text(path).splitlines() if line.strip()]):  # earlier ones win
        try:
            start_s, end_s, _, score = (float(value) for value in line.split("\t")[1:5])
        except ValueError as error:
            raise UserError(f"{path}: the line “{line[:60]}” has no times and score: get the file again") from error
        if not (np.isfinite([start_s, end_s, score]).all() and 0 <= score <= 1):
            raise UserError(f"{path}: the line “{line[:60]}” has a score or time that cannot be: get the file again")
        scores[(times_s >= start_s) & (times_s <= end_s)] = score if score > _BEAT_SCORE else 0.0
    return scores


def spoken_words(path: Path) -> tuple[Word, ...]:
    """Words with their phones from one of BEAT2's TextGrids (tiers `words` and `phones`)."""
    tiers = {tier.name.lower(): tier for tier in read_textgrid(path)}
    if "words" not in tiers:
        raise UserError(f"{path}: has no tier words: get the file again")
    phones = [Phone(i.text, i.start_s, i.end_s) for i in _spoken(tiers.get("phones"))]
    return tuple(
        Word(
            word.text, word.start_s, word.end_s, method=TimingMethod.GIVEN,
            phones=tuple(p for p in phones if word.start_s <= (p.start_s + p.end_s) / 2 < word.end_s),
        )
        for word in _spoken(tiers["words"])
    )  # fmt: skip


def _spoken(tier: Tier | None) -> list[Interval]:
    intervals = () if tier is None else tier.intervals
    return [i for i in intervals if i.text.strip().lower() not in _SILENT_MARKS and i.end_s > i.start_s]


def _recording(
    folder: Path, name: str, front: FrontEnd, sentence_frames: int
) -> tuple[dict[str, NDArray], tuple[Word, ...]]:
    motion = _motion(folder / _MOTION / f"{name}.npz")
    audio = read_audio(folder / _SOUND / f"{name}.wav")
    words = spoken_words(folder / _WORDS / f"{name}.TextGrid")
    speech = Speech(audio.duration_s, Alignment(words, 1.0), analyse_rhythm(audio, words))
    heard = heard_fields(front, front.features(speech, audio), sentence_frames)
    if front.config.called_classes:
        heard["called_class"] = called_classes(speech, len(heard["rhythm"]), front.config.gesture_classes)
    there, sounding = len(motion["rotations"]), len(heard["rhythm"])
    if abs(there - sounding) > _MOST_DIFFERENCE_S * FPS:
        raise UserError(f"{name}: its motion is {there / FPS:.1f} s long and its sound {sounding / FPS:.1f} s")
    frames = min(there, sounding)
    scores = {"semantic_score": semantic_scores(folder / _SCORES / f"{name}.txt", frames)}
    fields = {**motion, **heard, **scores}
    return {n: values if FIELDS[n].rows_of else values[:frames] for n, values in fields.items()}, words


def _motion(path: Path) -> dict[str, NDArray]:
    """Rotations, root, contacts and expressions at 30 fps."""
    motion = read_smplx(path)
    if len(motion.expressions) == 0:
        raise UserError(f"{path}: has no expressions: get the file again")
    rotations = rot.normalize(resample_rotations(motion.rotations, motion.fps, FPS))
    translation = resample_smooth(motion.translation, motion.fps, FPS)
    positions, _ = forward(rotations, translation, neutral_body().rest_joints)
    return {
        "rotations": rot.to_six_d(rotations).astype(np.float32),
        "translation": translation.astype(np.float32),
        "contacts": foot_contacts(positions, FPS).astype(np.uint8),
        "face": resample_linear(motion.expressions, motion.fps, FPS).astype(np.float32),
    }


def _facts(config: ModelConfig) -> CorpusFacts:
    front_end = config.front_end
    return CorpusFacts(
        name="BEAT2",
        speakers=tuple(f"BEAT2 speaker {number}" for number in _SPEAKERS),
        phones=front_end.phones,
        rhythm=front_end.rhythm,
        speech=front_end.speech,
        text=front_end.text,
        sentence_frames=config.window_frames,
    )


def _speaker(name: str) -> int:
    number = name.split("_")[0]
    if not number.isdecimal() or int(number) not in _SPEAKERS:
        raise UserError(f"{name}: does not begin with the number of one of BEAT2's English speakers")
    return _SPEAKERS.index(int(number))


def _read_splits(folder: Path) -> dict[str, Split]:
    """The data set's own split; what it calls additional is for training."""
    path = folder / _SPLITS
    if not path.is_file():
        return {}
    splits: dict[str, Split] = {}
    for row in csv.DictReader(read_text(path).splitlines()):
        kind = row.get("type")
        splits[row.get("id") or ""] = "val" if kind == "val" else "test" if kind == "test" else "train"
    return splits


def _split_by_name(name: str) -> Split:
    """A tenth for validation, a tenth for test: always the same ones."""
    share = hashlib.sha256(name.encode()).digest()[0] / 256
    return "val" if share < 0.1 else "test" if share < 0.2 else "train"
