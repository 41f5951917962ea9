"""Every key of the window, once; where keys must not live; brush, hover and solo."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.ui.qt import asking
from MultiLabelSegLib.ui.settings.key_bindings import DEFAULTS
from Testing.gui.workbench.cases import Bench

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]

TOOLS = {action: keys for action, (_, keys) in DEFAULTS.items() if action.startswith("tool:") and keys}


@pytest.mark.parametrize("action", TOOLS)
def test_a_letter_switches_its_tool_on_and_off_from_a_view(bench: Bench, action: str) -> None:
    bench.key(TOOLS[action])
    assert bench.presenter.tools.active == action.removeprefix("tool:")
    button = bench.panel.tools.buttons[bench.presenter.tools.active]
    assert button.isChecked()
    assert f"({TOOLS[action]})" in button.toolTip()
    bench.key(TOOLS[action])
    assert bench.presenter.tools.active == ""


def test_letters_typed_into_any_text_field_switch_nothing(bench: Bench) -> None:
    bench.key("P")
    spin = bench.panel.options.form.editors["diameter"].spin
    labels = len(bench.document.labels)
    for field in (bench.panel.tree.search, spin):
        for keys in ("A", "W", "N", "H", "Q"):
            bench.key(keys, field)
    assert bench.presenter.tools.active == "paint"
    assert len(bench.document.labels) == labels
    assert bench.canvas.overlay_visible
    assert bench.panel.tree.search.text().lower() == "awnhq"
    bench.panel.tree.search.clear()


def test_n_adds_a_label_and_shift_n_an_instance_of_the_active_one(bench: Bench) -> None:
    bench.presenter.labels.activate(1)
    bench.key("Shift+N")
    made = bench.presenter.labels.active
    assert bench.document.label(made).name == "Kidney"
    assert made != 1
    bench.key("N")
    assert len(bench.document.labels) == 7
    assert bench.presenter.labels.active == bench.document.group(0).values[-1]
    bench.key("Ctrl+Z")
    bench.key("Ctrl+Z")
    assert [label.value for label in bench.document.labels] == [1, 2, 3, 4, 7]


def test_redo_makes_the_label_active_that_it_brings_back(bench: Bench) -> None:
    bench.key("N")
    first = bench.presenter.labels.active
    bench.key("N")
    second = bench.presenter.labels.active
    for _ in range(2):
        bench.key("Ctrl+Z")
    assert bench.presenter.labels.active == 7  # the nearest that is left
    bench.key("Ctrl+Y")
    assert bench.presenter.labels.active == first
    bench.key("Ctrl+Y")
    assert bench.presenter.labels.active == second
    bench.key("Ctrl+Z")
    bench.presenter.labels.activate(1)
    bench.key("Ctrl+Y")
    assert bench.presenter.labels.active == 1


def test_tab_and_shift_tab_go_through_the_labels_of_all_groups(bench: Bench) -> None:
    bench.presenter.labels.activate(3)
    seen = []
    for _ in range(3):
        bench.key("Tab")
        seen.append(bench.presenter.labels.active)
    for _ in range(2):
        bench.key("Shift+Tab")
        seen.append(bench.presenter.labels.active)
    assert seen == [4, 7, 1, 7, 4]


def test_q_picks_the_label_under_the_mouse_and_again_the_one_of_the_next_group(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.views.move("axial", (42, 4, 6))
    bench.key("Q")
    assert bench.presenter.labels.active == 2
    bench.views.move("axial", (4, 4, 6))
    bench.key("Q")
    assert bench.presenter.labels.active == 1
    bench.key("Q")
    assert bench.presenter.labels.active == 7
    bench.views.move("axial", (20, 30, 6))
    bench.key("Q")
    assert bench.presenter.labels.active == 7


def test_brackets_and_ctrl_shift_wheel_change_the_brush_and_the_form_follows(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.tool("paint", diameter=10)
    size = lambda: bench.presenter.tools.options.get("paint", "diameter")  # noqa: E731
    bench.key("]")
    assert size() == 11
    bench.key("[")
    assert size() == 10
    bench.views.wheel("axial", (20, 20, 6), 2, ["ctrl", "shift"])
    assert size() == 12
    assert bench.panel.options.form.editors["diameter"].spin.value() == 12
    assert bench.canvas.view("axial").frame.slice == 6
    bench.views.wheel("axial", (20, 20, 6), -3, ["ctrl", "shift"])
    assert size() == 9


def test_h_hides_and_shows_the_labels_of_all_views(bench: Bench) -> None:
    from qtpy.QtWidgets import QApplication

    bench.show("axial", 6)
    bench.canvas.set_style("filled")
    x, y = (round(place) for place in bench.canvas.view("axial").point_of_ijk((42, 4, 6)))
    shown = bench.canvas.view("axial").pixels()[y, x].tolist()
    bench.key("H")
    QApplication.processEvents()
    hidden = bench.canvas.view("axial").pixels()[y, x].tolist()
    assert hidden[0] == hidden[1] == hidden[2]
    assert shown != hidden
    assert not bench.panel.buttons["overlay"].isChecked()
    bench.key("H")
    assert bench.canvas.view("axial").pixels()[y, x].tolist() == shown


def test_keys_open_preferences_and_save(bench: Bench, tmp_path: Path) -> None:
    bench.key("Ctrl+P")
    assert bench.panel.dialogs.open_ones["preferences"].is_open
    bench.click(bench.panel.dialogs.open_ones["preferences"].cancel)
    bench.key("Ctrl+S")  # no file yet: it asks for one
    dialog = bench.panel.files.dialog
    dialog.path.setText(str(tmp_path / "by_key.nrrd"))
    dialog.choose_format("mitk-nrrd")
    bench.click(dialog.ok)
    bench.wait((tmp_path / "by_key.nrrd").exists)
    bench.work()
    written = (tmp_path / "by_key.nrrd").stat().st_mtime_ns
    bench.key("N")
    assert bench.window.isWindowModified()
    bench.key("Ctrl+S")
    bench.wait(lambda: not bench.window.isWindowModified())
    assert (tmp_path / "by_key.nrrd").stat().st_mtime_ns > written
    bench.key("Ctrl+Shift+S")
    assert bench.panel.files.dialog.is_open
    bench.click(bench.panel.files.dialog.cancel)


def test_a_key_of_the_menus_that_is_bound_to_a_tool_is_the_tools_alone(bench: Bench) -> None:
    bench.presenter.keys.rebind("tool:paint", "Ctrl+R")
    try:
        bench.key("Ctrl+R")
        assert bench.presenter.tools.active == "paint"
    finally:
        bench.presenter.keys.reset()
    bench.key("P")
    assert bench.presenter.tools.active == ""
    frame = bench.canvas.view("axial").frame
    bench.views.zoom("axial", 3.0)
    bench.key("Ctrl+R")
    assert bench.canvas.view("axial").frame.mm == pytest.approx(frame.mm)


def test_alt_click_on_the_eye_shows_one_label_alone_in_the_views(bench: Bench) -> None:
    bench.show("axial", 6)
    view = bench.canvas.view("axial")

    def coloured(point: tuple[int, int, int]) -> bool:
        x, y = (round(place) for place in view.point_of_ijk(point))
        red, green, blue = (int(part) for part in view.pixels()[y, x][:3])
        return max(red, green, blue) - min(red, green, blue) > 20

    bench.canvas.set_style("filled")
    bench.presenter.labels.solo(2)
    bench.work()
    assert coloured((42, 4, 6))
    assert not coloured((10, 34, 6))
    bench.presenter.labels.solo(2)
    bench.work()
    assert coloured((10, 34, 6))


def test_the_status_bar_tells_every_label_under_the_mouse_with_its_value(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.views.move("axial", (4, 4, 6))
    text = bench.window._hover.text()
    assert "Kidney (1) in Organs" in text
    assert "Lesion (7) in Lesions" in text
    assert "(4, 4, 6)" in text
    assert "-50" in text
    bench.views.move("axial", (24, 20, 6))
    assert "Kidney" not in bench.window._hover.text()


def test_the_corner_of_the_view_names_the_tool_and_its_modifiers(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.key("P")
    assert bench.canvas.view("axial").feedback.text[0] == "Paint"
    assert "CTRL+SHIFT+wheel" in " ".join(bench.canvas.view("axial").feedback.text)
    bench.key("P")
    assert bench.canvas.view("axial").feedback.text == ()


# ---- tasks -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def tasks(bench: Bench, tmp_path: Path) -> Iterator[Path]:
    """A list of three tasks, loaded by the dialog."""
    from Testing.ui.panel_cases import geometry, write_image

    for number in (1, 2, 3):
        write_image(tmp_path / f"image{number}.nrrd", number, geometry())
    listed = [
        {"Name": f"Case {n}", "Image": f"image{n}.nrrd", "Result": f"results/{n}.nrrd", "LabelName": "Liver"}
        for n in (1, 2, 3)
    ]
    path = tmp_path / "list.json"
    told = {"FileFormat": "MITK Segmentation Task List", "Version": 1, "Name": "Livers", "Tasks": listed}
    path.write_text(json.dumps(told), encoding="utf-8")
    bench.close_documents()
    bench.panel.dialogs.tasks()
    asking.answers.append(str(path))
    bench.click(bench.panel.dialogs.open_ones["tasks"].load)
    yield tmp_path
    bench.presenter.tasks.close()


def current(bench: Bench) -> list[int]:
    return [item.index for item in bench.presenter.tasks.items() if item.is_current]


def active(bench: Bench) -> list[int]:
    return [item.index for item in bench.presenter.tasks.items() if item.is_active]


def test_ctrl_alt_keys_walk_open_keep_and_accept_tasks(bench: Bench, tasks: Path) -> None:
    step: Callable[[str], Any] = bench.key
    assert current(bench) == [0]
    step("Ctrl+Alt+N")
    assert current(bench) == [1]
    step("Ctrl+Alt+P")
    assert current(bench) == [0]
    step("Ctrl+Alt+L")
    bench.wait(lambda: active(bench) == [0])
    bench.wait(lambda: bench.presenter.session.document is not None)
    bench.work()
    bench.show("axial", 1)
    bench.tool("paint", diameter=1)
    bench.views.click("axial", (2, 2, 1))
    step("Ctrl+Alt+S")
    bench.wait(lambda: [item.has_interim for item in bench.presenter.tasks.items()][0])
    assert not (tasks / "results" / "1.nrrd").exists()
    step("Ctrl+Alt+A")
    bench.wait(lambda: (tasks / "results" / "1.nrrd").exists())
    bench.wait(lambda: active(bench) == [1])
    bench.work()
    step("Ctrl+Shift+N")
    assert current(bench) == [2]
    step("Ctrl+Shift+P")
    assert current(bench) == [1]
