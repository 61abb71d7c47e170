"""The residual block that global motion, motion encoders, SemGes' VQ-VAEs and the evaluator share."""

from torch import Tensor, nn

from .convolution import Conv1d


class ResidualBlock(nn.Module):
    """x plus two convolutions over three frames with a leaky ReLU (0.2) between them; [B, width, T] to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            Conv1d(width, width, 3, padding=1), nn.LeakyReLU(0.2), Conv1d(width, width, 3, padding=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.model(x)
