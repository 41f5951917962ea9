"""The tools as buttons on two tabs, 2D and 3D; at most one is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..presenter import Presenter
from ..tools.entries import TABS as TOOL_TABS
from ..tools.entries import Tab, ToolEntry
from ..topics import Changed, Topic
from .binding import connect, get, qt
from .errors import guarded
from .icons import has_icon, icon
from .layout import UNIT, clear_layout, smaller_font
from .style_sheets import dress

_TITLES = {"2d": "2D tools", "3d": "3D tools", "post": "Post"}
_TABS: tuple[tuple[Any, str], ...] = tuple((tab, _TITLES.get(tab, tab)) for tab in TOOL_TABS)
#: tools whose name is that of another icon
_ICONS = {"open": "open_morphology"}
#: buttons a row: with names, and without (MITK's compact view)
_NORMAL, _COMPACT = 4, 6
#: letters of a word that has no room below an icon
_LONG_WORD = 13
_TOPICS = (Topic.TOOL, Topic.ACTIVE, Topic.DOCUMENT, Topic.IMAGE, Topic.ROWS, Topic.PREFERENCES)


class ToolBox:
    """Shows the presenter's tools. A click switches a tool on or off; why one cannot be used is its tool tip."""

    def __init__(self, presenter: Presenter, tip: Callable[[str], str], parent: Any = None) -> None:
        self.presenter, self._tip = presenter, tip
        self.widget = qt.QWidget(parent)
        self.widget.setSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Fixed)
        self.buttons: dict[str, Any] = {}
        self._entries: dict[str, ToolEntry] = {}
        self._pages: dict[Tab, Any] = {}
        self._grids: dict[Tab, Any] = {}
        self._shape: tuple[Any, ...] = ()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        self.tabs = qt.QTabBar()
        self.tabs.setExpanding(True)
        self.tabs.setDrawBase(False)
        dress(self.tabs, "tabs")
        self.tabs.setAccessibleName("2D or 3D tools")
        column.addWidget(self.tabs)
        for tab, title in _TABS:
            self.tabs.addTab(title)
            page = qt.QWidget()
            dress(page, "tools")
            grid = qt.QGridLayout(page)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setSpacing(2)
            self._pages[tab], self._grids[tab] = page, grid
            column.addWidget(page)
        connect(self.tabs, "currentChanged(int)", self._show_tab)
        self._disconnect = presenter.changed.connect(self._on_changed)
        self.refresh()
        self._show_tab(0)

    def close(self) -> None:
        """Follows the presenter no more."""
        self._disconnect()

    def show_tab(self, tab: Tab) -> None:
        """Brings a tab to the front."""
        self.tabs.setCurrentIndex([each for each, _ in _TABS].index(tab))

    def last_button(self) -> Any:
        """The last button of the tab that is in front."""
        tab = _TABS[int(get(self.tabs, "currentIndex"))][0]
        return self.buttons[self.presenter.tools.entries(tab)[-1].name]

    def refresh(self) -> None:
        """Shows which tools there are, which is on and which cannot be used now."""
        listed = {tab: self.presenter.tools.entries(tab) for tab, _ in _TABS}
        compact = bool(self.presenter.session.preferences.compact_view)
        shape = (compact, *(entry.name for entries in listed.values() for entry in entries))
        if shape != self._shape:
            self._build(listed, compact)
            self._shape = shape
        for tab, entries in listed.items():
            for entry in entries:
                self._refresh_button(entry)
                if entry.active:
                    self.show_tab(tab)

    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in _TOPICS:
            self.refresh()

    def _build(self, listed: dict[Tab, tuple[ToolEntry, ...]], compact: bool) -> None:
        self.buttons.clear()
        columns = _COMPACT if compact else _NORMAL
        for tab, entries in listed.items():
            grid = self._grids[tab]
            clear_layout(grid)
            texts = [in_two_lines(entry.title) for entry in entries]
            for place, entry in enumerate(entries):
                start = place - place % columns
                lines = 1 + any("\n" in text for text in texts[start : start + columns])
                button = self._button(entry, compact, lines)
                grid.addWidget(button, place // columns, place % columns)
                self.buttons[entry.name] = button
            for column in range(_COMPACT):
                grid.setColumnStretch(column, 1 if column < columns else 0)

    def _button(self, entry: ToolEntry, compact: bool, lines: int) -> Any:
        button = qt.QToolButton()
        button.setCheckable(True)
        button.setAutoRaise(True)
        name = tool_icon(entry.icon)
        button.setIcon(icon(name))
        button.setProperty("mlsIcon", name)
        button.setIconSize(qt.QSize(22, 22))
        button.setAccessibleName(entry.title)
        button.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        if compact:
            button.setToolButtonStyle(qt.Qt.ToolButtonIconOnly)
            button.setFixedHeight(34)
        else:
            font = smaller_font(button)
            button.setFont(font)
            button.setText(in_two_lines(entry.title))
            button.setToolButtonStyle(qt.Qt.ToolButtonTextUnderIcon)
            button.setFixedHeight(28 + lines * qt.QFontMetrics(font).height() + 2 * UNIT)
        connect(button, "clicked()", lambda: self._clicked(entry.name))
        return button

    def _refresh_button(self, entry: ToolEntry) -> None:
        button = self.buttons[entry.name]
        self._entries[entry.name] = entry
        button.setChecked(entry.active)
        button.setEnabled(entry.enabled)
        tip = self._tip(f"tool:{entry.name}") or entry.title
        button.setToolTip(f"{tip}\n{entry.reason[:1].upper()}{entry.reason[1:]}." if entry.reason else tip)

    def _clicked(self, name: str) -> None:
        guarded(self.presenter.tools.toggle, name)
        self.refresh()  # the button has toggled itself already, whether or not the tool did

    def _show_tab(self, index: int) -> None:
        for place, (tab, _) in enumerate(_TABS):
            self._pages[tab].setVisible(place == index)


def tool_icon(name: str) -> str:
    """The icon of a tool; outside programs without one share theirs."""
    name = _ICONS.get(name, name)
    return name if has_icon(name) else "ai"


def in_two_lines(title: str) -> str:
    """A title broken at the space nearest to its middle when it is long, one long word at a capital in it."""
    if len(title) > _LONG_WORD and " " not in title:
        capitals = [place for place in range(3, len(title) - 2) if title[place].isupper()]
        return f"{title[: capitals[0]]}\n{title[capitals[0] :]}" if capitals else title
    spaces = [place for place, letter in enumerate(title) if letter in " /"]
    if len(title) <= 9 or not spaces:
        return title
    middle = min(spaces, key=lambda place: abs(place - len(title) / 2))
    kept = title[: middle + 1] if title[middle] == "/" else title[:middle]
    return f"{kept}\n{title[middle + 1 :].strip()}"
