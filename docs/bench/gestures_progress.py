"""What the bench of gestures is at, and for how long it has been running."""

from __future__ import annotations

import sys
import time

_BEGAN_S = time.monotonic()


def say(doing: str) -> None:
    """A line for whoever waits."""
    print(f"{time.monotonic() - _BEGAN_S:4.0f} s  {doing} …", file=sys.stderr, flush=True)
