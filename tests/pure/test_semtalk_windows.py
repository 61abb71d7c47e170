"""Windows cover every length, and their tokens join into one sequence."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chironomy.generators.semtalk.decoding import decode_in_stretches, filter_in_stretches
from chironomy.generators.semtalk.windows import Windows


@given(st.integers(1, 5000), st.sampled_from([(64, 4), (256, 4), (64, 8)]))
def test_windows_cover_all_frames_and_no_more_than_needed(frames, sizes):
    windows = Windows(frames, *sizes)
    assert windows.covered_frames >= frames
    assert windows.count == 1 or windows.start(windows.count - 1) + windows.overlap < frames
    assert windows.covered_tokens * 4 == windows.covered_frames
    assert all(windows.length_of(k) == windows.length for k in range(windows.count - 1))


@given(st.integers(1, 5000))
def test_the_last_window_is_no_longer_than_it_must_be(frames):
    windows = Windows(frames, 256)
    last = windows.count - 1
    behind = windows.start(last) + windows.length_of(last) - frames
    assert 64 <= windows.length_of(last) <= 256
    assert behind < 40 or windows.length_of(last) == 64
    assert behind >= 8 or windows.length_of(last) == 256


def test_a_short_line_has_a_window_that_is_longer_than_its_seed():
    windows = Windows(10, 256, overlap=120)
    assert windows.overlap < windows.length_of(0) < windows.length


@pytest.mark.parametrize(("frames", "count"), [(1, 1), (20, 1), (64, 1), (65, 2), (124, 2), (125, 3), (1800, 30)])
def test_a_clip_shorter_than_a_window_is_one_window_and_a_tail_gets_one_of_its_own(frames, count):
    assert Windows(frames).count == count


def test_what_is_behind_the_end_is_the_last_frame_held():
    cut = Windows(70).cut(np.arange(70), 1)
    assert cut.shape == (64,)
    assert cut[:10].tolist() == list(range(60, 70))
    assert set(cut[10:]) == {69}


def test_a_window_begins_with_the_frames_that_the_one_before_ended_with():
    windows, values = Windows(184), np.arange(184)
    for k in range(windows.count - 1):
        assert np.array_equal(windows.cut(values, k + 1)[:4], windows.cut(values, k)[-4:])


def test_joined_tokens_are_those_of_the_whole_sequence():
    windows = Windows(184)
    tokens = np.arange(windows.covered_tokens)
    per_window = np.stack([tokens[15 * k : 15 * k + 16] for k in range(3)])
    assert np.array_equal(windows.join(per_window), tokens)
    assert torch.equal(windows.join(torch.from_numpy(per_window)), torch.from_numpy(tokens))


def test_what_stands_behind_the_end_of_a_shorter_window_is_left_out():
    windows = Windows(300, 256)
    per_window = np.full((2, 64), -1)
    per_window[0], per_window[1, :16] = np.arange(64), np.arange(63, 79)
    assert windows.join(per_window).tolist() == list(range(79))


def _convolution(width: int, repeats: int) -> tuple[torch.nn.Module, int]:
    """A random convolution over time that makes `repeats` frames of every step, and how far it sees, in steps."""
    torch.manual_seed(1)
    return torch.nn.Conv1d(5, width * repeats, 7, padding=3), 3


@pytest.mark.parametrize("tokens", [1, 5, 16, 40, 41])
def test_decoding_in_stretches_is_the_same_as_decoding_at_once(tokens):
    convolution, context = _convolution(2, 4)

    def decode(first: int, end: int) -> torch.Tensor:
        return convolution(latents[None, first:end].transpose(1, 2)).transpose(1, 2).reshape(-1, 2)

    latents = torch.randn(tokens, 5)
    with torch.no_grad():
        parts = list(decode_in_stretches(decode, tokens, context, stretch=8))
        assert [first for first, _ in parts] == list(range(0, 4 * tokens, 32))
        assert torch.allclose(torch.cat([motion for _, motion in parts]), decode(0, tokens), atol=1e-6)


def test_a_filter_over_frames_in_stretches_is_the_same_too():
    convolution, context = _convolution(2, 1)
    motion = torch.randn(50, 5)

    def network(values: torch.Tensor) -> torch.Tensor:
        return convolution(values.transpose(1, 2)).transpose(1, 2)

    with torch.no_grad():
        parts = list(filter_in_stretches(network, motion, context, 16))
        assert torch.allclose(torch.cat(parts), network(motion[None])[0], atol=1e-6)
