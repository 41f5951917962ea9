"""Pretrained models: the list of those that have names, and fetching one, never without being asked."""

from __future__ import annotations

from typing import Any

from ....errors import ToolError
from ....external.environments import installed_packages
from ...programs.fields import sentence
from ...programs.pages import NnUNetPage
from ...programs.programs import AiTools
from ..asking import ask_choice, ask_open
from ..binding import connect, get, qt
from ..dialogs.base import Dialog
from ..layout import button_row, hint_label, icon_button


class ModelsDialog(Dialog):
    """Fetch asks first, then works in the background; the page shows how far it is."""

    def __init__(self, parent: Any, ai: AiTools, page: NnUNetPage) -> None:
        super().__init__(parent, "Pretrained models", "Fetch…", "Close")
        self._ai, self._page = ai, page
        self.set_width(420)
        self.about = hint_label(
            "nnU-Net v1 has a list of models; those of v2 are fetched by address (https) or unpacked from a zip file. "
            "A model has a licence of its own."
        )
        self.models = qt.QListWidget()
        self.models.setAccessibleName("Models that nnU-Net v1 lists")
        self.models.setMinimumHeight(120)
        self.what = qt.QLineEdit()
        self.what.setPlaceholderText("https://… , a zip file, or Task004_Hippocampus")
        self.what.setAccessibleName("What to fetch")
        self.browse = icon_button("open", "Choose a zip file", self._ask_file)
        self.version = qt.QComboBox()
        self.version.addItems(["v2", "v1"])
        self.version.setToolTip("The version of nnU-Net that the model is for")
        self.version.setCurrentIndex(0 if self._has("nnunetv2") or not self._has("nnunet") else 1)
        row = button_row(self.what, self.browse, self.version, stretch=False)
        row.setStretch(0, 1)
        self.state = hint_label()
        for widget in (self.about, self.models):
            self.column.addWidget(widget)
        self.column.addLayout(row)
        self.column.addWidget(self.state)
        connect(self.models, "currentRowChanged(int)", self._picked)
        self.refresh()

    def _has(self, package: str) -> bool:
        environment = self._page.environment.selected
        return environment is not None and bool(installed_packages(environment, (package,)))

    def list_models(self) -> None:
        """Asks nnU-Net v1, where it is installed and nothing else goes on."""
        if self._has("nnunet") and self._ai.job is None and not self._ai.listed:
            self._ai.list_models()
        self.refresh()

    def refresh(self) -> None:
        """Shows what was listed, and why nothing can be fetched."""
        listed = self._ai.listed
        self.models.setVisible(bool(listed))
        if [self.models.item(row).text() for row in range(int(get(self.models, "count")))] != [m.name for m in listed]:
            self.models.clear()
            for model in listed:
                item = qt.QListWidgetItem(model.name)
                item.setToolTip(model.about)
                self.models.addItem(item)
        state = self._page.fetch_state()
        self.state.setText(sentence(state))
        self.state.setVisible(not state.enabled)
        if self.ok is not None:
            self.ok.setEnabled(state.enabled)

    def _picked(self, row: int) -> None:
        if 0 <= row < len(self._ai.listed):
            self.what.setText(self._ai.listed[row].name)
            self.version.setCurrentIndex(1)

    def _ask_file(self) -> None:
        found = ask_open(self.widget, "A model of nnU-Net", "", "Zip files (*.zip)")
        if found:
            self.what.setText(found)

    def accept(self) -> None:
        """Asks, then fetches in the background. Raises ToolError where nothing is named."""
        what = str(get(self.what, "text")).strip()
        if not what:
            raise ToolError("name an address, a zip file or a model of the list")
        version = 2 if int(get(self.version, "currentIndex")) == 0 else 1

        def asked(answer: str) -> None:
            if answer == "fetch":
                self._ai.fetch_model(what, version)

        ask_choice(self._parent_of(), self._page.fetch_question(what), (("fetch", "Fetch"),), asked)

    def _parent_of(self) -> Any:
        return self.widget.parent()
