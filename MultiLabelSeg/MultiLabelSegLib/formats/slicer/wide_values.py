"""Voxel values beyond 16 bits: Slicer takes a wider type when it merges layers, and other programs number so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...bridges.slicer_tags import Segment
from ...core.label import MAX_VALUE
from ...errors import CorruptFileError
from ..codec.codec_errors import VoxelValueError, errors_name
from ..codec.gzip_stream import read_into
from ..nrrd import NrrdHeader, axis_layout, read_groups
from ..nrrd.data import open_data
from .segment_keys import SegmentKeys

Layers = list[NDArray[np.unsignedinteger]]


def read_layers(
    header: NrrdHeader, keys: SegmentKeys, progress: Callable[[float], None] | None = None
) -> tuple[Layers, SegmentKeys]:
    """The layers as uint8 or uint16 (t, k, j, i), and the keys with label values as they are in these arrays.

    Values above 65535 are replaced by ones that nothing uses; ``SegmentKeys.originals`` then tells what they were.
    Raises CorruptFileError for negative values and for more than 65,535 different ones.
    """
    try:
        return read_groups(header, progress), keys
    except VoxelValueError:
        if header.dtype.kind not in "iu" or header.dtype.itemsize <= 2:
            raise
        layers = _read_wide(header)
        if any(int(layer.min()) < 0 for layer in layers):
            raise
        return _narrowed(header, layers, keys)


def _read_wide(header: NrrdHeader) -> list[NDArray[np.integer]]:
    """The layers in the type of the file."""
    layout = axis_layout(header)
    shape, count = layout.shape(header), layout.groups(header)
    assert header.data_path is not None
    items = np.empty(header.items, header.dtype)
    flat = items.view(np.uint8)
    with errors_name(header.data_path), header.data_path.open("rb") as file:

        def place(offset: int, piece: bytes) -> None:
            flat[offset : offset + len(piece)] = np.frombuffer(piece, np.uint8)

        read_into(open_data(file, header), flat.size, place, header.dtype.itemsize)
    columns = items.reshape(count, -1) if layout.value_axis else items.reshape(-1, count).T
    return [column.reshape(shape) for column in columns]


def _narrowed(
    header: NrrdHeader, layers: Sequence[NDArray[np.integer]], keys: SegmentKeys
) -> tuple[Layers, SegmentKeys]:
    present = np.unique(np.concatenate([np.unique(layer) for layer in layers])).astype(np.int64)
    used = {int(value) for value in present if value <= MAX_VALUE}
    used.update(segment.label_value for segment in keys.segments if segment.label_value <= MAX_VALUE)
    free = (value for value in range(1, MAX_VALUE + 1) if value not in used)
    stored = dict(zip((int(value) for value in present if value > MAX_VALUE), free, strict=False))
    if len(stored) < np.count_nonzero(present > MAX_VALUE):
        raise CorruptFileError(header.path, f"{len(present)} different voxel values; a segmentation holds {MAX_VALUE}")
    targets = np.array([stored.get(int(value), int(value)) for value in present], np.uint16)
    arrays: Layers = [targets[np.searchsorted(present, layer)] for layer in layers]
    segments = [_with_value(segment, stored) for segment in keys.segments]
    return arrays, SegmentKeys(segments, keys.unknown, {new: old for old, new in stored.items()})


def _with_value(segment: Segment, stored: dict[int, int]) -> Segment:
    return replace(segment, label_value=stored.get(segment.label_value, segment.label_value))
