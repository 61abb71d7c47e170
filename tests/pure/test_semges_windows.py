"""Long speech in windows: every frame once, evenly blended where windows overlap."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chironomy.nets.semges.windows import blend_windows, split_windows, window_count


@given(frames=st.integers(1, 300), window=st.integers(2, 40), data=st.data())
def test_splitting_and_blending_gives_every_frame_back(frames: int, window: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, window // 2))
    sequence = torch.randn(frames, 3, generator=torch.Generator().manual_seed(frames))
    windows = split_windows(sequence, window, overlap)
    assert windows.shape == (window_count(frames, window, overlap), window, 3)
    assert torch.allclose(blend_windows(windows, overlap, frames), sequence, atol=1e-6)


def test_motion_does_not_run_slower_than_the_speech() -> None:
    """The published code appended windows of 34 frames that began 30 apart."""
    times = torch.arange(1000.0)[:, None]
    assert torch.equal(blend_windows(split_windows(times, 34, 4), 4, 1000), times)


def test_the_later_window_fades_in_over_the_overlap() -> None:
    blended = blend_windows(torch.stack([torch.zeros(6, 1), torch.ones(6, 1)]), overlap=3, frames=9)
    assert torch.allclose(blended[:, 0], torch.tensor([0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]))


def test_speech_shorter_than_a_window_is_filled_with_its_last_frame() -> None:
    assert split_windows(torch.tensor([1.0, 2.0]), 5, 1).tolist() == [[1, 2, 2, 2, 2]]


def test_an_overlap_of_more_than_half_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        split_windows(torch.zeros(10, 1), 6, 4)
