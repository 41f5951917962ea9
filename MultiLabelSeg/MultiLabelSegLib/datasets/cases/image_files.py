"""Images of a data set: taken as they are where nothing has to change, else read and written anew."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal

import numpy as np

from ...core import Geometry, Image
from ...errors import CorruptFileError, FormatError, WriteError
from ...formats.image_file import save_image
from ...formats.image_io import describe_image, read_image
from ...formats.image_suffixes import image_suffix
from ...formats.report import Report
from ...formats.sidecar import content_hash
from ...formats.staging import Stage

How = Literal["linked", "copied", "converted"]
#: types of voxels that not every reader of images knows, and what they are written as
_WIDER = {"bool": "uint8", "float16": "float32", "int64": "float64", "uint64": "float64", "longdouble": "float64"}


def place_image(stage: Stage, source: Path, target: Path, link: bool, grid: Geometry | None, report: Report) -> How:
    """Puts an image into a data set through the stage.

    A file of the target's format is copied as it is (or hard-linked with ``link``) and compared; another one is
    converted. ``grid`` is what it has to lie on exactly: an image whose header differs by rounding is written anew with
    that grid, and so are 2D images, which readers take for something else than a volume of one slice. Raises
    FormatError, CorruptFileError for voxels that are not numbers (NaN), which nnU-Net and others refuse.
    """
    plain = source.is_file() and image_suffix(source) == image_suffix(target)
    own = describe_image(source, report).geometry if plain else None
    same = own is not None and (grid is None or np.array_equal(own.ijk_to_lps, grid.ijk_to_lps))
    if plain and own is not None and same and own.shape[0] > 1:
        _refuse_nan(source, report)
        return _taken(stage, source, target, link, report)
    image = read_image(source, report)
    _check_nan(image, source)
    geometry = image.geometry if grid is None else grid.with_time(image.geometry.time_steps)
    wider = _WIDER.get(image.array.dtype.name)
    array = image.array if wider is None else image.array.astype(wider)
    save_image(Image(array, geometry, image.metadata), stage.file(target), overwrite=True, report=report)
    return "converted"


def _taken(stage: Stage, source: Path, target: Path, link: bool, report: Report) -> How:
    staged = stage.file(target)
    if link and not os.access(source, os.W_OK):
        report.note("was copied: a file that may not be written to cannot be linked safely", source)
    elif link:
        try:
            os.link(source.resolve(), staged)
            return "linked"
        except OSError as error:
            raise WriteError(target, f"cannot be linked to {source} ({error.strerror or error})") from None
    shutil.copyfile(source, staged)
    if content_hash(source) != content_hash(staged):
        raise WriteError(target, f"verification failed: the copy of {source} differs from it")
    return "copied"


def _refuse_nan(source: Path, report: Report) -> None:
    described = describe_image(source, report)
    if described.dtype.kind == "f" or described.is_scaled:
        _check_nan(read_image(source, report), source)


def _check_nan(image: Image, source: Path) -> None:
    if image.array.dtype.kind == "c":
        raise FormatError(source, "its voxels are complex numbers; plain ones are expected")
    if image.array.dtype.kind != "f":
        return
    wrong = sum(int(np.count_nonzero(np.isnan(image.array[t, k]))) for t, k in np.ndindex(*image.array.shape[:2]))
    if wrong:
        raise CorruptFileError(source, f"{wrong} voxels are not numbers (NaN); expected numbers")
