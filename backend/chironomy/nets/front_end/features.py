"""All that a model's networks hear and read of one recording, for generating and for training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...formats.words import Word
from ...progress import Progress, silent, within
from ...speech.audio import samples_at
from ...speech.rhythm_channels import NORMALISED_CHANNELS, PUBLISHED_CHANNELS, normalised_channels, published_channels
from ...speech.types import Audio, Speech
from ..config import FrontEndConfig
from . import hearing, sentences
from .frames import NO_WORD, word_numbers
from .minilm import load_minilm
from .needs import HUBERT
from .phones import NOISE, SILENCE, phone_numbers
from .pretrained import CLIP_TEXT, load_hubert, load_pretrained
from .vocabulary import Silence, read_vocabulary, vocabulary_numbers

_CHANNELS = {"published": PUBLISHED_CHANNELS, "normalised": NORMALISED_CHANNELS}


@dataclass(frozen=True)
class Features:
    """One recording; T is the number of the take's frames, frame k at k / 30 s."""

    rhythm: NDArray[np.float32]
    """[T, R]"""
    spoken: tuple[Word, ...]
    spoken_index: NDArray[np.int64]
    """[T]: which of `spoken` is spoken, −1 for none."""
    speech: NDArray[np.float32] | None = None
    """[T, S], speech content from a network."""
    phones: NDArray[np.int64] | None = None
    """[T], or as phones."""
    word_index: NDArray[np.int64] | None = None
    """[T]: the word's number in the model's vocabulary; with word_features the row of its features, −1 for none."""
    word_features: NDArray[np.float32] | None = None
    """[W, F]"""
    notices: tuple[str, ...] = ()
    """One line each: what could not be heard or read, and what stands in its place."""

    @property
    def frames(self) -> int:
        return len(self.rhythm)

    def words(self, start: int, stop: int) -> NDArray[np.int64] | NDArray[np.float32] | None:
        """What the networks take as words of these frames: numbers [n], or features [n, F], zeros between words."""
        if self.word_index is None:
            return None
        numbers = self.word_index[start:stop]
        if self.word_features is None:
            return numbers
        out = np.zeros((len(numbers), self.word_features.shape[1]), dtype=np.float32)
        spoken = numbers != NO_WORD
        out[spoken] = self.word_features[numbers[spoken]]
        return out


@lru_cache(maxsize=1)
def front_end(
    config: FrontEndConfig, model_folder: Path, device: str = "cpu", silence: Silence = "unknown-word"
) -> FrontEnd:
    """The front end of a model; the last one stays, with what it has loaded and heard last. Raises UserError."""
    return FrontEnd(config, model_folder, device, silence)


class FrontEnd:
    """Makes features; networks are loaded when they are first needed. Keeps the last recording's features."""

    def __init__(
        self, config: FrontEndConfig, model_folder: Path, device: str = "cpu", silence: Silence = "unknown-word"
    ) -> None:
        """model_folder: where the model's vocabulary is, and HuBERT and CLIP, or beside it. Raises UserError."""
        self.config, self.model_folder, self.device = config, model_folder, device
        self.silence: Silence = silence
        self._last: tuple[str, Features] | None = None
        channels = len(_CHANNELS[config.rhythm])
        if config.rhythm_width != channels:
            raise UserError(
                f"{model_folder}: rhythm_width is {config.rhythm_width}, but there are {channels} {config.rhythm} "
                "channels: correct the model's config.yaml"
            )

    def load(self) -> None:
        """Loads now what is otherwise loaded when it is first needed. Raises UserError."""
        if self.config.text == "minilm":
            load_minilm(self.device)

    def features(self, speech: Speech, audio: Audio | None, progress: Progress = silent) -> Features:
        """The features of a recording. The same input gives the same features. Raises UserError."""
        key = _digest(speech, audio)
        if self._last is None or self._last[0] != key:
            self._last = None  # not two recordings in memory
            self._last = (key, self._made(speech, audio, progress))
        return self._last[1]

    def sentence_vectors(self, features: Features, starts: Sequence[int], frames: int) -> NDArray[np.float32]:
        """[len(starts), C]: what is said in the windows of `frames` frames from `starts` on; C is 0 without text."""
        if self.config.text == "none":
            return np.zeros((len(starts), 0), dtype=np.float32)
        said = self.window_text(features)
        texts = [said(start, frames) for start in starts]
        if self.config.text == "minilm":
            return sentences.minilm_vectors(*load_minilm(self.device), texts)
        return sentences.clip_vectors(*load_pretrained(CLIP_TEXT, self.model_folder, self.device), texts)

    def window_text(self, features: Features) -> Callable[[int, int], str]:
        """Says of a window (start, frames) the text whose vector stands for it: its words, or its sentence."""
        if self.config.text == "minilm":
            return sentences.window_sentences(features.spoken, features.spoken_index)
        return lambda start, frames: sentences.window_words(features.spoken, features.spoken_index, start, frames)

    def _made(self, speech: Speech, audio: Audio | None, progress: Progress) -> Features:
        frames = len(speech.rhythm.loudness)
        spoken_index = word_numbers(speech.words, frames)
        word_index, word_features, word_notices = self._read(speech.words, spoken_index)
        rhythm = self._rhythm(speech, audio, frames)
        phones, phone_notices = self._phones(speech)
        heard, sound_notices = self._heard(audio, frames, within(progress, 0.1, 1.0))
        return Features(
            rhythm=rhythm,
            spoken=speech.words,
            spoken_index=spoken_index,
            speech=heard,
            phones=phones,
            word_index=word_index,
            word_features=word_features,
            notices=(*word_notices, *phone_notices, *sound_notices),
        )

    def _rhythm(self, speech: Speech, audio: Audio | None, frames: int) -> NDArray[np.float32]:
        if self.config.rhythm == "normalised":
            return normalised_channels(speech.rhythm)
        return published_channels(self._sound(audio).samples, frames)

    def _phones(self, speech: Speech) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
        if self.config.speech != "phones":
            return None, ()
        if not {SILENCE, NOISE} <= set(self.config.phones):
            raise UserError(
                f"{self.model_folder}: its phones lack {SILENCE} or {NOISE}: correct the model's config.yaml"
            )
        unknown = sum(not word.phones for word in speech.words)
        notice = f"the phones of {unknown} of {len(speech.words)} words are not known: they move the model as noise"
        return phone_numbers(speech.words, speech.rhythm, self.config.phones), (notice,) if unknown else ()

    def _heard(
        self, audio: Audio | None, frames: int, progress: Progress
    ) -> tuple[NDArray[np.float32] | None, tuple[str, ...]]:
        if self.config.speech not in HUBERT:
            return None, ()
        sound = self._sound(audio)
        network = load_hubert(HUBERT[self.config.speech], self.model_folder, self.device, self.config.speech_width)
        if self.config.speech != "hubert-large-22050":
            return hearing.hear(network, sound.samples, frames, progress), ()
        samples, whole = samples_at(sound, hearing.PUBLISHED_RATE)
        notice = f"{sound.source or 'the recording'}: could not be read again, so nothing above 8 kHz was heard"
        return hearing.hear_published(network, samples, frames, progress), () if whole else (notice,)

    def _read(
        self, words: Sequence[Word], spoken_index: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64] | None, NDArray[np.float32] | None, tuple[str, ...]]:
        """Word numbers [T], word features [W, F] and notices."""
        if self.config.text == "none":
            return None, None, ()
        if self.config.text == "minilm":
            features, unread = sentences.minilm_word_features(*load_minilm(self.device), words)
            return spoken_index, features, unread_notice(unread, len(words))
        vocabulary = read_vocabulary(self.model_folder, self.config.vocabulary)
        unread = sum(vocabulary.number(word.text) == vocabulary.unknown for word in words)
        numbers = vocabulary_numbers(vocabulary, words, spoken_index, self.silence)
        return numbers, None, unread_notice(unread, len(words))

    def _sound(self, audio: Audio | None) -> Audio:
        return sound_of(audio, self.model_folder)


def sound_of(audio: Audio | None, model_folder: Path) -> Audio:
    """The sound. Raises UserError where it is not at hand."""
    if audio is None:
        raise UserError(f"{model_folder}: this model listens to the recording, which is not at hand: give it")
    return audio


def unread_notice(unread: int, words: int) -> tuple[str, ...]:
    """Names and rare words are no news; a text of which the model can read less than half is."""
    if 2 * unread <= words:
        return ()
    return (f"the model cannot read {unread} of {words} words (another language?): it goes by the sound of the voice",)


def _digest(speech: Speech, audio: Audio | None) -> str:
    rhythm = speech.rhythm
    digest = hashlib.blake2b(repr((speech.duration_s, speech.words, rhythm.prominence, rhythm.nuclei_s)).encode())
    courses = (rhythm.loudness, rhythm.onset, rhythm.pitch_hz, rhythm.voicing)
    for course in (*courses, *(() if audio is None else (audio.samples,))):
        digest.update(np.ascontiguousarray(course).data)
    return digest.hexdigest()
