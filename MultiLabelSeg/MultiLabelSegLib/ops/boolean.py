"""Set operations on masks of one shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ToolError

Mask = NDArray[np.bool_]
Kind = Literal["union", "intersection", "difference"]


def combined(kind: Kind, masks: Iterable[Mask]) -> Mask:
    """In any mask, in all of them, or in the first and in no other; a new array. They are taken one by one.

    Raises ToolError without masks.
    """
    turn = iter(masks)
    first = next(turn, None)
    if first is None:
        raise ToolError(f"a {kind} needs masks; there is none")
    result = first.copy()
    for mask in turn:
        if kind == "union":
            result |= mask
        elif kind == "intersection":
            result &= mask
        else:
            result &= ~mask
    return result
