"""Where generators with networks run, and what happens when a graphics card's memory is too small."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

from .models import find_models

_Result = TypeVar("_Result")


def known_device(wanted: str) -> str:
    """The device, where it is plain without asking torch; else nothing."""
    return "cpu" if wanted == "cpu" or (wanted == "auto" and not find_models()) else ""


def choose_device(wanted: str) -> tuple[str, str]:
    """The device for "auto", "cpu", "cuda" or "cuda:1", and a notice where another was wanted.

    torch is asked only where it matters: "auto" is "cpu" as long as there are no weights that it could run.
    """
    if known := known_device(wanted):
        return known, ""
    import torch

    if wanted == "auto":
        return ("cuda" if torch.cuda.is_available() else "cpu"), ""
    try:
        torch.zeros(1, device=wanted)
    except (RuntimeError, AssertionError) as error:  # "not compiled with CUDA enabled" is an AssertionError
        reason = (str(error).splitlines() or [""])[0]
        return "cpu", f"the device {wanted} cannot be used ({reason}): the CPU is used instead"
    return wanted, ""


def with_fallback(device: str, work: Callable[[str], _Result]) -> tuple[_Result, tuple[str, ...]]:
    """What `work` makes on the device; where its memory does not suffice, on the CPU, with a notice that says so."""
    if device == "cpu":
        return work(device), ()
    import torch

    with contextlib.suppress(torch.OutOfMemoryError):
        return work(device), ()
    # only here, where the error's traceback, which holds on to tensors, is gone
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return work("cpu"), (f"the memory of {device} was not enough: this was made on the CPU, which takes longer",)
