"""What can be the matter with the backend, in the words of the line that the panel shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """Where the backend is; each has its own next step."""

    NOT_INSTALLED = "Not installed"
    INSTALLING = "Installing"
    STOPPED = "Stopped"
    STARTING = "Starting"
    READY = "Ready"
    BUSY = "Busy"
    FAILED = "Failed"


NEXT_STEP = {
    State.NOT_INSTALLED: "Install the backend, or choose an existing chironomy",
    State.INSTALLING: "Wait, or cancel; Blender can be used meanwhile",
    State.STOPPED: "It starts by itself when it is needed",
    State.STARTING: "Wait a few seconds",
    State.READY: "Generate",
    State.BUSY: "Wait, or cancel the job in the sidebar",
    State.FAILED: "Read the reason, then Repair or Start again",
}


@dataclass(frozen=True)
class Status:
    """The state, and the rest of the line."""

    state: State
    detail: str = ""
    """The reason of a failure, the stage of work in progress, the address of a running server."""
    fraction: float | None = None
    """0…1 while something is in progress that knows how far it is."""

    @property
    def next_step(self) -> str:
        """What the user can do now."""
        return NEXT_STEP[self.state]

    @property
    def line(self) -> str:
        """One line for the panel: the state and its detail."""
        return f"{self.state.value}: {self.detail}" if self.detail else self.state.value
