"""Sound files become mono samples at 16 kHz, time 0 staying time 0."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UserError
from ..progress import Progress, silent
from .sound_files import not_sound, require_whole
from .types import SAMPLE_RATE, Audio, Samples

if TYPE_CHECKING:
    import soundfile

MIN_DURATION_S = 0.3
MAX_DURATION_S = 2 * 60 * 60
#: Sound whose loudest sample lies under −70 dB of full scale is silence (16-bit dither lies near −90 dB).
SILENCE_PEAK = 10 ** (-70 / 20)
#: Samples of all channels together that are held at once while reading.
_BLOCK_SAMPLES = 1 << 20
#: So much may be missing at the end: writers of headers round.
_TOLERATED_S = 0.1
_READING = "Reading sound"


def read_audio(path: str | os.PathLike[str], progress: Progress = silent) -> Audio:
    """Reads wav, flac, ogg, mp3 and all else that libsndfile knows; channels are averaged, nothing is trimmed.

    N samples at rate r become round(N · 16000 / r) samples; the resampler's delay is taken out, and an mp3's encoder
    delay where its header tells it. Besides the result (460 MB for two hours) a few MB are held.
    Raises UserError for a file that is missing, empty, cut off, no sound, silent, too short, too long, or holds NaN.
    """
    import soundfile

    path = Path(path)
    require_whole(path)
    try:
        with soundfile.SoundFile(path) as file:
            _require_usable_length(path, file.frames / file.samplerate)
            samples = _read_samples(path, file, SAMPLE_RATE, progress)
    except (soundfile.LibsndfileError, TypeError) as error:
        raise not_sound(path) from error
    # float files may go beyond full scale, and resampling may overshoot it; Audio promises −1…1
    peak = max(float(samples.max()), -float(samples.min()))
    _require_numbers(path, peak)
    _require_sound(path, samples)
    samples /= max(1.0, peak)
    return Audio(samples, str(path))


def samples_at(audio: Audio, rate_hz: int) -> tuple[Samples, bool]:
    """The sound at another rate [round(duration · rate)], and whether it comes from its file, so that nothing is lost
    of what `Audio` leaves out (all above 8 kHz); where the file is gone or is another by now, it is resampled.
    """
    import soundfile
    import soxr

    path = Path(audio.source)
    if path.is_file():
        try:
            with soundfile.SoundFile(path) as file:
                if round(file.frames * SAMPLE_RATE / file.samplerate) == len(audio.samples):
                    return _read_samples(path, file, rate_hz, silent), True
        except (soundfile.LibsndfileError, TypeError, UserError):
            pass  # what was heard of it is still there
    return soxr.resample(audio.samples, SAMPLE_RATE, rate_hz), False


def _require_usable_length(path: Path, duration_s: float) -> None:
    if duration_s == 0:
        raise UserError(f"{path}: holds no sound at all: record or export it again")
    if duration_s < MIN_DURATION_S:
        raise UserError(f"{path}: lasts {duration_s:.2f} s: give a recording of at least {MIN_DURATION_S} s")
    if duration_s > MAX_DURATION_S:
        raise UserError(f"{path}: lasts {duration_s / 3600:.1f} h: cut it into pieces of at most two hours")


def _read_samples(path: Path, file: soundfile.SoundFile, rate_hz: int, progress: Progress) -> Samples:
    """The whole file at this rate, filled block by block into one array."""
    samples = np.zeros(round(file.frames * rate_hz / file.samplerate), dtype=np.float32)
    filled = 0
    for block in _resampled(_mono_blocks(path, file, progress), file.samplerate, rate_hz):
        block = block[: len(samples) - filled]
        samples[filled : filled + len(block)] = block
        filled += len(block)
    # the resampler may round the last sample away; it stays zero
    return samples


def _mono_blocks(path: Path, file: soundfile.SoundFile, progress: Progress) -> Iterator[Samples]:
    """Blocks of mono float32 samples, the last one empty or short; exactly `file.frames` samples together."""
    length = max(_BLOCK_SAMPLES // file.channels, 1)
    read = 0
    while read < file.frames:
        progress(_READING, read / file.frames)
        block = file.read(length, dtype="float32", always_2d=True)
        missing_s = (file.frames - read) / file.samplerate
        if len(block) == 0 and missing_s < _TOLERATED_S:
            break
        if len(block) == 0:
            raise UserError(f"{path}: is cut off, its last {missing_s:.1f} s are missing: copy or export it again")
        read += len(block)
        _require_numbers(path, block)
        yield block.mean(axis=1, dtype=np.float64).astype(np.float32)
    progress(_READING, 1.0)


def _resampled(blocks: Iterator[Samples], rate: int, wanted: int) -> Iterator[Samples]:
    if rate == wanted:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)


def _require_numbers(path: Path, values: ArrayLike) -> None:
    if not np.all(np.isfinite(values)):
        raise UserError(f"{path}: holds samples that are no numbers (NaN or infinite): export it again")


def _require_sound(path: Path, samples: Samples) -> None:
    # from the mean: a constant offset of the recorder is no sound
    if max(samples.max() - samples.mean(), samples.mean() - samples.min()) < SILENCE_PEAK:
        raise UserError(f"{path}: is silent from start to end: check the recording, or which channel was exported")
