"""Writing label images as NIfTI."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...core import Geometry
from ..codec.byte_source import fast_zlib
from ..voxel_file import label_pieces
from .encode import encode_header
from .extensions import Extension


def write_labels(
    path: Path,
    array: NDArray[Any],
    geometry: Geometry,
    dtype: DTypeLike = np.uint16,
    extensions: Sequence[Extension] = (),
    codes: tuple[int, int] = (1, 1),
) -> None:
    """Writes label values (t, k, j, i) or (k, j, i) as uint8 or uint16 with slope 1.

    Compressed when the name ends in .gz. The values must fit ``dtype``.

    Raises GeometryError for a sheared grid, OSError.
    """
    header = encode_header(geometry, dtype, extensions, codes)
    pieces = label_pieces(array, np.dtype(dtype))
    with path.open("wb") as file:
        for piece in _gzipped(header, pieces) if path.name.lower().endswith(".gz") else _plain(header, pieces):
            file.write(piece)


def _plain(header: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield header
    yield from pieces


def _gzipped(header: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    engine = fast_zlib()
    compressor = engine.compressobj(1, zlib.DEFLATED, 31)
    yield compressor.compress(header)
    for piece in pieces:
        yield compressor.compress(piece)
    yield compressor.flush()
