"""From whatever a file holds to label values 0..65535, with every voxel that cannot be one counted."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ...core.label import MAX_VALUE
from .codec_errors import VoxelValueError

#: how far from an integer a value of a floating-point file may lie
INTEGRAL_WITHIN = 1e-3
#: types of items that can hold labels
ITEM_TYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")

ByteOrder = Literal["little", "big"]


class ValueFaults:
    """Collects the voxels that cannot be labels: for every kind of fault the first value and the count."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[float | int, int]] = {}

    def add(self, kind: str, values: np.ndarray) -> None:
        """Notes ``values``, all of them at fault; none is fine."""
        if values.size:
            first, count = self._found.get(kind, (values.flat[0].item(), 0))
            self._found[kind] = (first, count + values.size)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raises VoxelValueError with every kind of fault, its first value and how many voxels have it."""
        if self._found:
            found = self._found.items()
            parts = [f"{count} voxels {kind} (first: {value})" for kind, (value, count) in found]
            raise VoxelValueError(None, f"{' and '.join(parts)}; expected integers from 0 to {MAX_VALUE}")


def as_label_values(items: np.ndarray, faults: ValueFaults) -> np.ndarray:
    """``items`` of any of ITEM_TYPES and byte order as native uint8 or uint16 of the same shape.

    Floating-point items are rounded when they lie within ``INTEGRAL_WITHIN`` of an integer. Items that are no
    label values go to ``faults``; what stands in their place is undefined, so the caller raises in the end.
    """
    if not items.dtype.isnative:
        items = items.astype(items.dtype.newbyteorder("="))
    if items.dtype.kind == "f":
        return _from_float(items, faults)
    if items.dtype.kind == "i" and items.size and items.min() < 0:
        faults.add("are negative", items[items < 0])
    if items.dtype.itemsize <= 2:
        return items.view(f"u{items.dtype.itemsize}")
    if items.size and items.max() > MAX_VALUE:
        faults.add(f"are above {MAX_VALUE}", items[items > MAX_VALUE])
    return items.astype(np.uint16)


def _from_float(items: np.ndarray, faults: ValueFaults) -> np.ndarray:
    whole = np.rint(items)
    with np.errstate(invalid="ignore"):  # inf - inf
        away = np.abs(items - whole)
    fine = (away <= INTEGRAL_WITHIN) & (whole >= 0) & (whole <= MAX_VALUE)
    if not fine.all():
        finite = np.isfinite(items)
        within = finite & (whole >= 0) & (whole <= MAX_VALUE)
        faults.add("are not finite", items[~finite])
        faults.add("are negative", items[finite & (whole < 0)])
        faults.add(f"are above {MAX_VALUE}", items[finite & (whole > MAX_VALUE)])
        faults.add("are not integral", items[within & (away > INTEGRAL_WITHIN)])
        whole = np.where(fine, whole, 0)
    return whole.astype(np.uint16)


def item_type(dtype: np.dtype[Any] | type | str, byteorder: ByteOrder) -> np.dtype[Any]:
    """The item type of a header, in its byte order. Raises VoxelValueError for anything but ITEM_TYPES."""
    found = np.dtype(dtype)
    if found.str[1:] not in ITEM_TYPES:
        known = ", ".join(ITEM_TYPES)
        raise VoxelValueError(None, f"voxels of type {found} cannot be labels; expected one of {known}")
    return found.newbyteorder("<" if byteorder == "little" else ">")
