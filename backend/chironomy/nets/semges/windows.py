"""Long speech in overlapping windows: no frame is lost or repeated, and neighbours are blended where they overlap."""

import torch
from torch import Tensor


def window_count(frames: int, window: int, overlap: int) -> int:
    """How many windows cover so many frames; the last one may reach beyond the end."""
    return max(1, -(-(frames - overlap) // (window - overlap)))


def split_windows(sequence: Tensor, window: int, overlap: int) -> Tensor:
    """[T, …] to [W, window, …]; what the last window lacks is filled with the last frame."""
    if not 0 <= 2 * overlap <= window:
        raise ValueError(f"an overlap of {overlap} frames is more than half a window of {window}")
    hop = window - overlap
    starts = hop * torch.arange(window_count(len(sequence), window, overlap), device=sequence.device)
    frames = starts[:, None] + torch.arange(window, device=sequence.device)
    return sequence[frames.clamp(max=len(sequence) - 1)]


def blend_windows(windows: Tensor, overlap: int, frames: int) -> Tensor:
    """[W, window, …] to [frames, …]: where two windows overlap, the later one fades in evenly.

    Rotations as rot6d are to be made orthonormal again afterwards.
    """
    hop = windows.shape[1] - overlap
    fade = (torch.arange(overlap, device=windows.device, dtype=windows.dtype) + 1) / (overlap + 1)
    fade = fade.view(-1, *[1] * (windows.dim() - 2))
    out = windows.new_empty((len(windows) - 1) * hop + windows.shape[1], *windows.shape[2:])
    out[: windows.shape[1]] = windows[0]
    for k, window in enumerate(windows[1:], start=1):
        begin = k * hop
        out[begin : begin + overlap] += fade * (window[:overlap] - out[begin : begin + overlap])
        out[begin + overlap : begin + windows.shape[1]] = window[overlap:]
    return out[:frames]
