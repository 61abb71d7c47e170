"""A model on disk: read whole and verified, or not at all; never networks with weights by chance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from ..errors import UserError
from ..formats.atomic import replacing_files_in
from .config import ModelConfig, PartName, read_model_config, write_model_config
from .convolution import lay_out
from .front_end.vocabulary import Vocabulary, write_vocabulary
from .global_motion import GlobalMotion
from .model_card import CARD, Card, Origin, read_card, remedy, verified, write_card
from .rvq import ResidualVQ
from .rvq.quantiser import STATISTICS
from .semges.config import SemGesConfig, read_semges_config, write_semges_config
from .semges.transformer import SemanticTransformer
from .semges.vq import VqVae
from .semtalk import BaseNetwork, SparseNetwork
from .tensor_files import read_tensors, write_tensors

CONFIG = "config.yaml"

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Model:
    """SemTalk's networks, ready to generate."""

    config: ModelConfig
    rvq: Mapping[PartName, ResidualVQ]
    global_motion: GlobalMotion
    base: BaseNetwork
    sparse: SparseNetwork
    card: Card


@dataclass(frozen=True)
class SemGesModel:
    """SemGes' networks, ready to generate."""

    config: SemGesConfig
    vq_hand: VqVae
    vq_body: VqVae
    transformer: SemanticTransformer
    card: Card


@dataclass(frozen=True)
class _Reader:
    """Reads networks of one folder onto a device."""

    folder: Path
    card: Card
    device: str

    def filled(self, name: str, network: Network, dtype: torch.dtype = torch.float32) -> Network:
        read_tensors(network, verified(self.folder, self.card, f"{name}.safetensors"), remedy(self.card), dtype)
        network = network.to(self.device, dtype).eval().requires_grad_(False)
        if self.device == "cpu":
            lay_out(network)
        return network


def read_model(folder: str | Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> Model:
    """A SemTalk model. Raises UserError that names the file and the command that repairs it.

    dtype: of base and sparse. What decodes motion stays float32, because bf16's rounding would be seen as jitter.
    """
    reader = _reader(folder, "semtalk", device)
    config = read_model_config(verified(folder, reader.card, CONFIG))
    rvq: dict[PartName, ResidualVQ] = {
        part: reader.filled(f"rvq_{part}", ResidualVQ(layout.width, config.rvq))
        for part, layout in config.parts.items()
    }
    lower = config.parts["lower"].width
    return Model(
        config,
        rvq,
        reader.filled("global_motion", GlobalMotion(lower, config.global_motion)),
        reader.filled("base", _empty(lambda: BaseNetwork(config)), dtype),
        reader.filled("sparse", _empty(lambda: SparseNetwork(config)), dtype),
        reader.card,
    )


def _empty(build: Callable[[], Network]) -> Network:
    """A network whose parameters take neither memory nor time until they are read."""
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):
        return build()


def read_semges_model(folder: str | Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> SemGesModel:
    """A SemGes model; dtype is the transformer's. Raises UserError as `read_model` does."""
    reader = _reader(folder, "semges", device)
    config = read_semges_config(verified(folder, reader.card, CONFIG))
    return SemGesModel(
        config,
        reader.filled("vq_hand", VqVae(config.hand_width, config.vq)),
        reader.filled("vq_body", VqVae(config.body_width, config.vq)),
        reader.filled("transformer", SemanticTransformer(config.transformer, config.vq.width), dtype),
        reader.card,
    )


def write_model(
    folder: str | Path,
    config: ModelConfig | SemGesConfig,
    networks: Iterable[tuple[str, nn.Module]],
    origin: Origin,
    sources: Mapping[str, str] | None = None,
    vocabulary: Vocabulary | None = None,
    beside: Iterable[Path] = (),
    dtype: torch.dtype = torch.float32,
) -> None:
    """Writes a folder that `read_model` or `read_semges_model` reads; what was there stays until all is written.

    networks: name of the file without ending, and the network; asked for one by one, so that they need not all be in
    memory. sources: SHA-256 of the files they were made from. beside: files that belong to the model, to be copied.
    dtype: of the files' real numbers. Raises UserError.
    """
    _check_place(Path(folder))
    with replacing_files_in(folder) as temporary:
        for name, network in networks:
            write_tensors(network, temporary / f"{name}.safetensors", dtype, without=STATISTICS)
        if isinstance(config, ModelConfig):
            write_model_config(config, temporary / CONFIG)
        else:
            write_semges_config(config, temporary / CONFIG)
        if vocabulary is not None:
            write_vocabulary(temporary, vocabulary)
        for path in beside:
            shutil.copyfile(path, temporary / path.name)
        write_card(temporary, origin, sources or {})


def _reader(folder: str | Path, system: str, device: str) -> _Reader:
    card = read_card(folder)
    if card.origin.system != system:
        raise UserError(f"{folder}: is a model of {card.origin.system}: choose one of {system}")
    for name in card.files:
        if not name.endswith(".safetensors"):  # those are verified when they are read
            verified(folder, card, name)
    return _Reader(Path(folder), card, device)


def _check_place(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CARD).is_file():
        raise UserError(f"{folder}: holds other files than a model's: choose a new folder")
