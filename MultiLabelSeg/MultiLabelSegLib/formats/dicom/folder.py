"""DICOM files in a folder: which of them is the segmentation."""

from __future__ import annotations

from pathlib import Path

from ...errors import FormatError, UnsupportedFormatError
from .parse import is_segmentation
from .signature import is_dicom

_LISTED = 8


def dicom_files(folder: Path) -> list[Path]:
    """The DICOM files directly in a folder, by name. Raises OSError."""
    return [path for path in sorted(folder.iterdir()) if _may_be(path) and _starts_as_dicom(path)]


def holds_dicom(folder: Path) -> bool:
    """Whether a folder holds at least one DICOM file. Raises OSError."""
    return any(_starts_as_dicom(path) for path in sorted(folder.iterdir()) if _may_be(path))


def is_dicom_path(path: Path) -> bool:
    """Whether a path is a DICOM file, or a folder that holds one; False where nothing is there."""
    try:
        return holds_dicom(path) if path.is_dir() else path.is_file() and _starts_as_dicom(path)
    except OSError:
        return False


def _may_be(path: Path) -> bool:
    """DICOM files end in .dcm, .ima, a number or nothing."""
    suffix = path.suffix.lower()
    return path.is_file() and not path.name.startswith(".") and (suffix in ("", ".dcm", ".ima") or suffix[1:].isdigit())


def _starts_as_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return is_dicom(file.read(132))


def segmentation_in(folder: Path) -> Path:
    """The one segmentation in a folder; images beside it do not matter.

    Of one that was written as a file a group, that is the first file. Raises UnsupportedFormatError when there is none,
    FormatError when there are several (naming them), CorruptFileError.
    """
    files = dicom_files(folder)
    found = [path for path in files if is_segmentation(path)]
    if not found:
        raise UnsupportedFormatError(folder, f"holds {len(files)} DICOM files, none of which is a segmentation")
    if len(found) > 1:
        first = min(found, key=lambda path: len(path.name))
        if _are_parts(first, found):
            return first
        names = ", ".join(path.name for path in found[:_LISTED]) + (" ..." if len(found) > _LISTED else "")
        raise FormatError(folder, f"holds {len(found)} DICOM segmentations ({names}); name the file to read")
    return found[0]


def _are_parts(first: Path, found: list[Path]) -> bool:
    """Whether files are the groups of one segmentation, by their names and by what the first says.

    That they belong together is looked at when they are read. Raises CorruptFileError.
    """
    # a folder of images is asked too, so what reads segmentations is loaded when there are some
    from .document import part_of
    from .parse import parse
    from .writing import part_path

    if set(found) != {part_path(first, number) for number in range(len(found))}:
        return False
    return part_of(parse(first))[1:] == (0, len(found))
