"""What a 3D tool would write: its counts, the options of confirming, Confirm and Cancel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..presenter import Presenter
from ..tools.entries import TABS
from ..tools.preview_state import PreviewItem, PreviewState
from ..topics import Changed, Topic
from .binding import connect, enum_int, qt
from .editors import hex_color
from .form import FieldForm
from .icons import swatch_icon
from .layout import UNIT, button_row, text_button, title_text
from .style_sheets import dress

_SHOWN_LABELS = 8
_PROPOSE = "Works the preview out for the whole volume"


class PreviewBox:
    """Is seen while a 3D tool is on."""

    def __init__(self, presenter: Presenter, parent: Any = None) -> None:
        self.presenter = presenter
        self.widget = qt.QWidget(parent)
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, UNIT, 0, 0)
        column.setSpacing(UNIT)
        tools = presenter.tools
        self.counts = qt.QLabel()
        self.counts.setWordWrap(True)
        self.labels = qt.QListWidget()
        dress(self.labels, "checks")
        self.labels.setFocusPolicy(qt.Qt.NoFocus)
        self.labels.setUniformItemSizes(True)
        self.labels.setSelectionMode(qt.QAbstractItemView.NoSelection)
        self.labels.setAccessibleName("Labels of the preview; those with a mark are written")
        self._quiet = False
        connect(self.labels, "itemChanged(QListWidgetItem*)", self._checked)
        self.form = FieldForm(tools.set_confirm)
        self.propose = text_button("Preview", tools.propose, "", _PROPOSE)
        self.confirm = text_button("Confirm", tools.confirm, "confirm", "Writes the preview, as one step to undo")
        self.cancel = text_button("Cancel", tools.cancel, "cancel", "Drops the preview")
        column.addWidget(self.counts)
        column.addWidget(self.labels)
        column.addWidget(self.form.widget)
        column.addLayout(button_row(self.propose, self.confirm, self.cancel, stretch=False))
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def refresh(self) -> None:
        """Shows the preview as it is now."""
        tools = self.presenter.tools
        state = tools.preview
        self.widget.setVisible((tools.active not in ("", *TABS["2d"])) or state is not None)
        self.propose.setEnabled(state is None or state.is_ready)
        at_work = self._show_program()
        self.confirm.setEnabled(state is not None and state.is_ready and not state.reason)
        self.cancel.setEnabled(state is not None or at_work)
        self.form.widget.setVisible(state is not None and bool(state.fields))
        self.counts.setVisible(state is not None)
        self.labels.setVisible(state is not None and len(state.labels) > 1)
        if state is not None:
            self._show(state)

    def _show_program(self) -> bool:
        """Whether Preview can be pressed where the tool is an outside program; says whether that is at work."""
        if not self.presenter.tools.is_program:
            self.propose.setToolTip(_PROPOSE)
            return False
        ready = self.presenter.ai.preview_state()
        self.propose.setEnabled(ready.enabled)
        self.propose.setToolTip(_PROPOSE if ready.enabled else f"{title_text(ready.reason)}.")
        job = self.presenter.ai.job
        return job is not None and job.kind == "preview"

    def _show(self, state: PreviewState) -> None:
        notes = [title_text(state.text), *state.notes]
        if state.outdated:
            notes.append("Something changed since; press Preview to work it out anew.")
        self.counts.setText("\n".join(notes))
        self.form.set_fields([field for field in state.fields if field.name != "labels"])
        if len(state.labels) > 1:
            self._quiet = True
            self._show_labels(state.labels)
            self._quiet = False

    def _show_labels(self, labels: Sequence[PreviewItem]) -> None:
        """The labels with their voxels and a mark that says which are written."""
        self.labels.clear()
        for item in labels:
            entry = qt.QListWidgetItem(swatch_icon(hex_color(item.color)), f"{item.name}   {item.voxels:,}")
            entry.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable)
            entry.setCheckState(qt.Qt.Checked if item.chosen else qt.Qt.Unchecked)
            self.labels.addItem(entry)
        rows = min(_SHOWN_LABELS, len(labels))
        self.labels.setFixedHeight(rows * max(18, self.labels.sizeHintForRow(0)) + UNIT)

    def _checked(self) -> None:
        state = self.presenter.tools.preview
        if self._quiet or state is None:
            return
        on = enum_int(qt.Qt.Checked)
        marks = [enum_int(self.labels.item(row).checkState()) == on for row in range(len(state.labels))]
        chosen = tuple(item.value for item, mark in zip(state.labels, marks, strict=True) if mark)
        self.presenter.tools.set_confirm("labels", chosen)

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.PREVIEW, Topic.TOOL, Topic.DOCUMENT, Topic.OPTIONS, Topic.PROGRAM, Topic.IMAGE):
            self.refresh()
