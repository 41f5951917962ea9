"""nnU-Net's page: environment, results folder, model or ensemble, channels, options, cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...programs.fields import model_fields, sentence, set_model
from ...programs.pages import NnUNetPage
from ...programs.programs import AiTools
from ..asking import ask_folder
from ..binding import connect, get, qt
from ..dialogs.base import title_label
from ..form import FieldForm
from ..layout import UNIT, button_row, icon_button, text_button
from .channel_rows import ChannelRows
from .models_dialog import ModelsDialog
from .page_view import PageView


class NnUNetView(PageView):
    """Shows the page and calls it."""

    def __init__(self, ai: AiTools, page: NnUNetPage, is_dynamic: Callable[[], bool]) -> None:
        super().__init__(ai, page, is_dynamic)
        self.page, column = page, self.column
        self.folder = qt.QLineEdit()
        self.folder.setPlaceholderText("folder of trained models")
        self.folder.setToolTip("nnU-Net's results folder, as RESULTS_FOLDER or nnUNet_results name it")
        self.folder.setAccessibleName("Results folder")
        self.browse = icon_button("open", "Choose the results folder", self._ask_folder)
        self.reload = icon_button("reload", "Refresh: look again for trained models", page.refresh)
        self.more_models = icon_button("import", "Pretrained models: list and fetch", self.open_models)
        self.members: list[FieldForm] = []
        self._member_column = qt.QVBoxLayout()
        self._member_column.setSpacing(UNIT)
        self.add = text_button("Add a model (ensemble)", page.add_member, "add")
        self.remove = text_button("Remove the last", page.remove_member, "remove")
        self.channels = ChannelRows(ai, page)
        row = button_row(self.folder, self.browse, self.reload, self.more_models, stretch=False)
        row.setStretch(0, 1)
        self._titles: list[Any] = []
        self._titled(column, "Environment", self.environment.widget)
        self._titled(column, "Trained model", row, self.hint, self._member_column)
        column.addLayout(button_row(self.add, self.remove, stretch=False))
        self._titled(column, "Channels", self.channels.widget)
        self._titled(column, "Options", self.options.widget, self.cache.widget)
        connect(self.folder, "editingFinished()", self._folder_typed)
        self.refresh()

    def _titled(self, column: Any, title: str, *parts: Any) -> None:
        label = title_label(title)
        self._titles.append(label)
        column.addWidget(label)
        for part in parts:
            if part.inherits("QLayout"):
                column.addLayout(part)
            else:
                column.addWidget(part)

    def refresh(self) -> None:
        """Shows the page as it is now."""
        super().refresh()
        page = self.page
        text = "" if page.folder is None else str(page.folder)
        if not self.folder.hasFocus() and get(self.folder, "text") != text:
            self.folder.setText(text)
        problem = page.problem or ("" if page.folder is not None else "Choose the folder of trained models.")
        self.show_problem("" if page.looking and page.folder is None else problem)
        self._show_members()
        self._titles[2].setVisible(bool(page.channels.rows))
        self.channels.refresh()

    def _show_members(self) -> None:
        page = self.page
        while len(self.members) > page.members:
            gone = self.members.pop()
            gone.widget.hide()
            gone.widget.setParent(None)
            gone.widget.deleteLater()
        while len(self.members) < page.members:
            form = FieldForm(self._setter(len(self.members)))
            self.members.append(form)
            self._member_column.addWidget(form.widget)
        for member, form in enumerate(self.members):
            form.set_fields(model_fields(page, member))
        state = page.ensemble_state()
        self.add.setEnabled(state.enabled)
        self.add.setToolTip(
            sentence(state) or "Predicts with another model of the same dataset too, and takes the mean"
        )
        self.add.setVisible(state.enabled or page.members > 1)
        self.remove.setVisible(page.members > 1)

    def _setter(self, member: int) -> Callable[[str, Any], None]:
        def set_value(name: str, value: Any) -> None:
            try:
                set_model(self.page, member, name, value)
            finally:
                self.refresh()

        return set_value

    def _ask_folder(self) -> None:
        found = ask_folder(self.widget, "nnU-Net's results folder", str(get(self.folder, "text")))
        if found:
            self.page.set_folder(Path(found))

    def _folder_typed(self) -> None:
        text = str(get(self.folder, "text")).strip()
        if text and text != str(self.page.folder or ""):
            self.page.set_folder(Path(text).expanduser())

    def open_models(self) -> None:
        """The dialog of pretrained models."""
        if self.dialog is None or not self.dialog.is_open:
            self.dialog = ModelsDialog(self.widget, self.ai, self.page)
        self.dialog.open()
        self.dialog.list_models()
