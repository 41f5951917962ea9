"""Supervisely's NIfTI data sets and volume projects, in and out, without its server."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .case_reader import read_case
    from .cases import Case, Cases
    from .discovery import discover, discover_names
    from .existing import read_existing
    from .exporting import export_as, export_items
    from .guide_options import align_mask, mask_to_ras
    from .import_options import ImportOptions
    from .import_targets import FileTarget, ProjectTarget
    from .importing import import_data_set
    from .project_reader import read_project
    from .project_writer import ProjectWriter

#: modules of this package by the names that they give to it; loaded when a name is first asked for
_HOMES = {
    "Case": "cases",
    "Cases": "cases",
    "FileTarget": "import_targets",
    "ImportOptions": "import_options",
    "ProjectTarget": "import_targets",
    "ProjectWriter": "project_writer",
    "align_mask": "guide_options",
    "discover": "discovery",
    "discover_names": "discovery",
    "export_as": "exporting",
    "export_items": "exporting",
    "import_data_set": "importing",
    "mask_to_ras": "guide_options",
    "read_case": "case_reader",
    "read_existing": "existing",
    "read_project": "project_reader",
}

__all__ = [
    "Case",
    "Cases",
    "FileTarget",
    "ImportOptions",
    "ProjectTarget",
    "ProjectWriter",
    "align_mask",
    "discover",
    "discover_names",
    "export_as",
    "export_items",
    "import_data_set",
    "mask_to_ras",
    "read_case",
    "read_existing",
    "read_project",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
