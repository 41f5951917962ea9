"""Which frames a segmentation is written as, and their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core import Geometry, Group
from .bits import Bytes, joined_frames, packed_size, values_present


@dataclass(frozen=True)
class FrameList:
    """All frames of a file: their segment numbers (0 in label maps), their slices and their pixels, encoded."""

    numbers: list[int]
    slices: list[int]
    pixels: bytes
    bits: int


def binary_frames_of(groups: Sequence[Group], number_of: dict[int, int], geometry: Geometry) -> FrameList:
    """One bit a pixel, one frame for each label and slice where it has voxels, label by label.

    Where no label has a voxel there is one empty frame of the first, because there must be one.
    """
    pixels = geometry.shape[1] * geometry.shape[2]
    found: dict[int, list[tuple[int, Bytes]]] = {number: [] for number in number_of.values()}
    for group in groups:
        for k, plane in enumerate(group.array[0]):
            flat = np.ascontiguousarray(plane).reshape(-1)
            for value in filter(None, values_present(flat)):
                bits = np.packbits(flat == value, bitorder="little")
                found[number_of[value]].append((k, bits))
    listed = [(number, k, bits) for number in sorted(found) for k, bits in found[number]]
    if not listed:
        listed = [(min(found), 0, np.zeros(packed_size(pixels), np.uint8))]
    rows = np.stack([bits for _number, _k, bits in listed])
    return FrameList([entry[0] for entry in listed], [entry[1] for entry in listed], joined_frames(rows, pixels), 1)


def label_map_frames_of(groups: Sequence[Group], number_of: dict[int, int], geometry: Geometry) -> FrameList:
    """Segment numbers, 8 or 16 bits a pixel, one frame for each slice; the groups do not overlap."""
    wide = max(number_of.values()) > 255
    kind = np.dtype("<u2" if wide else "u1")
    merged = np.zeros(geometry.shape, kind)
    for group in groups:
        table = np.zeros(int(np.iinfo(group.array.dtype).max) + 1, kind)
        for value in group.values:
            if value < len(table):
                table[value] = number_of[value]
        for k, plane in enumerate(group.array[0]):
            merged[k] |= table[plane]
    data = merged.tobytes()
    slices = list(range(geometry.shape[0]))
    return FrameList([0] * len(slices), slices, data + b"\0" * (len(data) % 2), 16 if wide else 8)
