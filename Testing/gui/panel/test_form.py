"""Forms: each kind of field is shown, edited by hand, and tells its value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from MultiLabelSegLib.ui.fields import Choice, Field

pytestmark = pytest.mark.qt

FIELDS = (
    Field("ball", "3D brush", "bool", False),
    Field("size", "Size", "int", 10, minimum=1, maximum=200, unit="pixels", help="Diameter of the brush"),
    Field("sigma", "Smoothing", "float", 1.5, minimum=0.0, maximum=10.0, unit="mm"),
    Field("margin", "Margin", "float", None, default=2.0, minimum=0.0, optional=True, unit="mm"),
    Field("mode", "Mode", "choice", "add", choices=(Choice("add", "Add"), Choice("subtract", "Subtract"))),
    Field("name", "Name", "text", "Liver"),
    Field("file", "File", "path", ""),
    Field("output", "Output", "new path", "out.stl"),
    Field("color", "Colour", "color", (1.0, 0.0, 0.0)),
    Field("keep", "Keep", "several", (1,), choices=(Choice(1, "one"), Choice(2, "two"))),
    Field("seeds", "Seeds", "shown", (1, 2, 3)),
    Field("bins", "Bins", "int", 128, minimum=2, maximum=1024, advanced=True),
)


@pytest.fixture
def told() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def form(application: Any, told: list[tuple[str, Any]]) -> Iterator[Any]:
    from MultiLabelSegLib.ui.qt.form import FieldForm

    made = FieldForm(lambda name, value: told.append((name, value)))
    made.set_fields(FIELDS)
    made.widget.resize(280, 500)
    made.widget.show()
    application.processEvents()
    yield made
    made.widget.close()


def test_showing_fields_tells_nothing_and_holds_their_values(form: Any, told: list[Any]) -> None:
    assert form.values() == {field.name: field.value for field in FIELDS if field.kind != "shown"}
    assert told == []


def test_a_box_that_is_ticked_is_told(form: Any, told: list[Any]) -> None:
    form.editors["ball"].widget.click()
    assert told == [("ball", True)]


def test_a_number_is_told_once_by_spin_box_and_by_slider(form: Any, told: list[Any]) -> None:
    form.editors["size"].spin.setValue(25)
    assert told == [("size", 25)]
    form.editors["size"].slider.setValue(form.editors["size"].slider.maximum())
    assert told[-1] == ("size", 200)
    assert form.editors["size"].spin.text() == "200 pixels"


def test_a_slider_moves_decimals_within_the_range(form: Any, told: list[Any]) -> None:
    form.editors["sigma"].slider.setValue(500)
    assert told == [("sigma", 5.0)]


def test_a_value_that_nobody_edits_keeps_all_its_digits(form: Any) -> None:
    form.set_values({"sigma": 1.23456789})
    assert form.values()["sigma"] == 1.23456789


def test_an_optional_field_is_none_until_its_box_is_ticked(form: Any, told: list[Any]) -> None:
    editor = form.editors["margin"]
    assert not editor.inner.widget.isEnabled()
    editor.box.click()
    assert told == [("margin", 2.0)]
    editor.inner.spin.setValue(3.5)
    editor.box.click()
    assert told[1:] == [("margin", 3.5), ("margin", None)]


def test_a_choice_tells_its_value_and_not_its_title(form: Any, told: list[Any]) -> None:
    form.editors["mode"].widget.setCurrentIndex(1)
    assert told == [("mode", "subtract")]


def test_a_line_tells_its_text_at_enter(form: Any, told: list[Any]) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    line = form.editors["name"].line
    line.selectAll()
    QTest.keyClicks(line, "Spleen")
    assert told == []
    QTest.keyClick(line, Qt.Key_Return)
    assert told == [("name", "Spleen")]


def test_a_path_is_asked_for_by_its_button(form: Any, told: list[Any]) -> None:
    from MultiLabelSegLib.ui.qt import asking

    asking.answers.append("/data/list.json")
    form.editors["file"].button.click()
    assert told == [("file", "/data/list.json")]


def test_a_file_to_write_is_asked_for_as_one_that_may_not_be_there(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from MultiLabelSegLib.ui.qt import asking

    assert form.editors["output"].asks is asking.ask_save
    assert form.editors["file"].asks is asking.ask_open
    monkeypatch.setattr(asking, "answers", ["/data/new.stl"])
    form.editors["output"].button.click()
    assert form.values()["output"] == "/data/new.stl"


def test_a_colour_stays_what_the_field_gave_numbers(form: Any, told: list[Any]) -> None:
    from MultiLabelSegLib.ui.qt import asking

    asking.answers.append("#00ff00")
    form.editors["color"].widget.click()
    assert told == [("color", (0.0, 1.0, 0.0))]


def test_several_choices_come_in_their_order(form: Any, told: list[Any]) -> None:
    from qtpy.QtCore import Qt

    form.editors["keep"].widget.item(1).setCheckState(Qt.Checked)
    assert told == [("keep", (1, 2))]


def test_rarely_needed_fields_are_folded_away(form: Any) -> None:
    assert not form.editors["bins"].widget.isVisible()
    form._more.click()
    assert form.editors["bins"].widget.isVisible()


def test_fields_that_come_anew_keep_their_editors_and_a_disabled_one_says_why(form: Any) -> None:
    from dataclasses import replace

    editor = form.editors["size"]
    form.set_fields([replace(field, value=30, enabled=False, reason="no label") if field.name == "size" else field
                     for field in FIELDS])  # fmt: skip
    assert form.editors["size"] is editor
    assert not editor.widget.isEnabled()
    assert "no label" in editor.widget.toolTip()
    assert editor.spin.value() == 30


def test_the_wheel_changes_no_number_that_has_no_focus(application: Any, form: Any, told: list[Any]) -> None:
    from qtpy.QtCore import QPoint, QPointF, Qt
    from qtpy.QtGui import QWheelEvent

    spin = form.editors["size"].spin
    form.editors["name"].line.setFocus()
    here = QPointF(spin.rect().center())
    up = QPoint(0, 120)
    event = QWheelEvent(here, here, up, up, Qt.NoButton, Qt.NoModifier, Qt.ScrollUpdate, False)
    application.sendEvent(spin, event)
    assert told == []


def test_everything_has_an_accessible_name(form: Any) -> None:
    assert all(editor.widget.accessibleName() for editor in form.editors.values())
