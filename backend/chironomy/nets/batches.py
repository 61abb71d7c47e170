"""Work in batches that shrink where a graphics card's memory does not suffice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_batches(
    work: Callable[[Sequence[_Item]], _Result], items: Sequence[_Item], most: int
) -> Iterator[tuple[int, _Result]]:
    """The number of each batch's first item, and what `work` makes of the batch; in order, `most` items at a time.

    Out of memory, a batch is tried again with half as many items, and those after it are no larger; with one item
    alone the error is the caller's (generators.devices.with_fallback goes on with the CPU).
    """
    start = 0
    while start < len(items):
        result = _fitting(work, items[start : start + most])
        if result is None:
            most = (min(most, len(items) - start) + 1) // 2
            torch.cuda.empty_cache()
            continue
        yield start, result[0]
        start += most


def _fitting(work: Callable[[Sequence[_Item]], _Result], batch: Sequence[_Item]) -> tuple[_Result] | None:
    """The result, or nothing where a smaller batch may fit: by then the traceback, which holds tensors, is gone."""
    try:
        return (work(batch),)
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
        return None
