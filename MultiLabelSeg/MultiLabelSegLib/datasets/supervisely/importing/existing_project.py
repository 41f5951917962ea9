"""The volumes of a Supervisely project on disk: names, ids and geometries, voxels unread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ....errors import DatasetError, UnsupportedFormatError
from ..discovery.cases import ExistingVolume
from ..json_fields import Fields, is_whole, json_of, shown
from ..key_ids import plain_key
from ..masks.volumes import read_volume_geometry
from ..project.names import KEY_ID_MAP, META, NESTED, VOLUMES, ItemPaths

_SUFFIX = ".nrrd"
_DICOM = ".dcm"


def read_project_volumes(project: Path) -> tuple[ExistingVolume, ...]:
    """All volumes of a project by data set and name; a nested data set is ``parent/child``.

    Ids come from the annotations (``volumeId``) and from key_id_map.json (``videos``). Volumes without one get -1, -2
    and so on: they are found by name, but no mapping can mean them.

    Raises DatasetError for a folder that is no volume project and for ids that contradict each other; FormatError for
    files that cannot be read.
    """
    _check_meta(project)
    ids = _ids_by_key(project / KEY_ID_MAP)
    found: list[ExistingVolume] = []
    for dataset, folder in _datasets(project):
        for file in _volume_files(folder):
            number = _volume_id(ItemPaths(folder, file.name), ids) or -1 - len(found)
            found.append(ExistingVolume(number, file.name, dataset, read_volume_geometry(file), path=file))
    if not found:
        raise DatasetError(f"{project}: no volumes found; expected <data set>/{VOLUMES}/<name>{_SUFFIX}")
    _check_ids(project, found)
    return tuple(found)


def _check_meta(project: Path) -> None:
    path = project / META
    if not path.is_file():
        raise DatasetError(f"{project}: {META} is missing; the folder of a Supervisely project is expected")
    fields = Fields(path, "", json_of(path, "the project's description"))
    kind = fields.optional("projectType", "volumes")
    if kind != "volumes":
        raise fields.wrong("projectType", kind, '"volumes"')


def _datasets(folder: Path, above: str = "") -> Iterator[tuple[str, Path]]:
    """Names and folders of the data sets, each followed by those nested in it."""
    for child in sorted(folder.iterdir()):
        if not child.is_dir():
            continue
        name = f"{above}/{child.name}" if above else child.name
        if (child / VOLUMES).is_dir():
            yield name, child
        if (child / NESTED).is_dir():
            yield from _datasets(child / NESTED, name)


def _volume_files(folder: Path) -> list[Path]:
    files = [file for file in sorted((folder / VOLUMES).iterdir()) if file.is_file() and not file.name.startswith("._")]
    for file in files:
        if file.suffix.lower() == _DICOM:
            raise UnsupportedFormatError(file, f"DICOM volumes of a project are not read; {_SUFFIX} is expected")
    return [file for file in files if file.suffix.lower() == _SUFFIX]


def _ids_by_key(path: Path) -> Mapping[str, int]:
    """The volumes' ids by key; empty without the file, which is optional."""
    if not path.is_file():
        return {}
    fields = Fields(path, "", json_of(path, "the map of keys and ids"))
    found = fields.required("videos", "an object {...} of keys and ids")
    if not isinstance(found, dict):
        raise fields.wrong("videos", found, "an object {...} of keys and ids")
    ids = {}
    for key, number in found.items():
        if not is_whole(number) or number <= 0:
            raise fields.wrong(f"videos.{key}", number, "a whole number above 0")
        ids[plain_key(key) or key] = int(number)
    return ids


def _volume_id(item: ItemPaths, ids: Mapping[str, int]) -> int | None:
    """The id of a volume; None where neither its annotation nor the map knows one."""
    path = item.annotation
    if not path.is_file():
        path = path.with_name(Path(item.name).stem + ".json")
    if not path.is_file():
        return None
    fields = Fields(path, "", json_of(path, "the annotation"))
    own, key = fields.optional("volumeId"), fields.optional("key")
    if own is not None and (not is_whole(own) or own <= 0):
        raise fields.wrong("volumeId", own, "a whole number above 0")
    mapped = ids.get(plain_key(key) or str(key))
    if own is not None and mapped is not None and own != mapped:
        raise fields.wrong("volumeId", own, f"{mapped}, as {KEY_ID_MAP} has it for the key {shown(key)}")
    return mapped if own is None else int(own)


def _check_ids(project: Path, volumes: list[ExistingVolume]) -> None:
    seen: dict[int, ExistingVolume] = {}
    for volume in volumes:
        other = seen.setdefault(volume.id, volume)
        if other is not volume:
            names = f"{other.dataset}/{other.name} and {volume.dataset}/{volume.name}"
            raise DatasetError(f"{project}: the volumes {names} have the same id {volume.id}; ids must differ")
