"""Multi-label segmentations: groups, labels and locks, converted between formats without loss.

``read`` and ``write`` files, make ``new`` segmentations for an image, ``do`` steps of tools, and work with
``Segmentation``, ``Group`` and ``Label``. Arrays are ``(t, k, j, i)``, C order; world coordinates are LPS millimetres
unless a name says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import do, from_sitk, new, read, to_sitk, write
    from .core import Geometry, Group, Image, Label, Segmentation
    from .errors import MultiLabelSegError

__version__ = "0.1.0"

__all__ = [
    "Geometry",
    "Group",
    "Image",
    "Label",
    "MultiLabelSegError",
    "Segmentation",
    "__version__",
    "do",
    "from_sitk",
    "new",
    "read",
    "to_sitk",
    "write",
]

_HOMES = {
    "api": ("do", "from_sitk", "new", "read", "to_sitk", "write"),
    "core": ("Geometry", "Group", "Image", "Label", "Segmentation"),
    "errors": ("MultiLabelSegError",),
}


def __getattr__(name: str) -> Any:
    """The names above, loaded when they are first asked for: ``mlseg --help`` does not wait for numpy."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f".{module}", __name__), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
