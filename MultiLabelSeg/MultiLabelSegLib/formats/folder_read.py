"""Reading a folder of masks: as its description says, or by file names alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry, Group, Label, Segmentation
from ..core.naming import lut_color
from ..core.runs import paint_runs
from ..errors import CorruptFileError, GeometryError, MultiLabelSegError, UnsupportedFormatError
from .base import ReadRequest
from .image_io import read_geometry
from .image_suffixes import WRITTEN_SUFFIXES, image_suffix, is_file_or_broken_link
from .image_write import voxel_path
from .json_text import parse_json
from .label_json import GroupEntry, JsonRules, groups_from_json
from .label_tables import read_table
from .mask_files import MaskFiles, Occupied
from .mitk_properties import decode_properties
from .voxel_file import inside_folder

DESCRIPTION = "labels.json"
FOLDER_TYPE = "org.multilabelseg.label-folder"
_VERSION = 1


def mask_files(folder: Path) -> list[Path]:
    """The image files directly in a folder, by name; hidden ones are left alone."""
    found = (path for path in folder.iterdir() if is_file_or_broken_link(path) and not path.name.startswith("."))
    return sorted(path for path in found if image_suffix(path) in WRITTEN_SUFFIXES)


# ---- with a description ------------------------------------------------------------------------------------------
def is_described(folder: Path) -> bool:
    """Whether ``labels.json`` is there and is not plainly somebody else's: a list or mapping of names alone.

    What is damaged counts as ours, so that it is refused and not read by file names with other values.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        return False
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return True
    return isinstance(data, dict) and not {"type", "groups"}.isdisjoint(data)


def read_described(request: ReadRequest) -> Segmentation:
    """A folder that we wrote. Masks that the description does not name are left out and named.

    Raises FormatError (CorruptFileError), naming label and file.
    """
    described = request.path / DESCRIPTION
    data = _description(described)
    entries = groups_from_json(data.get("groups"), "groups", JsonRules(described, keep_meta=False))
    if not entries:
        raise CorruptFileError(described, "groups: found none, expected at least one")
    geometry = read_geometry(_inside(request, data.get("geometry"), "geometry"), request.report)
    geometry = _timed(geometry, data, described)
    groups = []
    masks = MaskFiles(geometry, request)
    for index, entry in enumerate(entries):
        groups.append(_described_group(request, entry, f"groups[{index}]", masks))
        request.report.step((index + 1) / len(entries), f"read group {index + 1} of {len(entries)}")
    named = {meta.get("_file") for entry in entries for meta in entry.label_meta} | {data.get("geometry")}
    for path in mask_files(request.path):
        if path.name not in named:
            request.report.leave_out(f"is left out: {DESCRIPTION} does not name it", path)
    return Segmentation(
        geometry,
        groups,
        uid=_typed(data, "uid", str, "", described),
        unlabeled_locked=_typed(data, "unlabeled_locked", bool, False, described),
        properties=decode_properties(_typed(data, "properties", dict, {}, described)),
    )


def _typed(data: dict[str, Any], key: str, kind: type, missing: Any, described: Path) -> Any:
    """A value of the description. Raises CorruptFileError when it is of another type."""
    found = data.get(key, missing)
    if not isinstance(found, kind):
        raise CorruptFileError(described, f"{key}: found {found!r:.80}, expected JSON's kind of {kind.__name__}")
    return found


def _timed(geometry: Geometry, data: dict[str, Any], described: Path) -> Geometry:
    """The geometry with the times of the description, which images cannot all say."""
    bounds = _typed(data, "time_bounds", list, [], described)
    if not bounds:
        return geometry
    try:
        return Geometry(geometry.shape, geometry.ijk_to_lps, geometry.time_steps, tuple(bounds))
    except GeometryError as error:
        raise CorruptFileError(described, f"time_bounds: {error}") from None


def _description(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CorruptFileError(path, "is no UTF-8 text; the description of a folder of masks is expected") from None
    data = parse_json(text, path, "the description")
    if not isinstance(data, dict) or data.get("type") != FOLDER_TYPE:
        found = data.get("type") if isinstance(data, dict) else type(data).__name__
        raise UnsupportedFormatError(path, f"type is {found!r:.80}, expected {FOLDER_TYPE!r}")
    version = data.get("version")
    if type(version) is not int or not 1 <= version <= _VERSION:
        raise UnsupportedFormatError(path, f"version is {version!r:.80}, expected 1...{_VERSION}")
    return data


def _inside(request: ReadRequest, name: Any, where: str) -> Path:
    described = request.path / DESCRIPTION
    if not isinstance(name, str) or not name.strip():
        raise CorruptFileError(described, f"{where}: found {name!r:.80}, expected the name of an image file")
    return inside_folder(described, name, request.allow_outside)


def _empty(geometry: Geometry, kind: type[np.unsignedinteger[Any]], request: ReadRequest) -> NDArray[Any]:
    """Unlabelled voxels. Raises CorruptFileError for a grid that no memory holds."""
    try:
        return np.zeros(geometry.full_shape, kind)
    except (MemoryError, ValueError):
        raise CorruptFileError(
            request.path, f"announces {geometry.full_shape} voxels, more than memory holds"
        ) from None


def _described_group(request: ReadRequest, entry: GroupEntry, where: str, masks: MaskFiles) -> Group:
    top = max(entry.values, default=0)
    array = _empty(masks.geometry, np.uint8 if top < 256 else np.uint16, request)
    flat, occupied = array.reshape(-1), Occupied()
    for index, (label, meta) in enumerate(zip(entry.labels, entry.label_meta, strict=True)):
        path = _inside(request, meta.get("_file"), f"{where}.labels[{index}]._file")
        start, stop = masks.runs_of(path)
        if not occupied.is_free(start, stop):
            reason = f"label {label.value} {label.name!r} shares voxels with another label of its group"
            raise CorruptFileError(path, reason)
        occupied.add(start, stop)
        paint_runs(flat, start, stop, label.value)
    return Group(array, entry.labels, entry.name, entry.properties)


# ---- by file names -----------------------------------------------------------------------------------------------
def read_plain(request: ReadRequest, table_path: str) -> Segmentation:
    """A folder of masks without a description: the file's name is the label's, masks that overlap go to other groups.

    Values are those of the label table, if one is given or is called ``labels.json``, for its names, or what the
    ``labels.json`` of ``mlseg extract`` says of each file; all others are numbered in the order of the names, which is
    noted. A mask goes into the first group in which it overlaps nothing.
    Raises FormatError for masks of several values, of other grids, and for files that are no masks.
    """
    files = mask_files(request.path)
    geometry = read_geometry(files[0], request.report)
    labels = _plain_labels(files, request, table_path)
    masks = MaskFiles(geometry, request)
    arrays: list[NDArray[Any]] = []
    occupied: list[Occupied] = []
    owned: list[list[Label]] = []
    kind = np.uint8 if max(label.value for label in labels) < 256 else np.uint16
    for number, (path, label) in enumerate(zip(files, labels, strict=True)):
        start, stop = masks.runs_of(path)
        index = next((index for index, taken in enumerate(occupied) if taken.is_free(start, stop)), len(arrays))
        if index == len(arrays):
            arrays.append(_empty(geometry, kind, request))
            occupied.append(Occupied())
            owned.append([])
        paint_runs(arrays[index].reshape(-1), start, stop, label.value)
        occupied[index].add(start, stop)
        owned[index].append(label)
        request.report.step((number + 1) / len(files), f"read {number + 1} of {len(files)} masks")
    _note_other_files(request, files)
    return Segmentation(geometry, [Group(array, mine) for array, mine in zip(arrays, owned, strict=True)])


def _plain_labels(files: list[Path], request: ReadRequest, table_path: str) -> list[Label]:
    by_name: dict[str, Label] = {}
    beside = request.path / DESCRIPTION
    extracted = {} if table_path else _extracted_labels(beside)
    if extracted:
        by_name = extracted
    elif table_path or beside.is_file():
        table = read_table(Path(table_path) if table_path else beside, request.report)
        by_name = {label.name: label for label in table.to_labels()}
    taken = {label.value for label in by_name.values()}
    following, numbered, labels = 1, [], []
    for path in files:
        name = path.name[: -len(image_suffix(path) or "")]
        label = by_name.get(name)
        if label is None:
            while following in taken:
                following += 1
            label = Label(following, name, lut_color(following))
            taken.add(following)
            numbered.append(f"{name} = {following}")
        labels.append(label)
    if numbered:
        request.report.note(f"values were given in the order of the file names: {', '.join(numbered)}", request.path)
    return labels


def _extracted_labels(path: Path) -> dict[str, Label]:
    """The labels of masks that ``mlseg extract`` wrote, by name without suffix; empty where ``path`` is not its table.

    A mask holds its label's value or 1; which label it is stands in the list ``labels``. Raises CorruptFileError.
    """
    if not path.is_file():
        return {}
    data = parse_json(path.read_bytes().decode("utf-8", "replace"), path, "the table of the masks", lenient=True)
    files = data.get("files") if isinstance(data, dict) else None
    if not isinstance(files, dict):
        return {}
    labels: dict[str, Label] = {}
    for name, rows in files.items():
        try:
            ((row,), (value,)) = rows, rows[0]["labels"]
            label = Label(value, row["name"], tuple(row["color"]))
        except (LookupError, TypeError, ValueError, MultiLabelSegError):
            expected = "a list with one object of name, color and labels, a list of one value"
            raise CorruptFileError(path, f"files, {name!r:.60}: found {rows!r:.80}, expected {expected}") from None
        labels[name[: -len(image_suffix(Path(name)) or "") or None]] = label
    return labels


def _note_other_files(request: ReadRequest, files: list[Path]) -> None:
    known = {DESCRIPTION, *(path.name for path in files), *(voxel_path(path).name for path in files)}
    names = (path.name for path in request.path.iterdir())
    others = sorted(name for name in names if name not in known and not name.startswith("."))
    if others:
        shown = ", ".join(others[:8]) + (f" and {len(others) - 8} more" if len(others) > 8 else "")
        request.report.note(f"not masks, left alone: {shown}", request.path)
