"""What the user asked for just now comes into sight where the panel is longer than its window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..presenter import Presenter
from ..topics import Changed, Topic
from .binding import connect, qt

#: pixels that stay free above and below
_MARGIN = 8
#: until the parts of the panel have found their places
_SETTLED_MS = 50


class InSight:
    """Scrolls to the options of a tool that was switched on, and to the buttons of a preview that came.

    The scroll area is the nearest one around the panel: the workbench's, or that of Slicer's module panel.
    """

    def __init__(self, presenter: Presenter, panel: Any, options: Sequence[Any], confirm: Any) -> None:
        self._presenter, self._panel = presenter, panel
        self._options, self._confirm = tuple(options), confirm
        self._wanted: tuple[Any, ...] = ()
        self._is_settled = True
        self._timer = qt.QTimer(panel)
        self._timer.setSingleShot(True)
        connect(self._timer, "timeout()", self._show)
        self._disconnect = presenter.changed.connect(self._on_changed)

    def close(self) -> None:
        """Follows the presenter no more."""
        self._timer.stop()
        self._disconnect()

    def _on_changed(self, changed: Changed) -> None:
        tools = self._presenter.tools
        if changed.topic is Topic.TOOL and tools.active:
            self._wanted = self._options
        elif changed.topic is Topic.PREVIEW and tools.preview is not None:
            self._wanted = (self._confirm,)
        else:
            return
        self._is_settled = False
        self._timer.start(0)

    def _show(self) -> None:
        """The last part first, so that of parts that have no room together the first one is seen."""
        area = scroll_area_of(self._panel)
        if area is None:
            return
        for widget in reversed(self._wanted):
            if widget.isVisible():
                area.ensureWidgetVisible(widget, 0, _MARGIN)
        if not self._is_settled:  # once more when the parts have their places
            self._is_settled = True
            self._timer.start(_SETTLED_MS)


def scroll_area_of(widget: Any) -> Any | None:
    """The nearest scroll area around a widget; None where there is none."""
    found = widget.parentWidget()
    while found is not None and not found.inherits("QScrollArea"):
        found = found.parentWidget()
    return found
