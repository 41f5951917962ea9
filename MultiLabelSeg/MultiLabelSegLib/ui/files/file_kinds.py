"""What a file is that was dropped on the window: segmentation, image, task list, preset, Supervisely project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from ...datasets.task_list_json import is_task_list
from ...errors import FormatError, UnsupportedFormatError
from ...formats.registry import expect_file_or_folder, matching_formats
from ...formats.sidecar import sidecar_path
from ...presets.any_preset import SUFFIXES
from .image_reading import PICTURES, is_image_name, series_in
from .supervisely_projects import project_of

FileKind = Literal["segmentation", "image", "task list", "preset", "project"]
#: words in the names of label maps, which are images of whole numbers by themselves
_LABEL_WORDS = re.compile(r"(^|[^a-z])(seg|segmentation|label|labels|labelmap|mask|masks|dseg|gt)([^a-z]|$)")
_PLAIN = "labelmap"


def kind_of(path: Path) -> FileKind:
    """What a file or folder is, from its content and, where that can be both, its name.

    A plain image counts as segmentation when its name or a file beside it says so; what its voxels say is looked at
    when it is read. Raises FormatError when there is no such file, UnsupportedFormatError when nothing reads it.
    """
    expect_file_or_folder(path)
    if path.is_dir():
        _expect_content(path)
    if project_of(path) is not None:
        return "project"
    if path.suffix.lower() == ".json" and is_task_list(path):
        return "task list"
    if path.is_dir() and series_in(path):
        return "image"
    found = matching_formats(path)
    if found and found[0].id != _PLAIN:
        return "segmentation"
    if path.is_file() and path.name.lower().endswith(SUFFIXES) and not found:
        return "preset"
    if path.suffix.lower() in PICTURES:
        return "image"
    if found and _is_named_as_labels(path):
        return "segmentation"
    if is_image_name(path) or _is_dicom(path):
        return "image"
    if found:
        return "segmentation"
    raise UnsupportedFormatError(path, "is no segmentation, image, task list or preset that can be opened")


def _expect_content(folder: Path) -> None:
    try:
        is_empty = next(folder.iterdir(), None) is None
    except OSError as error:
        raise FormatError(folder, f"cannot be read ({error.strerror or error})") from None
    if is_empty:
        raise FormatError(folder, "the folder is empty")


def _is_named_as_labels(path: Path) -> bool:
    return sidecar_path(path).exists() or _LABEL_WORDS.search(path.name.lower()) is not None


def _is_dicom(path: Path) -> bool:
    from ...formats.dicom.folder import is_dicom_path

    try:
        return is_dicom_path(path)
    except FormatError:
        return False
