"""The feature network that FGD is measured with: learned, written, read, and what it tells apart."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from chironomy.errors import UserError
from chironomy.evaluation.frechet import corrected
from chironomy.evaluation.gesture_distance import as_input, pooled_latents
from chironomy.motion import rotations as rot
from chironomy.motion.skeleton import INDEX
from chironomy.nets.evaluator.network import Evaluator
from chironomy.nets.feature_networks import encoder_of, read_feature_network
from chironomy.nets.motion_features import learn_motion_features, write_motion_features

STEPS = 40


def waving(seed: int, turns_per_s: float = 0.5, frames: int = 320) -> np.ndarray:
    """Arms that swing about, [T, 55, 4]."""
    random = np.random.default_rng(seed)
    times_s = np.arange(frames) / 30
    rotations = rot.identity((frames, 55))
    for name in ("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "spine3"):
        phase, size = random.uniform(0, 2 * np.pi), random.uniform(0.3, 0.5)
        rotations[:, INDEX[name]] = rot.about("y", size * np.sin(2 * np.pi * turns_per_s * times_s + phase))
    return rotations


@pytest.fixture(scope="module")
def network():
    return learn_motion_features([as_input(waving(seed)) for seed in range(6)], steps=STEPS)


def test_the_same_motions_and_seed_give_the_same_network() -> None:
    motions = [as_input(waving(seed)) for seed in range(2)]
    first, again, other = (learn_motion_features(motions, seed, steps=3) for seed in (0, 0, 1))
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert not torch.equal(first.encoder[0].weight, other.encoder[0].weight)


def test_learning_leaves_the_random_state_of_the_program_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    learn_motion_features([as_input(waving(0, frames=64))], steps=1)
    assert torch.equal(torch.rand(3), expected)


def test_it_learns(network) -> None:
    motion = torch.as_tensor(as_input(waving(9)), dtype=torch.float32)[None]
    untaught = learn_motion_features([as_input(waving(seed)) for seed in range(6)], steps=1)

    def error(net) -> float:
        wanted, decoded = net(motion)
        return float((decoded - wanted).detach().abs().mean())

    assert error(network) < 0.7 * error(untaught)


def test_alike_motion_is_nearer_than_other_motion(network) -> None:
    encode = encoder_of(network)
    some, alike = (pooled_latents([waving(seed) for seed in seeds], encode) for seeds in ((20, 21, 22), (23, 24, 25)))
    quicker = pooled_latents([waving(seed, turns_per_s=2.0) for seed in (20, 21, 22)], encode)
    assert some.shape == (3 * 320 / 8, 32)
    assert corrected(some, alike) < 0.5 * corrected(some, quicker)


def test_trembling_is_seen(network) -> None:
    encode = encoder_of(network)
    some, alike = (pooled_latents([waving(seed) for seed in seeds], encode) for seeds in ((20, 21, 22), (23, 24, 25)))
    shaken = [rot.multiply(waving(seed), trembling(seed)) for seed in (23, 24, 25)]
    assert corrected(some, pooled_latents(shaken, encode)) > 2 * corrected(some, alike)


def trembling(seed: int, frames: int = 320) -> np.ndarray:
    """Rotations of about a degree, another one in every frame."""
    return rot.exp(np.random.default_rng(seed).normal(0, np.radians(1.0), (frames, 55, 3)))


def test_written_and_read_again_it_gives_the_same_latents(network, tmp_path) -> None:
    write_motion_features(tmp_path / "net.safetensors", network, "waving")
    read = read_feature_network(tmp_path / "net.safetensors")
    motion = as_input(waving(3))
    assert np.array_equal(encoder_of(read)(motion), encoder_of(network)(motion))


def test_the_published_evaluator_is_read_too(tmp_path) -> None:
    torch.manual_seed(0)
    evaluator = Evaluator().eval()
    save_file(evaluator.state_dict(), tmp_path / "evaluator.safetensors")
    encode = encoder_of(read_feature_network(tmp_path / "evaluator.safetensors"))
    assert encode(as_input(waving(3, frames=64))).shape == (4, 240)


def test_motions_too_short_to_learn_from_are_named() -> None:
    with pytest.raises(UserError, match="64 frames"):
        learn_motion_features([as_input(waving(0, frames=63))])


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"PK\x03\x04 no tensors"])
def test_files_that_are_no_network_are_refused(content, tmp_path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"net\.safetensors: is no feature network"):
        read_feature_network(path)


def test_tensors_of_another_network_are_refused(tmp_path) -> None:
    path = tmp_path / "net.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(UserError, match=r"net\.safetensors"):
        read_feature_network(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_feature_network(tmp_path / "missing.safetensors")
