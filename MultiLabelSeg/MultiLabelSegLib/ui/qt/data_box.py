"""Data selection: the reference image, the segmentation, the frame, and offers where they do not fit each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..files.offers import Offer
from ..presenter import Presenter
from ..topics import Changed, Topic
from .binding import connect, enum_int, qt
from .drop_down import ElidedItems
from .layout import UNIT, ElidedLabel, clear_layout, icon_button, sign_label, text_button, title_text

_NONE = "None"


class DataBox:
    """``new_segmentation`` and ``more`` are what the buttons beside the list of segmentations do."""

    def __init__(
        self,
        presenter: Presenter,
        open_image: Callable[[], object],
        new_segmentation: Callable[[], object],
        more: Callable[[Any], object],
        parent: Any = None,
    ) -> None:
        self.presenter = presenter
        self.widget = qt.QWidget(parent)
        self.image = _Choice("Reference image", self._image_chosen)
        self.segmentation = _Choice("Segmentation", self._segmentation_chosen)
        self.open_image = icon_button("open", "Open an image or a folder of DICOM images", open_image)
        self.new = icon_button("new", "New segmentation of the image", new_segmentation)
        self.more = icon_button("more", "More to do with the segmentation", lambda: more(self.more))
        self.state = ElidedLabel("", 48, 0)
        self.state.widget.setForegroundRole(qt.QPalette.PlaceholderText)
        self.time = _TimeRow(presenter.data.set_frame)
        self.offer = OfferBox(presenter.data.take, presenter.data.dismiss)
        self._lay_out()
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()

    def _lay_out(self) -> None:
        grid = qt.QGridLayout(self.widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(UNIT)
        grid.setVerticalSpacing(UNIT)
        grid.setColumnStretch(1, 1)
        lines = (("Image", self.image, (self.open_image,)), ("Segmentation", self.segmentation, (self.new, self.more)))
        for row, (title, choice, buttons) in enumerate(lines):  # in the order in which Tab goes
            label = qt.QLabel(title)
            label.setBuddy(choice.widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(choice.widget, row, 1)
            for place, button in enumerate(buttons):
                grid.addWidget(button, row, 2 + place)
        grid.addWidget(self.state.widget, 2, 1, 1, 3)
        grid.addWidget(self.time.widget, 3, 0, 1, 4)
        grid.addWidget(self.offer.widget, 4, 0, 1, 4)

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def refresh(self) -> None:
        """Shows images, segmentations, the frame and the offer as they are now."""
        data = self.presenter.data
        images = [("", _NONE, True, ""), *data.images()]
        self.image.show(images, data.image_id)
        segmentations = [
            (each.id, f"{each.title} *" if each.modified else each.title, each.congruent, each.reason)
            for each in data.segmentations()
        ]
        self.segmentation.show([("", _NONE, True, ""), *segmentations], data.segmentation_id)
        self.new.setEnabled(bool(data.image_id))
        self.more.setEnabled(bool(data.segmentation_id))
        self.time.show(data.frame, data.frames)
        self.offer.show(data.offer())
        self._show_state()

    def _show_state(self) -> None:
        session = self.presenter.session
        if session.current is None:
            self.state.widget.hide()
            return
        path = session.path
        changed = "Unsaved changes" if session.is_modified else "Saved" if path is not None else "No changes"
        self.state.set_text(f"{changed} · {'no file yet' if path is None else path.name}")
        self.state.widget.setToolTip("Not saved in a file yet" if path is None else str(path))
        self.state.widget.show()

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.DOCUMENT, Topic.IMAGE, Topic.SAVED):
            self.refresh()
        elif changed.topic is Topic.FRAME:
            self.time.show(self.presenter.data.frame, self.presenter.data.frames)

    def _image_chosen(self, image_id: str) -> None:
        self.presenter.data.select_image(image_id)

    def _segmentation_chosen(self, segmentation_id: str) -> None:
        self.presenter.data.select_segmentation(segmentation_id)


class _Choice:
    """A drop-down of things with ids; those that cannot be chosen are pale and say why."""

    def __init__(self, name: str, chosen: Callable[[str], object]) -> None:
        self.widget = qt.QComboBox()
        self.widget.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.widget.setMinimumContentsLength(8)
        self.widget.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
        self.widget.setAccessibleName(name)
        self._items = ElidedItems(self.widget)
        self._chosen, self._ids, self._shown = chosen, [""], []  # type: ignore[var-annotated]
        connect(self.widget, "activated(int)", self._activated)

    def show(self, items: Sequence[Any], current: str) -> None:
        """Lists (id, title, enabled, reason)."""
        shown = [tuple(item)[:4] for item in items]
        self.widget.blockSignals(True)
        try:
            if shown != self._shown:
                self._fill(shown)
            self.widget.setCurrentIndex(self._ids.index(current) if current in self._ids else 0)
        finally:
            self.widget.blockSignals(False)
        self._items.refresh()
        self.widget.setToolTip(self._items.title)

    def _fill(self, shown: list[Any]) -> None:
        self._shown, self._ids = shown, [item[0] for item in shown]
        self._items.set_titles([str(item[1]) for item in shown])
        for place, (_, title, enabled, reason) in enumerate(shown):
            tip = f"{title}\n{title_text(reason)}".strip()
            self.widget.setItemData(place, tip, enum_int(qt.Qt.ToolTipRole))
            self.widget.model().item(place).setEnabled(bool(enabled))

    def _activated(self, place: int) -> None:
        try:
            if 0 <= place < len(self._ids):
                self._chosen(self._ids[place])
        finally:
            self._shown = []  # what was refused is not shown as chosen: the next refresh lists anew


class _TimeRow:
    """A slider over the frames; hidden for one."""

    def __init__(self, set_frame: Callable[[int], object]) -> None:
        self.widget = qt.QWidget()
        row = qt.QHBoxLayout(self.widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * UNIT)
        self.slider = qt.QSlider(qt.Qt.Horizontal)
        self.slider.setAccessibleName("Time point")
        self.number = qt.QLabel()
        row.addWidget(qt.QLabel("Time"))
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        self._set_frame, self._quiet = set_frame, False
        connect(self.slider, "valueChanged(int)", self._slid)

    def show(self, frame: int, frames: int) -> None:
        """Shows a frame of several."""
        self._quiet = True
        self.slider.setRange(0, max(0, frames - 1))
        self.slider.setValue(frame)
        self._quiet = False
        self.number.setText(f"{frame} / {frames - 1}")  # as views count slices and time
        self.widget.setVisible(frames > 1)

    def _slid(self, frame: int) -> None:
        if not self._quiet:
            self._set_frame(frame)


class OfferBox:
    """What does not fit, and one button for each way to go on."""

    def __init__(self, take: Callable[[str], object], dismiss: Callable[[], object]) -> None:
        self.widget = qt.QFrame()
        self.widget.setFrameShape(qt.QFrame.StyledPanel)
        self._take = take
        self._shown: Offer | None = None
        self.buttons: dict[str, Any] = {}
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        top = qt.QHBoxLayout()
        top.setSpacing(2 * UNIT)
        self.text = qt.QLabel()
        self.text.setWordWrap(True)
        close = icon_button("cancel", "Not now", dismiss)
        top.addWidget(sign_label("info"), 0, qt.Qt.AlignTop)
        top.addWidget(self.text, 1)
        top.addWidget(close, 0, qt.Qt.AlignTop)
        column.addLayout(top)
        self._rows = qt.QVBoxLayout()
        self._rows.setSpacing(UNIT)
        column.addLayout(self._rows)
        self.widget.hide()

    def show(self, offer: Offer | None) -> None:
        """Shows an offer, or nothing."""
        self.widget.setVisible(offer is not None)
        if offer is self._shown:
            return
        self._shown = offer
        clear_layout(self._rows)
        self.buttons.clear()
        if offer is None:
            return
        self.text.setText(title_text(offer.text))
        for choice in offer.choices:
            button = text_button(choice.title, self._caller(choice.id), "", choice.help)
            button.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
            self.buttons[choice.id] = button
            self._rows.addWidget(button)

    def _caller(self, choice_id: str) -> Callable[[], object]:
        return lambda: self._take(choice_id)
