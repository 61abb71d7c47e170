"""SemTalk's generator on a small model with weights by chance: what holds whatever the weights say."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from semtalk_models import generate, line, model_of, request, tiny_model, write_tiny_model
from spoken_lines import perform

from chironomy.emphasis.fuse import fuse, layer_deltas
from chironomy.errors import UserError
from chironomy.formats.take import as_stored, read_take, write_take
from chironomy.generators.locked import LockedFrames
from chironomy.generators.semtalk import base_run, sparse_run
from chironomy.generators.semtalk.base_run import run_base
from chironomy.generators.semtalk.gate import gate_probability
from chironomy.generators.semtalk.generator import SemTalkGenerator, perform_lines
from chironomy.generators.semtalk.ground import stand
from chironomy.generators.semtalk.known_motion import known_motion
from chironomy.generators.semtalk.lines import Place
from chironomy.generators.semtalk.sampling import Sampling
from chironomy.generators.semtalk.settings import read_settings
from chironomy.motion import rotations as rot
from chironomy.motion.feet import foot_sliding
from chironomy.motion.kinematics import forward
from chironomy.motion.skeleton import CONTACT_JOINTS, INDEX, JOINT_COUNT, LEGS

MODEL = tiny_model()
SHORT = "This is short."


@pytest.fixture(scope="module")
def made():
    return generate(MODEL, request())[0]


def same_motion(a, b) -> bool:
    return np.array_equal(a.base_rotations, b.base_rotations) and np.array_equal(
        a.semantic_rotations, b.semantic_rotations
    )


@pytest.mark.parametrize("frames", [1, 3, 40, 64, 65, 300, 1801])
def test_a_take_has_every_frame_whatever_the_length(frames):
    take = generate(MODEL, request(SHORT), frames=frames)[0].take
    for name in ("base_rotations", "semantic_rotations", "translation", "face", "emphasis", "contacts", "expressions"):
        values = getattr(take, name)
        assert len(values) == frames, name
        assert np.isfinite(values).all(), name
    assert np.abs(np.linalg.norm(take.base_rotations, axis=-1) - 1).max() < 1e-6


def test_a_take_is_as_others_rely_on_it(made, tmp_path):
    take = made.take
    assert 0 <= take.emphasis.min() <= take.emphasis.max() <= 1
    assert not np.array_equal(take.base_rotations, take.semantic_rotations)
    layer_deltas(take.base_rotations, take.semantic_rotations)  # near enough to be mixed
    steps = np.sum(take.base_rotations[1:] * take.base_rotations[:-1], axis=-1)
    assert (steps > 0).all()
    write_take(tmp_path / "take.npz", take)
    assert same_motion(read_take(tmp_path / "take.npz"), as_stored(take))


def test_legs_and_root_are_the_same_in_both_layers(made):
    take = made.take
    joints = [INDEX["pelvis"], *LEGS]
    assert np.array_equal(take.base_rotations[:, joints], take.semantic_rotations[:, joints])
    assert np.array_equal(take.translation, take.semantic_translation)


def test_a_model_whose_semantic_motion_has_no_legs_takes_those_of_the_base():
    config = MODEL.config.model_copy(update={"sparse": MODEL.config.sparse.model_copy(update={"legs": False})})
    made = generate(model_of(config), request(SHORT))[0]
    assert np.array_equal(made.codes.semantic["lower"], made.codes.base["lower"])
    assert not np.array_equal(made.codes.semantic["upper"], made.codes.base["upper"])


def test_bodies_stand_on_the_ground_and_in_their_places_wherever_the_network_puts_them():
    standing, body = perform(SHORT), request().body
    frames = standing.frames
    adrift = standing.translation + 0.03 * np.sin(np.arange(frames)[:, None] / 20) + np.array([3.0, 1.3, -2.0])
    likely = np.random.default_rng(1).uniform(0.55, 1.0, (frames, 4))
    rotations = standing.base_rotations.copy()
    translation, contacts = stand(rotations, adrift, likely, body, LockedFrames(), 30.0)
    positions, _ = forward(rotations, translation, body.rest_joints)
    assert contacts.all()
    assert foot_sliding(positions, contacts).max() < 0.005
    feet = list(CONTACT_JOINTS)
    assert np.abs(np.median(positions[:, feet, 1] - body.rest_joints[feet, 1])) < 0.03
    assert np.abs(translation[0, [0, 2]]).max() < 0.06


def test_words_begin_with_their_own_score(made):
    take = made.take
    for word in take.metadata.words:
        frames = np.arange(take.frames) / 30
        inside = (frames >= word.window.stroke_start_s - 1e-9) & (frames <= word.window.stroke_end_s + 1e-9)
        assert word.score == pytest.approx(take.emphasis[inside].max())


def test_metadata_says_where_the_take_comes_from(made):
    metadata = made.take.metadata
    assert metadata.generator == "semtalk"
    assert len(metadata.weights) == 64
    assert metadata.settings["model"] == "tiny"
    assert metadata.licences == ("tiny: For tests.",)
    assert "a notice of the front end" in metadata.notices


def test_psi_is_the_calibrated_probability_of_the_gate():
    model = tiny_model(gate_scale=2.0, gate_offset=-1.0)
    wanted = request(SHORT)
    logits = sparse_run.gate_logits(model, [line(model, wanted)])[0]
    expected = gate_probability(logits.numpy(), 2.0, -1.0)[0]
    psi = generate(model, wanted)[0].take.emphasis
    assert (psi[1] + psi[2]) / 2 == pytest.approx(expected[0], abs=0.1)
    middles = (psi[1:60:4] + psi[2:60:4]) / 2
    assert middles == pytest.approx(expected[:15], abs=0.1)


def test_the_same_request_gives_the_same_take_and_seeds_give_variations():
    drawn = {"temperature": 1.0}
    first, again = (generate(MODEL, request(SHORT, settings=drawn))[0].take for _ in range(2))
    assert same_motion(first, again)
    assert not same_motion(first, generate(MODEL, request(SHORT, settings=drawn, seed=2))[0].take)
    likeliest = [generate(MODEL, request(SHORT, seed=seed))[0].codes.base["upper"] for seed in (1, 2)]
    assert np.array_equal(*likeliest)


def test_lines_in_a_batch_are_made_as_alone():
    requests = [request(), request(SHORT, seed=3), request("Another one, of some length, that goes on for a while.")]
    together = generate(MODEL, *requests)
    for wanted, own in zip(requests, together, strict=True):
        alone = generate(MODEL, wanted)[0]
        assert np.array_equal(alone.codes.base["upper"], own.codes.base["upper"])
        assert np.allclose(alone.take.semantic_rotations, own.take.semantic_rotations, atol=1e-4)


def test_lines_whose_last_windows_are_of_other_lengths_are_made_as_alone():
    long = model_of(MODEL.config.model_copy(update={"window_frames": 192}))
    wanted = [request(SHORT, seed=seed) for seed in (1, 2, 3)]
    lengths = (70, 400, 250)
    lines = [line(long, own, frames) for own, frames in zip(wanted, lengths, strict=True)]
    assert [own.windows.length_of(own.windows.count - 1) for own in lines] == [96, 64, 96]
    together = perform_lines(long, lines, wanted, read_settings({}))
    for own, request_of, made in zip(lines, wanted, together, strict=True):
        alone = perform_lines(long, [own], [request_of], read_settings({}))[0]
        assert alone.codes.tokens == own.windows.covered_tokens
        assert np.array_equal(alone.codes.base["face"], made.codes.base["face"])
        assert np.array_equal(alone.codes.semantic["hands"], made.codes.semantic["hands"])
        assert np.allclose(alone.take.semantic_rotations, made.take.semantic_rotations, atol=1e-4)


def test_a_line_of_one_short_window_tells_how_far_it_is():
    long = model_of(MODEL.config.model_copy(update={"window_frames": 192}))
    told = []
    with torch.inference_mode():
        run_base(long, [line(long, request(SHORT), 70)], Sampling(), lambda stage, done: told.append((stage, done)))
    assert told == [("Base motion", 1.0)]


def test_each_window_begins_with_the_decoded_end_of_the_one_before():
    own = line(MODEL, request())
    with torch.inference_mode():
        run = run_base(MODEL, [own], Sampling())[0]
        upper = MODEL.rvq["upper"].decode(run.codes["upper"][:1].long())[0, -4:]
    joints = MODEL.config.parts["upper"].joint_numbers
    seed = run.seeds[1][:, : 6 * JOINT_COUNT].reshape(4, JOINT_COUNT, 6)[:, list(joints)]
    decoded = rot.from_six_d(upper.reshape(4, -1, 6).numpy())
    turned = rot.angle(rot.multiply(rot.inverse(decoded), rot.from_six_d(seed.numpy())))
    assert turned.max() < 1e-3


def test_what_is_worked_out_at_once_changes_nothing(monkeypatch):
    whole = generate(MODEL, request())[0]
    monkeypatch.setattr(base_run, "_FRAMES_AT_ONCE", 200)
    monkeypatch.setattr(sparse_run, "_MOTION_FRAMES", 128)
    parts = generate(MODEL, request())[0]
    assert np.array_equal(whole.codes.base["hands"], parts.codes.base["hands"])
    assert np.array_equal(whole.codes.semantic["hands"], parts.codes.semantic["hands"])


def test_lazy_makes_semantic_motion_only_where_psi_or_a_slider_asks():
    quiet = tiny_model(gate_offset=-50.0)
    lazy = generate(quiet, request(settings={"lazy": True}))[0].codes
    assert np.array_equal(lazy.semantic["upper"], lazy.base["upper"])
    asked = generate(quiet, request(settings={"lazy": True, "sliders": {10: 1.0}}))[0].codes
    eager = generate(quiet, request())[0].codes
    spoken = np.flatnonzero(line(quiet, request()).features.spoken_index == 10)[0] // 4
    assert np.array_equal(asked.semantic["upper"][spoken], eager.semantic["upper"][spoken])
    assert np.array_equal(asked.semantic["upper"][-16:], asked.base["upper"][-16:])


def test_lazy_does_not_ask_what_stands_behind_the_end_of_a_shorter_last_window(monkeypatch):
    long = model_of(MODEL.config.model_copy(update={"window_frames": 192}))
    hear = type(long.sparse).hear

    def never(self, *inputs):
        heard = hear(self, *inputs)
        return heard._replace(gate=torch.tensor([20.0, -20.0]).expand_as(heard.gate))

    monkeypatch.setattr(type(long.sparse), "hear", never)
    codes = generate(long, request(SHORT, settings={"lazy": True}), frames=70)[0].codes
    assert np.array_equal(codes.semantic["upper"], codes.base["upper"])


def locked_frames(frames, joints):
    held = np.zeros((len(frames), JOINT_COUNT), dtype=bool)
    held[:, joints] = True
    goals = np.broadcast_to(rot.about("x", 0.3), (len(frames), JOINT_COUNT, 4))
    return LockedFrames(np.array(frames), held, goals, np.ones(len(frames), dtype=bool), np.zeros((len(frames), 3)))


def test_locked_frames_are_met_exactly_at_every_emphasis():
    arm = [INDEX["left_shoulder"], INDEX["left_elbow"], INDEX["left_index1"], INDEX["left_hip"]]
    locked = locked_frames([0, 1, 2, 3, 100, 200], arm)
    take = generate(MODEL, request(locked=locked))[0].take
    for e in (0.0, 0.4, 1.0, 1.7):
        motion = fuse(take.base_rotations, take.semantic_rotations, np.full(take.frames, e))
        off = rot.multiply(rot.inverse(motion[locked.frames][:, arm]), locked.rotations[:, arm])
        assert rot.angle(off).max() < 1e-6
    assert np.abs(take.translation[locked.frames]).max() < 1e-9


def test_the_networks_see_what_is_locked():
    shoulder = INDEX["right_shoulder"]
    own = line(MODEL, request(locked=locked_frames([30, 61], [shoulder])))
    motion, mask = known_motion([own], [Place(0, 0), Place(0, 1)], [own.start, own.start], "velocity")
    channels = slice(6 * shoulder, 6 * shoulder + 6)
    assert motion[0, 30, channels].tolist() == pytest.approx(rot.to_six_d(rot.about("x", 0.3)).tolist())
    assert mask[0, 30, channels].max() == 0
    assert mask[0, 30].sum() == 337 - 6
    assert torch.equal(motion[1, 1, channels], motion[0, 30, channels])  # of the second window's seed too
    assert mask[0, 5:30].min() == 1


def test_locked_motion_moves_the_networks_to_other_codes():
    everything = locked_frames(range(20, 60), range(JOINT_COUNT))
    codes = [generate(MODEL, wanted)[0].codes.base["hands"] for wanted in (request(), request(locked=everything))]
    assert not np.array_equal(codes[0][:16], codes[1][:16])


def test_half_precision_stays_near(made):
    half = replace(MODEL, base=_as_type(MODEL.base, torch.bfloat16), sparse=_as_type(MODEL.sparse, torch.bfloat16))
    codes = generate(half, request())[0].codes
    same = np.mean([codes.base[part][:16, 0] == made.codes.base[part][:16, 0] for part in codes.base])
    assert same > 0.7  # of the first window; ties go one way or the other


def _as_type(network, dtype):
    import copy

    return copy.deepcopy(network).to(dtype)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"temperatur": 1.0}, "temperatur"),
        ({"temperature": -1.0}, "temperature"),
        ({"precision": "fp8"}, "precision"),
        ({"top_k": "many"}, "top_k"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings, complaint):
    with pytest.raises(UserError, match=complaint):
        generate(MODEL, request(SHORT, settings=settings))


def test_a_style_that_the_model_does_not_know_is_named():
    with pytest.raises(UserError, match="choose one of calm, neutral, lively"):
        line(MODEL, replace(request(SHORT), style="reserved"))


def test_a_folder_of_weights_makes_takes_with_its_own_ears(tmp_path):
    folder = write_tiny_model(tmp_path / "tiny")
    wanted = request(SHORT, model=folder)
    take = SemTalkGenerator().generate(wanted)
    assert take.frames == len(wanted.speech.rhythm.loudness)
    assert same_motion(take, SemTalkGenerator().generate(wanted))


def test_without_a_model_it_says_so():
    with pytest.raises(UserError, match="needs a model"):
        SemTalkGenerator().generate(request(SHORT))


def test_out_of_memory_batches_get_smaller_and_at_last_the_cpu_does_the_work(monkeypatch, tmp_path):
    folder = write_tiny_model(tmp_path / "tiny")
    wanted = request(model=folder)
    usual = SemTalkGenerator().generate(wanted)
    most, tries = 2, []
    prepare = type(MODEL.base).prepare

    def small_card(self, in_audio, *rest, **named):
        tries.append(len(in_audio))
        if len(in_audio) > most:
            raise torch.OutOfMemoryError
        return prepare(self, in_audio, *rest, **named)

    monkeypatch.setattr(type(MODEL.base), "prepare", small_card)
    assert same_motion(SemTalkGenerator().generate(wanted), usual)
    assert tries[0] > most >= tries[-1]
