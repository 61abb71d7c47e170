"""Published weights that the user has become a model's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..progress import Progress

if TYPE_CHECKING:
    from ..nets.convert.conversion import Conversion


def convert_weights(system: str, folder: Path, output: Path, progress: Progress) -> Conversion:
    """system: "semtalk" or "semges". Raises UserError where a checkpoint is missing or not as published."""
    from ..nets.convert.conversion import convert_semges, convert_semtalk

    converters: Mapping[str, Callable[[Path, Path, Progress], Conversion]] = {
        "semtalk": convert_semtalk,
        "semges": convert_semges,
    }
    return converters[system](folder, output, progress)
