"""Our icons: SVG drawn in the text colour of the palette, so that they suit dark and light styles."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any

from .binding import application, enum_int, qt

SIZE = 20
_SCALES = (1, 2, 3)


@lru_cache(maxsize=256)
def has_icon(name: str) -> bool:
    """Whether there is an icon of this name."""
    return (resources.files("MultiLabelSegLib") / "resources" / "icons" / f"{name}.svg").is_file()


@lru_cache(maxsize=256)
def svg_text(name: str) -> str:
    """The text of an icon's file; that of ``more`` where there is none of this name."""
    folder = resources.files("MultiLabelSegLib") / "resources" / "icons"
    file = folder / f"{name}.svg"
    return (file if file.is_file() else folder / "more.svg").read_text(encoding="utf-8")


def icon(name: str, color: Any | None = None, disabled: Any | None = None) -> Any:
    """A QIcon in the text colour of the application's palette, pale where its button is disabled."""
    palette = application().palette()
    text = color if color is not None else palette.color(qt.QPalette.ButtonText)
    pale = disabled if disabled is not None else palette.color(qt.QPalette.Disabled, qt.QPalette.ButtonText)
    return _icon(name, text.name(), pale.name())


@lru_cache(maxsize=512)
def _icon(name: str, color: str, pale: str) -> Any:
    made = qt.QIcon()
    for scale in _SCALES:
        made.addPixmap(pixmap(name, color, SIZE * scale), qt.QIcon.Normal)
        made.addPixmap(pixmap(name, pale, SIZE * scale), qt.QIcon.Disabled)
    return made


@lru_cache(maxsize=2048)
def pixmap(name: str, color: str, size: int) -> Any:
    """A square picture of an icon, ``size`` device pixels wide, in ``color`` (``#rrggbb``)."""
    text = svg_text(name).replace("currentColor", color)
    made = qt.QPixmap(size, size)
    made.fill(qt.QColor(0, 0, 0, 0))
    if hasattr(qt, "QSvgRenderer"):
        renderer = qt.QSvgRenderer(qt.QByteArray(text.encode()))
        if renderer.isValid():
            painter = qt.QPainter(made)
            renderer.render(painter)
            painter.end()
            return made
    return _by_plugin(text, size) or _letter(made, name, color)


def _by_plugin(text: str, size: int) -> Any | None:
    """Qt's image plugin for SVG draws at the size that the text says."""
    sized = text.replace('width="24" height="24"', f'width="{size}" height="{size}"')
    made = qt.QPixmap()
    return made if made.loadFromData(qt.QByteArray(sized.encode()), "SVG") else None


def _letter(made: Any, name: str, color: str) -> Any:
    """Without any SVG: the name's first letter, so that a button is never empty."""
    painter = qt.QPainter(made)
    painter.setPen(qt.QColor(color))
    size = int(made.width())
    font = painter.font()
    font.setPixelSize(max(8, int(size * 0.7)))
    painter.setFont(font)
    painter.drawText(qt.QRect(0, 0, size, size), enum_int(qt.Qt.AlignCenter), name[:1].upper())
    painter.end()
    return made


@lru_cache(maxsize=4096)
def swatch(color: str, size: int) -> Any:
    """A rounded square of a label's colour with a thin edge that shows on dark and light."""
    made = qt.QPixmap(size, size)
    made.fill(qt.QColor(0, 0, 0, 0))
    painter = qt.QPainter(made)
    painter.setRenderHint(qt.QPainter.Antialiasing, True)
    painter.setPen(qt.QPen(qt.QColor(128, 128, 128, 200), max(1, size // 16)))
    painter.setBrush(qt.QBrush(qt.QColor(color)))
    inset = max(1, size // 8)
    painter.drawRoundedRect(qt.QRect(inset, inset, size - 2 * inset - 1, size - 2 * inset - 1), size / 6, size / 6)
    painter.end()
    return made


def swatch_icon(color: str) -> Any:
    """A QIcon of a colour."""
    made = qt.QIcon()
    for scale in _SCALES:
        made.addPixmap(swatch(color, 16 * scale))
    return made


def forget() -> None:
    """Drops what was drawn: before the application ends, for pictures may not outlive it."""
    for cached in (_icon, pixmap, swatch):
        cached.cache_clear()
