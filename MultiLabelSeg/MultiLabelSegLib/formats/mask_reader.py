"""Masks of a stack straight into their group: what is zero in a file costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from .codec.codec_errors import StreamError
from .codec.sparse_inflate import Inflater, scatter_items
from .image_suffixes import image_suffix
from .nifti import read_header
from .voxel_file import is_gzip


class MaskReader:
    """Reads one mask after the other; keeps the buffer that they are inflated into."""

    def __init__(self) -> None:
        self._inflater = Inflater()

    def place(
        self, path: Path, target: NDArray[np.unsignedinteger], labels: Mapping[int, int]
    ) -> dict[int, int] | None:
        """Writes the voxels of a ``.nii.gz`` of the target's size into it; later masks win.

        ``target`` is (t, k, j, i), C-ordered uint8 or uint16; ``labels`` maps values in the file to labels. Returns
        the voxels of every value in the file, or None when the file has to be read in the ordinary way: another
        format, scaled or wide voxels, a label made of zeros, a small job, or anything wrong, which that way names.
        """
        if 0 in labels or not use_kernels(target.size) or image_suffix(path) != ".nii.gz" or not is_gzip(path):
            return None
        header = read_header(path)
        kind, offset = header.dtype, header.vox_offset
        plain = kind.kind in "ui" and kind.itemsize <= 2 and not header.is_scaled and header.is_single
        fits = header.dims == (*target.shape[:0:-1], target.shape[0])
        native = kind.itemsize == 1 or kind.newbyteorder("=") == kind
        if not (plain and fits and native) or offset % kind.itemsize or not target.flags.c_contiguous:
            return None
        space = 1 << (8 * kind.itemsize - (kind.kind == "i"))
        wanted = {value: label for value, label in labels.items() if 0 < value < space}
        capacity = offset + target.size * kind.itemsize
        try:
            content = self._inflater.inflate(path.read_bytes(), capacity)
        except StreamError:
            return None
        if content.size != capacity:
            return None
        item = np.dtype(f"u{kind.itemsize}")
        counts = scatter_items(content, offset, item, target.reshape(-1), wanted)
        self._inflater.clear()
        return None if max(counts, default=0) >= space else counts
