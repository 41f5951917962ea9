"""Where an import puts its volumes: files of any of our formats in folders, or a Supervisely project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from ....core import Image, Segmentation
from ....errors import FormatError
from ....formats.options import make_options
from ....formats.registry import format_by_id
from ....formats.report import Report
from ....formats.saving import write_segmentation
from ....formats.staging import Stage, absolute, new_folder
from ..project.names import TakenNames

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

    def finish(self) -> Path:
        """Puts in place what waits for the last volume; returns the folder of all volumes."""


class _NameTaken(FormatError):
    """Another volume of the same import has written a file of this name."""


@dataclass
class FileTarget:
    """``out/<folder>/<stem><suffix>`` in one of our formats; with ``volumes`` the image in RAS beside it.

    A stem that is taken gets ``_01``, ``_02``... ``protected`` is a folder in which nothing is ever written: the input.
    Raises OptionError for a format that does not exist, and for options that it does not have.
    """

    out: Path
    format_id: str = "mitk-nrrd"
    overwrite: bool = False
    overlap: str = "error"
    volumes: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    protected: Path | None = None

    def __post_init__(self) -> None:
        chosen = format_by_id(self.format_id)
        make_options(chosen.write_options, self.options)  # what is wrong is said once, before the first volume
        self._suffix = _SUFFIXES[self.format_id] if self.format_id in _SUFFIXES else chosen.suffixes[0]
        self._names: dict[str, TakenNames] = {}
        self._written = TakenNames()
        self.done = 0  #: volumes that are in place

    @property
    def wants_volumes(self) -> bool:
        """Whether images are written beside."""
        return self.volumes

    def put(self, item: Outgoing, report: Report) -> Path:
        """Writes the segmentation and the image, verified and together. Raises FormatError, LossError, WriteError."""
        folder = absolute(self.out / PurePosixPath(item.folder))
        if self.protected is not None and folder.resolve().is_relative_to(self.protected.resolve()):
            raise FormatError(folder, "lies in the input, which is never changed; choose another output folder")
        names = self._names.setdefault(str(folder).casefold(), TakenNames())
        with new_folder(folder):
            while True:
                stem = names.free(item.stem)
                try:
                    path = self._write(folder, stem, item, report)
                except _NameTaken:
                    names.take(stem)
                    continue
                names.take(stem)
                self.done += 1
                return path

    def finish(self) -> Path:
        """The folder; every file is in place already."""
        return self.out

    def _write(self, folder: Path, stem: str, item: Outgoing, report: Report) -> Path:
        """Writes one volume under a name. Raises _NameTaken; nothing is changed then."""
        main = folder / (stem + self._suffix)
        image = folder / (stem + VOLUME_SUFFIX)
        self._expect_free((main,))
        with Stage(image) as stage:
            if self.volumes and item.volume is not None:
                if image.exists() and not self.overwrite:
                    self._expect_free((image,))
                    raise FormatError(image, "exists already; overwriting must be asked for (--overwrite)")
                from ..masks.volume_files import stage_volume_nrrd

                stage_volume_nrrd(stage, image, item.volume())
            written = write_segmentation(
                item.segmentation,
                main,
                format_id=self.format_id,
                options=self.options,
                overlap=self.overlap,
                overwrite=self.overwrite,
                report=report,
                check=lambda paths: self._expect_free((*paths, *stage.paths)),
            )
            paths = (*written.paths, *stage.commit())
        for path in paths:
            self._written.take(str(path))
        return written.main[0]

    def _expect_free(self, paths: Sequence[Path]) -> None:
        """Raises _NameTaken when one of the paths was written for another volume of this import."""
        for path in paths:
            if self._written.free(str(path)) != str(path):
                raise _NameTaken(path, "belongs to another volume of this import")


@dataclass
class ProjectTarget:
    """A Supervisely project; ``dataset`` takes every volume unless ``by_folder`` keeps the folders as data sets.

    Use as a context manager: without ``finish`` nothing stays. Raises FormatError when the folder exists.
    """

    out: Path
    dataset: str = "ds0"
    overwrite: bool = False
    by_folder: bool = False

    def __post_init__(self) -> None:
        from ..project.writer import ProjectWriter

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

    def finish(self) -> Path:
        """Puts the project in place and returns its folder. Raises WriteError."""
        return self._writer.finish()
