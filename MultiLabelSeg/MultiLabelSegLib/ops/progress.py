"""Progress of long work, and how it is ended: a plain callback.

It is called with the share that is done, 0...1, and what it raises ends the work: nothing has changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Progress = Callable[[float], object]
Item = TypeVar("Item")


def part_of(progress: Progress | None, low: float, high: float) -> Progress | None:
    """The callback for a part of the work that begins at ``low`` and ends at ``high``; None where nobody asks."""
    if progress is None:
        return None
    asked = progress
    return lambda done: asked(low + (high - low) * done)


def told(items: Sequence[Item], progress: Progress | None, weights: Sequence[float] | None = None) -> Iterator[Item]:
    """The items one after the other; tells the share that is done after each.

    ``weights`` say how much work each is; all are alike unless given.
    """
    if progress is None:
        yield from items
        return
    shares = weights if weights is not None else [1.0] * len(items)
    whole, done = float(sum(shares)) or 1.0, 0.0
    for item, share in zip(items, shares, strict=True):
        yield item
        done += share
        progress(min(done / whole, 1.0))


def parts(
    items: Sequence[Item], progress: Progress | None, weights: Sequence[float] | None = None
) -> Iterator[tuple[Item, Progress | None]]:
    """As ``told``; each item comes with the callback for its own part of the work."""
    shares = weights if weights is not None else [1.0] * len(items)
    whole, done = float(sum(shares)) or 1.0, 0.0
    for item, share in zip(items, shares, strict=True):
        end = min((done + share) / whole, 1.0)
        yield item, part_of(progress, done / whole, end)
        done += share
        if progress is not None:
            progress(end)


class Rising:
    """A callback that passes on only what is more than before, so that a bar never goes back."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._known = -1.0

    def __call__(self, done: float) -> None:
        """The share that is done; what is not within 0...1 is drawn in."""
        share = min(max(float(done), 0.0), 1.0)
        if share > self._known:
            self._known = share
            self._progress(share)
