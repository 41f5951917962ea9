"""Supervisely's NIfTI data sets and volume projects, in and out, without its server."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .discovery import discover, discover_names
    from .guide_options import align_mask, mask_to_ras

__all__ = ["align_mask", "discover", "discover_names", "mask_to_ras"]

#: modules of this package by the names that they give to it; loaded when a name is first asked for
_HOMES = {
    "align_mask": "guide_options",
    "discover": "discovery",
    "discover_names": "discovery",
    "mask_to_ras": "guide_options",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
