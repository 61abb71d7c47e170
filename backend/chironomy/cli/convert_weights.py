"""What `chironomy convert-weights` does."""

from __future__ import annotations

from pathlib import Path

from .commands import report
from .terminal import progress_bar


def run_convert_weights(system: str, folder: Path, output: Path, as_json: bool) -> None:
    """Converts, then names the folder and what was left out."""
    from ..pipeline.convert_weights import convert_weights

    with progress_bar(as_json) as progress:
        conversion = convert_weights(system, folder, output, progress)
    report(as_json, [output], conversion.notices, networks=list(conversion.networks))
