"""Dark and light for the whole window; widgets keep Qt's own Fusion style."""

from __future__ import annotations

from typing import Any

from qtpy import QtGui, QtWidgets

from ..errors import OptionError
from .canvas_theme import THEMES, Theme

_ROLES = QtGui.QPalette
#: window, base, alternate base, button, text, pale text, lines, accent, text on the accent
_COLORS: dict[Theme, tuple[str, ...]] = {
    "dark": ("#25282e", "#1b1d21", "#22252a", "#30343b", "#e8eaee", "#98a0b3", "#4a515c", "#3f7fd6", "#ffffff"),
    "light": ("#eef0f3", "#ffffff", "#f5f6f8", "#e3e6ea", "#1d2126", "#666d79", "#b6bcc6", "#2f6fc4", "#ffffff"),
}


def set_palette(application: Any, theme: Theme) -> None:
    """Gives an application the colours of a theme. Raises OptionError for one that there is not."""
    if theme not in THEMES:
        raise OptionError("theme", theme, THEMES)
    window, base, other, button, text, pale, line, accent, on_accent = map(QtGui.QColor, _COLORS[theme])
    palette = QtGui.QPalette()
    for role, color in (
        (_ROLES.Window, window),
        (_ROLES.WindowText, text),
        (_ROLES.Base, base),
        (_ROLES.AlternateBase, other),
        (_ROLES.Text, text),
        (_ROLES.Button, button),
        (_ROLES.ButtonText, text),
        (_ROLES.BrightText, on_accent),
        (_ROLES.ToolTipBase, other),
        (_ROLES.ToolTipText, text),
        (_ROLES.PlaceholderText, pale),
        (_ROLES.Mid, line),
        (_ROLES.Highlight, accent),
        (_ROLES.HighlightedText, on_accent),
        (_ROLES.Link, accent),
    ):
        palette.setColor(role, color)
    for role in (_ROLES.WindowText, _ROLES.Text, _ROLES.ButtonText):
        palette.setColor(_ROLES.Disabled, role, pale)
    application.setStyle(QtWidgets.QStyleFactory.create("Fusion"))
    application.setPalette(palette)
