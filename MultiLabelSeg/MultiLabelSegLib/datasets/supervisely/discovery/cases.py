"""What the files of a data set are to each other: which volume has which masks, scores and colour map.

Paths are relative to the data set's root and written with ``/``. ``object`` and ``class`` are Supervisely's words: an
object is one label instance, its class is the name that instances share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from ....core import Geometry

Layout = Literal["by-name", "by-plane", "annotations", "project"]
Plane = Literal["", "axl", "cor", "sag"]
#: ``named``: every value is an object of the class that the file names; ``instance``: every value is an object of the
#: class with the file's number; ``semantic``: every value is a class of its own
MaskMode = Literal["named", "instance", "semantic"]

PLANES: tuple[Plane, ...] = ("axl", "cor", "sag")


@dataclass(frozen=True)
class MaskFile:
    """One annotation file and what its voxel values mean."""

    path: str
    mode: MaskMode
    class_name: str = ""  #: of ``named``
    class_id: int = 0  #: of ``instance``


@dataclass(frozen=True)
class ExistingVolume:
    """A volume that annotations without one are matched to: of a project on disk, or only described in a list.

    ``geometry`` has the axes R, A, S. ``path`` is the volume's file where there is one.
    """

    id: int
    name: str  #: with its suffix, as on the server: ``axl_anatomic.nrrd``
    dataset: str
    geometry: Geometry
    dataset_id: int | None = None
    path: Path | None = None


@dataclass(frozen=True)
class Case:
    """One volume with what belongs to it.

    ``source`` is the volume's path, for an existing volume ``<data set>/<name>``. ``color_maps`` are the candidates for
    the class colour map, the nearest one up the tree first; the first with a good line counts.
    """

    source: str
    layout: Layout
    plane: Plane = ""
    masks: tuple[MaskFile, ...] = ()
    scores: tuple[str, ...] = ()
    color_maps: tuple[str, ...] = ()
    existing: ExistingVolume | None = None

    @property
    def folder(self) -> str:
        """The folder of the source, relative to the root; empty for the root itself."""
        parent = str(PurePosixPath(self.source).parent)
        return "" if parent == "." else parent

    @property
    def stem(self) -> str:
        """The volume's name without ``.nii``, ``.nii.gz`` or ``.nrrd``; other dots stay."""
        return stem_of(self.source)


@dataclass(frozen=True)
class Remark:
    """Something about a file that the user must know: why it was left out, or what was odd in it (``line`` from 1)."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True)
class Cases:
    """The cases of a data set, the files that belong to none, and what else was noticed."""

    cases: tuple[Case, ...] = ()
    left_out: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = field(default=())


def stem_of(path: str) -> str:
    """A file's name without the suffixes of volumes, upper or lower case: ``a/scan.v2.NII.gz`` is ``scan.v2``."""
    name = PurePosixPath(path).name
    for suffix in (".nii.gz", ".nii", ".nrrd"):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name
