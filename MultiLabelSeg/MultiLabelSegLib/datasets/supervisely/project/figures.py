"""Masks of figures read back as runs of the volume's voxels, from files or from the text in an annotation."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core import Geometry
from ....core.runs import paint_runs, scan
from ....errors import FormatError
from ....formats.base import ReadRequest
from ....formats.image_io import describe_image, labels_of
from ....formats.mask_files import MaskFiles
from ....formats.nrrd import read_header
from ....formats.report import Report
from ....formats.voxel_file import VoxelFile
from ..masks.alignment import placed_on
from .planes import FigureError

Runs = tuple[NDArray[np.int64], NDArray[np.int64]]
#: the SDK rounds the origins of masks to whole millimetres
_ROUNDED_MM = 0.5 + 1e-6
_LONGEST_SIZES = 64


class FigureMasks:
    """Reads masks of one volume, whose ``geometry`` has the axes R, A, S; keeps the arrays that it needs between them.

    Runs are flat indices of a frame (k, j, i), half open, ascending. ``remarks`` are told what was odd.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.remarks: set[str] = set()
        self._files: MaskFiles | None = None
        self._scratch: NDArray[np.uint8] | None = None

    def of_file(self, path: Path) -> Runs:
        """The runs of a mask file, wherever its axes run; any one value counts as inside.

        Raises FormatError for another grid, several values and damaged files.
        """
        image = describe_image(path, Report())
        grid = image.geometry
        turn = placed_on(grid, self.geometry)
        if turn is not None and not turn.is_identity:
            array = labels_of(image, Report())
            values = [value for value in np.unique(array).tolist() if value]
            if len(values) > 1:
                raise FormatError(path, f"holds the values {values[:8]}, a mask has one")
            return self._runs(np.ascontiguousarray(turn.array(array)[0] != 0))
        if turn is None:
            self._accept_elsewhere(path, image)
        if self._files is None or self._files.geometry != grid:
            self._files = MaskFiles(grid, ReadRequest(path))
        return self._files.runs_of(path)

    def _accept_elsewhere(self, path: Path, image: VoxelFile) -> None:
        """Lets masks through whose header lost what the SDK loses. Raises FormatError for any other grid."""
        found, expected = image.geometry, self.geometry
        if found.shape == expected.shape:
            if read_header(path).space_directions is None:
                self.remarks.add("masks without a place in their header are taken to lie on the volume")
                return
            moved = np.abs(np.subtract(found.origin, expected.origin)).max()
            whole = np.abs(np.subtract(found.origin, np.rint(found.origin))).max() < 1e-6
            if whole and moved <= _ROUNDED_MM and np.abs(found.ijk_to_lps - expected.ijk_to_lps)[:3, :3].max() < 1e-4:
                self.remarks.add("origins of masks are rounded to whole millimetres; they lie on the volume")
                return
        differences = "; ".join(expected.differences(found)) or "turned"
        raise FormatError(path, f"does not lie on the grid of its volume: {differences}")

    def of_json(self, geometry: Any) -> Runs | None:
        """The runs of a mask that the annotation holds as text; None where it holds nothing but a placeholder.

        Raises FigureError.
        """
        if not isinstance(geometry, Mapping) or not geometry:
            return None
        part = geometry.get("mask_3d")
        text = part.get("data") if isinstance(part, Mapping) else None
        if not isinstance(part, Mapping) or not isinstance(text, str):
            raise FigureError("geometry.mask_3d.data: expected text")
        if part.get("space") not in (None, "right-anterior-superior"):
            raise FigureError(
                f"geometry.mask_3d.space: found {part.get('space')!r:.40}, expected right-anterior-superior"
            )
        sizes, content = self._decoded(text)
        if sizes == (3, 3, 3) and sizes != self.geometry.size and not content.any():
            return None
        if sizes != self.geometry.size:
            raise FigureError(f"a mask of {sizes} voxels in a volume of {self.geometry.size}")
        return self._runs(np.ascontiguousarray(content.reshape(sizes).T))

    def _decoded(self, text: str) -> tuple[tuple[int, ...], NDArray[np.bool_]]:
        """The sizes along x, y, z and the voxels, flat, slowest x: base64 of gzip of ``sizes|`` and the voxels."""
        voxels = prod(self.geometry.size)
        limit = 2 * max(voxels, 27) + _LONGEST_SIZES  # older ones have two bytes a voxel
        try:
            packed = base64.b64decode(text, validate=True)
            content = zlib.decompressobj(31).decompress(packed, limit + 1)
        except (binascii.Error, zlib.error, ValueError) as error:
            raise FigureError(f"geometry.mask_3d.data cannot be decoded ({error!s:.100})") from None
        head, bar, _ = content[:_LONGEST_SIZES].partition(b"|")
        numbers = head.split(b",")
        if not bar or len(numbers) != 3 or not all(number.isdigit() and len(number) < 7 for number in numbers):
            raise FigureError(f"geometry.mask_3d.data: begins with {head[:20]!r}, expected three sizes and a bar")
        x, y, z = map(int, numbers)
        body, count = len(content) - len(head) - 1, x * y * z
        if body not in (count, 2 * count):
            raise FigureError(f"geometry.mask_3d.data: {body} bytes for {count} voxels")
        kind = np.dtype(np.uint8 if body == count else "<i2")
        return (x, y, z), np.greater(np.frombuffer(content, kind, count, len(head) + 1), 0)

    # ---- several into one --------------------------------------------------------------------------------------
    @property
    def scratch(self) -> NDArray[np.uint8]:
        """A frame (k, j, i) of zeros to draw on; ``union`` empties it again."""
        if self._scratch is None:
            self._scratch = np.zeros(self.geometry.shape, np.uint8)
        return self._scratch

    def union(self, parts: list[Runs], drawn: bool) -> Runs:
        """The runs of all voxels in any part and, with ``drawn``, on the scratch frame."""
        if len(parts) == 1 and not drawn:
            return parts[0]
        if not parts and not drawn:
            none = np.zeros(0, np.int64)
            return none, none
        flat = self.scratch.reshape(-1)
        for start, stop in parts:
            paint_runs(flat, start, stop, 1)
        runs = self._runs(self.scratch)
        paint_runs(flat, *runs, 0)
        return runs

    @staticmethod
    def _runs(mask: NDArray[Any]) -> Runs:
        table = scan(mask.view(np.uint8))
        return table.start, table.stop
