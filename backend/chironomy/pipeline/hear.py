"""From a recording and its text to all that a generator needs to know about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..progress import Progress, silent, within
from ..speech.transcript import Transcript, fit_to_sound
from ..speech.types import Alignment, Audio, Speech


@dataclass(frozen=True)
class Recording:
    """A recording with what was found in it."""

    audio: Audio
    speech: Speech


def align_recording(
    audio_path: Path, transcript: Transcript, align_model: str | None = None, progress: Progress = silent
) -> tuple[Audio, Alignment]:
    """Words and phones of a transcript with their times in a recording.

    align_model: a CTC model for another language than English, by name or folder.

    Raises UserError for files that cannot be used; a transcript that merely does not fit gets a low `fit`.
    """
    from ..speech.align import align
    from ..speech.audio import read_audio

    audio = read_audio(audio_path, within(progress, 0.0, 0.1))
    transcript = fit_to_sound(transcript, audio.duration_s)
    return audio, align(audio, transcript, within(progress, 0.1, 1.0), model=align_model)


def hear(
    audio_path: Path, transcript: Transcript, align_model: str | None = None, progress: Progress = silent
) -> Recording:
    """Alignment and rhythm of a recording."""
    from ..speech.rhythm import analyse_rhythm

    audio, alignment = align_recording(audio_path, transcript, align_model, within(progress, 0.0, 0.85))
    rhythm = analyse_rhythm(audio, alignment.words, within(progress, 0.85, 1.0))
    return Recording(audio, Speech(audio.duration_s, alignment, rhythm))
