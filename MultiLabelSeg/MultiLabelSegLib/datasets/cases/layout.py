"""What a layout of data sets is: how cases are written into it and read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ...core import Segmentation
from ...errors import DatasetError, OptionError
from ...formats.report import Report
from ..layout_names import LAYOUTS
from .case import Case, CaseSet

#: layout -> the modules that write and read it
_MODULES = {
    "tasklist": ("tasks.exporting", "tasks.importing"),
    "totalsegmentator": ("totalsegmentator.exporting", "totalsegmentator.importing"),
    "bids": ("bids.exporting", "bids.importing"),
    "nnunet": ("nnunet.exporting", "nnunet.importing"),
    "monai": ("monai.exporting", "monai.importing"),
}


@dataclass(frozen=True)
class ExportOptions:
    """Everything that an export may be told; layouts use what concerns them. Paths are absolute texts.

    ``version`` is nnU-Net's. ``folds`` are those of a cross-validation (0: as the cases' splits say). ``images`` says
    how images get there: ``copy``, ``link``, or ``reference`` where the layout names files that stay where they are.
    """

    version: int = 2
    file_ending: str = ".nii.gz"
    name: str = ""
    folds: int = 0
    images: str = "copy"
    label_table: str = ""
    map: str = ""
    schema: str = ""
    ignore: str = ""
    merge_instances: bool = False
    resample: bool = False
    undeclared: bool = False
    entity: str = "desc"
    preset: str = ""
    format_suffix: str = ".nrrd"


@dataclass(frozen=True)
class WrittenSet:
    """The cases that were written to the folder ``out``, what was found in each, what was told of it, and the plan."""

    cases: Sequence[Case]
    examined: Mapping[str, Any]
    written: Mapping[str, Any]
    plan: Any
    options: ExportOptions
    out: Path


class Exporter(Protocol):
    """The writing half of a layout. Examined and plan are JSON, for they travel between processes."""

    def check(self, cases: Sequence[Case], options: ExportOptions, report: Report) -> Sequence[Case]:
        """The cases that can be exported; the others are left out in the report. Raises DatasetError, OptionError."""

    def examine(self, case: Case, options: ExportOptions, report: Report) -> Any:
        """What the plan has to know about a case."""

    def plan(
        self, cases: Sequence[Case], examined: Mapping[str, Any], options: ExportOptions, report: Report
    ) -> Any:  # fmt: skip
        """What holds for all cases. Raises DatasetError."""

    def write(self, case: Case, plan: Any, options: ExportOptions, out: Path, report: Report) -> Mapping[str, Any]:
        """Writes the files of a case, all or none of them; returns what is to be known about it."""

    def finish(self, made: WrittenSet) -> Sequence[Path]:
        """Writes the files of the whole data set for the cases that were written; returns them."""


class Importer(Protocol):
    """The reading half of a layout."""

    def matches(self, source: Path) -> bool:
        """Whether a folder or file looks like this layout."""

    def find(self, source: Path, options: Mapping[str, str]) -> CaseSet:
        """The cases of a data set. Raises DatasetError, FormatError."""

    def load(self, source: Path, case: Case, options: Mapping[str, str], report: Report) -> Segmentation:
        """The segmentation of a case. Raises FormatError."""


def exporter(layout: str) -> Exporter:
    """The writer of a layout. Raises OptionError."""
    found: Exporter = _module(layout, "to", 0).EXPORTER
    return found


def importer(layout: str) -> Importer:
    """The reader of a layout. Raises OptionError."""
    found: Importer = _module(layout, "from", 1).IMPORTER
    return found


def layout_of(source: Path) -> str:
    """The layout of a data set on disk. Raises DatasetError when none knows it."""
    if not source.exists():
        raise DatasetError(f"{source}: there is no such file or folder")
    for name in LAYOUTS:
        if importer(name).matches(source):
            return name
    raise DatasetError(
        f"{source}: no layout knows this; expected dataset.json (nnU-Net), dataset_description.json (BIDS), "
        "folders with segmentations/*.nii.gz (TotalSegmentator), a datalist (MONAI) or a task list (MITK)"
    )


def _module(layout: str, option: str, which: int) -> Any:
    if layout not in _MODULES:
        raise OptionError(option, layout, LAYOUTS)
    return import_module(f"..{_MODULES[layout][which]}", __package__)
