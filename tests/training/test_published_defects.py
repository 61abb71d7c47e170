"""What the published training does wrong (docs/training.md names it), and this one right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from synthetic import RECIPE, write_synthetic_corpus
from torch import Tensor, nn

from chironomy.motion.body import neutral_body
from chironomy.nets.config import PARTS, ModelConfig
from chironomy.nets.global_motion import GlobalMotion
from chironomy.nets.rvq import ResidualVQ, RvqOutput
from chironomy.nets.semges.config import SemGesConfig
from chironomy.nets.semges.transformer import SemanticTransformer
from chironomy.nets.semges.vq import VqVae
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork
from chironomy.training.body_points import BodyPoints, Skin
from chironomy.training.conditions import CONDITION_FIELDS
from chironomy.training.generation import BaseObjective, PartTarget, SparseObjective, code_losses
from chironomy.training.motion_losses import movement_losses
from chironomy.training.motion_of_batch import MOTION_FIELDS
from chironomy.training.recipe import load_recipe
from chironomy.training.reconstruction import GlobalMotionObjective, RvqObjective
from chironomy.training.semges import JOINTS_OF, SemGesObjective, VqObjective, speech_pairs
from chironomy.training.settings import ReconstructionWeights, TrainingSettings
from chironomy.training.windows import Batch, Windows

CONFIG: ModelConfig = load_recipe(RECIPE).model
THREE_PASSES = TrainingSettings(passes="three", semantic_floor=0.0)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    corpus = write_synthetic_corpus(tmp_path_factory.mktemp("corpora") / "corpus", recordings=4)
    fields = (*MOTION_FIELDS, *CONDITION_FIELDS, "face", "semantic_score")
    windows = Windows(corpus, corpus.of_split("train"), CONFIG.window_frames, 16, fields)
    return windows.batch(windows.in_order(3))


@pytest.fixture(scope="module")
def rvq(batch: Batch) -> dict:
    """RVQ-VAEs whose codebooks have seen the batch once."""
    torch.manual_seed(0)
    networks = {}
    for part in PARTS:
        networks[part] = ResidualVQ(CONFIG.parts[part].width, CONFIG.rvq).train()
        RvqObjective(networks[part], CONFIG.parts[part], CONFIG, ReconstructionWeights(), BodyPoints())(batch, 0.0)
        networks[part].eval().requires_grad_(False)
    return networks


def gradient_size(loss: Tensor, module: nn.Module) -> float:
    parameters = [p for p in module.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return sum(float(g.abs().sum()) for g in gradients if g is not None)


# B3, J1.8: "vertex velocities" were differences between neighbouring vertices


def test_point_velocities_are_differences_in_time_not_between_neighbouring_points() -> None:
    points = torch.randn(1, 1, 20, 3).expand(2, 8, 20, 3)  # nothing moves, whatever lies beside what
    elsewhere = points + torch.randn(1, 1, 20, 3)  # other neighbours, and nothing moves either
    assert all(
        loss.item() == pytest.approx(0, abs=1e-6) for loss in movement_losses("points", elsewhere, points).values()
    )
    moving = points + 0.1 * torch.arange(8)[None, :, None, None]  # all points alike
    assert movement_losses("points", moving, points)["points_velocity"].item() == pytest.approx(0.1, abs=1e-5)


class Trembling(nn.Module):
    """An RVQ-VAE's stand-in that gives back its input, trembling from frame to frame."""

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.change = change

    def forward(self, motion: Tensor) -> RvqOutput:
        return RvqOutput(self.change(motion), torch.zeros(()), torch.ones(()))


def reconstruction_losses(batch: Batch, part: str, change: Callable[[Tensor], Tensor]) -> dict[str, float]:
    objective = RvqObjective(
        Trembling(change).eval(), CONFIG.parts[part], CONFIG, ReconstructionWeights(), BodyPoints()
    )  # type: ignore[arg-type, index]
    return {name: float(loss) for name, loss in objective(batch, 0.0).items()}


def test_a_perfect_reconstruction_costs_nothing(batch: Batch) -> None:
    for part in PARTS:
        losses = reconstruction_losses(batch, part, lambda motion: motion)
        # a foot may stand and slide in the corpus itself; angles have a margin at 0
        assert all(loss == pytest.approx(0, abs=2e-3) for name, loss in losses.items() if name != "foot"), losses


def test_trembling_points_are_seen_by_velocity_and_acceleration(batch: Batch) -> None:
    def tremble(motion: Tensor) -> Tensor:
        sign = (-1.0) ** torch.arange(motion.shape[1])
        return motion + 0.05 * sign[None, :, None]

    still = reconstruction_losses(batch, "upper", lambda motion: motion + 0.05)
    trembling = reconstruction_losses(batch, "upper", tremble)
    assert trembling["points_velocity"] > 3 * still["points_velocity"]
    assert trembling["points_acceleration"] > 3 * still["points_acceleration"]


def test_joints_on_which_few_points_hang_may_weigh_more(batch: Batch) -> None:
    def turned(joint: str, weights: ReconstructionWeights) -> float:
        channels = slice(6 * (at := part.joints.index(joint)), 6 * at + 6)

        def change(motion: Tensor) -> Tensor:
            out = motion.clone()
            out[..., channels] += 0.5
            return out

        objective = RvqObjective(Trembling(change).eval(), part, CONFIG, weights, BodyPoints())  # type: ignore[arg-type]
        return float(objective(batch, 0.0)["rotation"])

    part = CONFIG.parts["upper"]
    alike, by_head = ReconstructionWeights(), ReconstructionWeights(joints={"head": 4.0})
    assert turned("head", by_head) / turned("head", alike) == pytest.approx(4 * 13 / 16, rel=0.03)
    assert turned("spine1", by_head) / turned("spine1", alike) == pytest.approx(13 / 16, rel=0.03)
    with pytest.raises(ValueError, match="haed"):
        ReconstructionWeights(joints={"haed": 4.0})


def test_with_the_users_smplx_model_the_skin_is_looked_at_and_the_face_by_its_points_too(batch: Batch) -> None:
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.ones(55), 40)
    skin = Skin(rng.normal(0, 0.3, (40, 3)), weights, neutral_body().rest_joints, rng.normal(0, 0.01, (40, 3, 100)))
    for part, changed in (("face", slice(6, None)), ("upper", slice(0, 6))):

        def shifted(motion: Tensor, changed: slice = changed) -> Tensor:
            out = motion.clone()
            out[..., changed] += 0.2
            return out

        objective = RvqObjective(
            Trembling(shifted).eval(), CONFIG.parts[part], CONFIG, ReconstructionWeights(), BodyPoints(skin)
        )  # type: ignore[arg-type, index]
        assert objective(batch, 0.0)["points"] > 1e-7
    assert "points" not in reconstruction_losses(batch, "face", lambda motion: motion)


# A4, J1.8: the lower body's translation was never supervised


def test_the_lower_bodys_root_is_supervised(batch: Batch) -> None:
    def shift_root(motion: Tensor) -> Tensor:
        shifted = motion.clone()
        shifted[..., 54:57] += 0.5
        return shifted

    assert reconstruction_losses(batch, "lower", shift_root)["translation"] == pytest.approx(0.25, abs=1e-4)


# A4: the global motion was trained without the contacts that generation gives it


@pytest.mark.parametrize(("contacts", "seen"), [("decoded", True), ("zero", False)])
def test_the_global_motion_learns_from_the_contacts_that_generation_gives(
    batch: Batch, contacts: str, seen: bool
) -> None:
    inputs: list[Tensor] = []

    class Spy(GlobalMotion):
        def forward(self, lower: Tensor) -> Tensor:
            inputs.append(lower)
            return super().forward(lower)

    behaviour = CONFIG.behaviour.model_copy(update={"contacts_to_global_motion": contacts})
    config = CONFIG.model_copy(update={"behaviour": behaviour})
    network = Spy(CONFIG.parts["lower"].width, CONFIG.global_motion)
    GlobalMotionObjective(network, config, ReconstructionWeights(), BodyPoints())(batch, 0.0)
    assert bool(inputs[0][..., 57:].any()) is seen
    assert not inputs[0][..., 54:57].any()


def test_the_true_velocities_lead_along_the_true_path(batch: Batch) -> None:
    class Truth(nn.Module):
        """Says the true velocities and contacts."""

        def forward(self, lower: Tensor) -> Tensor:
            path = batch["translation"]
            rates = torch.gradient(path, spacing=1 / 30, dim=1)[0]
            root = torch.stack([rates[..., 0], path[..., 1], rates[..., 2]], dim=-1)
            return torch.cat([lower[..., :54], root, batch["contacts"].float()], dim=-1)

    objective = GlobalMotionObjective(Truth(), CONFIG, ReconstructionWeights(foot=0), BodyPoints())  # type: ignore[arg-type]
    assert all(loss.item() == pytest.approx(0, abs=1e-4) for loss in objective(batch, 0.0).values())


# C6, J1.8: in the self pass only the last level was supervised, six times


def test_the_self_pass_learns_all_levels_with_falling_weights(batch: Batch, rvq: dict) -> None:
    torch.manual_seed(1)
    network = BaseNetwork(CONFIG).train()
    losses = BaseObjective(network, rvq, CONFIG, THREE_PASSES)(batch, 0.0)
    for name in ("full_choice", "self_choice", "word_choice"):
        for part in PARTS:
            head = network.heads[part]
            levels = [head.first, *(level.classifier for level in head.levels)]  # type: ignore[union-attr]
            assert all(gradient_size(losses[name], level) > 0 for level in levels), (name, part)


def test_level_q_weighs_one_part_in_q_plus_one() -> None:
    codes, levels = 8, 3
    output = {"cls_upper": torch.zeros(1, 2, codes, levels), "rec_upper": torch.zeros(1, levels, 1, 2, 4)}
    target = PartTarget(torch.zeros(1, 2, levels, dtype=torch.long), torch.zeros(1, levels, 2, 4), torch.ones(()))
    losses = code_losses(output, {"upper": target}, torch.ones(1, 2))
    assert losses["choice"].item() == pytest.approx(float(torch.tensor(codes).log()) * (1 + 1 / 2 + 1 / 3))
    assert losses["codes"].item() == 0


# D4, J1.8: the gate's loss counted in one of three passes


def test_the_gate_is_learned_in_every_pass(batch: Batch, rvq: dict) -> None:
    torch.manual_seed(1)
    network = SparseNetwork(CONFIG).train()
    losses = SparseObjective(network, rvq, CONFIG, THREE_PASSES)(batch, 0.0)
    for name in ("full_gate", "self_gate", "word_gate"):
        assert gradient_size(losses[name], network.gate_logits) > 0


def test_without_a_floor_tokens_that_mean_nothing_teach_no_motion_and_with_one_they_do() -> None:
    logits = torch.randn(1, 4, 8, 3, requires_grad=True)
    output = {"cls_upper": logits, "rec_upper": torch.zeros(1, 3, 1, 4, 4)}
    target = PartTarget(torch.zeros(1, 4, 3, dtype=torch.long), torch.zeros(1, 3, 4, 4), torch.ones(()))
    means_something = torch.tensor([[0.0, 0.0, 1.0, 0.0]])
    (gradient,) = torch.autograd.grad(code_losses(output, {"upper": target}, means_something)["choice"], logits)
    assert [bool(token.any()) for token in gradient[0]] == [False, False, True, False]


def test_the_floor_lets_every_token_of_the_sparse_generator_learn(batch: Batch, rvq: dict) -> None:
    nothing_meant = {**batch, "semantic_score": torch.zeros_like(batch["semantic_score"])}
    torch.manual_seed(1)
    network = SparseNetwork(CONFIG).train()
    published = SparseObjective(network, rvq, CONFIG, THREE_PASSES)(nothing_meant, 0.0)
    ours = SparseObjective(network, rvq, CONFIG, TrainingSettings())(nothing_meant, 0.0)
    assert published["full_choice"].item() == 0
    assert ours["choice"].item() > 0


# D4: the base network was run in every step of the sparse stage for nothing


def test_the_sparse_stage_holds_no_base_network(rvq: dict) -> None:
    objective = SparseObjective(SparseNetwork(CONFIG), rvq, CONFIG, TrainingSettings())
    assert not any(isinstance(module, BaseNetwork) for module in objective.modules())
    trained = {id(p) for p in objective.parameters() if p.requires_grad}
    assert trained == {id(p) for p in objective.network.parameters()}


# J1.9: codebooks' statistics were not saved, dead codes became the batch's first rows


def test_codebooks_go_on_from_a_checkpoint_with_their_statistics(batch: Batch, rvq: dict) -> None:
    saved = rvq["hands"].state_dict()
    assert {name.rsplit(".", 1)[1] for name in saved if name.startswith("quantizer.layers.0")} == {
        "codebook", "code_sum", "code_count",
    }  # fmt: skip
    other = ResidualVQ(CONFIG.parts["hands"].width, CONFIG.rvq)
    other.load_state_dict(saved)
    weights = ReconstructionWeights()
    for network in (other, rvq["hands"]):
        torch.manual_seed(5)
        objective = RvqObjective(network.train(), CONFIG.parts["hands"], CONFIG, weights, BodyPoints())
        objective(batch, 0.0)
        network.eval()
    assert torch.equal(other.quantizer.layers[0].codebook, rvq["hands"].quantizer.layers[0].codebook)  # type: ignore


# J4: SemGes' hand stage crashed, relevance had no gradient, coherence was over time, 40 % of the sound was lost

SEMGES = SemGesConfig.model_validate(
    {
        "window_frames": 8,
        "overlap_frames": 2,
        "hand_width": 192,
        "body_width": 66,
        "vq": {"width": 16, "codes": 16},
        "transformer": {
            "audio_width": 12, "speakers": 3, "width": 16, "heads": 2, "layers": 1, "feed_forward": 16,
            "text": {"vocabulary": 50, "word_width": 8, "widths": [8]},
        },
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def semges_batch(batch: Batch) -> Batch:
    cut = {name: values[:, :16] for name, values in batch.items() if values.ndim > 1 and values.shape[1] == 64}
    return {**cut, "speech": torch.randn(3, 16, 6), "speaker": batch["speaker"]}


@pytest.mark.parametrize("half", JOINTS_OF)
def test_both_halves_of_semges_can_be_trained(semges_batch: Batch, half: str) -> None:
    network = VqVae(6 * len(JOINTS_OF[half]), SEMGES.vq).train()
    losses = VqObjective(network, half, SEMGES)(semges_batch, 0.0)
    sum(losses.values()).backward()  # type: ignore[union-attr]
    assert all(p.grad is not None for p in network.encoder.parameters())


def test_every_loss_of_semges_moves_its_transformer_whatever_the_batch(semges_batch: Batch) -> None:
    vq = {half: VqVae(6 * len(joints), SEMGES.vq).eval() for half, joints in JOINTS_OF.items()}
    network = SemanticTransformer(SEMGES.transformer, SEMGES.vq.width).train()
    losses = SemGesObjective(network, vq, SEMGES)(semges_batch, 0.0)
    assert len(losses) == 6
    for name, loss in losses.items():
        assert gradient_size(loss, network) > 0, name


def test_semges_hears_all_of_a_windows_sound() -> None:
    sound = torch.arange(2 * 8 * 3.0).view(2, 8, 3)
    pairs = speech_pairs(sound, 2)
    assert pairs.shape == (2, 4, 6)
    assert torch.equal(pairs.flatten(), sound.flatten())


# J2: training ran on one kind of card alone, in one precision


@pytest.mark.parametrize("kind", ["rvq", "global", "base", "sparse"])
def test_losses_in_mixed_precision_are_nearly_those_in_full_precision(batch: Batch, rvq: dict, kind: str) -> None:
    torch.manual_seed(2)
    weights, body, settings = ReconstructionWeights(), BodyPoints(), TrainingSettings()
    lower = CONFIG.parts["lower"]
    objective = {
        "rvq": lambda: RvqObjective(rvq["lower"], lower, CONFIG, weights, body),
        "global": lambda: GlobalMotionObjective(GlobalMotion(lower.width, CONFIG.global_motion), CONFIG, weights, body),
        "base": lambda: BaseObjective(BaseNetwork(CONFIG), rvq, CONFIG, settings),
        "sparse": lambda: SparseObjective(SparseNetwork(CONFIG), rvq, CONFIG, settings),
    }[kind]()
    objective.network.eval()
    full = objective(batch, 0.0)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = objective(batch, 0.0)
    for name, loss in full.items():
        assert mixed[name].dtype == torch.float32
        assert mixed[name].item() == pytest.approx(loss.item(), rel=0.2, abs=0.02), name


# B5: the training of the RVQ-VAEs never wrote a checkpoint: see test_training_all_stages.py
# C6: the best weights were chosen on the test split: see test_training_loop.py


def test_the_published_recipe_is_read(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPE.parent / "semtalk-base-217m.yaml")
    assert recipe.training.passes == "three"
    assert recipe.training.semantic_floor == 0.0


def test_codes_begin_once_the_latents_say_something(batch: Batch) -> None:
    """Small latents drown in their own quantisation: the face came out as one constant."""
    network = ResidualVQ(CONFIG.parts["upper"].width, CONFIG.rvq).train()
    weights = ReconstructionWeights(codes_from_epoch=0.5)
    objective = RvqObjective(network, CONFIG.parts["upper"], CONFIG, weights, BodyPoints())
    books = network.quantizer.layers
    assert float(objective(batch, 0.4)["commitment"]) == 0.0
    assert not any(book.code_count.any() for book in books)
    assert float(objective(batch, 0.5)["commitment"].detach()) > 0.0
    assert all(book.code_count.any() for book in books)


def test_the_size_of_a_rotations_rows_can_be_held(batch: Batch) -> None:
    """Angles alone say nothing of it: in 1,000 steps rows grew to 26 times their length, and learning slowed down."""

    def row_length(six_d: float) -> float:
        torch.manual_seed(3)
        network = ResidualVQ(CONFIG.parts["upper"].width, CONFIG.rvq).train()
        weights = ReconstructionWeights(six_d=six_d, codes_from_epoch=1.0)
        objective = RvqObjective(network, CONFIG.parts["upper"], CONFIG, weights, BodyPoints())
        outputs: list[Tensor] = []
        network.decoder.register_forward_hook(lambda _, __, motion: outputs.append(motion.detach()))
        optimiser = torch.optim.AdamW(network.parameters(), 5e-3)
        for _ in range(60):
            optimiser.zero_grad()
            torch.stack(list(objective(batch, 0.0).values())).sum().backward()
            optimiser.step()
        rows = outputs[-1].transpose(1, 2).unflatten(-1, (-1, 3))
        return float(rows.norm(dim=-1).mean())

    assert abs(row_length(10.0) - 1.0) < 0.1
    assert row_length(0.0) > 1.5
