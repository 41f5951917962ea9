"""Interpolation: off, 2D between slices, 3D between contours; what is suggested, and taking it."""

from __future__ import annotations

from typing import Any

from ..interpolation.interpolation import Interpolation, Mode
from ..presenter import Presenter
from ..topics import Changed, Topic
from .binding import USER_ROLE, connect, get, qt
from .layout import UNIT, button_row, hint_label, icon_button, text_button, title_text
from .style_sheets import check_box, dress

#: contours that are seen without scrolling
_SHOWN_CONTOURS = 5
_MODES: tuple[tuple[Mode, str], ...] = (("off", "Off"), ("2d", "2D"), ("3d", "3D"))


class InterpolationBox:
    """Shows the presenter's interpolation; only what the mode needs is seen."""

    def __init__(self, presenter: Presenter, parent: Any = None) -> None:
        self.presenter = presenter
        self.widget = qt.QWidget(parent)
        part = presenter.interpolation
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.modes: dict[str, Any] = {}
        column.addLayout(self._mode_row())
        self.text = hint_label()
        column.addWidget(self.text)
        self.flat = qt.QWidget()
        self.all_labels = check_box("For all labels")
        self.all_labels.setToolTip("Suggests for every label of the group, not for the active one alone")
        connect(self.all_labels, "clicked(bool)", part.set_all_labels)
        self.confirm_slice = text_button("Confirm slice", part.confirm_slice, "confirm", "Writes the shown suggestion")
        self.confirm_all = text_button("Confirm all", part.confirm_all, "", "Writes all suggestions, as one step")
        flat = qt.QVBoxLayout(self.flat)
        flat.setContentsMargins(0, 0, 0, 0)
        flat.setSpacing(UNIT)
        flat.addWidget(self.all_labels)
        flat.addLayout(button_row(self.confirm_slice, self.confirm_all, stretch=False))
        self.solid = qt.QWidget()
        self._fill_solid(part)
        column.addWidget(self.flat)
        column.addWidget(self.solid)
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()

    def _mode_row(self) -> Any:
        row = qt.QHBoxLayout()
        row.setSpacing(0)
        group = qt.QButtonGroup(self.widget)
        for mode, title in _MODES:
            button = qt.QToolButton()
            button.setText(title)
            button.setCheckable(True)
            dress(button, "segments")
            button.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
            button.setAccessibleName(f"Interpolation {title}")
            connect(button, "clicked()", self._mode_setter(mode))
            group.addButton(button)
            row.addWidget(button)
            self.modes[mode] = button
        return row

    def _fill_solid(self, part: Interpolation) -> None:
        self.contours = qt.QListWidget()
        self.contours.setUniformItemSizes(True)
        self.contours.setAccessibleName("Contours")
        self.shown = check_box("Show contours")
        self.delete = icon_button("remove", "Remove the chosen contour", self._delete)
        self.confirm = text_button("Confirm", part.confirm_3d, "confirm", "Writes the surface into the active label")
        column = qt.QVBoxLayout(self.solid)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.contours)
        row = button_row(self.shown)
        row.addWidget(self.delete)
        column.addLayout(row)
        column.addWidget(self.confirm)
        connect(self.contours, "itemClicked(QListWidgetItem*)", self._jump)
        connect(self.shown, "clicked(bool)", part.set_contours_visible)

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def refresh(self) -> None:
        """Shows mode, suggestion and contours as they are now."""
        part = self.presenter.interpolation
        for mode, button in self.modes.items():
            button.setChecked(mode == part.mode)
        self.flat.setVisible(part.mode == "2d")
        self.solid.setVisible(part.mode == "3d")
        self.text.setText(title_text(part.reason))
        self.text.setVisible(bool(part.reason) and part.mode != "off")
        self.all_labels.setChecked(part.all_labels)
        if part.mode == "3d":
            self._show_contours(part)

    def _show_contours(self, part: Interpolation) -> None:
        self.contours.clear()
        contours = part.contours()
        for contour in contours:
            item = qt.QListWidgetItem(contour.title)
            item.setData(USER_ROLE, contour.id)
            self.contours.addItem(item)
        count = int(get(self.contours, "count"))
        rows = min(_SHOWN_CONTOURS, count)
        self.contours.setFixedHeight(rows * max(18, self.contours.sizeHintForRow(0)) + UNIT)
        for widget in (self.contours, self.shown):
            widget.setVisible(count > 0)
        are_stored = all(contour.is_stored for contour in contours)
        self.delete.setVisible(count > 0 and are_stored)
        if not are_stored:
            self.text.setText("None is stored: these are the borders of slices that stand apart.")
            self.text.show()
        self.shown.setChecked(part.contours_visible)
        self.confirm.setEnabled(not part.is_busy and part.surface() is not None)
        if part.is_busy:
            self.text.setText("The surface is being worked out…")
            self.text.show()

    def _mode_setter(self, mode: Mode) -> Any:
        def call() -> None:
            try:
                self.presenter.interpolation.set_mode(mode)
            finally:
                self.refresh()

        return call

    def _jump(self, item: Any) -> None:
        self.presenter.interpolation.jump_to_contour(item.data(USER_ROLE))

    def _delete(self) -> None:
        item = self.contours.currentItem()
        if item is not None:
            self.presenter.interpolation.delete_contour(item.data(USER_ROLE))

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.INTERPOLATION, Topic.DOCUMENT, Topic.ACTIVE):
            self.refresh()
