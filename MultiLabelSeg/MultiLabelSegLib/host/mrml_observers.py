"""Observers of VTK objects that can all be removed again and keep nobody alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any


class Observers:
    """Observers for one owner. VTK holds a weak call only, so a forgotten owner does not live on in the scene."""

    def __init__(self) -> None:
        self._held: list[tuple[Any, int]] = []

    def add(self, subject: Any, event: int | str, method: Callable[[], None]) -> None:
        """Calls a bound method, without arguments, at each event of a VTK object.

        Events are told without their data: VTK raises TypeError where a text or an object is expected and none given.
        """
        weak = weakref.WeakMethod(method)

        def call(_caller: Any, _event: str) -> None:
            found = weak()
            if found is not None:
                found()

        self._held.append((subject, subject.AddObserver(event, call)))

    def remove_all(self) -> None:
        """Removes every observer and forgets the objects."""
        for subject, tag in self._held:
            subject.RemoveObserver(tag)
        self._held.clear()

    def __len__(self) -> int:
        return len(self._held)
