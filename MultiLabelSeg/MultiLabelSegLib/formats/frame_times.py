"""Frames of even length: the one thing that the header of an image can say about time."""

from __future__ import annotations

from math import isfinite

import numpy as np

from ..core import Geometry


def frame_bounds(start: float, step: float, frames: int, milliseconds: float = 1.0) -> tuple[float, ...] | None:
    """Borders in ms of frames that follow each other evenly; ``start`` and ``step`` are in units of ``milliseconds``.

    None for a single frame and for numbers that no frames can have.
    """
    if frames < 2 or not isfinite(start) or not isfinite(step) or step <= 0:
        return None
    bounds = tuple((start + step * frame) * milliseconds for frame in range(frames + 1))
    return bounds if np.isfinite(bounds).all() and (np.diff(bounds) > 0).all() else None


def even_frames(geometry: Geometry) -> tuple[float, float] | None:
    """Start and length in ms of frames that were given times and last equally long; None for all others."""
    if geometry.time_bounds is None or geometry.time_steps == 1:
        return None
    steps = np.diff(geometry.time_bounds)
    if np.abs(steps - steps.mean()).max() > 1e-6 * steps.mean():
        return None
    first, last = geometry.time_bounds[0], geometry.time_bounds[-1]
    return first, (last - first) / geometry.time_steps
