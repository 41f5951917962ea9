"""The channels of a model: a name that can be edited, and an image for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...programs.pages import ChannelRow, NnUNetPage
from ...programs.programs import AiTools
from ..binding import connect, get, qt
from ..drop_down import ElidedItems
from ..editor_base import WheelGuard
from ..layout import UNIT, clear_layout, hint_label


class ChannelRows:
    """Is empty until a model is chosen."""

    def __init__(self, ai: AiTools, page: NnUNetPage) -> None:
        self._ai, self._page = ai, page
        self.widget = qt.QWidget()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self._grid = qt.QGridLayout()
        self._grid.setHorizontalSpacing(2 * UNIT)
        self._grid.setVerticalSpacing(UNIT)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        column.addLayout(self._grid)
        self.hint = hint_label()
        column.addWidget(self.hint)
        self.names: list[Any] = []
        self.images: list[Any] = []
        self._ids: list[str] = []
        self._titles: list[str] = []
        self._guards: list[Any] = []
        self._items: list[ElidedItems] = []
        self.refresh()

    def refresh(self) -> None:
        """Shows the channels of the model that is chosen now."""
        rows, images = self._page.channels.rows, self._ai.images()
        ids, titles = [identity for identity, _ in images], [title for _, title in images]
        if len(rows) != len(self.names):
            self._build(len(rows))
            self._ids, self._titles = [], []
        renew = (ids, titles) != (self._ids, self._titles)
        self._ids, self._titles = ids, titles
        for row in rows:
            self._show(row, renew)
        self.widget.setVisible(bool(rows) or bool(self._page.channels.problem))
        problem = self._page.channels.problem
        self.hint.setText(f"{problem[:1].upper()}{problem[1:]}")
        self.hint.setVisible(bool(problem))

    def _build(self, count: int) -> None:
        clear_layout(self._grid)
        self.names, self.images, self._guards, self._items = [], [], [], []
        for place in range(count):
            name, image = qt.QLineEdit(), qt.QComboBox()
            name.setToolTip("How the channel is called; the name is kept beside the model")
            name.setAccessibleName(f"Name of channel {place}")
            image.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
            image.setMinimumContentsLength(6)
            image.setAccessibleName(f"Image of channel {place}")
            image.setToolTip(
                "The image of the channel; the first one's is the reference image unless another is chosen"
            )
            guard = WheelGuard(image)
            image.installEventFilter(guard)
            connect(name, "editingFinished()", self._renamer(place))
            connect(image, "activated(int)", self._chooser(place))
            self._grid.addWidget(name, place, 0)
            self._grid.addWidget(image, place, 1)
            self.names.append(name)
            self.images.append(image)
            self._guards.append(guard)
            self._items.append(ElidedItems(image))

    def _show(self, row: ChannelRow, renew: bool) -> None:
        name, image = self.names[row.index], self.images[row.index]
        if not name.hasFocus() and get(name, "text") != row.name:
            name.setText(row.name)
        name.setPlaceholderText(f"channel {row.index}")
        if renew:
            self._items[row.index].set_titles(self._titles)
            image.setProperty("placeholderText", "choose an image")
        image.setCurrentIndex(self._ids.index(row.image_id) if row.image_id in self._ids else -1)

    def _renamer(self, place: int) -> Callable[[], None]:
        def rename() -> None:
            text = str(get(self.names[place], "text"))
            rows = self._page.channels.rows
            if place < len(rows) and text != rows[place].name and not self._page.rename_channel(place, text):
                self.names[place].setText(rows[place].name)

        return rename

    def _chooser(self, place: int) -> Callable[[int], None]:
        def choose(chosen: int) -> None:
            if 0 <= chosen < len(self._ids):
                self._page.set_image(place, self._ids[chosen])

        return choose
