"""Style sheets for parts whose chosen state Qt's own styles hardly show, above all in the dark.

Their colours are those of the palette at the time of dressing, so that ``redress`` is called when the palette changes.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from .binding import get, qt

_SHEETS = {
    # tabs: the one in front has a line in the accent's colour below it
    "tabs": """
QTabBar::tab { padding: 5px 8px; border: none; border-bottom: 2px solid @line; color: @pale; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { border-bottom: 2px solid @accent; color: @text; font-weight: bold; }
""",
    # buttons side by side of which one is chosen
    "segments": """
QToolButton { padding: 4px; border: 1px solid @line; background: @button; color: @text; }
QToolButton:hover { border-color: @accent; }
QToolButton:checked { background: @accent; color: @on_accent; border-color: @accent; font-weight: bold; }
""",
    # flat buttons with an icon, of which one may be on
    "tools": """
QToolButton { border: 2px solid transparent; border-radius: 4px; background: transparent; color: @text; }
QToolButton:hover:enabled { background: @button; }
QToolButton:focus { border-color: @line; }
QToolButton:checked { background: @base; border-color: @accent; }
QToolButton:disabled { color: @pale; }
""",
    # boxes to tick, alone and in lists: Qt's own style draws an empty one in nearly the colour of a dark background
    "checks": """
QCheckBox::indicator, QAbstractItemView::indicator
{ width: 11px; height: 11px; border: 1px solid @pale; border-radius: 2px; background: @base; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: @accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked
{ background: @accent; border-color: @on_accent; image: url("@tick"); }
QCheckBox::indicator:disabled, QAbstractItemView::indicator:disabled { border-color: @line; }
QCheckBox::indicator:checked:disabled, QAbstractItemView::indicator:checked:disabled { background: @line; }
""",
}


def dress(widget: Any, kind: str) -> None:
    """Gives a widget, or all of a kind below it, the look ``tabs``, ``segments``, ``tools`` or ``checks``."""
    widget.setProperty("mlsSheet", kind)
    widget.setStyleSheet(_filled(kind, _colors(get(widget, "palette"))))


def check_box(title: str = "") -> Any:
    """A check box in the look ``checks``."""
    box = qt.QCheckBox(title)
    dress(box, "checks")
    return box


def redress(root: Any) -> None:
    """Dresses what is below a widget in the colours of its palette now."""
    colors = _colors(get(root, "palette"))
    for widget in root.findChildren(qt.QWidget):
        kind = get(widget, "mlsSheet")
        if kind:
            widget.setStyleSheet(_filled(str(kind), colors))


def _filled(kind: str, colors: dict[str, str]) -> str:
    """A sheet with the colours in the places of their names."""
    sheet = _SHEETS[kind]
    for name, color in colors.items():
        sheet = sheet.replace(f"@{name};", f"{color};")
    return sheet.replace("@tick", _tick())


@lru_cache(maxsize=1)
def _tick() -> str:
    """The file of the mark in a box, as a sheet names it."""
    return Path(str(resources.files("MultiLabelSegLib") / "resources" / "tick.svg")).as_posix()


def _colors(palette: Any) -> dict[str, str]:
    roles = {
        "line": qt.QPalette.Mid,
        "text": qt.QPalette.WindowText,
        "pale": qt.QPalette.PlaceholderText,
        "button": qt.QPalette.Button,
        "base": qt.QPalette.Base,
        "accent": qt.QPalette.Highlight,
        "on_accent": qt.QPalette.HighlightedText,
    }
    return {name: str(palette.color(role).name()) for name, role in roles.items()}
