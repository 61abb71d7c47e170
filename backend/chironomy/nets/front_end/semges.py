"""What SemGes hears and reads of one recording, at its own frame rate."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...progress import Progress, silent
from ...speech.types import Audio, Speech
from ..semges.config import SemGesConfig
from .features import sound_of, unread_notice
from .frames import word_numbers
from .hearing import hear_pairs
from .pretrained import HUBERT_BASE, load_hubert
from .vocabulary import read_vocabulary, vocabulary_numbers


@dataclass(frozen=True)
class SemGesFeatures:
    """One recording; T = ⌈duration · fps⌉, frame k at k / fps."""

    speech: NDArray[np.float32]
    """[T, audio_width]: HuBERT-base just before and just behind each frame's time."""
    word_index: NDArray[np.int64]
    """[T], the vocabulary's number of the word."""
    notices: tuple[str, ...] = ()


def semges_features(
    config: SemGesConfig,
    speech: Speech,
    audio: Audio | None,
    model_folder: Path,
    device: str = "cpu",
    progress: Progress = silent,
) -> SemGesFeatures:
    """The features of a recording, each frame's at its own time (hearing.hear_pairs). Raises UserError."""
    sound = sound_of(audio, model_folder)
    frames = ceil(speech.duration_s * config.fps - 1e-6)
    vocabulary = read_vocabulary(model_folder, config.transformer.text.vocabulary)
    unread = sum(vocabulary.number(word.text) == vocabulary.unknown for word in speech.words)
    numbers = word_numbers(speech.words, frames, config.fps)
    network = load_hubert(HUBERT_BASE, model_folder, device, config.transformer.audio_width // 2)
    return SemGesFeatures(
        speech=hear_pairs(network, sound.samples, np.arange(frames) / config.fps, progress),
        word_index=vocabulary_numbers(vocabulary, speech.words, numbers, "silence-token"),
        notices=unread_notice(unread, len(speech.words)),
    )
