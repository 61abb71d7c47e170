"""The residual VQ-VAE: equal to the published networks, and what its training does to the codebooks."""

import pytest
import torch
from weights_from_names import fixture, published_shapes, weights_from_names

from chironomy.nets.config import ModelConfig, RvqConfig
from chironomy.nets.convolution import lay_out
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.rvq.quantiser import Codebook, ResidualQuantiser

_SMALL = RvqConfig(width=16, code_width=16, codes=8, levels=3, dropout=0.0)


def _published(part: str) -> ResidualVQ:
    config = ModelConfig()
    network = ResidualVQ(config.parts[part].width, config.rvq)
    network.load_state_dict(weights_from_names(published_shapes(f"semtalk_rvq_{part}")))
    return network.eval()


@pytest.mark.parametrize("part", ["face", "upper"])
def test_encoding_and_decoding_equal_the_published_network(part):
    expected = {name: torch.from_numpy(values) for name, values in fixture(f"rvq_{part}.npz").items()}
    network = _published(part)
    with torch.inference_mode():
        torch.testing.assert_close(network.latents(expected["in_x"]).mT, expected["enc_z"], atol=1e-4, rtol=0)
        indices = network.encode(expected["in_x"])
        assert torch.equal(indices, expected["idx"].long())
        assert torch.equal(network.codes(indices), expected["zq"])
        torch.testing.assert_close(network.decode(indices), expected["dec_y"], atol=1e-4, rtol=0)
        torch.testing.assert_close(network.decode(expected["in_idx2"].long()), expected["dec_y2"], atol=1e-4, rtol=0)
        output = network(expected["in_x"])
    torch.testing.assert_close(output.motion, expected["fwd_rec_pose"], atol=1e-4, rtol=0)
    torch.testing.assert_close(output.commitment_loss, expected["fwd_embedding_loss"].squeeze(), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("part", ["hands", "lower"])
def test_weights_of_the_other_parts_fit(part):
    network = _published(part)
    motion = torch.zeros(1, 12, ModelConfig().parts[part].width)
    assert network.decode(network.encode(motion)).shape == motion.shape


@pytest.mark.parametrize(("frames", "tokens"), [(4, 1), (7, 1), (8, 2), (63, 15), (64, 16)])
def test_a_tail_shorter_than_a_token_has_none(frames, tokens):
    network = ResidualVQ(5, _SMALL).eval()
    indices = network.encode(torch.zeros(1, frames, 5))
    assert indices.shape == (1, tokens, 3)
    assert network.decode(indices).shape == (1, 4 * tokens, 5)


@pytest.mark.parametrize("sigma", [0.0, 0.8])
def test_a_stretch_with_context_decodes_as_in_the_whole(sigma):
    network = ResidualVQ(5, _SMALL.model_copy(update={"smoothing_sigma_frames": sigma})).eval()
    latents = torch.randn(1, 80, 16)
    first, last, context = 30, 40, network.context_tokens
    with torch.inference_mode():
        whole = network.decode_codes(latents)[:, 4 * first : 4 * last]
        piece = network.decode_codes(latents[:, first - context : last + context])[:, 4 * context : -4 * context]
    torch.testing.assert_close(piece, whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("batch", [1, 3])
def test_weights_laid_out_for_generation_decode_the_same(batch):
    network = ResidualVQ(5, _SMALL).eval().requires_grad_(False)
    latents = torch.randn(batch, 40, 16)
    with torch.inference_mode():
        before = network.decode_codes(latents)
        lay_out(network)
        torch.testing.assert_close(network.decode_codes(latents), before, atol=1e-5, rtol=0)


def test_the_published_decoder_sees_22_tokens_to_each_side():
    config = ModelConfig().rvq
    assert ResidualVQ(1, config.model_copy(update={"width": 8, "code_width": 8})).context_tokens == 22


def test_smoothing_leaves_a_still_pose_as_it_is_and_calms_jitter():
    plain, smooth = (
        ResidualVQ(5, _SMALL.model_copy(update={"smoothing_sigma_frames": sigma})).decoder.eval() for sigma in (0, 0.8)
    )
    smooth.load_state_dict(plain.state_dict())
    still, jitter = torch.ones(1, 5, 40), torch.randn(1, 5, 40)
    torch.testing.assert_close(smooth.smoothing(still), still)
    assert smooth.smoothing(jitter).diff(dim=-1).abs().mean() < 0.5 * jitter.diff(dim=-1).abs().mean()
    latents = torch.randn(1, 16, 10)
    with torch.inference_mode():
        torch.testing.assert_close(smooth(latents), smooth.smoothing(plain(latents)))


def test_levels_add_up_to_less_and_less_error():
    quantiser = ResidualQuantiser(RvqConfig(code_width=4, codes=64, levels=6, gumbel_temperature=0.0)).train()
    latents = torch.randn(8, 32, 4)
    for _ in range(60):
        quantiser(latents)
    quantiser.eval()
    codes = quantiser.codes(quantiser(latents).indices)
    errors = [(codes[: q + 1].sum(0) - latents).square().mean() for q in range(6)]
    assert errors[-1] < 0.2 * errors[0]


def test_dead_codes_become_random_rows_of_the_batch_and_not_its_first():
    torch.manual_seed(1)
    book = Codebook(RvqConfig(code_width=2, codes=4))
    rows = torch.arange(200.0).reshape(100, 2)
    book.begin(rows)
    book.code_count[:] = torch.tensor([5.0, 5.0, 5.0, 0.2])
    book.follow(rows, torch.zeros(100, dtype=torch.long))
    revived = book.codebook[3]
    assert any(torch.allclose(revived, row) for row in rows)
    assert not any(torch.allclose(revived, row) for row in rows[:4])
    torch.testing.assert_close(book.code_sum / book.code_count[:, None], book.codebook)


def test_a_code_moves_to_the_mean_of_the_rows_that_choose_it():
    book = Codebook(RvqConfig(code_width=2, codes=2, code_memory=0.9))
    book.begin(torch.randn(10, 2))
    rows = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    for _ in range(200):
        book.follow(rows, torch.tensor([0, 0]))
    torch.testing.assert_close(book.codebook[0], torch.tensor([2.0, 3.0]))


def test_training_goes_on_bit_for_bit_after_saving_and_loading():
    def train(network: ResidualVQ, steps: int) -> None:
        for _ in range(steps):
            network(torch.randn(2, 64, 5))

    torch.manual_seed(1)
    once = ResidualVQ(5, _SMALL).train()
    train(once, 3)
    resumed = ResidualVQ(5, _SMALL).train()
    resumed.load_state_dict(once.state_dict())
    random_state = torch.get_rng_state()
    train(once, 3)
    torch.set_rng_state(random_state)
    train(resumed, 3)
    for name, value in once.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_evaluation_leaves_the_codebooks_alone_and_training_moves_them():
    network = ResidualVQ(5, _SMALL).train()
    motion = torch.randn(2, 64, 5)
    network(motion)
    before = {name: value.clone() for name, value in network.quantizer.state_dict().items()}
    network.eval()(motion)
    assert all(torch.equal(before[name], value) for name, value in network.quantizer.state_dict().items())
    network.train()(motion)
    assert not torch.equal(before["layers.0.codebook"], network.quantizer.state_dict()["layers.0.codebook"])


def test_every_parameter_learns():
    network = ResidualVQ(5, _SMALL).train()
    motion = torch.randn(2, 64, 5)
    output = network(motion)
    ((output.motion - motion).square().mean() + output.commitment_loss).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_a_training_step_on_two_tokens_fills_the_codebook_too():
    network = ResidualVQ(5, _SMALL).train()
    assert torch.isfinite(network(torch.randn(1, 8, 5)).commitment_loss)


def test_without_a_temperature_training_takes_the_nearest_code_and_with_one_it_varies():
    rows = torch.randn(200, 4)
    for temperature, same in ((0.0, True), (0.5, False)):
        book = Codebook(RvqConfig(code_width=4, codes=16, gumbel_temperature=temperature)).train()
        book.begin(rows)
        nearest = torch.cdist(rows, book.codebook).argmin(-1)
        assert torch.equal(book.choose(rows), nearest) == same
        assert torch.equal(book.eval().choose(rows), nearest)


def test_quantise_dropout_leaves_out_the_last_levels_in_training_alone():
    torch.manual_seed(1)
    quantiser = ResidualQuantiser(_SMALL.model_copy(update={"quantise_dropout": 1.0}))
    latents = torch.randn(2, 20, 16)
    quantiser.train()
    for book in quantiser.layers:
        book.begin(latents.flatten(0, 1))
    assert {quantiser(latents).indices.shape[-1] for _ in range(30)} == {1, 2, 3}
    assert quantiser.eval()(latents).indices.shape[-1] == 3


def _learn_on_one_of_two_processes(rank: int, folder: str) -> None:
    store = torch.distributed.FileStore(f"{folder}/store", 2)
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=2)
    torch.manual_seed(rank)
    quantiser = ResidualQuantiser(_SMALL).train()
    for _ in range(3):
        quantiser(torch.randn(2, 20, 16) + rank)
    torch.save(quantiser.state_dict(), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_processes_that_see_different_batches_keep_the_same_codebooks(tmp_path):
    torch.multiprocessing.spawn(_learn_on_one_of_two_processes, (str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_codes_are_chosen_alike_with_and_without_what_training_needs() -> None:
    torch.manual_seed(5)
    quantiser = ResidualQuantiser(RvqConfig(code_width=4, codes=16, levels=3)).eval()
    for level, book in enumerate(quantiser.layers):
        book.codebook.copy_(torch.randn_like(book.codebook) * 0.4**level)
    latents = torch.randn(2, 9, 4)
    assert torch.equal(quantiser.choose(latents), quantiser(latents).indices)
