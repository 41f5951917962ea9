"""Supervisely's NIfTI data sets and volume projects, in and out, without its server."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .discovery.cases import Case, Cases
    from .discovery.data_sets import discover, discover_names
    from .exporting import export_as, export_items
    from .importing.data_sets import import_data_set
    from .importing.existing_volumes import read_existing
    from .importing.options import ImportOptions
    from .importing.targets import FileTarget, ProjectTarget
    from .masks.case_reader import read_case
    from .masks.guide_options import align_mask, mask_to_ras
    from .project.reader import read_project
    from .project.writer import ProjectWriter

#: modules of this package by the names that they give to it; loaded when a name is first asked for
_HOMES = {
    "Case": "discovery.cases",
    "Cases": "discovery.cases",
    "FileTarget": "importing.targets",
    "ImportOptions": "importing.options",
    "ProjectTarget": "importing.targets",
    "ProjectWriter": "project.writer",
    "align_mask": "masks.guide_options",
    "discover": "discovery.data_sets",
    "discover_names": "discovery.data_sets",
    "export_as": "exporting",
    "export_items": "exporting",
    "import_data_set": "importing.data_sets",
    "mask_to_ras": "masks.guide_options",
    "read_case": "masks.case_reader",
    "read_existing": "importing.existing_volumes",
    "read_project": "project.reader",
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
