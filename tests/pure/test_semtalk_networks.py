"""Base and sparse generator at small size: what they hear and are told, and what may be computed beforehand."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from chironomy.nets.config import BODY_PARTS, PARTS, ModelConfig, parse_model_config, read_model_config
from chironomy.nets.convolution import Conv1d
from chironomy.nets.linear import linear
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork
from chironomy.nets.semtalk.attention import Decoder
from chironomy.nets.semtalk.consistency import rhythmic_consistency

_TINY = read_model_config(Path(__file__).parents[2] / "models" / "recipes" / "tiny.yaml")


def _config(window_frames: int = 64, **front_end) -> ModelConfig:
    section = _TINY.model_dump()
    section["window_frames"] = window_frames
    section["front_end"] |= front_end
    return parse_model_config(section, "test")


def _inputs(config: ModelConfig, windows: int = 2) -> dict[str, Tensor]:
    torch.manual_seed(1)
    front_end, frames = config.front_end, config.window_frames
    mask = torch.ones(windows, frames, 337)
    mask[:, : config.seed_frames] = 0
    return {
        "hubert": torch.randint(len(front_end.phones), (windows, frames))
        if front_end.phones
        else torch.randn(windows, frames, front_end.speech_width),
        "in_motion": torch.randn(windows, frames, 337),
        "mask": mask,
        "in_id": torch.randint(front_end.identities, (windows, frames, 1)),
    }


def _base(config: ModelConfig, windows: int = 2) -> tuple[BaseNetwork, dict[str, Tensor]]:
    inputs = _inputs(config, windows)
    in_audio = torch.randn(windows, config.window_frames, config.front_end.rhythm_width)
    return BaseNetwork(config).eval(), {"in_audio": in_audio, **inputs}


def _sparse(config: ModelConfig, windows: int = 2) -> tuple[SparseNetwork, dict[str, Tensor | None]]:
    inputs, front_end, frames = _inputs(config, windows), config.front_end, config.window_frames
    words = {
        "vocabulary+clip": torch.randint(front_end.vocabulary, (windows, frames)),
        "minilm": torch.randn(windows, frames, front_end.word_width),
        "none": None,
    }[front_end.text]
    read = {"in_word": words, "feat_clip_text": torch.randn(windows, front_end.sentence_width), "emotion": None}
    if front_end.called_classes:
        read["called_class"] = torch.randint(1 + len(front_end.gesture_classes), (windows, frames))
        read["rhythm"] = torch.randn(windows, frames, front_end.rhythm_width)
    return SparseNetwork(config).eval(), {**read, **inputs}


def _asleep(network: torch.nn.Module) -> list[str]:
    return [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]


_FRONT_ENDS = [
    {},
    {"speech": "none", "phones": ()},
    {"speech": "hubert-base", "phones": ()},
    {"text": "none"},
    {"text": "vocabulary+clip", "vocabulary": 50, "word_width": 20},
    {"gesture_classes": (), "plan_width": 0, "styles": (), "speakers": 3},
    {"called_classes": True},
]


@pytest.mark.parametrize("front_end", _FRONT_ENDS, ids=str)
def test_every_parameter_of_both_generators_learns(front_end):
    config = _config(**front_end)
    for network, inputs in (_base(config), _sparse(config)):
        network.train()
        output = network(
            **inputs, plan=torch.randn(2, 64, config.front_end.plan_width), plan_mask=torch.eye(64)[None, :, :1]
        )
        sum((value * torch.randn_like(value)).sum() for value in output.values()).backward()
        assert _asleep(network) == []


@pytest.mark.parametrize(("make", "millions"), [(BaseNetwork, 199.4), (SparseNetwork, 153.7)])
def test_published_sizes_have_the_parameters_that_a_loss_reaches_and_no_more(make, millions):
    with torch.device("meta"):
        network = make(ModelConfig())
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize("frames", [64, 128])
def test_shapes_of_all_outputs(frames):
    config = _config(frames)
    tokens, codes, levels, latent = frames // 4, config.rvq.codes, config.rvq.levels, config.rvq.code_width
    base, inputs = _base(config)
    output = base(**inputs)
    for part in PARTS:
        assert output[f"cls_{part}"].shape == (2, tokens, codes, levels)
        assert output[f"rec_{part}"].shape == (2, levels, 1, tokens, latent)
    sparse, inputs = _sparse(config)
    output = sparse(**inputs)
    assert output["gate"].shape == (2, tokens, 2)
    assert set(output) == {"gate", *(f"{kind}_{part}" for part in BODY_PARTS for kind in ("cls", "rec"))}


def test_without_legs_the_sparse_generator_makes_none():
    whole = _config(64)
    config = whole.model_copy(update={"sparse": whole.sparse.model_copy(update={"legs": False})})
    sparse, inputs = _sparse(config)
    assert not [name for name in sparse.state_dict() if name.startswith(("heads.lower", "cross.lower"))]
    assert {name.partition("_")[2] for name in sparse(**inputs)} == {"", "upper", "hands"}


@torch.inference_mode()
def test_windows_prepared_together_and_finished_one_by_one_equal_the_whole_call():
    network, inputs = _base(_TINY, windows=3)
    whole = network(**inputs)
    memory = network.prepare(inputs["in_audio"], inputs["hubert"], inputs["in_id"])
    for k in range(3):
        window = slice(k, k + 1)
        own = memory.windows(window)
        latents = network.latents(own, inputs["in_motion"][window], inputs["mask"][window])
        for part in PARTS:
            logits = network.logits(part, latents[part], own)
            torch.testing.assert_close(logits, whole[f"cls_{part}"][window], atol=1e-5, rtol=0)


@torch.inference_mode()
def test_sparse_performs_any_windows_that_were_heard_together():
    network, inputs = _sparse(_TINY, windows=4)
    whole = network(**inputs)
    heard = network.hear(inputs["in_word"], inputs["feat_clip_text"], inputs["hubert"])
    chosen = torch.tensor([1, 3])
    some = network.perform(
        heard.windows(chosen), inputs["in_motion"][chosen], inputs["mask"][chosen], inputs["in_id"][chosen]
    )
    for name, value in some.items():
        torch.testing.assert_close(value, whole[name][chosen], atol=1e-5, rtol=0)


@torch.inference_mode()
def test_the_gate_depends_on_words_and_sound_alone():
    network, inputs = _sparse(_TINY)
    gate = network.hear(inputs["in_word"], inputs["feat_clip_text"], inputs["hubert"]).gate
    other = {**inputs, "in_motion": torch.randn(2, 64, 337), "in_id": 0 * inputs["in_id"]}
    asked = network(**other, gesture_class=torch.ones(2, 64, dtype=torch.long), plan=torch.randn(2, 64, 4))
    assert torch.equal(asked["gate"], gate)


@torch.inference_mode()
def test_a_word_that_calls_for_a_class_moves_the_gate_around_it_and_nowhere_else():
    network, inputs = _sparse(_config(window_frames=256, called_classes=True))
    at, reach = 32, 24
    called = inputs["called_class"].clone()
    during = slice(4 * at, 4 * at + 4)
    called[:, during] = (called[:, during] + 1) % 2
    changed = (network(**{**inputs, "called_class": called})["gate"] - network(**inputs)["gate"]).abs().amax((0, 2))
    moved = changed.nonzero().flatten()
    assert changed[at] > 0
    assert (moved.min(), moved.max()) == (at - reach, at + reach)


@torch.inference_mode()
def test_a_gate_that_reads_called_classes_does_not_go_without_them():
    network, inputs = _sparse(_config(called_classes=True))
    with pytest.raises(ValueError, match="called_class"):
        network(**{**inputs, "called_class": None})


@torch.inference_mode()
def test_emotion_and_the_bases_latents_are_taken_as_published_and_change_nothing():
    network, inputs = _sparse(_TINY)
    plain = network(**inputs)
    given = network(**{**inputs, "emotion": torch.randn(2, 512), "latent": torch.randn(2, 16, 256)})
    assert all(torch.equal(given[name], value) for name, value in plain.items())


@torch.inference_mode()
def test_hidden_motion_has_no_effect_and_visible_motion_has():
    network, inputs = _base(_TINY)
    plain = network(**inputs)["cls_upper"]
    hidden, visible = inputs["in_motion"].clone(), inputs["in_motion"].clone()
    hidden[:, 4:] += torch.randn(2, 60, 337)
    visible[:, :4] += torch.randn(2, 4, 337)
    assert torch.equal(network(**{**inputs, "in_motion": hidden})["cls_upper"], plain)
    assert not torch.equal(network(**{**inputs, "in_motion": visible})["cls_upper"], plain)


@pytest.mark.parametrize("make", [_base, _sparse])
@torch.inference_mode()
def test_an_open_class_is_class_zero_and_an_open_plan_is_one_that_is_masked(make):
    network, inputs = make(_TINY)
    network.conditions.open_plan.normal_()
    unsaid = network(**inputs)["cls_hands"]
    plan = torch.randn(2, 64, 4)
    said_open = network(
        **inputs, gesture_class=torch.zeros(2, 64, dtype=torch.long), plan=plan, plan_mask=torch.ones_like(plan)
    )
    torch.testing.assert_close(said_open["cls_hands"], unsaid)
    for asked in (
        {"gesture_class": torch.full((2, 64), 2)},
        {"plan": plan},
        {"plan": plan, "plan_mask": torch.tensor([0.0, 1, 1, 1]).expand_as(plan)},
    ):
        assert not torch.equal(network(**inputs, **asked)["cls_hands"], unsaid)


@torch.inference_mode()
def test_a_body_that_does_not_listen_is_deaf_but_for_the_residual_levels():
    network, inputs = _base(_config(speech="none", phones=()))
    louder = {**inputs, "in_audio": inputs["in_audio"] * 3}
    deaf, deaf_louder = (network(**heard, use_word=False)["rec_lower"][:, 0] for heard in (inputs, louder))
    heard, heard_louder = (network(**heard, use_word=True)["rec_lower"][:, 0] for heard in (inputs, louder))
    assert (deaf - deaf_louder).abs().max() < (heard - heard_louder).abs().max()


def test_a_missing_input_is_named():
    network, inputs = _sparse(_TINY)
    with pytest.raises(ValueError, match="in_word"):
        network(**{**inputs, "in_word": None})


@torch.inference_mode()
def test_half_precision_gives_nearly_the_same_logits():
    for network, inputs in (_base(_TINY), _sparse(_TINY)):
        single = network(**inputs)["cls_upper"]
        halved = {n: v.bfloat16() if v is not None and v.is_floating_point() else v for n, v in inputs.items()}
        torch.testing.assert_close(network.bfloat16()(**halved)["cls_upper"].float(), single, atol=0.08, rtol=0)


def test_remembered_keys_and_values_equal_torchs_own_decoder_layer():
    torch.manual_seed(1)
    ours = Decoder(1, 32, 4, 64, dropout=0.0).eval()
    theirs = torch.nn.TransformerDecoderLayer(32, 4, 64, dropout=0.0, batch_first=True).eval()
    theirs.load_state_dict(ours.layers[0].state_dict())
    query, memory = torch.randn(2, 10, 32), torch.randn(2, 7, 32)
    torch.testing.assert_close(ours(query, memory), theirs(query, memory), atol=1e-5, rtol=0)


def test_consistency_is_least_where_every_token_moves_with_its_own_sound():
    sound = torch.eye(8)[None]
    assert rhythmic_consistency(sound, sound) < 0.01 < rhythmic_consistency(sound.roll(1, 1), sound)


def test_consistency_lets_the_motion_of_a_clip_compete_for_each_sound():
    motion, sound = torch.randn(1, 5, 3), torch.randn(1, 5, 3)
    unit = [torch.nn.functional.normalize(x[0], dim=-1) for x in (motion, sound)]
    similarity = (unit[0] @ unit[1].T / 0.1).exp()
    expected = -(similarity.diagonal() / similarity.sum(0)).log().mean()
    torch.testing.assert_close(rhythmic_consistency(motion, sound), expected)


@pytest.mark.parametrize("shape", [(5, 32), (2, 7, 32), (2, 0, 32), (1, 1, 32)])
def test_the_fast_linear_map_is_torchs(shape):
    x, weight, bias = torch.randn(shape), torch.randn(24, 32), torch.randn(24)
    expected = torch.nn.functional.linear(x, weight, bias)
    with torch.inference_mode():
        torch.testing.assert_close(linear(x, weight, bias), expected, atol=1e-4, rtol=0)
        torch.testing.assert_close(linear(x.mT.contiguous().mT, weight[:], bias), expected, atol=1e-4, rtol=0)
        torch.testing.assert_close(linear(x, weight), expected - bias, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (1, 9), (2, 1)])
@pytest.mark.parametrize("shape", [(1, 6, 40), (3, 6, 40), (0, 6, 40), (6, 40)])
def test_convolutions_without_gradients_are_torchs(shape, stride, dilation):
    convolution = Conv1d(6, 4, 3, stride=stride, padding=dilation, dilation=dilation)
    x = torch.randn(shape)
    expected = convolution(x)
    with torch.inference_mode():
        torch.testing.assert_close(convolution(x), expected, atol=1e-4, rtol=0)
        torch.testing.assert_close(convolution(x.mT.contiguous().mT), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", [(7, 5, 6), (4, 6), (6,), (0, 6)])
def test_gradients_of_the_fast_linear_map_are_torchs(shape):
    x, weight, bias = (torch.randn(*size, requires_grad=True) for size in (shape, (3, 6), (3,)))
    found, expected = (
        torch.autograd.grad(function(x, weight, bias).square().sum(), (x, weight, bias))
        for function in (linear, torch.nn.functional.linear)
    )
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_fast_linear_map_gives_frozen_weights_no_gradient():
    x, weight = torch.randn(4, 6, requires_grad=True), torch.randn(3, 6)
    linear(x, weight).sum().backward()
    torch.testing.assert_close(x.grad, weight.sum(0).expand(4, 6))
    assert weight.grad is None
