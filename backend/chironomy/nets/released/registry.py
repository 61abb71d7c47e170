"""One network of published size for every published checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from torch import nn

from ...errors import UserError
from ..config import ModelConfig, PartName
from ..evaluator.network import Evaluator
from ..global_motion import GlobalMotion
from ..rvq import ResidualVQ
from ..semges.config import SemGesConfig
from ..semges.transformer import SemanticTransformer
from ..semges.vq import VqVae
from ..semtalk import BaseNetwork, SparseNetwork

_SEMTALK, _SEMGES = ModelConfig(), SemGesConfig()


def _rvq(part: PartName) -> ResidualVQ:
    return ResidualVQ(_SEMTALK.parts[part].width, _SEMTALK.rvq)


PUBLISHED: Mapping[str, Callable[[], nn.Module]] = {
    "semtalk/rvq_face": partial(_rvq, "face"),
    "semtalk/rvq_upper": partial(_rvq, "upper"),
    "semtalk/rvq_hands": partial(_rvq, "hands"),
    "semtalk/rvq_lower": partial(_rvq, "lower"),
    "semtalk/global_motion": lambda: GlobalMotion(_SEMTALK.parts["lower"].width, _SEMTALK.global_motion),
    "semtalk/base": lambda: BaseNetwork(_SEMTALK),
    "semtalk/sparse": lambda: SparseNetwork(_SEMTALK),
    "semtalk/fgd": Evaluator,
    "semges/vq_hand": lambda: VqVae(_SEMGES.hand_width, _SEMGES.vq),
    "semges/vq_body": lambda: VqVae(_SEMGES.body_width, _SEMGES.vq),
    "semges/transformer": lambda: SemanticTransformer(_SEMGES.transformer, _SEMGES.vq.width),
}


def published(name: str) -> nn.Module:
    """The network of one published checkpoint, ready for evaluation; its weights are chance until they are loaded.

    Raises UserError for a name that is not in PUBLISHED.
    """
    if name not in PUBLISHED:
        raise UserError(f"{name}: no published network has this name: choose one of {', '.join(PUBLISHED)}")
    return PUBLISHED[name]().eval()
