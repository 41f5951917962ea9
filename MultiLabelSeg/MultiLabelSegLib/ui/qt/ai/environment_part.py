"""Which environment a program runs in: a drop-down, Select, Check, and the button that makes one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....external.environments import EnvironmentCheck
from ...programs.fields import sentence
from ...programs.pages import EnvironmentPage
from ...programs.programs import AiTools
from ..asking import ask_choice, ask_folder
from ..binding import connect, enum_int, qt
from ..editor_base import WheelGuard
from ..layout import UNIT, button_row, hint_label, icon_button, text_button


class EnvironmentPart:
    """The first rows of a page."""

    def __init__(self, ai: AiTools, page: EnvironmentPage) -> None:
        self._ai, self._page, self._quiet = ai, page, False
        self.widget = qt.QWidget()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.box = qt.QComboBox()
        self.box.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(6)
        self.box.setAccessibleName("Environment")
        self._guard = WheelGuard(self.box)
        self.box.installEventFilter(self._guard)
        self.select = icon_button("open", "Select an environment: its base folder is enough", self._ask_folder)
        self.reload = icon_button("reload", "Look again for environments and GPUs", ai.refresh)
        self.check = icon_button("info", "Check it: versions, PyTorch, GPUs", ai.check_environment)
        row = button_row(self.box, self.select, self.reload, self.check, stretch=False)
        row.setStretch(0, 1)
        column.addLayout(row)
        self.make = text_button(f"Make an environment for {page.need.title}", self._ask_make, "new")
        column.addWidget(self.make)
        self.hint = hint_label()
        column.addWidget(self.hint)
        self._values: tuple[str, ...] = ()
        connect(self.box, "activated(int)", self._chosen)
        self.refresh()

    def refresh(self) -> None:
        """Shows the page as it is."""
        choice, busy = self._page.choice(), self._ai.job is not None
        values = tuple(value for value, _ in choice.options)
        titles = [_short(text) for _, text in choice.options]
        if values != self._values:
            self._values = values
            self.box.clear()
            self.box.addItems(titles)
        for place, (_, text) in enumerate(choice.options):
            self.box.setItemText(place, titles[place])
            self.box.setItemData(place, text, enum_int(qt.Qt.ToolTipRole))
        self.box.setCurrentIndex(values.index(choice.value) if choice.value in values else -1)
        self.box.setToolTip(choice.value or sentence(choice.state))
        self.box.setProperty("placeholderText", "looking…" if self._page.look.text else "none was found")
        self.box.setEnabled(bool(values) and not busy)
        for button in (self.select, self.reload):
            button.setEnabled(not busy)
        self.check.setEnabled(choice.state.enabled and not busy)
        state = self._page.make_state()
        self.make.setEnabled(state.enabled and not busy)
        self.make.setToolTip(sentence(state) or "Once: with venv and pip, in a folder of its own. Gigabytes are loaded")
        self._show_hint()

    def _show_hint(self) -> None:
        texts = []
        if self._page.problem or not self._page.state().enabled:
            texts.append(self._page.problem or self._page.state().reason)
            missing = self._page.make_state().reason
            if missing and missing not in texts:
                texts.append(missing)
            texts += self._page.passed_over
        else:
            found = self._ai.checked.get(self._page.need.id)
            texts += [] if found is None else [checked_text(found)]
        self.hint.setText("\n".join(f"{text[:1].upper()}{text[1:]}" for text in texts))
        self.hint.setVisible(bool(texts))

    def _chosen(self, place: int) -> None:
        if 0 <= place < len(self._values):
            self._page.select(Path(self._values[place]))
            self.refresh()

    def _ask_folder(self) -> None:
        start = "" if self._page.selected is None else str(self._page.selected.folder)
        found = ask_folder(self.widget, f"Base folder of an environment with {self._page.need.title}", start)
        if found:
            self._page.select(Path(found))

    def _ask_make(self) -> Any:
        need = self._page.need
        text = f"Make an environment for {need.title} now?"
        details = (
            f"venv and pip put {', '.join(need.install)} into {need.folder}. "
            "Several gigabytes are downloaded; it takes minutes, and can be cancelled."
        )
        return ask_choice(self.widget, text, (("make", "Make"),), self._asked, details)

    def _asked(self, answer: str) -> None:
        if answer == "make":
            self._ai.make_environment()


def checked_text(found: EnvironmentCheck) -> str:
    """What an environment's own Python said, in a line or two."""
    packages = ", ".join(f"{name} {version}" for name, version in found.packages.items()) or "no program of ours"
    if found.problem:
        torch = f"PyTorch does not start: {found.problem}"
    elif found.torch:
        torch = f"PyTorch {found.torch}, {', '.join(found.gpus) if found.cuda else 'without GPU'}"
    else:
        torch = "without PyTorch"
    return f"Python {found.python}, {packages}; {torch}"


def _short(text: str) -> str:
    """A long path with its end, which tells it from others."""
    path, _, kind = text.partition(" (")
    parts = Path(path).parts
    short = path if len(parts) <= 3 else str(Path("…", *parts[-2:]))
    return f"{short} ({kind}" if kind else short
