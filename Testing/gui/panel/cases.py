"""A panel over a small document in a window that is not shown on any screen, and hands for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from Testing.ui.panel_cases import a_document, an_image

__all__ = ["Desk", "a_document", "an_image"]


class Desk:
    """Presenter, panel and window over one document, with the mouse and the keyboard of a user."""

    def __init__(self, document: Segmentation | None = None, width: int = 360, height: int = 900) -> None:
        from MultiLabelSegLib.ui.qt.binding import application, qt
        from MultiLabelSegLib.ui.qt.panel import Panel

        self.qt, self._application = qt, application()
        self.host = HeadlessHost({"CT": an_image()})
        self.presenter = Presenter(self.host)
        self.presenter.data.select_image("CT")
        if document is not None:
            self.presenter.session.add_document(document, "CT-labels", image_id="CT")
        self.window = qt.QWidget()
        layout = qt.QVBoxLayout(self.window)
        layout.setContentsMargins(0, 0, 0, 0)
        self.panel = Panel(self.presenter)
        layout.addWidget(self.panel.widget)
        self.window.resize(width, height)
        self.window.show()
        self.window.activateWindow()
        self.panel.enter()
        self.work()

    @property
    def document(self) -> Segmentation:
        found = self.presenter.session.document
        assert found is not None
        return found

    def close(self) -> None:
        self.panel.exit()
        self.panel.close()
        self.window.close()
        self.window.deleteLater()
        self.work()

    def work(self) -> None:
        """Lets Qt and the background answers go on until nothing is left."""
        for _ in range(3):
            self._application.processEvents()
            self.host.pump()

    def wait(self, until: Callable[[], Any], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self.work()
            time.sleep(0.002)
        assert until(), "it did not happen"

    # ---- mouse and keys ----------------------------------------------------------------------------------------
    def click(
        self, widget: Any, position: Any = None, modifier: str = "NoModifier", button: str = "LeftButton"
    ) -> None:
        from qtpy.QtTest import QTest

        place = widget.rect().center() if position is None else position
        flags = self.qt.Qt
        QTest.mouseClick(widget, flags.LeftButton, getattr(flags, modifier), place)
        self.work()

    def double_click(self, widget: Any, position: Any) -> None:
        from qtpy.QtTest import QTest

        QTest.mouseDClick(widget, self.qt.Qt.LeftButton, self.qt.Qt.NoModifier, position)
        self.work()

    def drag(self, widget: Any, start: Any, end: Any) -> None:
        from qtpy.QtTest import QTest

        flags = self.qt.Qt
        QTest.mousePress(widget, flags.LeftButton, flags.NoModifier, start)
        for step in (1, 2, 3, 4):
            self._move(widget, start + (end - start) * step / 4)
        QTest.mouseRelease(widget, flags.LeftButton, flags.NoModifier, end)
        self.work()

    def _move(self, widget: Any, to: Any) -> None:
        """A move with the button held, which QTest does not make without a screen."""
        from qtpy.QtCore import QEvent, QPointF
        from qtpy.QtGui import QMouseEvent

        flags, place = self.qt.Qt, QPointF(to)
        where = QPointF(widget.mapToGlobal(to))
        event = QMouseEvent(QEvent.MouseMove, place, where, flags.NoButton, flags.LeftButton, flags.NoModifier)
        self._application.sendEvent(widget, event)

    def type(self, widget: Any, text: str) -> None:
        from qtpy.QtTest import QTest

        QTest.keyClicks(widget, text)
        self.work()

    def key(self, widget: Any, name: str, modifier: str = "NoModifier") -> None:
        from qtpy.QtTest import QTest

        QTest.keyClick(widget, getattr(self.qt.Qt, f"Key_{name}"), getattr(self.qt.Qt, modifier))
        self.work()

    # ---- the tree ----------------------------------------------------------------------------------------------
    @property
    def tree(self) -> Any:
        return self.panel.tree

    def cell(self, key: str, column: int = 0) -> Any:
        """The middle of a cell of the tree, in its viewport."""
        index = self.tree.rows.index_of(key)
        assert index is not None, f"no row {key}"
        self.tree.view.scrollTo(index)
        rect = self.tree.view.visualRect(index.sibling(index.row(), column))
        return rect.center()

    def click_cell(self, key: str, column: int = 0, modifier: str = "NoModifier") -> None:
        self.click(self.tree.view.viewport(), self.cell(key, column), modifier)

    def titles(self) -> list[str]:
        """What the rows of the tree say."""
        return [row.title for row in self.tree.rows.rows.values()]
