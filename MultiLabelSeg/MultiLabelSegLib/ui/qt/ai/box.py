"""The page of the outside program whose tool is on, above Preview and Confirm."""

from __future__ import annotations

from typing import Any

from ...presenter import Presenter
from ...programs.pages import NnUNetPage, TotalSegmentatorPage
from ...topics import Changed, Topic
from ..binding import qt
from ..layout import UNIT, hint_label
from .job_row import JobRow
from .look_row import LookRow
from .nnunet_view import NnUNetView
from .totalsegmentator_view import TotalSegmentatorView

_TOPICS = (Topic.PROGRAM, Topic.TOOL, Topic.DOCUMENT, Topic.IMAGE, Topic.PREVIEW)


class AiBox:
    """Hidden while no such tool is on; a page's widgets are made when it is first opened."""

    def __init__(self, presenter: Presenter, parent: Any = None) -> None:
        self.presenter, self.ai = presenter, presenter.ai
        self.widget = qt.QWidget(parent)
        self._column = qt.QVBoxLayout(self.widget)
        self._column.setContentsMargins(0, UNIT, 0, 0)
        self._column.setSpacing(UNIT)
        self.wait = hint_label("Looking for environments and GPUs…")
        self.job = JobRow(self.ai)
        self.look = LookRow(self.ai)
        self._column.addWidget(self.wait)
        self._column.addLayout(self.look.row)
        self._column.addWidget(self.job.widget)
        self.views: dict[str, NnUNetView | TotalSegmentatorView] = {}
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()
        for view in self.views.values():
            view.close()

    @property
    def view(self) -> NnUNetView | TotalSegmentatorView | None:
        """The page that is seen."""
        return self.views.get(self.presenter.tools.active)

    def refresh(self) -> None:
        """Shows the page of the active tool."""
        tools, page = self.presenter.tools, self.ai.page
        self.widget.setVisible(tools.is_program)
        if not tools.is_program:
            return
        if page is not None and tools.active not in self.views:
            self.views[tools.active] = self._made(page)
            self._column.insertWidget(0, self.views[tools.active].widget)
        self.wait.setVisible(page is None)
        for name, view in self.views.items():
            view.widget.setVisible(name == tools.active)
        view_now = self.view
        if view_now is not None:
            view_now.refresh()
        self._show_job()

    def _made(self, page: NnUNetPage | TotalSegmentatorPage) -> NnUNetView | TotalSegmentatorView:
        if isinstance(page, NnUNetPage):
            return NnUNetView(self.ai, page, self._is_dynamic)
        return TotalSegmentatorView(self.ai, page, self._is_dynamic)

    def _is_dynamic(self) -> bool:
        document = self.presenter.session.document
        return document is not None and document.geometry.time_steps > 1

    def _show_job(self) -> None:
        self.look.refresh()
        self.job.refresh()
        view = self.view
        if view is not None and view.dialog is not None and view.dialog.is_open:
            view.dialog.refresh()

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic is Topic.BUSY and self.presenter.tools.is_program:
            self.job.refresh()
        elif changed.topic in _TOPICS:
            self.refresh()
