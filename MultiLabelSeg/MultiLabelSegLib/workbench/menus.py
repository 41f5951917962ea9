"""Menus of the workbench's window; everything in them is a method of the presenter, the panel or the canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy import QtGui

from ..ui.qt.errors import guarded
from .canvas_layouts import LAYOUTS

if TYPE_CHECKING:
    from .main_window import MainWindow

#: window and level of CT in Hounsfield units
WINDOWS: Mapping[str, tuple[float, float]] = {
    "Soft tissue": (400, 40),
    "Lung": (1500, -600),
    "Bone": (1800, 400),
    "Brain": (80, 40),
    "Liver": (150, 60),
}
#: the property of a menu's item that holds its keys
_OWN_KEYS = "mlsKeys"


def add_menus(window: MainWindow) -> None:
    """Fills the menu bar."""
    bar = window.menuBar()
    for title, fill in (("&File", _file), ("&Edit", _edit)):
        menu = bar.addMenu(title)
        fill(window, menu)
        menu.aboutToShow.connect(partial(_show_keys, window, menu))
    _view(window, bar.addMenu("&View"))
    _help(window, bar.addMenu("&Help"))
    share_keys(window)


def share_keys(window: MainWindow) -> None:
    """Keys that the panel's actions are bound to are the panel's: with two owners Qt would ask neither of them."""
    taken = {binding.keys for binding in window.presenter.keys.bindings()}
    for action in window.menuBar().findChildren(QtGui.QAction):
        own = action.property(_OWN_KEYS)
        if own:
            action.setShortcut(QtGui.QKeySequence("" if own in taken else own))


def _file(window: MainWindow, menu: Any) -> None:
    files, data = window.panel.files, window.presenter.data
    _add(menu, "&Open…", files.open_file, "Ctrl+O")
    _add(menu, "Open &image…", files.open_image)
    recent = menu.addMenu("Open &recent")
    recent.aboutToShow.connect(lambda: _fill_recent(window, recent))
    _add(menu, "&New segmentation…", files.new_segmentation, "Ctrl+N")
    menu.addSeparator()
    _add_key(window, menu, "&Save", "save")
    _add_key(window, menu, "Save &as…", "save_as")
    _add(menu, "&Export…", files.export)
    _add(menu, "I&mport into this segmentation…", files.import_file)
    menu.addSeparator()
    _add(menu, "&Duplicate", data.duplicate)
    _add(menu, "&Close segmentation", files.close, "Ctrl+W")
    _add(menu, "&Quit", window.close, "Ctrl+Q")


def _fill_recent(window: MainWindow, menu: Any) -> None:
    menu.clear()
    for path in window.presenter.files.recent():
        _add(menu, str(path), _opener(window, path))
    menu.setEnabled(True)
    if menu.isEmpty():
        menu.addAction("(none)").setEnabled(False)


def _opener(window: MainWindow, path: Path) -> Callable[[], None]:
    return lambda: window.open_paths([path])


def _edit(window: MainWindow, menu: Any) -> None:
    # as the panel's keys do, so that a lasso that is being drawn is asked first
    _add_key(window, menu, "&Undo", "undo")
    _add_key(window, menu, "&Redo", "redo")
    menu.addSeparator()
    _add(menu, "&Presets and suggestions…", window.panel.dialogs.presets)
    _add(menu, "&Statistics…", window.panel.dialogs.statistics)
    _add(menu, "&Task list…", window.panel.dialogs.tasks)
    menu.addSeparator()
    _add_key(window, menu, "Pre&ferences…", "preferences")


def _view(window: MainWindow, menu: Any) -> None:
    canvas = window.canvas
    group = QtGui.QActionGroup(menu)
    for number, name in enumerate(LAYOUTS, 1):
        action = _add(menu, name.capitalize(), partial(canvas.set_layout, name), f"Ctrl+{number}")
        action.setCheckable(True)
        action.setChecked(name == canvas.layout_name)
        group.addAction(action)
    menu.addSeparator()
    _add(menu, "&Reset views", canvas.reset_views, "Ctrl+R")
    crosshair = _add(menu, "&Crosshair", lambda: canvas.set_crosshair_visible(crosshair.isChecked()))
    crosshair.setCheckable(True)
    crosshair.setChecked(True)
    _add(menu, "&Surfaces of visible labels", canvas.request_surfaces, "Ctrl+D")
    windows = menu.addMenu("&Window")
    for title, (width, level) in WINDOWS.items():
        _add(windows, f"{title} ({width:g} / {level:g})", partial(canvas.set_window_level, width, level))
    menu.addSeparator()
    _add(menu, "&Dark", lambda: window.set_theme("dark"))
    _add(menu, "&Light", lambda: window.set_theme("light"))


def _help(window: MainWindow, menu: Any) -> None:
    _add(menu, "&Keys", lambda: window.show_page("Keys", keys_page(window)))
    _add(menu, "&About", lambda: window.show_page("About", about_page()))


def keys_page(window: MainWindow) -> str:
    """All keys as a table of HTML."""
    rows = "".join(
        f"<tr><td>{escape(binding.title)}&nbsp;&nbsp;&nbsp;</td><td><b>{escape(binding.keys)}</b></td></tr>"
        for binding in window.presenter.keys.bindings()
    )
    return f"<table>{rows}</table>"


def about_page() -> str:
    """Name, version and licence."""
    from .. import __version__

    return (
        f"<h3>MultiLabelSeg {escape(__version__)}</h3>"
        "<p>Segmentations made of groups, labels and label instances.</p>"
        "<p>Apache License, version 2.0. Not a medical device.</p>"
    )


def _add(menu: Any, title: str, function: Callable[[], object], keys: str = "") -> Any:
    action = menu.addAction(title)
    if keys:
        action.setShortcut(QtGui.QKeySequence(keys))
        action.setProperty(_OWN_KEYS, keys)
    action.triggered.connect(lambda *_: guarded(function))
    return action


def _add_key(window: MainWindow, menu: Any, title: str, action: str) -> None:
    """An item whose key belongs to the panel: a second owner of it would make Qt ask neither of them."""
    item = _add(menu, title, lambda: window.panel.run(action))
    item.setData((title, action))


def _show_keys(window: MainWindow, menu: Any) -> None:
    """Writes the panel's keys, which can be bound anew, beside their items."""
    for item in menu.actions():
        if item.data():
            title, action = item.data()
            item.setText(f"{title}\t{window.presenter.keys.keys_of(action)}")
