"""SemTalk's generator: requests go in, takes come out, of any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from ...errors import UserError
from ...formats.take import Take
from ...nets.model_folder import Model
from ...progress import Progress, silent, within
from ..devices import with_fallback
from ..request import Request
from .codes import TakeCodes, codes_of
from .lines import Line
from .listening import front_end_of, listen
from .loading import loaded
from .settings import Settings, read_settings
from .take_making import make_take
from .tokens import make_tokens


class Generated(NamedTuple):
    """A take, and the codes that it was decoded from (for fusing by `hard` and `soft`)."""

    take: Take
    codes: TakeCodes


class SemTalkGenerator:
    """Base motion, semantic motion and psi from networks with a model's weights."""

    name = "semtalk"

    def load(self, model: Path, device: str) -> None:
        """Networks, and what they hear and read with, as for a request with the settings that nobody changed."""
        config = loaded(model, device, Settings().precision).config
        front_end_of(config, model, device).load()

    def generate(self, request: Request, progress: Progress = silent) -> Take:
        """Raises UserError for a model, style or setting that does not fit."""
        return self.generate_lines([request], progress)[0].take

    def generate_lines(self, requests: Sequence[Request], progress: Progress = silent) -> list[Generated]:
        """Several lines at once, with one model, device and settings: each is as it would be alone, but for rounding.

        Where a graphics card's memory does not suffice, batches get smaller, and at last the CPU does the work.
        """
        first = requests[0]
        for request in requests[1:]:
            if (request.model, request.device, request.settings) != (first.model, first.device, first.settings):
                raise ValueError("lines in one batch share their model, device and settings")
        if first.model is None:
            raise UserError("semtalk: needs a model: choose a folder of weights")
        folder, settings = first.model, read_settings(first.settings)

        def work(device: str) -> list[Generated]:
            return _generate(folder, requests, settings, device, progress)

        made, fallen_back = with_fallback(first.device, work)
        return [_with_notices(generated, fallen_back) for generated in made]


def _generate(
    folder: Path, requests: Sequence[Request], settings: Settings, device: str, progress: Progress
) -> list[Generated]:
    progress("Loading model", 0.0)
    model = loaded(folder, device, settings.precision, settings.compile)
    lines = listen(model.config, folder, requests, settings, device, within(progress, 0.02, 0.3))
    return perform_lines(model, lines, requests, settings, within(progress, 0.3, 1.0))


def perform_lines(
    model: Model, lines: Sequence[Line], requests: Sequence[Request], settings: Settings, progress: Progress = silent
) -> list[Generated]:
    """Takes of lines whose features are known."""
    made = []
    with torch.inference_mode():
        tokens = make_tokens(model, lines, settings, within(progress, 0.0, 0.85))
        for line, own, request in zip(lines, tokens, requests, strict=True):
            progress("Decoding", 0.85 + 0.15 * len(made) / len(lines))
            take = make_take(model, line, own, request, settings)
            made.append(Generated(take, codes_of(own, line.locked, take.metadata.weights)))
    return made


def _with_notices(generated: Generated, notices: tuple[str, ...]) -> Generated:
    metadata = replace(generated.take.metadata, notices=(*notices, *generated.take.metadata.notices))
    return generated._replace(take=replace(generated.take, metadata=metadata))
