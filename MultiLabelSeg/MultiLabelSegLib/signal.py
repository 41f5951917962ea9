"""A signal without Qt: connect functions, emit to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Signal:
    """Calls every connected function, in the order of connection.

    A function that raises does not keep the others from being called; the first error is raised at the end.
    """

    def __init__(self) -> None:
        self._slots: list[Callable[..., Any]] = []
        self._held: list[tuple[Any, ...]] | None = None

    def connect(self, slot: Callable[..., Any]) -> Callable[[], None]:
        """Connects a function once; returns a function that disconnects it."""
        if slot not in self._slots:
            self._slots.append(slot)
        return lambda: self.disconnect(slot)

    def disconnect(self, slot: Callable[..., Any]) -> None:
        """Disconnects a function; one that is not connected is ignored."""
        if slot in self._slots:
            self._slots.remove(slot)

    def emit(self, *arguments: Any) -> None:
        """Calls the connected functions with the arguments."""
        if self._held is not None:
            self._held.append(arguments)
            return
        first: Exception | None = None
        for slot in tuple(self._slots):
            try:
                slot(*arguments)
            except Exception as error:
                first = first or error
        if first is not None:
            raise first

    @contextmanager
    def held(self) -> Iterator[None]:
        """Emissions within the block wait for its end, also when it fails, so that nobody sees a half-done change."""
        if self._held is not None:
            yield
            return
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            first: Exception | None = None
            for arguments in held:
                try:
                    self.emit(*arguments)
                except Exception as error:
                    first = first or error
            if first is not None:
                raise first
