"""After the stages `base` and `sparse`: what the plan's shortcut tells becomes as large as recorded motion.

Of all that a plan allows a network learns the mean, which is smaller than any of it: of wrists 0.86 of the recorded
extent was measured. So latents are spread about their mean until the points that a part moves get as far, on
recordings for validation, as they do in these recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from scipy.optimize import brentq
from torch import Tensor, nn

from ..motion.measure import WRISTS
from ..motion.skeleton import FINGERS, INDEX, JOINT_COUNT
from ..nets.config import PLANNED_PARTS, ModelConfig, PartName
from ..nets.motion_vector import rotation_matrices
from ..nets.rvq import ResidualVQ
from ..nets.semtalk import BaseNetwork, SparseNetwork
from .body_points import BodyPoints
from .conditions import conditions_of
from .generation import gate_inputs, plan_inputs, token_means, with_base_seed
from .motion_of_batch import Layer, layer_rotations, seen_motion
from .visible import seed_alone
from .windows import Batch, Windows

_MOST_WINDOWS, _WINDOWS_AT_ONCE = 64, 16
#: Networks whose motion is smaller than this asks for have not learned it: noise alone would grow.
_LARGEST_SCALE = 1.5
_TOLERANCE = 0.005
#: Whose places say how large a part's motion is, with all other parts at rest.
_POINTS: Mapping[PartName, tuple[int, ...]] = {
    "upper": WRISTS,
    "hands": tuple(INDEX[f"{side}_{finger}3"] for side in ("left", "right") for finger in FINGERS),
}
Rvqs = Mapping[PartName, ResidualVQ]


@torch.no_grad()
def restore_size(
    network: BaseNetwork | SparseNetwork, rvq: Rvqs, validation: Windows, config: ModelConfig
) -> dict[PartName, float]:
    """Changes the weights of the network's shortcut; gives each planned part's scale, 1 where it was large enough."""
    if network.shortcut is None:
        return {}
    shown = _shown(network, validation, config)
    scales: dict[PartName, float] = {part: _scale(shown, part, rvq[part], config) for part in PLANNED_PARTS}
    for part, scale in scales.items():
        spread_about(network.shortcut.ask[part], network.shortcut.correct[part], shown.mean_latent(part), scale)
    return scales


def spread_about(ask: nn.Module, correct: nn.Module, mean: Tensor, scale: float) -> None:
    """Makes ask(x) + correct(y) become mean + scale · (ask(x) + correct(y) − mean), in place; both are linear."""
    for linear in (ask, correct):
        assert isinstance(linear, nn.Linear)
        linear.weight.mul_(scale)
        linear.bias.mul_(scale)
    assert isinstance(ask, nn.Linear)
    ask.bias.add_((1 - scale) * mean)


@dataclass(frozen=True)
class _Shown:
    """What a network tells of windows as generation shows them, and what was recorded."""

    latents: dict[PartName, Tensor]
    """[B, N, latent] of each planned part."""
    rotations: Tensor
    """[B, T, 55, 6]."""
    there: Tensor
    """[B, T], 1 for frames of the recording."""

    def mean_latent(self, part: PartName) -> Tensor:
        """[latent], over tokens of which every frame was recorded."""
        latents = self.latents[part]
        per_token = self.there.shape[1] // latents.shape[1]
        return latents[token_means(self.there, per_token) == 1].mean(0)


class _Size:
    """How far the points that a part moves get from their mean places in the window, metres."""

    def __init__(self, part: PartName, config: ModelConfig, there: Tensor) -> None:
        self._joints, self._points = list(config.parts[part].joint_numbers), list(_POINTS[part])
        self._there, self._body = there[..., None, None], BodyPoints()

    def of(self, six_d: Tensor) -> float:
        """The mean over windows of the part's joints [B, T, J, 6]."""
        pose = torch.eye(3, device=six_d.device).repeat(*six_d.shape[:2], JOINT_COUNT, 1, 1)
        pose[..., self._joints, :, :] = rotation_matrices(six_d)
        places, there = self._body.joints(pose)[..., self._points, :], self._there
        mean = (places * there).sum(1, keepdim=True) / there.sum(1, keepdim=True)
        away = (places - mean).norm(dim=-1, keepdim=True) * there
        return float(away.sum() / (there.sum() * len(self._points)))

    def of_latents(self, latents: Tensor, rvq: ResidualVQ) -> float:
        """The same of what generation makes of latents [B, N, latent] in units of the spread of the first codebook."""
        motion = torch.cat([rvq.decode(rvq.nearest(some)) for some in latents.split(_WINDOWS_AT_ONCE)])
        return self.of(motion[..., : 6 * len(self._joints)].unflatten(-1, (-1, 6)))


def _scale(shown: _Shown, part: PartName, rvq: ResidualVQ, config: ModelConfig) -> float:
    """The scale between 1 and the largest by which motion becomes as large as was recorded, or the nearer end."""
    size, latents, mean = _Size(part, config, shown.there), shown.latents[part], shown.mean_latent(part)
    recorded = size.of(shown.rotations[..., list(config.parts[part].joint_numbers), :])

    def too_large(scale: float) -> float:
        return size.of_latents(mean + scale * (latents - mean), rvq) - recorded

    if too_large(1.0) >= 0:
        return 1.0
    if too_large(_LARGEST_SCALE) <= 0:
        return _LARGEST_SCALE
    return round(float(brentq(too_large, 1.0, _LARGEST_SCALE, xtol=_TOLERANCE)), 6)  # pyright: ignore[reportArgumentType]


def _shown(network: BaseNetwork | SparseNetwork, windows: Windows, config: ModelConfig) -> _Shown:
    device = next(network.parameters()).device
    layer: Layer = "base" if isinstance(network, BaseNetwork) else "semantic"
    latents: dict[PartName, list[Tensor]] = {part: [] for part in PLANNED_PARTS}
    rotations, there = [], []
    places = windows.in_order(_MOST_WINDOWS)
    for start in range(0, len(places), _WINDOWS_AT_ONCE):
        read = windows.batch(places[start : start + _WINDOWS_AT_ONCE])
        batch = {name: values.to(device) for name, values in read.items()}
        output = _output(network, batch, config)
        for part, own in latents.items():
            own.append(output[f"whole_{part}"].float())
        rotations.append(layer_rotations(batch, layer))
        there.append(batch["valid"])
    return _Shown({part: torch.cat(own) for part, own in latents.items()}, torch.cat(rotations), torch.cat(there))


def _output(network: BaseNetwork | SparseNetwork, batch: Batch, config: ModelConfig) -> dict[str, Tensor]:
    """What the network tells of a batch of which it sees the seeds alone, as generation shows it."""
    is_base = isinstance(network, BaseNetwork)
    layer: Layer = "base" if is_base else "semantic"
    motion = seen_motion(layer_rotations(batch, layer), batch, config.behaviour)
    mask, told = seed_alone(motion, config.seed_frames), conditions_of(batch, config.front_end, layer)
    if is_base:
        return network(told.rhythm, told.speech, motion, mask, told.identity, **plan_inputs(told))
    seeded = with_base_seed(motion, batch, config)
    return network(
        emotion=None, in_motion=seeded, mask=mask, in_id=told.identity, **gate_inputs(told), **plan_inputs(told)
    )
