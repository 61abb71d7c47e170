"""Mixing base and semantic layer: exact ends, no pops, joints in range, legs untouched, the live form the same."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chironomy.emphasis.curve import word_frames
from chironomy.emphasis.fuse import MAX_APART_RAD, exaggerated, fuse, fused_take, layer_deltas, within_reach
from chironomy.formats.take import StrokeWindow, Take, TakeMetadata, TakeWord
from chironomy.formats.words import Word
from chironomy.motion import rotations as rot
from chironomy.motion.limits import limit, violations
from chironomy.motion.skeleton import INDEX, LEGS

FRAMES = 120
STILL = [0, *LEGS]


def turned(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The angle between rotations, radians."""
    return rot.angle(rot.multiply(rot.inverse(a), b))


def smooth(rng: np.random.Generator, frames: int, size_rad: float) -> np.ndarray:
    """Rotations that wander smoothly, [frames, 55, 4]."""
    phase, speed = rng.uniform(0, 6.28, (2, 3, 55, 3))
    t = np.arange(frames)[:, None, None] / 30
    waves = sum(np.sin(phase[k] + (1 + k) * speed[k] * t / 2) for k in range(3))
    return rot.make_continuous(rot.exp(size_rad * waves / 3))


def layers(seed: int, frames: int = FRAMES, size_rad: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """A base and a semantic layer within limits, the same in legs and root."""
    rng = np.random.default_rng(seed)
    base = limit(smooth(rng, frames, 0.4))
    semantic = limit(rot.multiply(base, smooth(rng, frames, size_rad)))
    semantic[:, STILL] = base[:, STILL]
    return base, within_reach(base, semantic)


seeds = st.integers(0, 2**32 - 1)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_e_0_is_the_base_and_e_1_the_semantic_layer_bit_for_bit(seed: int) -> None:
    base, semantic = layers(seed)
    assert fuse(base, semantic, np.zeros(FRAMES)).tobytes() == base.tobytes()
    assert np.array_equal(fuse(base, semantic, np.ones(FRAMES)), semantic)


@given(seeds, st.floats(0, 2))
@settings(max_examples=20, deadline=None)
def test_between_the_layers_every_joint_is_the_same_part_of_the_way(seed: int, e: float) -> None:
    base, semantic = layers(seed)
    fused = fuse(base, semantic, np.full(FRAMES, e))
    whole = turned(base, semantic)
    if e <= 1:
        assert turned(base, fused) == pytest.approx(e * whole, abs=1e-6)
        assert turned(fused, semantic) == pytest.approx((1 - e) * whole, abs=1e-6)
    else:
        assert turned(semantic, fused) == pytest.approx(
            (e - 1) * turned(semantic, exaggerated(base, semantic)), abs=1e-6
        )


def test_e_2_goes_as_far_again_where_the_joints_allow_it() -> None:
    base, semantic = layers(1, size_rad=0.1)
    fused = fuse(base, semantic, np.full(FRAMES, 2.0))
    free = violations(rot.multiply(semantic, rot.multiply(rot.inverse(base), semantic))).max(axis=0) == 0
    assert free.sum() > 20
    assert turned(base, fused)[:, free] == pytest.approx(2 * turned(base, semantic)[:, free], abs=1e-6)


@given(seeds, st.floats(0, 2))
@settings(max_examples=20, deadline=None)
def test_no_emphasis_takes_a_joint_out_of_its_range(seed: int, e: float) -> None:
    base, semantic = layers(seed)
    assert violations(exaggerated(base, semantic)).max() < 1e-9
    # on the way between two poses within range a joint may cut a corner of the range, no more
    assert violations(fuse(base, semantic, np.full(FRAMES, e))).max() < np.radians(6)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_motion_is_continuous_in_time_and_in_emphasis(seed: int) -> None:
    base, semantic = layers(seed)
    e = 1 + np.sin(np.arange(FRAMES) / 9)
    fused = fuse(base, semantic, e)
    assert np.sum(fused[1:] * fused[:-1], axis=-1).min() > 0  # no flips of sign
    step = max(turned(x[1:], x[:-1]).max() for x in (base, semantic, exaggerated(base, semantic)))
    assert turned(fused[1:], fused[:-1]).max() < 3 * step + 0.12 * turned(base, semantic).max()
    nearly = fuse(base, semantic, np.clip(e + 1e-7, 0, 2))
    assert turned(fused, nearly).max() < 1e-6


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_legs_and_root_stay_the_same_at_every_emphasis(seed: int) -> None:
    base, semantic = layers(seed)
    base[:, STILL] = semantic[:, STILL] = smooth(np.random.default_rng(seed), FRAMES, 2.0)[
        :, STILL
    ]  # out of limits too
    for e in (0.3, 1.0, 1.6, 2.0):
        assert np.array_equal(fuse(base, semantic, np.full(FRAMES, e))[:, STILL], base[:, STILL])


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_combined_deltas_are_the_same_motion(seed: int) -> None:
    base, semantic = layers(seed)
    delta, onward = layer_deltas(base, semantic)
    for part in (delta, onward):
        assert part[..., 0].min() >= 0
        assert rot.angle(part).max() <= MAX_APART_RAD + 1e-4
        assert np.sum(part[1:] * part[:-1], axis=-1).min() > 0
    e = 1 + np.sin(np.arange(FRAMES) / 9)
    identity = rot.identity(delta.shape[:-1])
    combined = rot.multiply(base, rot.slerp(identity, delta, np.minimum(e, 1)[:, None]))
    combined = rot.multiply(combined, rot.slerp(identity, onward, np.maximum(e - 1, 0)[:, None]))
    assert turned(combined, fuse(base, semantic, e)).max() < 1e-6


def test_layers_too_far_apart_are_refused() -> None:
    base = rot.identity((3, 55))
    semantic = base.copy()
    semantic[:, INDEX["left_shoulder"]] = rot.about("y", np.full(3, np.radians(179)))
    with pytest.raises(ValueError, match="within_reach"):
        layer_deltas(base, semantic)


@given(seeds, st.floats(0, 3))
@settings(max_examples=30, deadline=None)
def test_within_reach_keeps_the_layers_less_than_half_a_turn_apart_without_pops(seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    base, semantic = smooth(rng, FRAMES, 0.5), smooth(rng, FRAMES, size)
    brought = within_reach(base, semantic)
    assert turned(base, brought).max() <= MAX_APART_RAD + 1e-9
    near = turned(base, semantic) < MAX_APART_RAD - np.radians(10.1)
    always_near = near.all(axis=0)
    assert turned(semantic, brought)[:, always_near].max(initial=0) < 1e-9


def test_a_joint_that_turns_past_half_a_turn_waits_at_the_border() -> None:
    base = rot.identity((200, 55))
    semantic = base.copy()
    there_and_back = np.radians(220) * np.sin(np.linspace(0, np.pi, 200))
    semantic[:, 17] = rot.about("y", there_and_back)
    brought = within_reach(base, semantic)
    assert np.degrees(turned(base, brought)[:, 17]).max() == pytest.approx(170, abs=0.1)
    assert turned(brought[1:], brought[:-1]).max() < np.radians(4)
    whole_turn = base.copy()
    whole_turn[:, 17] = rot.about("y", np.linspace(0, 2 * np.pi, 200))
    brought = within_reach(base, whole_turn)
    assert turned(brought[1:], brought[:-1]).max() < np.radians(6)
    assert turned(brought[-1], base[-1]).max() < 1e-6


def test_a_bent_elbow_exaggerated_bends_to_its_limit_and_never_backwards() -> None:
    base, semantic = rot.identity((1, 55)), rot.identity((1, 55))
    for name, sign in (("left_elbow", -1.0), ("right_elbow", 1.0)):
        base[:, INDEX[name]] = rot.about("y", sign * np.radians(15.0))
        semantic[:, INDEX[name]] = rot.about("y", sign * np.radians(125.0))
    goal = exaggerated(base, semantic)
    for name, sign in (("left_elbow", -1.0), ("right_elbow", 1.0)):
        assert np.degrees(rot.log(goal)[0, INDEX[name], 1]) * sign == pytest.approx(155, abs=1)


def take(frames: int, seed: int = 3) -> Take:
    base, semantic = layers(seed, frames)
    words = tuple(
        TakeWord(Word("word", t, t + 0.3), 0.0, StrokeWindow(t - 0.4, t, t + 0.3, t + 0.8))
        for t in np.arange(0.5, frames / 30 - 1, 0.5)
    )
    translation = np.cumsum(np.random.default_rng(seed).normal(0, 0.001, (frames, 3)), axis=0)
    zeros = np.zeros((frames, 52)), np.zeros(frames), np.zeros((frames, 4))
    return Take(base, semantic, translation, translation + 0.01, *zeros, TakeMetadata(fps=30.0, words=words))


def test_a_slider_changes_the_motion_in_its_window_and_nowhere_else() -> None:
    made = take(300)
    rotations, translation, _ = fused_take(made)
    rotations_after, translation_after, _ = fused_take(made, {7: 1.4})
    frames = word_frames(made.metadata.words[7].window, 30, 300)
    outside = np.ones(300, dtype=bool)
    outside[frames] = False
    assert rotations_after[outside].tobytes() == rotations[outside].tobytes()
    assert translation_after[outside].tobytes() == translation[outside].tobytes()
    assert turned(rotations_after[frames], rotations[frames]).max() > 0.1


def test_one_word_of_a_minute_is_mixed_again_within_20_ms() -> None:
    made = take(1800)
    frames = word_frames(made.metadata.words[40].window, 30, 1800)
    best_s = np.inf
    for _ in range(5):
        start = time.process_time()
        fuse(made.base_rotations[frames], made.semantic_rotations[frames], np.full(frames.stop - frames.start, 1.5))
        best_s = min(best_s, time.process_time() - start)
    assert best_s < 0.02
