"""SemGes' losses mean what the paper says: per frame, over features, and with gradients."""

import math

import pytest
import torch
from torch import Tensor

from chironomy.nets.semges.losses import quantisation_consistency, semantic_coherence, semantic_relevance
from chironomy.nets.semges.vq import Codebook


def turned(angle_rad: float) -> Tensor:
    """A rotation about X."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return torch.tensor([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def test_coherence_compares_features_within_a_frame_whatever_their_length() -> None:
    words = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    latents = torch.tensor([[[5.0, 0.0], [0.0, 0.1]]])
    assert semantic_coherence(words, latents).item() == pytest.approx(0)
    assert semantic_coherence(words, -latents).item() == pytest.approx(2)
    # over time (the published axis) each of these channels would be parallel with itself
    assert semantic_coherence(words, latents.flip(2)).item() == pytest.approx(1)


def test_coherence_of_one_clip_does_not_depend_on_the_others_in_its_batch() -> None:
    words, latents = torch.randn(3, 34, 8), torch.randn(3, 34, 8)
    alone = [semantic_coherence(words[k : k + 1], latents[k : k + 1]) for k in range(3)]
    assert torch.allclose(semantic_coherence(words, latents), torch.stack(alone).mean())


def test_relevance_weighs_a_semantic_frame_twice_as_much() -> None:
    target = torch.eye(3).expand(1, 2, 4, 3, 3)
    rotations = target.clone()
    rotations[:, 1] = turned(0.3)
    plain = semantic_relevance(rotations, target, torch.tensor([[0.0, 0.0]]))
    elsewhere = semantic_relevance(rotations, target, torch.tensor([[1.0, 0.0]]))
    here = semantic_relevance(rotations, target, torch.tensor([[0.0, 1.0]]))
    assert elsewhere == plain
    assert here.item() == pytest.approx(2 * plain.item())


def test_relevance_has_gradients_for_any_number_of_clips_and_frames() -> None:
    rotations = turned(0.2).expand(3, 7, 2, 3, 3).clone().requires_grad_()
    semantic_relevance(rotations, torch.eye(3).expand(3, 7, 2, 3, 3), torch.full((3, 7), 0.5)).backward()
    assert rotations.grad is not None
    assert rotations.grad.abs().sum() > 0


def test_consistency_is_nothing_where_the_same_codes_are_chosen_and_pulls_where_not() -> None:
    codebook = Codebook(codes=2, width=2, commitment_weight=0.25)
    codebook.embedding.weight.data = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    target = torch.tensor([[[0.9, 0.1]]])
    assert quantisation_consistency(codebook, torch.tensor([[[0.8, -0.2]]]), target).item() == pytest.approx(0)
    latents = torch.tensor([[[0.1, 0.0]]], requires_grad=True)
    loss = quantisation_consistency(codebook, latents, target)
    loss.backward()
    assert loss.item() == pytest.approx(0.5)
    assert latents.grad is not None
    assert latents.grad[0, 0, 0] < 0  # towards the other code
    assert codebook.embedding.weight.grad is None


def test_the_codebook_loss_moves_codes_and_latents_towards_each_other() -> None:
    codebook = Codebook(codes=2, width=2, commitment_weight=0.5)
    latents = torch.tensor([[[3.0, 0.0]]], requires_grad=True)
    codebook.loss(latents).backward()
    assert latents.grad is not None
    assert codebook.embedding.weight.grad is not None
    assert latents.grad[0, 0, 0] > 0
    assert codebook.embedding.weight.grad.sum() < 0
    again = codebook.loss(latents.detach())
    assert again == codebook.loss(latents.detach())  # no state that changes at every call


def test_perplexity_counts_the_codes_in_use() -> None:
    codebook = Codebook(codes=8, width=2, commitment_weight=0.25)
    assert codebook.perplexity(torch.tensor([[0, 0, 0]])).item() == pytest.approx(1)
    assert codebook.perplexity(torch.tensor([[0, 3, 5, 7]])).item() == pytest.approx(4)
