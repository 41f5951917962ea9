"""Long names in drop-downs: cut in the middle, whole in the tool tip and in the list that opens."""

from __future__ import annotations

from typing import Any

import pytest

from MultiLabelSegLib.ui.fields import Choice, Field
from Testing.gui.panel.cases import Desk, an_image

pytestmark = pytest.mark.qt

LONG = "BraTS-GLI-00000-000-t1c-registered-to-atlas-session-{}-of-the-first-day"
NAMES = [LONG.format(number) for number in (1, 2)]


@pytest.fixture
def long_desk(desk: Desk) -> Desk:
    """The panel with two images whose long names differ late."""
    for name in NAMES:
        desk.host.add_image(an_image(), name)
    desk.presenter.data.select_image(desk.presenter.data.images()[1].id)
    desk.panel.data.refresh()
    desk.work()
    return desk


def shown(box: Any) -> str:
    return str(box.itemText(box.currentIndex()))


def tool_tip(desk: Desk, box: Any) -> str:
    """The tool tip that comes when the mouse rests on a widget."""
    from qtpy.QtCore import QEvent, QPoint
    from qtpy.QtGui import QHelpEvent

    desk.qt.QToolTip.hideText()
    event = QHelpEvent(QEvent.ToolTip, QPoint(5, 5), box.mapToGlobal(QPoint(5, 5)))
    desk.qt.QApplication.sendEvent(box, event)
    return str(desk.qt.QToolTip.text())


def test_a_long_name_is_cut_in_its_middle_and_has_room(long_desk: Desk) -> None:
    box = long_desk.panel.data.image.widget
    text = shown(box)
    assert "…" in text[5:-5]
    assert (text[:5], text[-5:]) == (NAMES[0][:5], NAMES[0][-5:])
    assert box.fontMetrics().horizontalAdvance(text) <= box.width() - 30


def test_the_whole_name_is_the_tool_tip_and_stands_in_the_list(long_desk: Desk) -> None:
    box = long_desk.panel.data.image.widget
    assert tool_tip(long_desk, box) == NAMES[0]
    titles = [box.itemText(place) for place in range(box.count())]
    assert NAMES[1] in titles
    qt = long_desk.qt
    assert NAMES[0] in {str(box.itemData(place, qt.Qt.ToolTipRole)) for place in range(box.count())}


def test_another_choice_is_cut_and_the_former_one_is_whole_again(long_desk: Desk) -> None:
    long_desk.presenter.data.select_image(long_desk.presenter.data.images()[2].id)
    long_desk.work()
    box = long_desk.panel.data.image.widget
    assert shown(box).endswith(NAMES[1][-5:])
    assert "…" in shown(box)
    assert NAMES[0] in [box.itemText(place) for place in range(box.count())]


def test_a_wider_window_shows_more(long_desk: Desk) -> None:
    box = long_desk.panel.data.image.widget
    before = len(shown(box))
    long_desk.window.resize(460, 900)
    long_desk.work()
    assert len(shown(box)) > before
    long_desk.window.resize(1200, 900)
    long_desk.work()
    assert shown(box) == NAMES[0]


def test_options_with_long_names_are_cut_and_still_give_their_values(desk: Desk) -> None:
    from MultiLabelSegLib.ui.qt.editors import make_editor

    given: list[Any] = []
    choices = tuple(Choice(place, name) for place, name in enumerate(NAMES))
    editor = make_editor(Field("image", "Image", "choice", 0, 0, choices=choices), given.append)
    editor.widget.setToolTip("Which image.")
    editor.widget.resize(160, 24)
    editor.widget.show()
    desk.work()
    assert "…" in shown(editor.widget)
    assert tool_tip(desk, editor.widget) == f"{NAMES[0]}\nWhich image."
    editor.widget.setCurrentIndex(1)
    assert (given, editor.value) == ([1], 1)
    editor.widget.deleteLater()


def test_what_is_typed_in_is_never_cut(desk: Desk) -> None:
    from MultiLabelSegLib.ui.qt.editors import make_editor

    choices = (Choice("x", NAMES[0]),)
    editor: Any = make_editor(Field("model", "Model", "typed", "x", "x", choices=choices), lambda _value: None)
    editor.widget.resize(120, 24)
    editor.widget.show()
    desk.work()
    assert editor.widget.lineEdit().text() == NAMES[0]
    assert editor.widget.itemText(0) == NAMES[0]
    editor.widget.deleteLater()
