"""SemGes' networks and the evaluator without the published fixtures: figures measured once, and what always holds."""

import json
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from weights_from_names import input_from_name, weights_from_names

from chironomy.errors import UserError
from chironomy.nets import load_published, published
from chironomy.nets.config import read_model_config
from chironomy.nets.released.loading import published_shapes
from chironomy.nets.semges.config import SemGesConfig, TransformerConfig, read_semges_config, write_semges_config
from chironomy.nets.semges.transformer import SemanticTransformer
from chironomy.nets.semges.vq import VqVae

_DIGESTS = Path(__file__).parents[1] / "data" / "network_digests.json"
_RECIPE = Path(__file__).parents[2] / "models" / "recipes" / "semges-33m.yaml"
_SMALL = TransformerConfig(audio_width=6, width=8, heads=2, layers=2, feed_forward=8, dropout=0.0)


def outputs_of(name: str) -> dict[str, torch.Tensor]:
    """What the network makes of weights and inputs from names."""
    network = published(name)
    load_published(network, weights_from_names({key: list(s) for key, s in published_shapes(network).items()}))
    with torch.inference_mode():
        if name == "semges/transformer":
            words = torch.arange(68).reshape(2, 34) * 97
            return network(input_from_name("audio", (2, 34, 1536), 0.3), words, torch.tensor([[[1]], [[5]]]))
        if name == "semtalk/fgd":
            return {"features": network.encode(input_from_name("motion", (2, 64, 330), 1.0))}
        motion = input_from_name("motion", (2, 34, 54), 1.0)
        return {"latents": network.latents(motion), "motion": network.decode(network.encode(motion))}


def digest(values: torch.Tensor) -> list[float]:
    flat = values.double().flatten()
    return [flat.mean().item(), flat.std().item(), *flat[:3].tolist(), *flat[-3:].tolist()]


@pytest.mark.parametrize("name", ["semges/transformer", "semges/vq_body", "semtalk/fgd"])
def test_outputs_are_those_measured_when_semges_equalled_the_published_fixtures(name: str) -> None:
    expected = json.loads(_DIGESTS.read_text())[name]
    measured = {output: digest(values) for output, values in outputs_of(name).items()}
    assert measured.keys() == expected.keys()
    for output, figures in expected.items():
        assert measured[output] == pytest.approx(figures, abs=1e-4)


@pytest.mark.parametrize(("clips", "frames"), [(1, 5), (3, 34), (2, 120)])
def test_any_number_of_clips_and_frames(clips: int, frames: int) -> None:
    network = SemanticTransformer(_SMALL, code_width=10).eval()
    audio, words = torch.randn(clips, frames, 6), torch.randint(100, (clips, frames))
    outputs = network(audio, words, torch.zeros(clips, 1, 1, dtype=torch.long))
    assert {values.shape for values in outputs.values()} == {(clips, frames, 10)}


def test_clips_of_a_batch_do_not_know_of_each_other() -> None:
    network = SemanticTransformer(_SMALL, code_width=10).eval()
    audio, words, speakers = torch.randn(3, 12, 6), torch.randint(100, (3, 12)), torch.tensor([[[0]], [[1]], [[2]]])
    together = network(audio, words, speakers)
    alone = network(audio[1:2], words[1:2], speakers[1:2])
    for name, values in alone.items():
        torch.testing.assert_close(values, together[name][1:2], atol=1e-5, rtol=0)


def test_hands_and_body_differ_by_the_speaker_alone() -> None:
    network = SemanticTransformer(_SMALL, code_width=10).eval()
    network.speaker_body.load_state_dict(network.speaker_hands.state_dict())
    outputs = network(torch.randn(1, 9, 6), torch.zeros(1, 9, dtype=torch.long), torch.zeros(1, 1, 1, dtype=torch.long))
    torch.testing.assert_close(outputs["poses_feat_hands"], outputs["poses_feat_body"])


def test_words_that_are_still_to_come_do_not_change_the_words_features() -> None:
    network = SemanticTransformer(_SMALL, code_width=10).eval()
    audio, words, speaker = (
        torch.randn(1, 9, 6),
        torch.zeros(1, 9, dtype=torch.long),
        torch.zeros(1, 1, dtype=torch.long),
    )
    other = words.clone()
    other[:, 6:] = 5
    before, after = (network(audio, w, speaker)["word_feat_seq"] for w in (words, other))
    assert torch.equal(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_every_parameter_learns() -> None:
    network = SemanticTransformer(_SMALL, code_width=10)
    outputs = network(torch.randn(2, 9, 6), torch.randint(100, (2, 9)), torch.tensor([[[0]], [[1]]]))
    sum(values.square().mean() for values in outputs.values()).backward()  # type: ignore[union-attr]
    assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []
    rebuilt = VqVae(6)
    output = rebuilt(torch.randn(2, 9, 6))
    (output.motion.square().mean() + output.loss).backward()
    assert [name for name, parameter in rebuilt.named_parameters() if parameter.grad is None] == []


def test_the_recipe_is_the_published_configuration() -> None:
    assert read_semges_config(_RECIPE) == SemGesConfig()


def test_a_configuration_is_read_as_it_was_written(tmp_path: Path) -> None:
    config = SemGesConfig(name="small", window_frames=68, transformer=_SMALL)
    write_semges_config(config, tmp_path / "config.yaml")
    assert read_semges_config(tmp_path / "config.yaml") == config


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("semges: {window_frames: 0}", "semges.window_frames"),
        ("semges: {surprise: 1}", "semges.surprise"),
        ("semges: {transformer: {heads: 3}}", "semges.transformer"),
        ("semges: {overlap_frames: 18}", "semges"),
        ("semges: {vq: {codes: 2000000000}}", "semges.vq.codes"),
        ("semges: {transformer: {layers: 100000}}", "semges.transformer.layers"),
        ("semges: {transformer: {text: {widths: [1000000000]}}}", "semges.transformer.text.widths"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"config\.yaml: {place}[.0-9]*: "):
        read_semges_config(path)


def test_a_recipe_of_the_other_system_is_refused() -> None:
    with pytest.raises(UserError, match=r"has no section `model:`, but semges"):
        read_model_config(_RECIPE)
    with pytest.raises(UserError, match=r"has no section `semges:`"):
        read_semges_config(_RECIPE.with_name("tiny.yaml"))


def test_configurations_do_not_change() -> None:
    with pytest.raises(ValidationError):
        SemGesConfig().fps = 30  # type: ignore[misc]
