"""Paints the cells of the label tree from its rows; no cell has a widget or an item of its own."""

from __future__ import annotations

from typing import Any

from ..tree.rows import Row
from . import icons
from .binding import device_ratio, get, has_flag, qt
from .tree_rows import COLOR, COMMENT, EYE, LOCK, NAME, SCORE, STATUS, VALUE, VOXELS, TreeRows

ICON = 16
_KIND_ICONS = {"group": "group", "folder": "folder", "class": "class"}
_EYES = {True: "eye", False: "eye_off", None: "eye_mixed"}
_LOCKS = {True: "lock", False: "unlock", None: "lock_mixed"}


def short_count(count: int) -> str:
    """A number of voxels in at most five characters: 812, 12.3k, 1.24M."""
    if count < 10_000:
        return str(count)
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if count < limit * 0.9995:
            number = count / (limit / 1000)
            digits = 0 if number >= 99.95 else 1
            return f"{number:.{digits}f}{unit}"
    return f"{count:.1e}"


class RowPainter(qt.QStyledItemDelegate):
    """Draws one cell. ``tree_rows`` knows the rows."""

    def __init__(self, tree_rows: TreeRows, view: Any) -> None:
        super().__init__(view)
        self._rows, self._view = tree_rows, view
        self._active = ""
        self._height = max(22, view.fontMetrics().height() + 8)

    def set_active(self, key: str) -> None:
        """Marks the row of the active label."""
        self._active = key

    def sizeHint(self, option: Any, index: Any) -> Any:  # noqa: ARG002, N802 - Qt's names
        """All rows are of one height."""
        return qt.QSize(40, self._height)

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        """Draws the background of selected cells, then what the column shows."""
        row = self._rows.row_at(index)
        if row is None:
            return
        rect, palette = option.rect, option.palette
        selected = has_flag(option.state, qt.QStyle.State_Selected)
        if selected:
            painter.fillRect(rect, palette.brush(qt.QPalette.Highlight))
        text = palette.color(qt.QPalette.HighlightedText if selected else qt.QPalette.Text)
        column = index.column()
        if column == NAME:
            self._rows.tell_title(index, row)
            self._paint_name(painter, rect, row, text)
        elif column == COLOR:
            self._paint_color(painter, rect, row)
        elif column in (LOCK, EYE):
            self._paint_state(painter, rect, row, column, text)
        else:
            self._paint_text(painter, rect, row, column, text)

    def _paint_name(self, painter: Any, rect: Any, row: Row, text: Any) -> None:
        left = rect.left() + 2
        if row.key == self._active and row.color is not None:
            bar = qt.QColor.fromRgbF(*row.color)
            painter.fillRect(qt.QRect(rect.left() - 3, rect.top() + 3, 3, rect.height() - 6), bar)
        if row.kind in _KIND_ICONS:
            self._icon(painter, qt.QRect(left, rect.top(), ICON, rect.height()), _KIND_ICONS[row.kind], text, 0.8)
            left += ICON + 5
        else:
            left += 3
        font = get(self._view, "font")
        font.setBold(row.key == self._active or row.kind == "group")
        painter.save()
        painter.setFont(font)
        painter.setPen(_mixed(text, 0.55 if row.visible is False else 1.0))
        space = qt.QRect(left, rect.top(), max(0, rect.right() - left - 2), rect.height())
        metrics = qt.QFontMetrics(font)
        painter.drawText(
            space,
            qt.Qt.AlignLeft | qt.Qt.AlignVCenter,
            metrics.elidedText(row.title, qt.Qt.ElideRight, space.width()),
        )
        painter.restore()

    def _paint_color(self, painter: Any, rect: Any, row: Row) -> None:
        if row.color is not None:
            red, green, blue = (round(255 * channel) for channel in row.color)
            ratio = device_ratio(self._view)
            picture = icons.swatch(f"#{red:02x}{green:02x}{blue:02x}", int(ICON * ratio))
            painter.drawPixmap(_centred(rect), picture, qt.QRect(0, 0, int(ICON * ratio), int(ICON * ratio)))

    def _paint_state(self, painter: Any, rect: Any, row: Row, column: int, text: Any) -> None:
        if not row.values:
            return
        state = row.locked if column == LOCK else row.visible
        name = (_LOCKS if column == LOCK else _EYES)[state]
        resting = state is False
        self._icon(painter, rect, name, text, 0.4 if resting else 0.85)

    def _paint_text(self, painter: Any, rect: Any, row: Row, column: int, text: Any) -> None:
        shown = cell_text(row, column)
        if not shown:
            return
        painter.save()
        painter.setFont(get(self._view, "font"))
        is_empty = column == VOXELS and row.voxels == 0
        painter.setPen(_mixed(text, 0.4 if is_empty else 0.75))
        space = qt.QRect(rect.left() + 3, rect.top(), rect.width() - 7, rect.height())
        side = qt.Qt.AlignRight if column in (VALUE, VOXELS, SCORE) else qt.Qt.AlignLeft
        metrics = qt.QFontMetrics(get(self._view, "font"))
        cut = metrics.elidedText(shown, qt.Qt.ElideRight, space.width())
        painter.drawText(space, side | qt.Qt.AlignVCenter, cut)
        painter.restore()

    def _icon(self, painter: Any, rect: Any, name: str, color: Any, strength: float) -> None:
        ratio = device_ratio(self._view)
        size = int(ICON * ratio)
        picture = icons.pixmap(name, color.name(), size)
        painter.setOpacity(strength)
        painter.drawPixmap(_centred(rect), picture, qt.QRect(0, 0, size, size))
        painter.setOpacity(1.0)


def cell_text(row: Row, column: int) -> str:
    """What a cell of text shows."""
    if column == VALUE:
        return "" if row.value is None else str(row.value)
    if column == VOXELS:
        return short_count(row.voxels) if row.values else ""
    if column == SCORE:
        return row.score
    if column == COMMENT:
        return row.comment.replace("\n", " ")
    return row.status if column == STATUS else ""


def cell_hint(row: Row, column: int) -> str:
    """The tool tip of a cell."""
    if column == LOCK:
        state = {True: "Locked: nothing overwrites it", False: "Not locked", None: "Some are locked"}[row.locked]
        return f"{state}. Click to {'unlock' if row.locked else 'lock'}."
    if column == EYE:
        state = {True: "Visible", False: "Hidden", None: "Some are hidden"}[row.visible]
        only = " Alt-click shows it alone." if row.kind == "label" else ""
        return f"{state}. Click to {'hide' if row.visible else 'show'}.{only}"
    if column == COLOR:
        return "Click to choose the colour" if row.values else ""
    if column in (COMMENT, STATUS):
        return cell_text(row, column)
    counted = f"{row.voxels:,} voxels"
    inside = "" if row.kind == "label" else f"{len(row.values)} labels, "
    value = "" if row.value is None else f"value {row.value}, "
    return f"{row.title}\n{value}{inside}{counted}"


def _centred(rect: Any) -> Any:
    return qt.QRect(rect.left() + (rect.width() - ICON) // 2, rect.top() + (rect.height() - ICON) // 2, ICON, ICON)


def _mixed(color: Any, strength: float) -> Any:
    """The colour, more transparent."""
    made = qt.QColor(color)
    made.setAlphaF(strength)
    return made
