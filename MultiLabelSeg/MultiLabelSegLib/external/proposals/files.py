"""Images as files for an outside program, and label maps back from its files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Geometry, Image
from ...errors import ExternalToolError, FormatError
from ...formats.image_file import save_image
from ...formats.image_io import read_label_array
from .answer import LabelMap

#: types of voxels that every reader of images knows; others are written as the next wider one
_WIDER = {"bool": "uint8", "float16": "float32", "int64": "float64", "uint64": "float64", "longdouble": "float64"}


@contextmanager
def work_folder() -> Iterator[Path]:
    """A folder that only we can read, with ``in`` and ``out``; it is gone afterwards, however it ends."""
    with tempfile.TemporaryDirectory(prefix="mlseg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for part in ("in", "out"):
            (folder / part).mkdir()
        yield folder


def write_frame(path: Path, pixels: NDArray[Any], geometry: Geometry) -> Path:
    """Writes voxels (k, j, i) of one frame on their grid. Raises UnsupportedFormatError, WriteError."""
    kind = _WIDER.get(pixels.dtype.name)
    voxels = np.ascontiguousarray(pixels if kind is None else pixels.astype(kind))
    return save_image(Image(voxels[np.newaxis], geometry.with_time(1)), path)


def read_answer_map(path: Path, program: str, last_lines: tuple[str, ...] = ()) -> LabelMap:
    """The label map that a program should have written.

    Raises ExternalToolError, with the program's last lines, when the file is not there or is no label map.
    """
    if not path.is_file():
        raise ExternalToolError(program, 0, (*last_lines, f"it wrote no {path.name}"))
    try:
        array, geometry = read_label_array(path)
    except FormatError as error:
        raise ExternalToolError(program, 0, (*last_lines, f"its {path.name} {error.reason}")) from None
    if len(array) != 1:
        raise ExternalToolError(program, 0, (f"its {path.name} has {len(array)} frames; one was expected",))
    return LabelMap(array[0], geometry)
