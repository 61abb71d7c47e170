"""What is said about training while it runs: progress, TensorBoard, notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..progress import Progress, silent

Notice = Callable[[str], None]


class Monitor:
    """One stage's reports. Close it at the end."""

    def __init__(self, folder: Path | None, progress: Progress = silent, notice: Notice = print) -> None:
        """With a folder, figures go to it for TensorBoard."""
        self.notice = notice
        self._folder, self._progress = folder, progress
        self._board: Any = None

    def begin(self, first_step: int) -> None:
        """Entries from this step on, left by a run that was cut off, no longer count."""
        if self._folder is None:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UserError("training: the package tensorboard is missing: pip install 'chironomy[train]'") from error
        self._board = SummaryWriter(str(self._folder), purge_step=first_step)

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
