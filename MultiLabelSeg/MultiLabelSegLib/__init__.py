"""Multi-label segmentations: groups, labels and locks, converted between formats without loss.

``read`` and ``write`` files, make ``new`` segmentations for an image, ``do`` steps of tools, and work with
``Segmentation``, ``Group`` and ``Label``. Arrays are ``(t, k, j, i)``, C order; world coordinates are LPS millimetres
unless a name says otherwise.
"""

from __future__ import annotations

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
