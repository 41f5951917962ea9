"""Volumes that are there already, for annotations that come without any: of a project on disk, or only described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....core import Geometry
from ....core.geometry import lps_from_ras
from ....errors import DatasetError, GeometryError, OptionError, UnsupportedFormatError
from ..discovery.cases import ExistingVolume
from ..json_fields import Fields, is_whole, json_of
from ..masks.alignment import ras_reordering
from .existing_project import read_project_volumes

_WHAT = "the list of existing volumes"
_SETS = "datasets"
#: how many data sets an error names
_NAMED = 8


def read_existing(path: Path) -> tuple[ExistingVolume, ...]:
    """The volumes of a Supervisely project's folder, or of a JSON list of them.

    A list is ``{"datasets": [{"id", "name", "volumes": [{"id", "name", "shape", "affine"}]}]}``; ``shape`` are the
    voxels along x, y, z, ``affine`` is 4x4 into RAS mm. A project tells the ids of its volumes but not those of its
    data sets; volumes without one get numbers below 0. Of volumes only headers are read.

    Raises DatasetError where nothing is there or ids contradict each other, FormatError (CorruptFileError) for files
    that cannot be read, naming file, field, what was found and what was expected.
    """
    if path.is_dir():
        return read_project_volumes(path)
    if not path.is_file():
        raise DatasetError(f"{path}: there is no such folder or file; a Supervisely project or a list is expected")
    if path.suffix.lower() != ".json":
        raise UnsupportedFormatError(
            path, "existing volumes are read from the folder of a Supervisely project or a .json list"
        )
    return _volumes_of(Fields(path, "", json_of(path, _WHAT)))


def check_data_set(path: Path, dataset_id: int) -> None:
    """Raises OptionError when a list of existing volumes has no data set of this id; projects tell none.

    Raises FormatError for a list that cannot be read.
    """
    if path.is_dir():
        return
    listed = [
        (entry.identity("id"), entry.text("name")) for entry in Fields(path, "", json_of(path, _WHAT)).objects(_SETS)
    ]
    if dataset_id not in {number for number, _ in listed}:
        known = ", ".join(f"{number} ({name})" for number, name in listed[:_NAMED]) or "none"
        raise OptionError("dataset_id", dataset_id, f"the id of a data set that {path} lists: {known}")


def _volumes_of(data: Fields) -> tuple[ExistingVolume, ...]:
    volumes: dict[int, ExistingVolume] = {}
    datasets: set[int] = set()
    for dataset in data.objects(_SETS):
        dataset_id, name = dataset.identity("id"), dataset.text("name")
        if dataset_id in datasets:
            raise dataset.wrong(dataset.place("id"), dataset_id, "an id that no other data set has")
        datasets.add(dataset_id)
        for entry in dataset.objects("volumes"):
            volume_id = entry.identity("id")
            if volume_id in volumes:
                other = volumes[volume_id]
                expected = f"an id that no other volume has ({other.dataset}/{other.name})"
                raise entry.wrong(entry.place("id"), volume_id, expected)
            volumes[volume_id] = ExistingVolume(volume_id, entry.text("name"), name, _geometry(entry), dataset_id)
    return tuple(volumes.values())


def _geometry(entry: Fields) -> Geometry:
    """Shape and affine of a volume, its axes brought to R, A, S."""
    expected = "the voxels along x, y, z: three whole numbers above 0"
    shape = entry.required("shape", expected)
    if not isinstance(shape, list) or len(shape) != 3 or not all(is_whole(size) and size > 0 for size in shape):
        raise entry.wrong(entry.place("shape"), shape, expected)
    expected = "4 rows of 4 numbers, the last one 0 0 0 1"
    affine = entry.required("affine", expected)
    if not _is_affine(affine):
        raise entry.wrong(entry.place("affine"), affine, expected)
    try:
        geometry = Geometry((shape[2], shape[1], shape[0]), lps_from_ras(affine))
    except GeometryError as error:
        raise entry.wrong(entry.place("affine"), affine, f"an affine of a volume: {error}") from None
    return ras_reordering(geometry).geometry(geometry)


def _is_affine(found: Any) -> bool:
    rows = isinstance(found, list) and len(found) == 4 and all(isinstance(row, list) and len(row) == 4 for row in found)
    if not rows or not all(isinstance(cell, float) or is_whole(cell) for row in found for cell in row):
        return False
    return found[3] == [0, 0, 0, 1] and all(abs(cell) < 1e12 for row in found for cell in row)
