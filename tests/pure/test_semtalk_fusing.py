"""Fusing a take's layers again while sliders move: three modes, and only what changed is made anew."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from semtalk_models import generate, request, tiny_model

from chironomy.emphasis.curve import emphasis_curve, word_frames
from chironomy.emphasis.fuse import fuse
from chironomy.errors import UserError
from chironomy.generators.semtalk.codes import codes_path, read_codes, write_codes
from chironomy.generators.semtalk.decoding import blending_decoder_of, decoder_of
from chironomy.generators.semtalk.fusing import FUSION_MODES, Fuser, changed_spans, token_weights
from chironomy.motion import rotations as rot
from chironomy.motion.limits import limit
from chironomy.motion.skeleton import INDEX, LEGS
from chironomy.nets.config import BehaviourConfig
from chironomy.nets.model_card import FileRecord

MODEL = tiny_model()
BODY = request().body
HANDS = list(MODEL.config.parts["hands"].joint_numbers)


@pytest.fixture(scope="module")
def made():
    return generate(MODEL, request())[0]


def fuser(made, mode):
    return Fuser(MODEL, made.take, made.codes, BODY, mode)


def apart(a, b):
    """The largest angle between two motions, radians."""
    return rot.angle(rot.multiply(rot.inverse(a), b)).max()


def constant(made, e):
    return np.full(made.take.frames, float(e))


def test_pose_is_the_slerp_of_the_viewport(made):
    e = np.abs(np.sin(np.arange(made.take.frames) / 20)) * 2
    motion, translation = fuser(made, "pose")(e)
    assert np.array_equal(motion, fuse(made.take.base_rotations, made.take.semantic_rotations, e))
    assert np.array_equal(translation, made.take.translation)


@pytest.mark.parametrize("mode", ["soft", "pose"])
def test_at_zero_all_is_base_and_at_one_all_is_semantic(made, mode):
    fused = fuser(made, mode)
    assert apart(fused(constant(made, 0))[0][:, HANDS], made.take.base_rotations[:, HANDS]) < 1e-3
    semantic = blended(made, np.ones(made.codes.tokens), "hands")
    # the take's own semantic layer is kept within reach of its base besides
    expected = semantic if mode == "soft" else made.take.semantic_rotations[:, HANDS]
    assert apart(fused(constant(made, 1))[0][:, HANDS], expected) < 1e-3


def blended(made, weights, part):
    """Rotations of a part decoded at once from blended latents, within the joints' limits."""
    layers = [torch.from_numpy(codes[part]) for codes in (made.codes.base, made.codes.semantic)]
    with torch.inference_mode():
        decode = blending_decoder_of(MODEL.rvq[part], *layers, torch.from_numpy(weights))
        motion = decode(0, made.codes.tokens)[: made.take.frames]
    body = made.take.base_rotations.copy()
    joints = list(MODEL.config.parts[part].joint_numbers)
    body[:, joints] = rot.from_six_d(motion[:, : 6 * len(joints)].reshape(len(motion), -1, 6).double().numpy())
    return limit(body)[:, joints]


def test_soft_blends_latents_by_the_emphasis_of_each_token(made):
    e = np.linspace(0, 1, made.take.frames)
    weights = token_weights(e, made.codes.tokens, "soft", BehaviourConfig())
    assert apart(fuser(made, "soft")(e)[0][:, HANDS], blended(made, weights, "hands")) < 1e-3


def test_hard_takes_each_token_from_one_layer_as_published(made):
    psi = made.take.emphasis
    weights = token_weights(psi, made.codes.tokens, "hard", BehaviourConfig())
    assert set(weights.tolist()) == {0.0, 1.0}
    rvq = MODEL.rvq["hands"]
    chosen = np.where(weights[:, None] == 1, made.codes.semantic["hands"], made.codes.base["hands"])
    with torch.inference_mode():
        motion = decoder_of(rvq, torch.from_numpy(chosen))(0, made.codes.tokens)[: made.take.frames]
    own = rot.from_six_d(motion.reshape(len(motion), -1, 6).double().numpy())
    body = made.take.base_rotations.copy()
    body[:, HANDS] = own
    assert apart(fuser(made, "hard")(psi)[0][:, HANDS], limit(body)[:, HANDS]) < 1e-3


@pytest.mark.parametrize("mode", ["soft", "pose"])
def test_legs_and_root_stay_the_bases(made, mode):
    motion, translation = fuser(made, mode)(constant(made, 1.5))
    joints = [INDEX["pelvis"], *LEGS]
    assert np.array_equal(motion[:, joints], made.take.base_rotations[:, joints])
    assert np.array_equal(translation, made.take.translation)


@pytest.mark.parametrize("mode", FUSION_MODES)
def test_fusing_again_is_the_same_as_fusing_afresh(made, mode):
    take = made.take
    curves = [
        emphasis_curve(take.emphasis, take.metadata.words, sliders, 30.0)
        for sliders in ({}, {10: 1.8}, {10: 1.8, 40: 0.0}, {40: 0.3}, {})
    ]
    again = fuser(made, mode)
    for e in curves:
        motion, translation = again(e)
        fresh, fresh_translation = fuser(made, mode)(e)
        assert apart(motion, fresh) < 1e-3
        assert np.allclose(translation, fresh_translation, atol=1e-4)


def test_a_slider_moves_soft_motion_around_its_word_alone(made):
    take, fused = made.take, fuser(made, "soft")
    before = fused(take.emphasis)[0].copy()
    after = fused(emphasis_curve(take.emphasis, take.metadata.words, {30: 2.0}, 30.0))[0]
    moved = np.flatnonzero(np.any(before != after, axis=(1, 2)))
    window = word_frames(take.metadata.words[30].window, 30.0, take.frames)
    reach = 4 * (MODEL.rvq["upper"].context_tokens + 1)
    assert moved.min() >= window.start - reach
    assert moved.max() < window.stop + reach


def test_locked_frames_are_met_in_every_mode():
    from chironomy.generators.locked import LockedFrames

    held = np.zeros((2, 55), dtype=bool)
    held[:, [INDEX["left_elbow"], INDEX["left_index2"]]] = True
    goals = np.broadcast_to(rot.about("y", 0.2), (2, 55, 4))
    locked = LockedFrames(np.array([50, 51]), held, goals, np.zeros(2, dtype=bool), np.zeros((2, 3)))
    own = generate(MODEL, request(locked=locked))[0]
    for mode in FUSION_MODES:
        motion = fuser(own, mode)(constant(own, 1.0))[0]
        assert apart(motion[50:52][held], goals[held]) < 1e-6


def test_spans_reach_around_changes_and_do_not_touch():
    old, new = np.zeros(40), np.zeros(40)
    new[[5, 6, 9, 30]] = 1
    assert changed_spans(old, new, 2) == [(3, 12), (28, 33)]
    assert changed_spans(old, old, 2) == []


def test_codes_are_read_as_they_were_written(made, tmp_path):
    path = codes_path(tmp_path / "line.npz")
    assert path.name == "line.codes.npz"
    write_codes(path, made.codes)
    read = read_codes(path)
    assert read.weights == made.codes.weights
    for part, codes in made.codes.base.items():
        assert np.array_equal(read.base[part], codes)


@pytest.mark.parametrize("wrong", ["base_upper", "locked_joints", "weights"])
def test_damaged_codes_are_refused_in_one_line(made, tmp_path, wrong):
    path = tmp_path / "line.codes.npz"
    write_codes(path, made.codes)
    content = dict(np.load(path))
    content[wrong] = content[wrong][1:] if wrong != "locked_joints" else np.zeros((3, 55), dtype=bool)
    np.savez(path, **content)
    with pytest.raises(UserError, match="generate the take again"):
        read_codes(path)


def test_codes_beyond_the_models_codebook_are_refused(made):
    broken = replace(made.codes, base={**made.codes.base, "upper": made.codes.base["upper"] + 1000})
    with pytest.raises(UserError, match="generate it again"):
        fuser(made._replace(codes=broken), "soft")


def test_codes_of_another_take_are_refused(made):
    with pytest.raises(UserError, match="belong to another"):
        fuser(made._replace(codes=replace(made.codes, weights="f" * 64)), "soft")


def test_a_model_that_did_not_make_the_take_is_refused(made):
    card = MODEL.card.model_copy(update={"files": {"base.safetensors": FileRecord(sha256="1" * 64, size_bytes=1)}})
    with pytest.raises(UserError, match="choose the one that made it"):
        Fuser(replace(MODEL, card=card), made.take, made.codes, BODY, "soft")


def test_mixing_is_cancelled_between_stretches(made):
    class Stop(Exception):
        pass

    def progress(_stage, _fraction):
        raise Stop

    with pytest.raises(Stop):
        fuser(made, "soft")(made.take.emphasis, progress)
