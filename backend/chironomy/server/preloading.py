"""Loading a model in the worker's process beside whatever else it does: aligning, or waiting for the first job."""

from __future__ import annotations

import threading
import traceback
from pathlib import Path

from ..errors import UserError
from ..generators.registry import get_generator
from ..generators.request import LoadingGenerator
from ..progress import Progress

_LOOKING_S = 0.05


class Preloading:
    """One model at a time. Used by the worker's main thread alone."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._thread: threading.Thread | None = None

    def begin(self, generator: str, model: Path) -> None:
        """Loads in a thread; costs next to nothing where it is loaded already."""
        before = self._thread

        def load() -> None:
            if before is not None:
                before.join()
            _load(generator, model, self._device)

        self._thread = threading.Thread(target=load, name="preloading", daemon=True)
        self._thread.start()

    def wait(self, progress: Progress) -> None:
        """Until all that was begun is loaded, or cannot be: the job that needs it then says why. Raises Cancelled."""
        while self._thread is not None and self._thread.is_alive():
            progress("Loading model", 0.0)
            self._thread.join(_LOOKING_S)


def _load(generator: str, model: Path, device: str) -> None:
    try:
        maker = get_generator(generator)
        if isinstance(maker, LoadingGenerator):
            maker.load(model, device)
    except UserError:
        return
    except Exception:
        traceback.print_exc()
