"""Base and sparse generator with weights made from names give the published networks' outputs."""

import hashlib
from functools import cache

import pytest
import torch
from torch import Tensor
from weights_from_names import fixture, published_shapes, weights_from_names

from chironomy.nets import load_published, published
from chironomy.nets.config import BODY_PARTS, PARTS

_TOLERANCE = 1e-4


def _network(kind: str) -> torch.nn.Module:
    network = published(f"semtalk/{kind}")
    load_published(network, weights_from_names(published_shapes(f"semtalk_{kind}")))
    return network


@cache
def _inputs() -> dict[str, Tensor]:
    arrays = {name[3:]: torch.from_numpy(values) for name, values in fixture("generators.npz").items() if "in_" in name}
    inputs = {name: values.float() if values.is_floating_point() else values for name, values in arrays.items()}
    mask = torch.ones_like(inputs["motion"])
    mask[:, : inputs["mask_first_frames_visible"]] = 0
    return {**inputs, "mask": mask}


@cache
def _base() -> dict[bool, dict[str, Tensor]]:
    """With and without use_word."""
    given, network = _inputs(), _network("base")
    with torch.inference_mode():
        return {
            use_word: network(
                in_audio=given["beat"],
                hubert=given["hubert"],
                in_motion=given["motion"],
                mask=given["mask"],
                in_id=given["id"],
                in_word=given["word"],
                use_word=use_word,
            )
            for use_word in (True, False)
        }


@cache
def _sparse() -> dict[str, Tensor]:
    given = _inputs()
    with torch.inference_mode():
        return _network("sparse")(
            in_word=given["word"],
            feat_clip_text=given["clip"],
            emotion=given["emo"],
            hubert=given["hubert"],
            in_motion=given["motion"],
            mask=given["mask"],
            in_id=given["id"],
        )


def _assert_fits_digest(output: Tensor, digest: dict) -> None:
    values = output.flatten()
    assert list(output.shape) == digest["shape"]
    torch.testing.assert_close(values[:8], torch.tensor(digest["first8"]), atol=_TOLERANCE, rtol=0)
    torch.testing.assert_close(values[-8:], torch.tensor(digest["last8"]), atol=_TOLERANCE, rtol=0)
    assert values.mean().item() == pytest.approx(digest["mean"], abs=1e-5)
    assert values.abs().max().item() == pytest.approx(digest["absmax"], abs=_TOLERANCE)


@pytest.mark.parametrize(("use_word", "record"), [(True, "base"), (False, "base_use_word_False")])
def test_base_equals_the_published_network_in_every_output(use_word, record):
    digests = fixture("generators.json")[record]
    output = _base()[use_word]
    assert set(output) == set(digests) - {"argmax_sha"}
    for name, value in output.items():
        _assert_fits_digest(value, digests[name])


def test_base_chooses_the_same_codes():
    for name, expected in fixture("generators.json")["base"]["argmax_sha"].items():
        codes = _base()[True][name].argmax(dim=2)
        assert hashlib.sha256(codes.numpy().tobytes()).hexdigest() == expected


def test_base_logits_equal_the_published_ones_code_by_code():
    arrays = fixture("generators.npz")
    for part in PARTS:
        expected = torch.from_numpy(arrays[f"base_cls_{part}"])
        torch.testing.assert_close(_base()[True][f"cls_{part}"][:1, ::4], expected, atol=_TOLERANCE, rtol=0)


def test_sparse_equals_the_published_network_in_every_output():
    digests = {name: d for name, d in fixture("generators.json")["sparse"].items() if name != "argmax_sha"}
    assert set(_sparse()) == set(digests)
    for name, value in _sparse().items():
        _assert_fits_digest(value, digests[name])


def test_sparse_gate_and_logits_equal_the_published_ones():
    arrays = fixture("generators.npz")
    torch.testing.assert_close(_sparse()["gate"], torch.from_numpy(arrays["sparse_gate"]), atol=_TOLERANCE, rtol=0)
    for part in BODY_PARTS:
        expected = torch.from_numpy(arrays[f"sparse_cls_{part}"])
        torch.testing.assert_close(_sparse()[f"cls_{part}"][:1, ::4], expected, atol=_TOLERANCE, rtol=0)
