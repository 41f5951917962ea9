"""The tree view of the labels and its header."""

from __future__ import annotations

from typing import Any

from .binding import enum_int, qt
from .icons import icon
from .layout import smaller_font
from .tree_rows import COLOR, COMMENT, EYE, LOCK, NAME, SCORE, STATUS, VALUE, VISUAL_ORDER, VOXELS

#: widths of the columns beside the name, in pixels of a usual screen
_WIDTHS = {LOCK: 22, COLOR: 22, EYE: 24, VALUE: 32, VOXELS: 40, SCORE: 48, COMMENT: 96, STATUS: 80}
#: what a column should show whole
_WIDEST = {VALUE: "999", VOXELS: "99.9k", SCORE: "0.999"}
_ANNOTATIONS = (SCORE, COMMENT, STATUS)


def make_tree_view(model: Any) -> Any:
    """A tree of equal rows, several selected at once, ready for thousands."""
    view = qt.QTreeView()
    view.setModel(model)
    view.setUniformRowHeights(True)
    view.setSelectionMode(qt.QAbstractItemView.ExtendedSelection)
    view.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
    view.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
    view.setContextMenuPolicy(qt.Qt.CustomContextMenu)
    view.setVerticalScrollMode(qt.QAbstractItemView.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    view.setAllColumnsShowFocus(True)
    view.setIndentation(12)
    view.setAnimated(False)
    view.setAutoScroll(False)  # it would unfold what the user folded
    view.setTreePosition(NAME)
    view.setMinimumHeight(120)
    # it takes what the other parts leave: where the panel must be scrolled, it is no higher than it must be
    view.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Ignored)
    view.setAccessibleName("Groups and labels")
    return view


def set_header(view: Any) -> None:
    """Order and widths of the columns."""
    header = view.header()
    for place, column in enumerate(VISUAL_ORDER):
        header.moveSection(header.visualIndex(column), place)
    header.setMinimumSectionSize(20)
    header.setStretchLastSection(False)
    header.setSectionsMovable(False)
    header.setSectionsClickable(True)
    font = smaller_font(header)
    header.setFont(font)
    metrics, cells = qt.QFontMetrics(font), view.fontMetrics()
    header.setSectionResizeMode(NAME, qt.QHeaderView.Stretch)
    for column, width in _WIDTHS.items():
        title = view.model().headerData(column, qt.Qt.Horizontal)
        needed = metrics.boundingRect(str(title or "")).width() + 8
        widest = cells.boundingRect(_WIDEST.get(column, "")).width() + 11
        is_icon = column in (LOCK, COLOR, EYE)
        header.setSectionResizeMode(column, qt.QHeaderView.Fixed if is_icon else qt.QHeaderView.Interactive)
        header.resizeSection(column, width if is_icon else max(width, needed, widest))
    set_header_icons(view)
    for column in (VALUE, VOXELS, SCORE):
        side = qt.Qt.AlignRight | qt.Qt.AlignVCenter
        view.model().setHeaderData(column, qt.Qt.Horizontal, side, enum_int(qt.Qt.TextAlignmentRole))
    view.setIconSize(qt.QSize(16, 16))
    show_columns(view, False)


def set_header_icons(view: Any) -> None:
    """The lock and the eye above their columns, in the present text colour."""
    for column, name, tip in ((LOCK, "lock", "Lock or unlock all listed labels"), (EYE, "eye", "Show or hide them")):
        view.model().setHeaderData(column, qt.Qt.Horizontal, icon(name), enum_int(qt.Qt.DecorationRole))
        view.model().setHeaderData(column, qt.Qt.Horizontal, tip, enum_int(qt.Qt.ToolTipRole))


def show_columns(view: Any, annotations: bool) -> None:
    """Shows or hides score, comment and status."""
    for column in _ANNOTATIONS:
        view.setColumnHidden(column, not annotations)
