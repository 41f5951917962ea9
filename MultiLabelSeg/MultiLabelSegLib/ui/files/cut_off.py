"""What a segmentation lost when it was put onto the grid of another image, in a sentence."""

from __future__ import annotations

import numpy as np

from ...core import Segmentation

#: a share of its volume that a label may lose to rounding alone
_ROUNDING = 0.1
_NAMED = 5


def cut_off_text(before: Segmentation, after: Segmentation, title: str) -> str:
    """Labels of ``before`` that are empty in ``after``, or much smaller; nothing where none is.

    Volumes are those of all frames, in mm³; ``title`` is that of the image.
    """
    gone, less = [], []
    for label in before.labels:
        former, now = _volume(before, label.value), _volume(after, label.value)
        if former and not now:
            gone.append(label.name or str(label.value))
        elif now < (1 - _ROUNDING) * former:
            less.append(label.name or str(label.value))
    parts = [f"{what}: {_listed(names)}" for what, names in (("empty", gone), ("smaller", less)) if names]
    return f"Outside of {title} nothing was kept. Labels that are now {'; '.join(parts)}" if parts else ""


def _volume(document: Segmentation, value: int) -> float:
    return float(document.voxels(value) * np.prod(document.geometry.spacing))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
