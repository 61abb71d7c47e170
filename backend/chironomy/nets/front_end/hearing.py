"""Speech content by HuBERT: the last layer's states, brought onto the frames of the animation.

Row j of HuBERT covers the 400 samples from 320 j on, so its middle lies at (320 j + 199.5) / 16000 s. A recording is
heard in chunks, so memory does not grow with it but for the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...progress import Progress, silent
from ...speech.types import FPS, SAMPLE_RATE, Array, Samples
from ..batches import in_batches

HOP, REACH = 320, 400
#: The published feed takes sound at this rate for sound at 16 kHz.
PUBLISHED_RATE = 22_050
_CHUNK_ROWS = 1000
#: Rows that our own feed hears on either side of a chunk: 2 s.
_MARGIN_ROWS = 100
_ON_CPU, _ON_CARD = 1, 8

Content = NDArray[np.float32]


@dataclass(frozen=True)
class _Chunk:
    """Rows `start` to `stop` of a recording, heard along with those from `first` to `last`."""

    start: int
    stop: int
    first: int
    last: int


def hear_published(network: Any, samples: Samples, frames: int, progress: Progress = silent) -> Content:
    """[frames, S] of sound at 22 050 Hz, as the published weights need it: taken for 16 kHz, in chunks of 320 000
    samples (and 80 more) that know nothing of each other.

    First and last row lie on the first and last frame (align_corners). The published code interpolates to ⌊N / 533⌋
    frames, which run away from the sound by one frame in 53 s; here it is the take's frames.
    """
    rows = row_count(len(samples))
    return _on_frames(network, samples, np.linspace(0.0, rows - 1, frames), 0, progress)


def hear(network: Any, samples: Samples, frames: int, progress: Progress = silent) -> Content:
    """[frames, S] of sound at 16 kHz: frame k is HuBERT at k / 30 s, each chunk heard with 2 s around it."""
    return _on_frames(network, samples, rows_at(np.arange(frames) / FPS, len(samples)), _MARGIN_ROWS, progress)


def hear_pairs(network: Any, samples: Samples, times_s: Array, progress: Progress = silent) -> Content:
    """[len(times_s), 2 S] for SemGes: HuBERT 10 ms before and 10 ms behind each moment, one behind the other.

    SemGes joins neighbouring rows (20 ms apart) in the same way, but takes the pairs, 25 a second, for its frames, 15
    a second, so that its motion is made for sound ever earlier than it should be; here each frame hears its own time.
    """
    half_s = HOP / SAMPLE_RATE / 2
    around_s = np.stack([times_s - half_s, times_s + half_s], axis=1).ravel()
    heard = _on_frames(network, samples, rows_at(around_s, len(samples)), _MARGIN_ROWS, progress)
    return heard.reshape(len(times_s), -1)


def hear_published_pairs(
    network: Any, samples: Samples, starts_s: Sequence[float], frames: int, fps: float, progress: Progress = silent
) -> Content:
    """[len(starts_s), frames, 2 S], as the published weights of SemGes had it: clips of `frames` frames heard one by
    one, rows 2 i and 2 i + 1 of a clip joined for its frame i. At 15 frames a second the last 40 % are not heard.
    """
    length = round(frames / fps * SAMPLE_RATE)
    clips = []
    for number, start_s in enumerate(starts_s):
        progress("Hearing speech", number / len(starts_s))
        clip = samples[round(start_s * SAMPLE_RATE) :][:length]
        rows = rows_of(network, np.pad(clip, (0, length - len(clip))))
        clips.append(rows[: 2 * frames].reshape(frames, -1))
    return np.stack(clips)


def rows_of(network: Any, samples: Samples, progress: Progress = silent) -> Content:
    """[R, S]: HuBERT's own rows, 50 a second, for sound at 16 kHz."""
    rows = row_count(len(samples))
    return _on_frames(network, samples, np.arange(rows, dtype=float), _MARGIN_ROWS, progress)


def row_count(samples: int) -> int:
    """How many rows HuBERT makes of so many samples."""
    return max((samples - (REACH - HOP)) // HOP, 0)


def rows_at(times_s: Array, samples: int) -> Array:
    """The (fractional) rows whose middles lie at these times; before the first and behind the last those hold."""
    return np.clip((times_s * SAMPLE_RATE - (REACH - 1) / 2) / HOP, 0.0, row_count(samples) - 1)


def _on_frames(network: Any, samples: Samples, positions: Array, margin: int, progress: Progress) -> Content:
    """[len(positions), S]: the rows at ascending positions, interpolated as they come."""
    out = np.empty((len(positions), network.config.hidden_size), dtype=np.float32)
    filled, last_row = 0, None
    for start, rows in _rows(network, samples, margin, progress):
        known = rows if last_row is None else np.concatenate([last_row, rows])
        first = start if last_row is None else start - 1
        stop = int(np.searchsorted(positions, first + len(known) - 1, side="right"))
        out[filled:stop] = _between(known, positions[filled:stop] - first)
        filled, last_row = stop, rows[-1:]
    return out


def _between(rows: Content, positions: Array) -> Content:
    lower = np.minimum(positions.astype(np.int64), len(rows) - 1)
    share = (positions - lower).astype(np.float32)[:, None]
    return rows[lower] * (1 - share) + rows[np.minimum(lower + 1, len(rows) - 1)] * share


def _rows(network: Any, samples: Samples, margin: int, progress: Progress) -> Iterator[tuple[int, Content]]:
    """The first row of each chunk, and its rows [n, S]; chunks of one length go together on a graphics card."""
    mean, deviation = _level(samples)
    device = network.device
    chunks = _chunks(row_count(len(samples)), margin)

    def heard(batch: Sequence[_Chunk]) -> list[Content]:
        sounds = [(samples[c.first * HOP : c.last * HOP + REACH - HOP] - mean) / deviation for c in batch]
        stacked = torch.from_numpy(np.stack(sounds).astype(np.float32)).to(device)
        with torch.inference_mode(), torch.autocast("cuda", enabled=device.type == "cuda"):
            states = network(stacked).last_hidden_state.float().cpu().numpy()
        return [row[c.start - c.first : c.stop - c.first] for row, c in zip(states, batch, strict=True)]

    most = _ON_CPU if device.type == "cpu" else _ON_CARD
    for group in _alike(chunks):
        for first, states in in_batches(heard, group, most):
            for chunk, rows in zip(group[first:], states, strict=False):
                yield chunk.start, rows
                progress("Hearing speech", chunk.stop / chunks[-1].stop)


def _level(samples: Samples) -> tuple[np.float32, np.float32]:
    """Mean and deviation of the whole recording, by which HuBERT's processor makes sound alike in level."""
    mean = samples.mean(dtype=np.float64)
    variance = np.einsum("i,i->", samples, samples, dtype=np.float64) / len(samples) - mean**2
    return np.float32(mean), np.float32(np.sqrt(max(variance, 0.0) + 1e-7))


def _chunks(rows: int, margin: int) -> list[_Chunk]:
    starts = range(0, rows, _CHUNK_ROWS)
    stops = [min(start + _CHUNK_ROWS, rows) for start in starts]
    return [
        _Chunk(start, stop, max(start - margin, 0), min(stop + margin, rows))
        for start, stop in zip(starts, stops, strict=True)
    ]


def _alike(chunks: Sequence[_Chunk]) -> Iterator[list[_Chunk]]:
    """Neighbours of one length together: padding would change what HuBERT-base hears."""
    group: list[_Chunk] = []
    for chunk in chunks:
        if group and chunk.last - chunk.first != group[0].last - group[0].first:
            yield group
            group = []
        group.append(chunk)
    if group:
        yield group
