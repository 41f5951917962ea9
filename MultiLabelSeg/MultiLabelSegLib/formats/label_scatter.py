"""Labels of many images into one array, each at the cost of what it holds instead of how long it is."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..core.label import MAX_VALUE
from ..core.runs import scan
from .codec.codec_errors import StreamError
from .codec.sparse_inflate import Inflater, scatter_items
from .image_io import labels_of
from .report import Report
from .voxel_file import VoxelFile


class LabelScatter:
    """Writes labels of images into arrays. Keeps a buffer between images; one for each thread.

    Compressed files that were written as runs are decoded into runs, those of others inflated around their zeros; what
    neither takes is read the ordinary way. The result is the same.
    """

    def __init__(self) -> None:
        self._inflater = Inflater()

    def place(
        self, image: VoxelFile, target: NDArray[np.unsignedinteger], values: Mapping[int, int], report: Report
    ) -> dict[int, int]:
        """Voxels of ``image`` whose value is a key of ``values`` become that label in ``target``; others stay.

        ``target`` is uint8 or uint16 of the image's shape (t, k, j, i) and may be a window of a larger array. A key 0
        takes the background. Returns how many voxels of every value but 0 the image holds. Raises FormatError.
        """
        whole = target.flags.c_contiguous
        counts = self._place_stream(image, target.reshape(-1), values) if whole else None
        if counts is not None:
            return counts
        mapping = _mapping(values, target.dtype)
        array = labels_of(image, report)
        for t, k in np.ndindex(*array.shape[:2]):  # slice by slice keeps the temporaries in the cache
            taken = mapping[array[t, k]]
            np.copyto(target[t, k], taken, where=taken != 0)
        statistics = scan(array).statistics()
        return dict(zip(statistics.values.tolist(), statistics.voxels.tolist(), strict=True))

    def _place_stream(
        self, image: VoxelFile, flat: NDArray[np.unsignedinteger], values: Mapping[int, int]
    ) -> dict[int, int] | None:
        """The same for compressed streams of one or two bytes a voxel; None where the ordinary way has to be taken.

        Nothing is written in that case. Damaged files take the ordinary way too, which says what is wrong.
        """
        data = image.stream_bytes()
        if data is None or image.stream is None:
            return None
        intervals = image.decode_intervals(data)
        if intervals is not None:
            intervals.paint(0, flat, _mapping(values, flat.dtype))
            return intervals.counts(0)
        size, offset = image.dtype.itemsize, image.stream.header_bytes
        whole_items = image.dtype.isnative and image.dtype.kind == "u" and offset % size == 0
        if image.stream.container != "gzip" or not whole_items or 0 in values:
            return None
        total = offset + prod(image.geometry.full_shape) * size
        try:
            content = self._inflater.inflate(data, total)
            if content.size != total:
                return None
            return scatter_items(content, offset, image.dtype, flat, dict(values))
        except StreamError:
            return None
        finally:
            self._inflater.clear()


def _mapping(values: Mapping[int, int], dtype: np.dtype[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    mapping = np.zeros(MAX_VALUE + 1, dtype)
    mapping[list(values)] = list(values.values())
    return mapping
