"""The one ordered list of formats, and which of them a path means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from ..core import Geometry, Segmentation
from ..errors import CorruptFileError, FormatError, GeometryError, OptionError, UnsupportedFormatError
from .base import Format, ReadRequest
from .image_suffixes import WRITTEN_SUFFIXES
from .options import field_key, make_options
from .reference import fit_to_reference
from .report import Report
from .sidecar import apply_sidecar

#: asked in this order; every module has a constant FORMAT
_MODULES = ("slicer_seg_nrrd", "mitk_nrrd", "mitk_stack", "dicom_seg", "label_folder", "labelmap")
_HEAD_BYTES = 4096
#: output options that ask for a stack whatever the suffix
_STACK_OPTIONS = {"save_strategy", "instance_value"}


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """All formats, in the order in which they are asked whether a file is theirs."""
    return tuple(map(_format, _MODULES))


@lru_cache(maxsize=len(_MODULES))
def _format(module: str) -> Format:
    found: Format = import_module(f".{module}", __package__).FORMAT
    return found


def format_by_id(format_id: str) -> Format:
    """A format by its id. Raises OptionError."""
    found = _by_module(format_id)
    if found is not None:
        return found
    raise OptionError("format", format_id, [known.id for known in formats()])


def _by_module(format_id: str) -> Format | None:
    """The format of an id, whose module alone is loaded; it is named like the id."""
    module = format_id.replace("-", "_")
    return _format(module) if module in _MODULES and _format(module).id == format_id else None


def format_by_reader(name: str) -> Format:
    """A format by its id, its title or MITK's description of its reader, in any case. Raises OptionError."""
    by_id = _by_module(name)
    if by_id is not None:
        return by_id
    for found in formats():
        if name.lower() in {text.lower() for text in (found.id, found.title, *found.reader_names)}:
            return found
    raise OptionError("reader", name, [known.title for known in formats() if known.reader])


def matching_formats(path: Path) -> tuple[Format, ...]:
    """The formats whose reader recognises a file or folder, the best first.

    Raises FormatError when there is no such file, CorruptFileError when it is empty.
    """
    return tuple(_matching(path))


def _matching(path: Path) -> Iterator[Format]:
    """The formats one after the other: those behind the first match are loaded when they are asked for."""
    expect_file_or_folder(path)
    try:
        head = _head(path) if path.is_file() else b""
        for found in map(_format, _MODULES):
            if found.reader and found.matches(path, head):
                yield found
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror})") from None


def expect_file_or_folder(path: Path) -> None:
    """Raises FormatError when there is neither; pipes and devices might never end."""
    try:
        if path.is_file() or path.is_dir():
            return
        found = "is a pipe, a device or a link to nothing" if path.is_symlink() or path.exists() else ""
    except (OSError, ValueError) as error:
        raise FormatError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    raise FormatError(path, f"{found}; a file or folder is expected" if found else "there is no such file or folder")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise CorruptFileError(path, "the file is empty")
    return head


def format_for_reading(path: Path) -> Format:
    """The format of an existing file or folder, by content first, then by name.

    Raises UnsupportedFormatError when none knows it, FormatError and CorruptFileError as ``matching_formats``.
    """
    found = next(_matching(path), None)
    if found is not None:
        return found
    known = ", ".join(suffix for known in formats() for suffix in known.suffixes)
    raise UnsupportedFormatError(path, f"no reader knows this; known are folders (masks, DICOM), files named {known}")


def format_for_writing(path: Path, format_id: str | None, options: Mapping[str, Any]) -> Format:
    """Which format an output path means: the id where given, a stack where its options are, else by the suffix.

    Raises UnsupportedFormatError, OptionError.
    """
    if format_id is not None:
        return format_by_id(format_id)
    name = path.name.lower()
    if _STACK_OPTIONS.intersection(map(field_key, options)):
        return _stack_for(path)
    if name.endswith(".nrrd") and not name.endswith(".seg.nrrd"):
        return format_by_id("mitk-nrrd")
    found = [(len(suffix), known) for known in formats() for suffix in known.suffixes if name.endswith(suffix)]
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    if not path.suffix and path.is_dir():
        return format_by_id("label-folder")
    endings = ", ".join(suffix for known in formats() for suffix in known.suffixes)
    raise UnsupportedFormatError(path, f"the name does not say which format is meant; expected an ending of {endings}")


def _stack_for(path: Path) -> Format:
    """A stack, when its options are given for a name that can be one.

    A DICOM segmentation says itself that it has no such options. Raises UnsupportedFormatError for other names.
    """
    stack, dicom = format_by_id("mitk-stack"), format_by_id("dicom-seg")
    name = path.name.lower()
    if name.endswith(dicom.suffixes):
        return dicom
    if not path.suffix or name.endswith((*stack.suffixes, *WRITTEN_SUFFIXES)):
        return stack
    endings = ", ".join((*stack.suffixes, *WRITTEN_SUFFIXES))
    raise UnsupportedFormatError(
        path, f"the images of a stack cannot be written as that; expected an ending of {endings}"
    )


def read_segmentation(
    path: Path,
    *,
    format_id: str | None = None,
    options: Mapping[str, Any] | None = None,
    reference: Path | None = None,
    allow_outside: bool = False,
    report: Report | None = None,
) -> Segmentation:
    """Reads a file or folder, then what its sidecar adds, then fits it to a reference image's grid.

    ``format_id`` may also be the title or MITK's name of a reader. Raises FormatError, OptionError, GeometryError.
    """
    report = report or Report()
    chosen = format_by_reader(format_id) if format_id else format_for_reading(path)
    expect_file_or_folder(path)
    if chosen.reader is None:
        raise UnsupportedFormatError(path, f"{chosen.title} can only be written")
    grid = None if reference is None else _reference_grid(reference, path)
    request = ReadRequest(path, make_options(chosen.read_options, options or {}), report, allow_outside, grid)
    try:
        segmentation = chosen.reader(request)
    except MemoryError:
        raise FormatError(path, "the file asks for more memory than there is") from None
    except OSError as error:
        raise FormatError(error.filename or path, f"cannot be read ({error.strerror or error})") from None
    segmentation = apply_sidecar(segmentation, path, chosen.capabilities, report)
    return segmentation if grid is None else _fitted(segmentation, grid, path, report)


def _fitted(segmentation: Segmentation, grid: Geometry, path: Path, report: Report) -> Segmentation:
    """The segmentation of a file on a reference's grid; what is said names the file. Raises GeometryError."""
    own = Report()
    try:
        fitted = fit_to_reference(segmentation, grid, own)
    except GeometryError as error:
        raise GeometryError(f"{path}: {error}") from None
    for note in own.notes:
        report.note(note.reason, path)
    return fitted


def _reference_grid(reference: Path, path: Path) -> Geometry:
    """The grid of an image; of several DICOM series in a folder that which a DICOM segmentation refers to."""
    from .dicom.folder import is_dicom_path

    if reference.is_dir() and is_dicom_path(path):
        from .dicom.reference import referenced_series
        from .dicom.series import read_series

        return read_series(reference, preferred=referenced_series(path)).geometry
    from .image_io import read_geometry

    return read_geometry(reference)
