"""Reads Supervisely volume projects: those of the SDK, of the server, of its export apps, and our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....errors import DatasetError, FormatError
from ....formats.voxel_file import named_errors
from ..discovery.cases import Remark
from .item import ProjectItem
from .meta import ProjectMeta, read_json, read_meta
from .names import ANNOTATIONS, KEY_ID_MAP, META, NESTED, PROJECT_SIDECAR, VANISHING, VOLUMES, ItemPaths
from .sidecar import changed_classes

_VOLUME_SUFFIX = ".nrrd"
#: files of export apps at the root that repeat what the project says
_REPEATED = ("class2idx.json", "color_map.txt")
_DEEPEST = 32


@dataclass
class ProjectReader:
    """A project on disk; iterating gives its volumes, which read themselves when asked.

    ``left_out`` and ``notes`` are about the project as a whole; what concerns a volume is with the volume.
    """

    folder: Path
    meta: ProjectMeta
    items: tuple[ProjectItem, ...] = ()
    left_out: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    def __iter__(self) -> Iterator[ProjectItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def is_project(folder: Path) -> bool:
    """Whether a folder is a volume project: it has ``meta.json`` and a data set with volumes or annotations."""
    with named_errors(folder):
        return (folder / META).is_file() and any(True for _ in _datasets(folder, ()))


def read_project(folder: Path) -> ProjectReader:
    """Opens a project; no volume is read yet. ``folder`` is never changed.

    Raises DatasetError for what is no volume project, FormatError for a folder that cannot be looked into,
    CorruptFileError for a damaged ``meta.json``.
    """
    with named_errors(folder):
        return _read(folder)


def _read(folder: Path) -> ProjectReader:
    if not (folder / META).is_file():
        raise DatasetError(f"{folder}: is no Supervisely project, there is no {META}")
    reader = ProjectReader(folder, read_meta(folder / META))
    for reason in reader.meta.notes:
        _note(reader, folder / META, reason)
    changed = _changed(reader)
    videos = _video_ids(reader)
    items: list[ProjectItem] = []
    for parts, place in _datasets(folder, ()):
        for name in _names(reader, place):
            items.append(ProjectItem(folder, "/".join(parts), ItemPaths(place, name), reader.meta, changed, videos))
    reader.items = tuple(items)
    _note_others(reader, {item.dataset.split("/")[0] for item in items})
    return reader


def _note_others(reader: ProjectReader, datasets: set[str]) -> None:
    """Names what lies at the root and is no part of the project."""
    known = {META, KEY_ID_MAP, PROJECT_SIDECAR, *datasets}
    for path in sorted(reader.folder.iterdir()):
        if path.name in _REPEATED:
            _note(reader, path, "repeats what the project says; not read")
        elif path.name not in known and not path.name.startswith("."):
            reason = "no volume of a data set is in it" if path.is_dir() else "is no part of a project"
            reader.left_out.append(Remark(path.name, reason))


def _datasets(folder: Path, parts: tuple[str, ...], depth: int = 0) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Data sets below a folder with their names: ``a/datasets/b`` is ``("a", "b")``."""
    for child in sorted(folder.iterdir()) if depth < _DEEPEST else ():
        if not child.is_dir() or child.name.startswith("."):
            continue
        if child.name == NESTED:
            yield from _datasets(child, parts, depth + 1)
        elif child.name not in VANISHING:
            named = (*parts, child.name)
            if (child / VOLUMES).is_dir() or (child / ANNOTATIONS).is_dir():
                yield named, child
            yield from _datasets(child, named, depth + 1)


def _names(reader: ProjectReader, place: Path) -> list[str]:
    """The names of the volumes of a data set; those of the annotations where it was downloaded without voxels."""
    names = []
    for path in sorted((place / VOLUMES).iterdir()) if (place / VOLUMES).is_dir() else ():
        if path.is_file() and path.suffix.lower() == _VOLUME_SUFFIX:
            names.append(path.name)
        elif not path.name.startswith("."):
            reason = f"volumes of a project are {_VOLUME_SUFFIX} files"
            reader.left_out.append(Remark(path.relative_to(reader.folder).as_posix(), reason))
    annotations = place / ANNOTATIONS
    described = sorted(path.stem for path in annotations.glob("*.json")) if annotations.is_dir() else []
    known = {*names, *(Path(name).stem for name in names)}
    names += [name for name in described if name not in known]
    if place.name.endswith(VANISHING) and names:
        _note(reader, place, "Supervisely itself does not see a data set whose name ends so")
    return names


def _changed(reader: ProjectReader) -> tuple[set[str], set[str]]:
    path = reader.folder / PROJECT_SIDECAR
    if not path.is_file():
        return set(), set()
    try:
        return changed_classes(path, reader.meta)
    except FormatError as error:
        reader.left_out.append(Remark(path.name, f"is ignored: {error.reason}"))
        return set(), set()


def _video_ids(reader: ProjectReader) -> Mapping[str, Any]:
    """Volume keys with their numbers; nothing where the file is missing or damaged, which is noted."""
    path = reader.folder / KEY_ID_MAP
    if not path.is_file():
        return {}
    try:
        data = read_json(path, "the numbers of keys")
    except FormatError as error:
        _note(reader, path, f"is ignored: {error.reason}")
        return {}
    found = data.get("videos") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _note(reader: ProjectReader, path: Path, reason: str) -> None:
    reader.notes.append(Remark(path.relative_to(reader.folder).as_posix(), reason))
