"""What the views of all programs' pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...programs.fields import option_fields, set_page_option
from ...programs.programs import AiTools, Page
from ..binding import qt
from ..form import FieldForm
from ..layout import UNIT, hint_label
from .cache_row import CacheRow
from .environment_part import EnvironmentPart


class PageView:
    """A column with the parts that every page has; a view of one program puts them among its own.

    ``refresh`` shows the page as it is now, after every change.
    """

    def __init__(self, ai: AiTools, page: Page, is_dynamic: Callable[[], bool]) -> None:
        self.ai, self._any_page, self._is_dynamic = ai, page, is_dynamic
        self.widget = qt.QWidget()
        self.column = qt.QVBoxLayout(self.widget)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(UNIT)
        self.environment = EnvironmentPart(ai, page.environment)
        self.hint = hint_label()
        self.options = FieldForm(self._set_option)
        self.cache = CacheRow(page)
        self.dialog: Any = None

    def refresh(self) -> None:
        """Shows the parts that every page has."""
        self.environment.refresh()
        self.options.set_fields(option_fields(self.ai, self._any_page, self._is_dynamic()))
        self.cache.refresh()

    def show_problem(self, text: str) -> None:
        """Shows what is wrong as a sentence; nothing for an empty text."""
        self.hint.setText(f"{text[:1].upper()}{text[1:]}")
        self.hint.setVisible(bool(text))

    def _set_option(self, name: str, value: Any) -> None:
        try:
            set_page_option(self.ai, self._any_page, name, value)
        finally:
            self.refresh()

    def close(self) -> None:
        """Closes the dialog that it has opened."""
        if self.dialog is not None:
            self.dialog.widget.close()
