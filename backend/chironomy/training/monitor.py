"""What is said about training while it runs: progress, TensorBoard, notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..progress import Progress, silent

Notice = Callable[[str], None]


class Monitor:
    """One stage's reports. Close it at the end."""

    def __init__(
        self, folder: Path | None, first_step: int, progress: Progress = silent, notice: Notice = print
    ) -> None:
        """Writes TensorBoard's files to `folder`; entries from `first_step` on, left by a run that was cut off, go."""
        self.notice = notice
        self._progress = progress
        self._board = None
        if folder is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(folder), purge_step=first_step)

    def scalars(self, group: str, values: Mapping[str, float], step: int) -> None:
        """Figures of one step for TensorBoard."""
        for name, value in values.items():
            if self._board is not None:
                self._board.add_scalar(f"{group}/{name}", value, step)

    def progress(self, text: str, fraction: float) -> None:
        """Where the stage is, 0…1."""
        self._progress(text, fraction)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()
