"""Which published tensor goes where in our networks, for each kind of network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..semges.published_names import TRANSFORMER_NAMES, TRANSFORMER_UNUSED
from ..semtalk.published_names import BASE_NAMES, BASE_UNUSED, SPARSE_NAMES, SPARSE_UNUSED

#: What `torch.nn.DataParallel` puts before every name.
WRAPPER = "module."
#: How many batches a normalisation has seen: nothing depends on it, and some checkpoints hold it as a fraction or not.
COUNTER = ".num_batches_tracked"


@dataclass(frozen=True)
class TensorNames:
    """One kind of network's names beside the published ones."""

    prefixes: dict[str, str] = field(default_factory=dict)
    """Our beginnings of names and the published ones; nothing where all names are the published ones."""
    unused: tuple[str, ...] = ()
    """Beginnings of published names without effect on any output."""
    constructed: str = r"(?!)"
    """A pattern of names that may be missing: they follow from the skeleton, or training alone needs them."""


#: By the name of the network's class; others have the published names.
TENSOR_NAMES: Mapping[str, TensorNames] = {
    "ResidualVQ": TensorNames(constructed=r".*\.code_(sum|count)"),
    "Evaluator": TensorNames(constructed=r".*\.mask"),
    "BaseNetwork": TensorNames(BASE_NAMES, BASE_UNUSED),
    "SparseNetwork": TensorNames(SPARSE_NAMES, SPARSE_UNUSED),
    "SemanticTransformer": TensorNames(TRANSFORMER_NAMES, TRANSFORMER_UNUSED),
}


def published_names(ours: Iterable[str], names: TensorNames) -> dict[str, str]:
    """Our name for each published one. What the published networks do not have keeps its own name."""
    return {_published(name, names.prefixes): name for name in ours}


def may_be_missing(name: str, names: TensorNames) -> bool:
    return name.endswith(COUNTER) or re.fullmatch(names.constructed, name) is not None


def _published(name: str, prefixes: dict[str, str]) -> str:
    """The name with the first of our prefixes that fits it exchanged."""
    for ours, theirs in prefixes.items():
        if name == ours or name.startswith(ours + "."):
            return theirs + name[len(ours) :]
    return name
