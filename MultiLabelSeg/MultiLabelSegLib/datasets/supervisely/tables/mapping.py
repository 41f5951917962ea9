"""The mapping of annotation files to the ids of existing volumes: ``{"<file>": id}`` in a JSON file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ....errors import CorruptFileError, FormatError
from ..discovery.cases import Remark
from ..discovery.names import parse_name
from ..json_fields import is_whole, json_pairs, shown

_WHAT = "the mapping"
_USUAL_NAME = "mapping.json"


@dataclass(frozen=True)
class VolumeMapping:
    """Ids of volumes by file: ``file``, or ``folder/file`` where the mapping names the folder too.

    ``path`` is the mapping's own file as reports name it; ``notes`` are its entries that count for nothing.
    """

    path: str
    ids: Mapping[str, int]
    notes: tuple[Remark, ...] = ()


def read_mapping(path: Path, name: str = "") -> VolumeMapping:
    """A mapping from a file; ``name`` is what reports call it (else the path).

    Of keys with ``/`` the last two parts count. Entries whose value is no id, and keys that stand for two ids, are
    noted and count for nothing. Raises FormatError when the file cannot be read, CorruptFileError for anything but an
    object with at least one good entry.
    """
    name = name or str(path)
    mapping = _mapping_of(json_pairs(path, _WHAT), name)
    if not mapping.ids:
        reason = mapping.notes[0].reason if mapping.notes else "found {}"
        raise CorruptFileError(
            path, f'no entry of the mapping counts, expected {{"<file>": <id of a volume>}}; {reason}'
        )
    return mapping


def find_mapping(
    names: Iterable[str], path_of: Callable[[str], Path]
) -> tuple[VolumeMapping | None, tuple[Remark, ...]]:
    """The mapping among the files of an input, and remarks about JSON files that are none or not the one.

    A mapping has the names of NIfTI or CSV files as keys. Of several the one highest up the tree counts, there the one
    called ``mapping.json``, then the first by name.
    """
    candidates = sorted((name for name in names if parse_name(name).content == "json"), key=_preference)
    chosen: VolumeMapping | None = None
    remarks = []
    for name in candidates:
        reason, mapping = _judged(name, path_of)
        if mapping is not None and chosen is not None:
            reason, mapping = f"another mapping; {chosen.path} counts", None
        if mapping is not None:
            chosen = mapping
        else:
            remarks.append(Remark(name, reason))
    return chosen, tuple(remarks)


def _preference(name: str) -> tuple[int, bool, str]:
    path = PurePosixPath(name)
    return len(path.parts), path.name.lower() != _USUAL_NAME, name


def _judged(name: str, path_of: Callable[[str], Path]) -> tuple[str, VolumeMapping | None]:
    """The mapping in a file, or why it is none."""
    try:
        pairs = json_pairs(path_of(name), _WHAT)
    except FormatError as error:
        return f"no mapping: {error.reason}", None
    if not any(parse_name(key).content in ("nifti", "csv") for key, _ in pairs):
        return "no mapping: no key is the name of a .nii, .nii.gz or .csv file", None
    mapping = _mapping_of(pairs, name)
    if not mapping.ids:
        return f"no mapping: no entry counts; {mapping.notes[0].reason}", None
    return "", mapping


def _mapping_of(pairs: Iterable[tuple[str, Any]], name: str) -> VolumeMapping:
    ids: dict[str, int] = {}
    notes = []
    twice = {}
    for key, value in pairs:
        file = mapping_key(key)
        if not file:
            notes.append(Remark(name, f"key {shown(key)}: the name of a file is expected"))
        elif not is_whole(value) or value <= 0:
            expected = "the id of a volume, a whole number above 0"
            notes.append(Remark(name, f"key {shown(key)}: found {shown(value)}, expected {expected}"))
        elif ids.setdefault(file, value) != value:
            twice[file] = value
    for file, value in twice.items():
        reason = f"{file} is mapped to {ids.pop(file)} and to {value}; neither counts"
        notes.append(Remark(name, reason))
    return VolumeMapping(name, ids, tuple(notes))


def mapping_key(key: str) -> str:
    """What counts of a key: the last two parts of a path, written with ``/``."""
    parts = [part for part in key.replace("\\", "/").split("/") if part.strip() not in ("", ".")]
    return "/".join(parts[-2:])
