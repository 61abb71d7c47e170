"""Residual vector quantisation with codebooks that follow moving averages (van den Oord et al. 2017, appendix A.1)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F

from ..config import RvqConfig

#: A code that fewer rows of a batch choose than this part of their equal share, in the moving average, is dead and
#: begins anew. With the published batches (1,024 rows for 256 codes) that is the published one row.
_FEWEST_SHARE = 0.25
#: What codebooks follow in training; codes can be used without.
STATISTICS = ("code_sum", "code_count")


class Quantised(NamedTuple):
    """What the quantiser makes of latents [B, N, code_width]."""

    latents: Tensor
    """[B, N, code_width], the sum of the chosen codes; gradients pass straight through to the encoder."""
    indices: Tensor
    """[B, N, levels]."""
    commitment_loss: Tensor
    """Mean over the levels of MSE(residual, its code); moves the encoder alone."""
    perplexity: Tensor
    """How many codes of a level are in use, mean over the levels."""


class Codebook(nn.Module):
    """One level's codes [codes, code_width] with the statistics that they follow in training.

    The statistics are saved with the codes, so a run resumes as if it had never stopped. Weights without them (the
    published) load all the same: every code then counts as used once.
    """

    codebook: Tensor
    code_sum: Tensor
    code_count: Tensor

    def __init__(self, config: RvqConfig) -> None:
        super().__init__()
        self.memory = config.code_memory
        self.gumbel_temperature = config.gumbel_temperature
        self.register_buffer("codebook", torch.zeros(config.codes, config.code_width))
        self.register_buffer("code_sum", torch.zeros(config.codes, config.code_width))
        self.register_buffer("code_count", torch.zeros(config.codes))
        self.register_load_state_dict_pre_hook(_complete_statistics)

    def choose(self, rows: Tensor) -> Tensor:
        """The code of each row [R, code_width] as an index [R]: the nearest, or in training one drawn by Gumbel-max."""
        distances = rows.square().sum(-1, keepdim=True) - 2.0 * rows @ self.codebook.T + self.codebook.square().sum(-1)
        if not (self.training and self.gumbel_temperature):
            return distances.argmin(-1)
        noise = -torch.log(-torch.log(torch.rand_like(distances).clamp_min(1e-20)).clamp_min(1e-20))
        return (noise - distances / self.gumbel_temperature).argmax(-1)

    @torch.no_grad()
    def begin(self, rows: Tensor) -> None:
        """Takes the first codes from rows [R, code_width], once."""
        if self.code_count.any():
            return
        self.codebook.copy_(_from_first_process(_draw(rows, len(self.codebook))))
        self.code_sum.copy_(self.codebook)
        self.code_count.fill_(1.0)

    @torch.no_grad()
    def follow(self, rows: Tensor, indices: Tensor) -> None:
        """Moves the codes towards the rows [R, code_width] that chose them; dead codes become random rows."""
        chosen = F.one_hot(indices, len(self.codebook)).to(rows)
        row_sum, row_count = _over_all_processes(chosen.T @ rows), _over_all_processes(chosen.sum(0))
        self.code_sum.lerp_(row_sum, 1.0 - self.memory)
        self.code_count.lerp_(row_count, 1.0 - self.memory)
        fewest = _FEWEST_SHARE * float(row_count.sum()) / len(self.codebook)
        dead = self.code_count < fewest
        fresh = _from_first_process(_draw(rows, len(self.codebook)))
        self.code_sum.copy_(torch.where(dead[:, None], fewest * fresh, self.code_sum))
        self.code_count.copy_(torch.where(dead, torch.full_like(self.code_count, fewest), self.code_count))
        self.codebook.copy_(self.code_sum / self.code_count[:, None])


class ResidualQuantiser(nn.Module):
    """Each level quantises what the levels before it left over."""

    def __init__(self, config: RvqConfig) -> None:
        super().__init__()
        self.quantise_dropout = config.quantise_dropout
        self.layers = nn.ModuleList(Codebook(config) for _ in range(config.levels))

    def forward(self, latents: Tensor) -> Quantised:
        """Latents [B, N, code_width]. In training mode the codebooks learn from them."""
        with torch.autocast(latents.device.type, enabled=False):
            return self._quantise(latents.float())

    @torch.no_grad()
    def choose(self, latents: Tensor) -> Tensor:
        """Latents [B, N, code_width] to indices [B, N, levels], with nothing that training alone needs."""
        with torch.autocast(latents.device.type, enabled=False):
            left, indices = latents.float().flatten(0, 1), []
            for book in self._books:
                indices.append(book.choose(left))
                left = left - F.embedding(indices[-1], book.codebook)
        return torch.stack(indices, dim=-1).view(*latents.shape[:-1], -1)

    def codes(self, indices: Tensor) -> Tensor:
        """Indices [B, N, levels] to the codes of each level [levels, B, N, code_width]."""
        return torch.stack([F.embedding(indices[..., q], book.codebook) for q, book in enumerate(self._books)])

    @property
    def codebooks(self) -> list[Tensor]:
        """The codes [codes, code_width] of each level."""
        return [book.codebook for book in self._books]

    @property
    def spread(self) -> Tensor:
        """Standard deviation of the first level's codes, one number."""
        return self._books[0].codebook.std()

    @property
    def _books(self) -> list[Codebook]:
        return [book for book in self.layers if isinstance(book, Codebook)]

    def _quantise(self, latents: Tensor) -> Quantised:
        residual, total = latents, torch.zeros_like(latents)
        indices, losses, perplexities = [], [], []
        for book in self._books[: self._levels_in_use()]:
            rows = residual.detach().flatten(0, 1)
            if self.training:
                book.begin(rows)
            index = book.choose(rows)
            code = F.embedding(index, book.codebook).view_as(residual)
            if self.training:
                book.follow(rows, index)
            losses.append(F.mse_loss(residual, code))
            perplexities.append(_perplexity(index, len(book.codebook)))
            indices.append(index.view(residual.shape[:-1]))
            residual, total = residual - code, total + code
        return Quantised(
            latents + (total - latents).detach(),
            torch.stack(indices, dim=-1),
            torch.stack(losses).mean(),
            torch.stack(perplexities).mean(),
        )

    def _levels_in_use(self) -> int:
        levels = len(self.layers)
        if not (self.training and self.quantise_dropout and torch.rand(()) < self.quantise_dropout):
            return levels
        return int(torch.randint(1, levels + 1, ()))


def _complete_statistics(_book: nn.Module, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    """Gives weights that hold codes alone the statistics of codes that were used once each."""
    codebook = state.get(prefix + "codebook")
    if codebook is not None and prefix + "code_count" not in state:
        state[prefix + "code_sum"] = codebook.clone()
        state[prefix + "code_count"] = codebook.new_ones(len(codebook))


def _draw(rows: Tensor, count: int) -> Tensor:
    """count of the rows at random, each at most once if there are enough; with a little noise where not."""
    if len(rows) >= count:
        return rows[torch.randperm(len(rows), device=rows.device)[:count]]
    drawn = rows[torch.randint(len(rows), (count,), device=rows.device)]
    return drawn + torch.randn_like(drawn) * (0.01 / rows.shape[-1] ** 0.5)


def _perplexity(indices: Tensor, codes: int) -> Tensor:
    share = torch.bincount(indices, minlength=codes).float() / indices.numel()
    return torch.exp(-torch.sum(share * torch.log(share + 1e-7)))


def _over_all_processes(total: Tensor) -> Tensor:
    if distributed.is_available() and distributed.is_initialized():
        distributed.all_reduce(total)
    return total


def _from_first_process(values: Tensor) -> Tensor:
    if distributed.is_available() and distributed.is_initialized():
        distributed.broadcast(values, 0)
    return values
