"""TotalSegmentator's page: environment, tasks, classes, licence, options, cache."""

from __future__ import annotations

from collections.abc import Callable

from ...programs.pages import TotalSegmentatorPage
from ...programs.programs import AiTools
from ..binding import connect, get, qt
from ..dialogs.base import title_label
from ..layout import UNIT, button_row, hint_label, text_button
from ..style_sheets import check_box
from .check_list import CheckList, CheckRow
from .page_view import PageView


class TotalSegmentatorView(PageView):
    """Shows the page and calls it."""

    def __init__(self, ai: AiTools, page: TotalSegmentatorPage, is_dynamic: Callable[[], bool]) -> None:
        super().__init__(ai, page, is_dynamic)
        self.page, column = page, self.column
        self.tasks = CheckList("Tasks", self._set_tasks, 5)
        self.some = check_box("Only some classes")
        self.some.setToolTip("Off: every class of the tasks. Fewer classes are found faster")
        self.classes = CheckList("Classes", self._set_classes, 6)
        self.key = qt.QLineEdit()
        self.key.setEchoMode(qt.QLineEdit.Password)
        self.key.setPlaceholderText("licence key")
        self.key.setAccessibleName("Licence key")
        self.key.setToolTip("For tasks that need one; it is kept for this session alone and shown nowhere")
        self.use_key = text_button("Use", self._take_key)
        self.key_state = hint_label()
        key_row = button_row(self.key, self.use_key, stretch=False)
        key_row.setStretch(0, 1)
        for part in (title_label("Environment"), self.environment.widget, self.hint):
            column.addWidget(part)
        self._body = qt.QWidget()
        body = qt.QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(UNIT)
        for part in (title_label("Tasks"), self.tasks.widget, self.some, self.classes.widget, title_label("Licence")):
            body.addWidget(part)
        body.addLayout(key_row)
        for part in (self.key_state, title_label("Options"), self.options.widget, self.cache.widget):
            body.addWidget(part)
        column.addWidget(self._body)
        connect(self.key, "returnPressed()", self._take_key)
        connect(self.some, "toggled(bool)", self._some_toggled)
        self.refresh()

    def refresh(self) -> None:
        """Shows the page as it is now."""
        super().refresh()
        page = self.page
        self.show_problem(page.problem)
        self._body.setVisible(page.package is not None)
        rows = page.task_rows()
        self.tasks.show([CheckRow(name, text, name in page.tasks, state.reason) for name, text, state in rows])
        chosen = page.options.roi_subset
        if chosen and not self.some.isChecked():
            self.some.setChecked(True)
        self.classes.widget.setVisible(self.some.isChecked())
        if self.some.isChecked():
            self.classes.show([CheckRow(name, _readable(name), name in chosen) for name in page.classes()])
        state = page.license_state()
        self.key_state.setText(f"{state[:1].upper()}{state[1:]}.")

    def _set_tasks(self, names: tuple[str, ...]) -> None:
        try:
            if names:
                self.page.set_tasks(names)
        finally:
            self.refresh()  # the last task that is chosen keeps its mark

    def _set_classes(self, names: tuple[str, ...]) -> None:
        self.page.set_option("roi_subset", names)

    def _some_toggled(self, on: bool) -> None:
        if not on and self.page.options.roi_subset:
            self.page.set_option("roi_subset", ())
        self.refresh()

    def _take_key(self) -> None:
        text = str(get(self.key, "text"))
        self.key.clear()
        self.page.set_option("license", text.strip())


def _readable(name: str) -> str:
    """A class as words."""
    return name.replace("_", " ")
