"""A tiny corpus whose motion follows its sound, so that networks can learn it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chironomy.formats.words import Word
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX
from chironomy.training.corpus_format import CorpusFacts, Split
from chironomy.training.recipe import load_recipe
from chironomy.training.shards import Corpus, CorpusWriter

#: The recipe that the corpus is for.
RECIPE = Path(__file__).parents[2] / "models" / "recipes" / "tiny.yaml"
MODEL = load_recipe(RECIPE).model
FRONT_END = MODEL.front_end
FACE = 100


def recording_arrays(seed: int, frames: int = 160) -> dict[str, NDArray]:
    """Arms that swing with loud syllables; on every third the right hand does something of its own."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(frames) / 30
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * 1.5 * time_s + rng.uniform(0, 6))
    meaning = (np.sin(2 * np.pi * 0.5 * time_s + rng.uniform(0, 6)) > 0.6).astype(np.float32)
    base = rot.identity((frames, 55))
    for side, sign in (("left", -1), ("right", 1)):
        base[:, INDEX[f"{side}_shoulder"]] = rot.about("z", sign * (1.0 + 0.2 * beat))
        base[:, INDEX[f"{side}_elbow"]] = rot.about("y", sign * (0.6 + 0.5 * beat))
    semantic = base.copy()
    semantic[:, INDEX["right_elbow"]] = rot.about("y", 0.6 + 0.5 * beat + 0.8 * meaning)
    words = (np.arange(frames) // 15).astype(np.int32)
    return {
        "rotations": rot.to_six_d(semantic).astype(np.float32),
        "base_rotations": rot.to_six_d(base).astype(np.float32),
        "translation": np.stack([0.1 * np.sin(time_s), 0.9 + 0.01 * beat, 0 * beat], axis=1).astype(np.float32),
        "contacts": np.ones((frames, 4), np.float32),
        "face": (beat[:, None] * np.linspace(0, 0.5, FACE)).astype(np.float32),
        "rhythm": np.stack([beat, np.gradient(beat), meaning, 1 - beat, beat**2], axis=1).astype(np.float32),
        "phones": (beat * (len(FRONT_END.phones) - 1)).astype(np.int16),
        "word_index": words,
        "word_features": rng.normal(size=(words.max() + 1, FRONT_END.word_width)).astype(np.float16),
        "sentence_index": np.zeros(frames, np.int32),
        "sentence_features": rng.normal(size=(1, FRONT_END.sentence_width)).astype(np.float16),
        "semantic_score": meaning,
        "gesture_class": meaning.astype(np.int16),
        "plan": np.repeat(meaning[:, None], FRONT_END.plan_width, axis=1),
        "plan_given": meaning.astype(np.uint8),
    }


FACTS = CorpusFacts(
    name="synthetic",
    speakers=FRONT_END.styles,
    gesture_classes=FRONT_END.gesture_classes,
    phones=FRONT_END.phones,
    rhythm=FRONT_END.rhythm,
    speech=FRONT_END.speech,
    text=FRONT_END.text,
    sentence_frames=MODEL.window_frames,
)


def write_synthetic_corpus(folder: Path, recordings: int = 6, frames: int = 160) -> Corpus:
    """`recordings` recordings, of which the last two are for validation and test."""
    writer = CorpusWriter(folder, FACTS, shard_frames=3 * frames)
    for k in range(recordings):
        split: Split = "train" if k < recordings - 2 else "val" if k < recordings - 1 else "test"
        words = [Word("word", n / 2, n / 2 + 0.4) for n in range(frames // 15)]
        writer.add(f"recording {k}", split, recording_arrays(k, frames), speaker=k % 2, words=words, licence="CC0-1.0")
    writer.close()
    return Corpus(folder)
