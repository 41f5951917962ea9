"""The options of the active tool, made from its fields, and where tools may write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..presenter import Presenter
from ..topics import Changed, Topic
from .binding import connect, qt
from .form import FieldForm
from .layout import UNIT, hint_label

_TOPICS = (Topic.OPTIONS, Topic.TOOL, Topic.DOCUMENT, Topic.ROWS, Topic.PREVIEW, Topic.FEEDBACK)


class ToolOptionsBox:
    """A form for the active tool; hidden while none is on. ``masking`` is a second form that can be folded away.

    ``before`` is the widget from which Tab comes here.
    """

    def __init__(self, presenter: Presenter, before: Callable[[], Any], parent: Any = None) -> None:
        self.presenter, self._before = presenter, before
        self.widget = qt.QWidget(parent)
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, UNIT, 0, 0)
        column.setSpacing(UNIT)
        self.form = FieldForm(presenter.tools.set_option)
        self.hint = hint_label()
        self.where = qt.QToolButton()
        self.where.setText("Where it may draw")
        self.where.setCheckable(True)
        self.where.setAutoRaise(True)
        self.where.setToolButtonStyle(qt.Qt.ToolButtonTextBesideIcon)
        self.where.setArrowType(qt.Qt.RightArrow)
        self.masking = FieldForm(presenter.tools.set_option)
        for widget in (self.form.widget, self.hint, self.where, self.masking.widget):
            column.addWidget(widget)
        self.masking.widget.hide()
        connect(self.where, "toggled(bool)", self._unfold)
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def refresh(self) -> None:
        """Shows the fields of the active tool."""
        tools = self.presenter.tools
        has_options = bool(tools.active) and not tools.is_program  # programs have a page of their own
        self.widget.setVisible(has_options)
        if not has_options:
            return
        fields = tools.fields()
        if self.form.set_fields(fields):
            qt.QWidget.setTabOrder(self.form.order_after(self._before()), self.where)
        self.form.widget.setVisible(bool(fields))
        self._show_hint()
        if self.where.isChecked() and self.masking.set_fields(tools.masking_fields()):
            self.masking.order_after(self.where)

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic is Topic.FEEDBACK:
            self._show_hint()
        elif changed.topic in _TOPICS:
            self.refresh()

    def _show_hint(self) -> None:
        text = self.presenter.tools.modifiers_text()
        self.hint.setText(text)
        self.hint.setVisible(bool(text))

    def _unfold(self, is_open: bool) -> None:
        self.where.setArrowType(qt.Qt.DownArrow if is_open else qt.Qt.RightArrow)
        self.masking.widget.setVisible(is_open)
        self.refresh()
