"""Segmentations of the scene that are not ours: hidden while only the selected one is to be seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Others:
    """Hides nodes and shows exactly those again that it hid."""

    def __init__(self) -> None:
        self._hidden: list[Any] = []

    def show(self, visible: bool, nodes: Iterable[Any]) -> None:
        """Hides these nodes, or shows again what was hidden before; nodes that are gone are forgotten."""
        if visible:
            for display in self._hidden:
                if display.GetScene() is not None:
                    display.SetVisibility(True)
            self._hidden = []
            return
        for node in nodes:
            display = node.GetDisplayNode()
            if display is not None and display.GetVisibility():
                display.SetVisibility(False)
                self._hidden.append(display)
