"""SemGes' generator on a small model with weights by chance."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from spoken_lines import request
from weights_from_names import weights_from_names

from chironomy.emphasis.fuse import layer_deltas
from chironomy.errors import UserError
from chironomy.generators.semges.generator import SemGesGenerator, Settings, take_of
from chironomy.generators.semges.motion import semges_motion
from chironomy.generators.semges.skeleton import BODY, HANDS, MOVED, joints_of
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX, JOINT_COUNT, LEGS
from chironomy.nets.front_end.semges import SemGesFeatures
from chironomy.nets.model_card import Card, FileRecord, Origin
from chironomy.nets.model_folder import SemGesModel
from chironomy.nets.semges.config import SemGesConfig, TextEncoderConfig, TransformerConfig, VqConfig
from chironomy.nets.semges.transformer import SemanticTransformer
from chironomy.nets.semges.vq import VqVae

TEXT = TextEncoderConfig(vocabulary=20, word_width=8, widths=(16,))
CONFIG = SemGesConfig(
    name="small",
    vq=VqConfig(width=16, codes=8),
    transformer=TransformerConfig(audio_width=12, speakers=3, width=16, heads=2, layers=1, feed_forward=16, text=TEXT),
)
ORIGIN = Origin(system="semges", name="small", summary="Chance.", licence="For tests.", made_by="pytest")
SHORT = "This is rather short."


def _filled(network: torch.nn.Module) -> torch.nn.Module:
    shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    network.load_state_dict(weights_from_names(shapes), strict=False)
    return network.eval().requires_grad_(False)


MODEL = SemGesModel(
    CONFIG,
    _filled(VqVae(CONFIG.hand_width, CONFIG.vq)),
    _filled(VqVae(CONFIG.body_width, CONFIG.vq)),
    _filled(SemanticTransformer(CONFIG.transformer, CONFIG.vq.width)),
    Card(origin=ORIGIN, files={"vq_hand.safetensors": FileRecord(sha256="0" * 64, size_bytes=1)}),
)


def features(frames: int) -> SemGesFeatures:
    chance = np.random.default_rng(frames)
    return SemGesFeatures(chance.standard_normal((frames, 12), dtype=np.float32), chance.integers(0, 20, frames))


def take(text: str = SHORT, **choices):
    wanted = request(text, **choices)
    frames = int(np.ceil(wanted.speech.duration_s * CONFIG.fps))
    return take_of(MODEL, features(frames), wanted, Settings())


@pytest.mark.parametrize("frames", [1, 20, 34, 35, 64, 65, 400])
def test_there_is_motion_for_every_frame_whatever_the_length(frames):
    hands, body = semges_motion(MODEL, features(frames), 1)
    assert hands.shape == (frames, 228)
    assert body.shape == (frames, 54)
    assert np.isfinite(hands).all()


def test_no_frame_runs_behind_the_speech_over_many_windows():
    """The published code repeats the four frames that windows share: its motion falls behind, half a second in four."""
    calm = features(200)
    changed = replace(calm, speech=calm.speech.copy())
    changed.speech[150:] += 3.0
    before, after = (semges_motion(MODEL, own, 1)[0] for own in (calm, changed))
    moved = np.flatnonzero(np.any(before != after, axis=1))
    assert 120 <= moved.min() <= 150  # of the window that frame 150 lies in, and of none before it


def test_a_take_is_whole_and_its_layers_can_be_mixed():
    made = take()
    frames = len(request(SHORT).speech.rhythm.loudness)
    for name in ("base_rotations", "semantic_rotations", "translation", "face", "emphasis", "contacts"):
        assert len(getattr(made, name)) == frames
    layer_deltas(made.base_rotations, made.semantic_rotations)
    assert set(made.emphasis.tolist()) == {1.0}
    assert all(word.score == 1.0 for word in made.metadata.words)


def test_semges_moves_arms_and_hands_and_nothing_else():
    made = take()
    others = np.setdiff1d(np.arange(JOINT_COUNT), MOVED)
    assert {INDEX["pelvis"], INDEX["jaw"], *LEGS} <= set(others.tolist())
    assert np.array_equal(made.base_rotations[:, others], made.semantic_rotations[:, others])
    assert not np.array_equal(made.base_rotations[:, MOVED], made.semantic_rotations[:, MOVED])
    assert made.contacts.all()


def test_every_bone_of_the_47_has_its_joint():
    assert len(BODY) + len(HANDS) == 47
    assert len(set(BODY) | set(HANDS)) == 47 - 6  # ring and little finger, and index, have a bone of the palm each
    six = np.tile(rot.to_six_d(rot.about("z", 0.2)), (3, len(HANDS)))
    turned = joints_of(six, HANDS)
    assert rot.angle(turned[INDEX["left_middle1"]]) == pytest.approx(0.2)
    assert rot.angle(turned[INDEX["left_ring1"]]) == pytest.approx(0.4)


def test_the_same_request_gives_the_same_take():
    assert np.array_equal(take().semantic_rotations, take().semantic_rotations)


def test_metadata_says_what_is_missing():
    metadata = take().metadata
    assert metadata.generator == "semges"
    assert metadata.licences == ("small: For tests.",)
    assert any("legs and root stand" in notice for notice in metadata.notices)
    assert any("no semantic score" in notice for notice in metadata.notices)


def test_what_does_not_fit_is_named():
    with pytest.raises(UserError, match="knows 0 to 2"):
        take_of(MODEL, features(30), request(SHORT), Settings(speaker=3))
    with pytest.raises(UserError, match="needs a model"):
        SemGesGenerator().generate(request(SHORT))
    with pytest.raises(UserError, match="temperature"):
        SemGesGenerator().generate(replace(request(SHORT), model="model", settings={"temperature": 1}))
