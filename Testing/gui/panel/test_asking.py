"""Boxes that are really shown: errors and questions; none of them waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from MultiLabelSegLib.errors import CorruptFileError, LossError, ToolError
from MultiLabelSegLib.ui.qt import asking
from MultiLabelSegLib.ui.qt.errors import desk, guarded

pytestmark = pytest.mark.qt


@pytest.fixture
def loud(application: Any) -> Iterator[Any]:
    desk.silent = False
    yield application
    desk.silent = True


def fail(text: str) -> None:
    raise ToolError(text)


def test_an_error_is_one_box_and_a_second_one_joins_it(loud: Any) -> None:
    assert guarded(fail, "no image is open") is None
    box: Any = desk._box
    assert box.isVisible()
    assert box.text() == "No image is open"
    guarded(fail, "no label is active")
    assert desk._box is box
    assert box.text() == "No image is open\n\nNo label is active"
    box.close()
    loud.processEvents()
    assert desk._box is None
    desk.forget()


def test_an_error_begins_with_a_capital_but_names_of_files_stay_as_they_are() -> None:
    from MultiLabelSegLib.ui.qt.errors import described

    assert described(ToolError("there is no label"))[0] == "There is no label"
    assert described(CorruptFileError("a b.nrrd", "the data end early"))[0] == "a b.nrrd: the data end early"
    assert described(ToolError("liver.nrrd: no task is open"))[0] == "liver.nrrd: no task is open"


def test_many_losses_and_long_errors_fit_on_a_screen(loud: Any) -> None:
    from MultiLabelSegLib.ui.qt.errors import described

    losses = [f"the overlap of {number} 'A' and {number + 1} 'B' (176 voxels)" for number in range(104)]
    text = described(LossError("a.nii.gz", [*losses, "choose another format"]))[0]
    assert text.startswith("a.nii.gz: would lose the overlap of 0 ")
    assert text.endswith("the overlap of 4 'A' and 5 'B' (176 voxels); 99 more; choose another format")
    few = LossError("a.nii.gz", losses[:6])
    assert described(few)[0] == str(few)
    whole = "This goes on and on. " * 150
    guarded(fail, whole)
    loud.processEvents()
    box = desk._box
    assert box is not None
    assert box.height() < 700
    assert box.detailedText() == whole
    box.accept()
    desk.forget()


def test_an_error_that_was_not_foreseen_is_told_as_such(loud: Any) -> None:
    guarded(lambda: 1 // 0)
    box: Any = desk._box
    assert "ZeroDivisionError" in box.text()
    assert "log" in box.informativeText()
    box.close()
    loud.processEvents()
    desk.forget()


@pytest.mark.parametrize(("button", "answer"), [(0, "save"), (1, "discard"), (None, "")])
def test_a_question_tells_the_answer_that_is_clicked(loud: Any, button: int | None, answer: str) -> None:
    answered: list[str] = []
    choices = [("save", "Save"), ("discard", "Discard")]
    box = asking.ask_choice(None, "CT has unsaved changes.", choices, answered.append)
    assert box.isVisible()
    assert answered == []
    if button is None:
        box.reject()
    else:
        next(each for each in box.buttons() if each.text().replace("&", "") == choices[button][1]).click()
    loud.processEvents()
    assert answered == [answer]


def test_in_batch_nothing_is_asked_and_the_answer_is_cancel(application: Any) -> None:
    assert asking.ask_open(None, "Open") == ""
    assert asking.ask_color(None, "#ff0000") == ""
    answered: list[str] = []
    assert asking.ask_choice(None, "Really?", [("yes", "Yes")], answered.append) is None
    assert answered == []


def test_a_signal_that_is_not_there_is_refused_when_it_is_connected(application: Any) -> None:
    from MultiLabelSegLib.ui.qt.binding import connect, qt

    button = qt.QPushButton()
    with pytest.raises(ValueError, match="clickd"):
        connect(button, "clickd()", lambda: None)


def test_slots_get_as_many_arguments_as_they_declare(application: Any) -> None:
    from MultiLabelSegLib.ui.qt.binding import connect, qt

    box, got = qt.QCheckBox(), []
    connect(box, "toggled(bool)", lambda: got.append("none"))
    connect(box, "toggled(bool)", lambda on: got.append(on))
    connect(box, "toggled(bool)", lambda *given: got.append(given))
    box.setChecked(True)
    assert got == ["none", True, (True,)]
