"""Where an import puts its volumes: files of any of our formats in folders, or a Supervisely project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from ...core import Image, Segmentation
from ...errors import FormatError
from ...formats.registry import format_by_id
from ...formats.report import Report
from ...formats.saving import write_segmentation
from .project_writer import ProjectWriter
from .volume_write import write_volume_nrrd

#: the suffix of a format's files where it has several
_SUFFIXES = {"labelmap": ".nii.gz", "label-folder": ""}
VOLUME_SUFFIX = ".volume.nrrd"


@dataclass(frozen=True)
class Outgoing:
    """One volume on its way out: its folder and name in the data set, its labels, and how to read its voxels."""

    folder: str
    stem: str
    segmentation: Segmentation
    volume: Callable[[], Image] | None


class Target(Protocol):
    """Takes volumes one after the other."""

    @property
    def wants_volumes(self) -> bool:
        """Whether the voxels of the volumes are written too."""

    def put(self, item: Outgoing, report: Report) -> Path:
        """Writes one volume; returns the path that a user would open. Raises MultiLabelSegError."""

    def finish(self) -> None:
        """Puts in place what waits for the last volume."""


class Names:
    """Names that are free: the second ``scan`` of a folder is ``scan_01``, also where only the case differs."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, folder: str, stem: str) -> str:
        """The stem, with ``_01``, ``_02``... where it is taken in this folder."""
        number, name = 0, stem
        while f"{folder}/{name}".lower() in self._taken:
            number += 1
            name = f"{stem}_{number:02d}"
        self._taken.add(f"{folder}/{name}".lower())
        return name


@dataclass
class FileTarget:
    """``out/<folder>/<stem><suffix>`` in one of our formats; with ``volumes`` the image in RAS beside it.

    Raises OptionError for a format that does not exist.
    """

    out: Path
    format_id: str
    overwrite: bool = False
    overlap: str = "error"
    volumes: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._format = format_by_id(self.format_id)
        self._names = Names()

    @property
    def wants_volumes(self) -> bool:
        """Whether images are written beside."""
        return self.volumes

    def put(self, item: Outgoing, report: Report) -> Path:
        """Writes the segmentation, verified and atomically. Raises FormatError, LossError, WriteError."""
        folder = self.out / PurePosixPath(item.folder)
        folder.mkdir(parents=True, exist_ok=True)
        stem = self._names.take(item.folder, item.stem)
        suffix = _SUFFIXES.get(self.format_id, self._format.suffixes[0] if self._format.suffixes else "")
        image = folder / (stem + VOLUME_SUFFIX)
        if self.volumes and item.volume is not None and image.exists() and not self.overwrite:
            raise FormatError(image, "exists already; overwriting must be asked for (--overwrite)")
        written = write_segmentation(
            item.segmentation,
            folder / (stem + suffix),
            format_id=self.format_id,
            options=self.options,
            overlap=self.overlap,
            overwrite=self.overwrite,
            report=report,
        )
        if self.volumes and item.volume is not None:
            write_volume_nrrd(image, item.volume())
        return written.main[0]

    def finish(self) -> None:
        """Nothing waits: every file is in place already."""


@dataclass
class ProjectTarget:
    """A Supervisely project; ``dataset`` takes every volume unless ``by_folder`` keeps the folders as data sets.

    Use as a context manager: without ``finish`` nothing stays. Raises FormatError when the folder exists.
    """

    out: Path
    dataset: str
    overwrite: bool = False
    by_folder: bool = False

    def __post_init__(self) -> None:
        self._report = Report()
        self._writer = ProjectWriter(self.out, overwrite=self.overwrite, report=self._report)

    def __enter__(self) -> ProjectTarget:
        self._writer.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._writer.__exit__(*error)

    @property
    def wants_volumes(self) -> bool:
        """A project holds its volumes."""
        return True

    def put(self, item: Outgoing, report: Report) -> Path:
        """Adds a volume. Raises LossError, GeometryError, FormatError; the project can go on then."""
        dataset = (item.folder or self.dataset) if self.by_folder else self.dataset
        before = len(self._report.notes)
        image = None if item.volume is None else item.volume()
        written = self._writer.add(dataset, item.stem, image, item.segmentation)
        report.notes.extend(self._report.notes[before:])
        return written.path

    def finish(self) -> None:
        """Puts the project in place. Raises WriteError."""
        self._writer.finish()
