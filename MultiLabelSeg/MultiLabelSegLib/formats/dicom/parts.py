"""Files of one group each, written together, read together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...core import Geometry, Segmentation
from ...errors import DuplicateValueError, GroupError
from ..report import Report
from .document import part_of
from .folder import is_dicom_path
from .parse import is_segmentation, parse
from .reading import read_file
from .writing import part_path


def read_parts(path: Path, threshold: float, reference: Geometry | None, report: Report) -> Segmentation:
    """The segmentation of a file and, where it is the first of several groups, of the others beside it.

    Groups that are not there are noted as left out. Raises as ``read_file``.
    """
    first = read_file(parse(path), threshold, reference, report)
    index, count = first.part
    segmentation = first.segmentation
    if count == 1:
        return segmentation
    if index:
        report.note(f"is group {index + 1} of {count} of a segmentation; the others are not read", path)
        return segmentation
    for number in range(1, count):
        beside = part_path(path, number)
        if not beside.is_file():
            report.leave_out(f"group {number + 1} of {count} is not there ({beside.name})", path)
            continue
        found = read_file(parse(beside), threshold, reference, report)
        other = found.segmentation
        try:
            if found.part != (number, count) or other.uid != segmentation.uid:
                raise GroupError("it belongs to another segmentation")
            for group in other.groups:
                segmentation.insert_group(len(segmentation.groups), group)
        except (DuplicateValueError, GroupError) as error:
            report.leave_out(f"group {number + 1} of {count} is not read: {error}", beside)
    return segmentation


def read_along(paths: Iterable[Path]) -> dict[Path, Path]:
    """Of several files those that are read with another of them, and that one: groups of one segmentation.

    Raises CorruptFileError.
    """
    files = [path for path in paths if path.is_file() and is_dicom_path(path) and is_segmentation(path)]
    said = {path: part_of(parse(path)) for path in files}
    found = {}
    for first, (uid, index, count) in said.items():
        if index == 0:
            beside = [part_path(first, number) for number in range(1, count)]
            found.update(
                {path: first for number, path in enumerate(beside, 1) if said.get(path) == (uid, number, count)}
            )
    return found
