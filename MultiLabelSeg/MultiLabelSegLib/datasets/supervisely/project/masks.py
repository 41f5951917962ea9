"""Masks of figures as files, written from runs: one byte a voxel, 0 and 1, on the grid of the volume."""

from __future__ import annotations

import base64
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....core import Geometry
from ....errors import WriteError
from ....formats.codec.intervals import Intervals, intervals_of_runs
from ....formats.codec.run_deflate import encode_intervals, gzip_member
from ....formats.codec.run_inflate import difference
from ....formats.nrrd import format_header
from ..masks.volume_files import ras_fields

Runs = NDArray[np.int64]
#: the SDK uploads a mask by way of a temporary file that it does not flush: smaller files arrive empty
SMALLEST_FILE = 8192 + 256
_PADDING = b"# " + b"." * 61 + b"\n"


class MaskWriter:
    """Writes masks of one grid; ``geometry`` has the axes R, A, S.

    The origin is exact, as in the volume's header; the SDK itself rounds that of masks to whole millimetres.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.header = format_header(ras_fields(geometry, np.dtype(np.uint8)), {})

    def content(self, start: Runs, stop: Runs) -> Intervals:
        """The content of a mask whose voxels are the flat indices from ``start`` to ``stop`` (half open)."""
        return intervals_of_runs(start, stop, self.geometry.voxels, 1, 1)

    def fills(self, content: Intervals) -> bool:
        """Whether the mask is everywhere: such a file the SDK refuses to read."""
        return len(content.start) == 1 and bool(content.items[0, 0])

    def write(self, path: Path, content: Intervals) -> None:
        """Writes a mask and reads it back; small ones get comment lines. Raises WriteError, OSError."""
        parts = gzip_member(encode_intervals(content))
        size = sum(map(len, parts))
        header = self.header
        if len(header) + size < SMALLEST_FILE:
            lines = -(-(SMALLEST_FILE - len(header) - size) // len(_PADDING))
            header = header[:-1] + _PADDING * lines + b"\n"
        with path.open("wb") as file:
            file.write(header)
            file.writelines(parts)
        data = memoryview(path.read_bytes())
        wrong = "the header differs" if data[: len(header)] != header else difference(data[len(header) :], content)
        if wrong:
            raise WriteError(path, f"verification failed, nothing was replaced: {wrong}")

    def as_json(self, content: Intervals) -> str:
        """A mask that is everywhere or nowhere as the text that an annotation may hold instead of a file.

        It is base64 of gzip of ``sizes|`` and one byte a voxel in the order x, y, z, slowest first; content that is
        the same in any order can be written without turning it.
        """
        assert len(content.start) == 1
        x, y, z = self.geometry.size
        return base64.b64encode(b"".join(gzip_member(encode_intervals(content), f"{x},{y},{z}|".encode()))).decode()

    @cached_property
    def empty(self) -> Intervals:
        """The content without any voxel."""
        none = np.zeros(0, np.int64)
        return self.content(none, none)
