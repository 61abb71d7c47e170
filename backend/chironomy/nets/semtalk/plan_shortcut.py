"""The short way from what is planned to what upper body and hands do.

Through the layers that listen, a plan's way to motion is learned slowly: wrists were 12 cm off after 1,600 steps, where
a map of the plan alone is 5 cm off after half a minute. So the plan of each token and its neighbours gives the part's
latent directly, and all else that the network knows corrects it.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from ..config import PLANNED_PARTS, ModelConfig, PartName
from ..convolution import Conv1d
from ..linear import Linear

#: Beside the layer that reads and those that ask.
_LAYERS_BETWEEN = 2

Told = dict[PartName, Tensor]
"""[B, N, latent] of each planned part."""


class PlanShortcut(nn.Module):
    """Plan [B, T, P] to the latents that it asks for, in units of the spread of the part's first codebook."""

    def __init__(self, config: ModelConfig, hidden: int) -> None:
        super().__init__()
        latent, per_token = config.rvq.code_width, config.rvq.frames_per_token
        self.read = Conv1d(config.front_end.plan_width, hidden, 3 * per_token, stride=per_token, padding=per_token)
        self.between = nn.ModuleList(Linear(hidden, hidden) for _ in range(_LAYERS_BETWEEN))
        self.ask = nn.ModuleDict({part: Linear(hidden, latent) for part in PLANNED_PARTS})
        self.correct = nn.ModuleDict({part: Linear(latent, latent) for part in PLANNED_PARTS})
        for correct in self.correct.values():
            assert isinstance(correct, Linear)
            nn.init.zeros_(correct.weight)
            nn.init.zeros_(correct.bias)

    def forward(self, plan: Tensor) -> Told:
        """What the plan alone asks for."""
        understood = F.gelu(self.read(plan.transpose(1, 2)).transpose(1, 2))
        for layer in self.between:
            understood = understood + F.gelu(layer(understood))
        return {part: self.ask[part](understood) for part in PLANNED_PARTS}

    def whole(self, part: PartName, told: Tensor, latent: Tensor) -> Tensor:
        """The part's latent [B, N, latent], all levels together: what is asked, corrected by the network's latent."""
        return told + self.correct[part](latent)
