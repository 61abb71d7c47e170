"""The published checkpoints' networks: names, shapes and figures as published."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from weights_from_names import fixture, input_from_name, weights_from_names
from weights_from_names import published_shapes as shapes_in

from chironomy.errors import UserError
from chironomy.nets import load_published, published
from chironomy.nets.released.loading import published_shapes
from chironomy.nets.released.names import TENSOR_NAMES, TensorNames
from chironomy.nets.released.registry import PUBLISHED

KEYS = {
    "semtalk/rvq_face": "semtalk_rvq_face",
    "semtalk/rvq_upper": "semtalk_rvq_upper",
    "semtalk/rvq_hands": "semtalk_rvq_hands",
    "semtalk/rvq_lower": "semtalk_rvq_lower",
    "semtalk/global_motion": "semtalk_global_motion",
    "semtalk/base": "semtalk_base",
    "semtalk/sparse": "semtalk_sparse",
    "semtalk/fgd": "semtalk_fgd_aeskconv",
    "semges/vq_hand": "semges_vq_hand",
    "semges/vq_body": "semges_vq_body",
    "semges/transformer": "semges_semantic_transformer",
}
#: Parameters that are in use, as the specification counts them.
LIVE_MILLIONS = {"semtalk/base": 199.4, "semtalk/sparse": 153.7}


def filled(name: str) -> torch.nn.Module:
    network = published(name)
    load_published(network, weights_from_names(shapes_in(KEYS[name])))
    return network


def test_every_published_checkpoint_has_a_network() -> None:
    assert set(PUBLISHED) == set(KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_names_and_shapes_are_the_published_ones_but_for_what_has_no_effect(name: str) -> None:
    network = published(name)
    names = TENSOR_NAMES.get(type(network).__name__, TensorNames())
    expected = {key: shape for key, shape in shapes_in(KEYS[name]).items() if not key.startswith(names.unused)}
    ours = {key: list(shape) for key, shape in published_shapes(network).items()}
    only_ours = ours.keys() - expected.keys()
    assert all(key.endswith(("code_sum", "code_count")) for key in only_ours)
    assert {key: ours[key] for key in ours if key not in only_ours} == expected
    if name in LIVE_MILLIONS:
        count = sum(parameter.numel() for parameter in network.parameters())
        assert count / 1e6 == pytest.approx(LIVE_MILLIONS[name], abs=0.05)


def test_what_data_parallel_puts_before_names_is_ignored() -> None:
    network, weights = published("semges/vq_body"), weights_from_names(shapes_in("semges_vq_body"))
    load_published(network, {f"module.{name}": tensor for name, tensor in weights.items()})
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in weights.items())


def test_counters_of_batches_may_be_fractions_or_missing() -> None:
    weights = weights_from_names(shapes_in("semges_vq_body"))
    counters = [name for name in weights if name.endswith("num_batches_tracked")]
    assert counters
    load_published(published("semges/vq_body"), {**weights, **dict.fromkeys(counters, torch.zeros(()))})
    load_published(published("semges/vq_body"), {n: value for n, value in weights.items() if n not in counters})


def test_semges_codes_equal_the_published_ones() -> None:
    expected = fixture("semges_vq_body.npz")
    network = filled("semges/vq_body")
    motion = torch.from_numpy(expected["in_x"])
    with torch.inference_mode():
        assert np.allclose(network.latents(motion), expected["enc_z"], atol=1e-4)
        assert np.array_equal(network.encode(motion), expected["idx"])
        assert np.allclose(network.decode(torch.from_numpy(expected["idx"])), expected["dec_y"], atol=1e-4)


def test_semges_transformer_equals_the_published_one() -> None:
    expected = fixture("semges.json")
    network = filled("semges/transformer")
    words = torch.from_numpy(np.random.Generator(np.random.PCG64(3)).integers(0, 11_247, (2, 34)))
    with torch.inference_mode():
        outputs = network(input_from_name("semges_audio", (2, 34, 1536), 0.3), words, torch.tensor([[[1]], [[5]]]))
    assert set(outputs) == set(expected)
    for name, digest in expected.items():
        values = outputs[name].double()
        assert list(values.shape) == digest["shape"]
        flat = values.flatten().tolist()
        assert flat[:8] == pytest.approx(digest["first8"], abs=1e-4)
        assert flat[-8:] == pytest.approx(digest["last8"], abs=1e-4)
        assert values.mean().item() == pytest.approx(digest["mean"], abs=1e-5)
        assert values.std(correction=0).item() == pytest.approx(digest["std"], abs=1e-5)
        assert values.abs().max().item() == pytest.approx(digest["absmax"], abs=1e-4)


def test_published_functions_are_found_without_loading_torch_before() -> None:
    code = "import sys, chironomy.nets as n; a = 'torch' in sys.modules; n.published; print(a, 'torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "True"]


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"semtalk/rvq_feet: .*semges/vq_hand"):
        published("semtalk/rvq_feet")


@pytest.fixture
def evaluator_weights() -> dict[str, torch.Tensor]:
    return dict(published("semtalk/fgd").state_dict())


def test_what_does_not_fit_is_said_and_changes_nothing(evaluator_weights: dict[str, torch.Tensor]) -> None:
    network = published("semtalk/fgd")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    broken = {**evaluator_weights, "surprise": torch.zeros(1), "fc_mu.weight": torch.zeros(2, 3)}
    del broken["fc_logvar.bias"]
    broken["fc_mu.bias"] = torch.full((240,), float("nan"))
    with pytest.raises(UserError) as error:
        load_published(network, broken, "AESKConv.bin")
    message = str(error.value)
    assert message.startswith("AESKConv.bin: ")
    assert "1 tensor (fc_logvar.bias) is missing" in message
    assert "1 tensor (surprise) is unknown" in message
    assert "1 tensor (fc_mu.weight) is of another shape ([2, 3], not [240, 240])" in message
    assert "1 tensor (fc_mu.bias) is not made of numbers" in message
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    "value",
    [
        "text",
        torch.zeros(240, dtype=torch.int64),
        torch.zeros(240).to_sparse(),
        torch.zeros(240, device="meta"),
        torch.zeros(240).to(torch.float8_e4m3fn),
    ],
)
def test_values_of_another_kind_are_refused(evaluator_weights: dict[str, torch.Tensor], value: object) -> None:
    with pytest.raises(UserError, match=r"1 tensor \(fc_mu.bias\) is of another kind"):
        load_published(published("semtalk/fgd"), {**evaluator_weights, "fc_mu.bias": value})  # type: ignore[dict-item]


def test_numbers_that_are_too_large_for_the_network_are_refused(evaluator_weights: dict[str, torch.Tensor]) -> None:
    large = torch.full((240,), 1e300, dtype=torch.float64)
    with pytest.raises(UserError, match=r"1 tensor \(fc_mu.bias\) is not made of numbers"):
        load_published(published("semtalk/fgd"), {**evaluator_weights, "fc_mu.bias": large})


def test_masks_of_the_skeleton_are_taken_as_given_or_as_constructed(evaluator_weights: dict[str, torch.Tensor]) -> None:
    mask = "encoder.layers.0.0.residual.0.mask"
    network = published("semtalk/fgd")
    constructed = network.state_dict()[mask].clone()
    load_published(network, {name: tensor for name, tensor in evaluator_weights.items() if name != mask})
    assert torch.equal(network.state_dict()[mask], constructed)
    load_published(network, {**evaluator_weights, mask: torch.zeros_like(constructed)})
    assert not network.state_dict()[mask].any()
