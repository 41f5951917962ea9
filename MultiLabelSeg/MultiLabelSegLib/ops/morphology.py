"""Binary morphology with a ball or a cross, measured in voxels or in mm.

The border rules are ITK's: outside of the array nothing is set for a dilation, all is set for an erosion, and a closing
is done as if the array went on without end. A ball of n voxels is ITK's: centres within n + 0.5 voxels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError
from .distance import within

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Element:
    """The shape that dilates and erodes.

    ``size`` is its radius in mm, or in voxels where ``spacing`` is None. ``spacing`` is mm along k, j, i. A ``flat``
    element does not reach along that axis (0 = k). Raises ToolError for a radius that is no positive number.
    """

    size: float
    spacing: tuple[float, float, float] | None = None
    shape: Literal["ball", "cross"] = "ball"
    flat: int | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.size) and self.size > 0):
            raise ToolError(f"a radius must be a positive number, found {self.size!r}")

    @property
    def reach(self) -> tuple[int, int, int]:
        """How many voxels it reaches along k, j, i."""
        steps = self.spacing or (1.0, 1.0, 1.0)
        k, j, i = (0 if axis == self.flat else int(self.size / step * (1 + 1e-9)) for axis, step in enumerate(steps))
        return k, j, i

    @property
    def metric(self) -> tuple[tuple[float, float, float], float]:
        """Of a ball: the lengths of steps along k, j, i and the greatest distance that it reaches."""
        longest = self.size + (0.5 if self.spacing is None else 0.0)
        k, j, i = self.spacing or (1.0, 1.0, 1.0)
        # one step along the flat axis must be farther than the ball; far enough is enough, as distances are squared
        far = 4.0 * longest
        return (far if self.flat == 0 else k, far if self.flat == 1 else j, far if self.flat == 2 else i), longest


def dilate(mask: Mask, element: Element) -> Mask:
    """Voxels that the element reaches from a true one; outside of the array nothing is set. (k, j, i)."""
    if not any(element.reach):
        return mask.copy()
    if element.shape == "ball":
        return within(mask, *element.metric)
    result = mask.copy()
    for axis, reach in enumerate(element.reach):
        if reach:
            result |= _along(mask, axis, reach)
    return result


def erode(mask: Mask, element: Element) -> Mask:
    """Voxels from which the element reaches true ones only; outside of the array all is set. (k, j, i)."""
    return ~dilate(~mask, element)


def opened(mask: Mask, element: Element) -> Mask:
    """Erosion, then dilation: takes away what is thinner than the element. (k, j, i)."""
    return dilate(erode(mask, element), element)


def closed(mask: Mask, element: Element) -> Mask:
    """Dilation, then erosion: fills gaps that the element does not fit into. (k, j, i)."""
    pads = [(reach, reach) for reach in element.reach]
    whole = erode(dilate(np.pad(mask, pads), element), element)
    return whole[tuple(slice(low, size - high) for (low, high), size in zip(pads, whole.shape, strict=True))]


def filled(mask: Mask, flat: int | None = None) -> Mask:
    """The mask with its holes: voxels that no path of faces joins to the array's border. (k, j, i).

    With ``flat`` each slice across that axis (0 = k) is looked at by itself.
    """
    axes = [axis for axis in range(3) if axis != flat]
    hidden = _hidden(mask, axes)
    around = _extent(hidden)
    if around is None:
        return mask.copy()
    from scipy import ndimage

    structure = ndimage.generate_binary_structure(3, 1)
    if flat is not None:
        structure = np.array(structure)
        aside: list[Any] = [slice(None)] * 3
        for end in (0, 2):
            aside[flat] = end
            structure[tuple(aside)] = False
    # one voxel more to each side, of which there is always one: there lies what is open
    wide = tuple(part if axis == flat else slice(part.start - 1, part.stop + 1) for axis, part in enumerate(around))
    held, inner = np.ascontiguousarray(mask[wide]), np.ascontiguousarray(hidden[wide])
    parts, count = ndimage.label(inner, structure)
    at = np.flatnonzero(inner)
    closed = np.ones(count + 1, np.bool_)
    closed[0] = False
    numbers, apart = parts.reshape(-1), (held | inner).reshape(-1)
    for axis in axes:
        step = inner.strides[axis]
        for beside in (at + step, at - step):
            closed[numbers[at[~apart[beside]]]] = False
    result = mask.copy()
    result[wide] |= closed[parts]
    return result


def _hidden(mask: Mask, axes: Sequence[int]) -> Mask:
    """False voxels that have true ones on both sides along each of the axes: from all others a straight line leads out.

    So a part of them that touches no other false voxel is a hole, and there are no others.
    """
    hidden = ~mask
    for axis in axes:
        count = mask.shape[axis]
        place = np.arange(count, dtype=np.int32).reshape([-1 if other == axis else 1 for other in range(3)])
        met = mask.argmax(axis=axis)
        first = np.where(np.take_along_axis(mask, np.expand_dims(met, axis), axis).squeeze(axis), met, count)
        last = count - 1 - np.flip(mask, axis).argmax(axis=axis)
        hidden &= place > np.expand_dims(first.astype(np.int32), axis)
        hidden &= place < np.expand_dims(last.astype(np.int32), axis)
    return hidden


def _extent(mask: Mask) -> tuple[slice, ...] | None:
    """The box around what is true; None where nothing is."""
    found = []
    for axis in range(3):
        there = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        if not there.size:
            return None
        found.append(slice(int(there[0]), int(there[-1]) + 1))
    return tuple(found)


def shell(mask: Mask, spacing: Sequence[float], inward: float, outward: float) -> Mask:
    """Voxels within ``outward`` mm outside of the mask and ``inward`` mm inside of its border. (k, j, i).

    A voxel is inside of the border by the distance to the nearest false voxel; outside of the array all is set, so
    that a mask which is cut off by the array has no wall there.
    """
    result = mask.copy()
    if outward > 0:
        result = within(mask, spacing, outward)
    if inward > 0:
        result &= within(~mask, spacing, inward)
    elif inward == 0:
        result &= ~mask
    return result


def _along(mask: Mask, axis: int, reach: int) -> Mask:
    """Dilation with a line along one axis."""
    from scipy import ndimage

    found = ndimage.maximum_filter1d(mask.view(np.uint8), 2 * reach + 1, axis, mode="constant", cval=0)
    return np.asarray(found.view(np.bool_))
