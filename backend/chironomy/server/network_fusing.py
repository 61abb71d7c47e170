"""Fusing by `soft` and `hard` in the worker's process, by the model that made the take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..progress import Progress, within
from .fuse import emphasis_of, motion_npz

if TYPE_CHECKING:
    from ..formats.take import Take
    from ..generators.semtalk.fusing import Fuser
    from ..motion.body import Body


@dataclass(frozen=True)
class _Ready:
    """A take that was fused, and may be again."""

    take_id: str
    mode: str
    take: Take
    fuser: Fuser


class NetworkFusing:
    """Keeps the take that was fused last, with its model: a slider's move then costs what its word's window costs."""

    def __init__(self) -> None:
        self._ready: _Ready | None = None

    def forget(self) -> None:
        """Lets go of the take and its model."""
        self._ready = None

    def fuse(self, order: Mapping[str, Any], body: Body, device: str, progress: Progress) -> None:
        """Writes the motion into the order's file. Raises UserError."""
        ready = self._ready
        if ready is None or (ready.take_id, ready.mode) != (order["take_id"], order["mode"]):
            self.forget()  # not two models in memory
            ready = _opened(order, body, device, within(progress, 0.0, 0.5))
        emphasis = emphasis_of(ready.take, order["sliders"], order["curve"])
        self.forget()  # a fuser that was cancelled halfway is none any more
        rotations, translation = ready.fuser(emphasis, within(progress, 0.5, 1.0))
        self._ready = ready
        Path(order["result"]).write_bytes(motion_npz(rotations, translation, emphasis))


def _opened(order: Mapping[str, Any], body: Body, device: str, progress: Progress) -> _Ready:
    progress("Loading model", 0.0)
    from ..formats.take import read_take
    from ..generators.semtalk.codes import read_codes
    from ..generators.semtalk.fusing import Fuser
    from ..generators.semtalk.loading import loaded

    take, codes = read_take(order["take"]), read_codes(order["codes"])
    progress("Loading model", 0.2)
    folder = _model_of(take)
    settings = take.metadata.settings  # as for generating, so that the model in memory is the one that is wanted
    model = loaded(folder, device, settings.get("precision", "auto"), bool(settings.get("compile")))
    return _Ready(order["take_id"], order["mode"], take, Fuser(model, take, codes, body, order["mode"]))


def _model_of(take: Take) -> Path:
    """The folder of the model whose weights made a take."""
    from ..generators.models import find_models
    from ..generators.semtalk.loading import weights_digest
    from ..nets.model_card import read_card

    for model in find_models(take.metadata.generator):
        if weights_digest(read_card(model.folder)) == take.metadata.weights:
            return model.folder
    raise UserError("the model that made this take is not here any more: generate it again, or mix it by pose")
