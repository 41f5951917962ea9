"""Names on disk that every program finds again: of data sets, of volumes, and of what belongs to a volume."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ....formats.mask_names import safe_name

META, KEY_ID_MAP = "meta.json", "key_id_map.json"
VOLUMES, ANNOTATIONS, MASKS, SURFACES = "volume", "ann", "mask", "interpolation"
NESTED = "datasets"
#: a folder that Supervisely leaves alone in every data set; ours holds what a project has no place for
SIDECARS = "metadata"
SIDECAR_SUFFIX = ".mlseg.json"
#: what a project as a whole has no place for
PROJECT_SIDECAR = "project.mlseg.json"
#: a folder whose name ends so is no data set for the SDK, and vanishes without a word
VANISHING = (VOLUMES, ANNOTATIONS, MASKS, SURFACES, NESTED, SIDECARS, "meta", "blob", "video_info")
_APPENDED = "_data"


@dataclass(frozen=True)
class ItemPaths:
    """Where a volume called ``name`` (with its suffix) and what belongs to it lie; ``folder`` is its data set's."""

    folder: Path
    name: str

    @property
    def volume(self) -> Path:
        """The file of the voxels."""
        return self.folder / VOLUMES / self.name

    @property
    def annotation(self) -> Path:
        """Objects and figures."""
        return self.folder / ANNOTATIONS / f"{self.name}.json"

    @property
    def masks(self) -> Path:
        """The folder of the masks, one a figure."""
        return self.folder / MASKS / self.name

    @property
    def surfaces(self) -> Path:
        """The folder of surfaces, which older projects have."""
        return self.folder / SURFACES / self.name

    @property
    def sidecar(self) -> Path:
        """What a project has no place for."""
        return self.folder / SIDECARS / (self.name + SIDECAR_SUFFIX)


def dataset_parts(name: str) -> tuple[str, ...]:
    """The names of a data set and of those that it lies in, from a name with ``/``; safe for disk and SDK.

    An empty name is ``ds0``. ``my_mask`` and ``Johann`` become ``my_mask_data`` and ``Johann_data``: the SDK does not
    see folders whose names end like its own.
    """
    parts = [safe_name(part) for part in PurePosixPath(name).parts if part.strip(" ./")]
    return tuple(f"{part}{_APPENDED}" if part.endswith(VANISHING) else part for part in parts if part) or ("ds0",)


def dataset_folder(project: Path, parts: tuple[str, ...]) -> Path:
    """The folder of a data set: ``a/b`` lies in ``a/datasets/b``."""
    return project.joinpath(*f"/{NESTED}/".join(parts).split("/"))


class TakenNames:
    """Names of one folder; those that differ in capitals or accents alone are one on some file systems."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, stem: str) -> str:
        """The stem, with ``_01``, ``_02``... where it is taken."""
        number, name = 0, stem
        while _folded(name) in self._taken:
            number += 1
            name = f"{stem}_{number:02d}"
        return name

    def take(self, name: str) -> None:
        """From now on the name is taken."""
        self._taken.add(_folded(name))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
