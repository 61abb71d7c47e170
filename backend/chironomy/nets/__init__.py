"""Networks: the one place, beside generators and training, that loads torch; always when it is needed, never before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .released.loading import load_published
    from .released.registry import published

__all__ = ["load_published", "published"]


def __getattr__(name: str) -> Any:
    """The functions of `__all__`, loaded with torch when they are first asked for."""
    if name == "published":
        from .released.registry import published

        return published
    if name == "load_published":
        from .released.loading import load_published

        return load_published
    raise AttributeError(f"module {__name__} has no attribute {name}")
