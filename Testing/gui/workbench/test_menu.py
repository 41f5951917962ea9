"""The context menu of the tree: every operation chosen in the real menu, its form accepted, the voxels looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Segmentation
from MultiLabelSegLib.ui.qt.errors import desk
from Testing.gui.workbench.cases import Bench

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]


def open_menu(bench: Bench, *keys: str) -> dict[str, Any]:
    """Right-clicks rows; the menu's actions by id."""
    tree = bench.panel.tree
    tree.view.clearSelection()
    if keys:
        tree._select_keys(set(keys))
        bench.work()
        index = tree.rows.index_of(keys[0])
        tree.view.scrollTo(index)
        place = tree.view.visualRect(index).center()
    else:
        from qtpy.QtCore import QPoint

        place = QPoint(20, tree.view.viewport().height() - 4)
    tree.view.customContextMenuRequested.emit(place)
    bench.work()
    assert bench.panel.actions.menu.isVisible()
    found: dict[str, Any] = bench.panel.actions.menu_actions
    return found


def choose(bench: Bench, item: str, *keys: str, **values: Any) -> None:
    """Chooses an item in the menu of rows; fills its form and presses OK."""
    actions = open_menu(bench, *keys)
    assert item in actions, sorted(actions)
    assert actions[item].isEnabled(), actions[item].toolTip()
    has_form = actions[item].text().endswith("…") and item != "rename"
    bench.panel.actions.dialog = None
    actions[item].trigger()
    bench.panel.actions.menu.close()
    bench.work()
    dialog: Any = bench.panel.actions.dialog
    if has_form:
        assert dialog is not None
        assert dialog.is_open, item
        dialog.form.set_values(values)
        bench.click(dialog.ok)
    bench.work()
    assert desk.told == []


def voxels(document: Segmentation) -> dict[int, int]:
    return {label.value: document.voxels(label.value) for label in document.labels}


Check = Callable[[Segmentation], bool]
START = {1: 432, 2: 432, 3: 720, 4: 0, 7: 12}

#: item of the menu of labels: the rows, the values of its form, and what is so afterwards
OPERATIONS: dict[str, tuple[tuple[str, ...], dict[str, Any], Check]] = {
    "erase": (("l2",), {}, lambda d: voxels(d) == {**START, 2: 0}),
    "remove": (("l2", "l3"), {}, lambda d: voxels(d) == {1: 432, 4: 0, 7: 12}),
    "merge": (("l1", "l3"), {"into": 1}, lambda d: d.voxels(1) == 1152),
    "swap": (("l1", "l2"), {}, lambda d: d.group(0).array[0, 0, 3, 3] == 2),
    "split": (("l1",), {}, lambda d: voxels(d) == START),
    "copy": (("l1",), {}, lambda d: len(d.groups) == 3 and d.group(2).array.any()),
    "move": (("l2",), {"group": 1}, lambda d: d.group_index_of(2) == 1 and d.voxels(2) == 432),
    "folder": (("l1", "l2"), {"folder": "Abdomen"}, lambda d: d.label(1).properties != {}),
    "value": (("l1",), {"value": 40}, lambda d: d.voxels(40) == 432),
    "renumber": (("l7",), {"first": 20}, lambda d: d.voxels(20) == 12),
    "add_instance": (("l1",), {}, lambda d: sum(label.name == "Kidney" for label in d.labels) == 2),
    "solo": (("l1",), {}, lambda d: [label.value for label in d.labels if label.visible] == [1]),
    "tool:union": (("l1", "l2"), {}, lambda d: sum(voxels(d).values()) >= 1596),
    "tool:dilate": (("l2",), {}, lambda d: d.voxels(2) > 432),
    "tool:erode": (("l2",), {}, lambda d: 0 < d.voxels(2) < 432),
    "tool:fill_holes": (("l3",), {}, lambda d: d.voxels(3) >= 720),
    "tool:margin": (("l2",), {"margin_mm": 2.0}, lambda d: d.voxels(2) > 432),
    "tool:hollow": (("l2",), {"thickness_mm": 1.0}, lambda d: d.voxels(2) > 0),
    "tool:smooth": (("l2",), {}, lambda d: d.voxels(2) > 0),
    "tool:islands": (("l2",), {}, lambda d: d.voxels(2) == 432),
    "tool:open": (("l2",), {}, lambda d: d.voxels(2) > 0),
    "tool:close_morphology": (("l3",), {}, lambda d: d.voxels(3) >= 720),
}


@pytest.mark.parametrize("item", OPERATIONS)
def test_an_operation_on_labels_is_chosen_done_and_undone_by_key(bench: Bench, item: str) -> None:
    keys, values, is_so = OPERATIONS[item]
    choose(bench, item, *keys, **values)
    bench.wait(lambda: is_so(bench.document))
    steps = bench.presenter.steps.index
    for _ in range(steps):
        bench.key("Ctrl+Z")
    assert voxels(bench.document) == START
    for group, before in zip(bench.document.groups, bench.before, strict=True):
        np.testing.assert_array_equal(group.array, before)


def test_every_item_of_every_menu_can_be_chosen_or_says_why_not(bench: Bench) -> None:
    """Items with a form open it with values that can be shown; disabled ones say why."""
    for keys in (("l1",), ("l1", "l2"), ("g0",), ()):
        for name in tuple(open_menu(bench, *keys)):
            action = open_menu(bench, *keys)[name]
            if not action.isEnabled():
                assert action.toolTip().strip(), (keys, name)
            elif action.text().endswith("…") and name != "rename":
                bench.panel.actions.dialog = None
                action.trigger()
                bench.work()
                dialog: Any = bench.panel.actions.dialog
                assert dialog is not None, (keys, name)
                assert set(dialog.form.values()) <= set(dialog.form.editors)
                bench.click(dialog.cancel)
        open_menu(bench, *keys)  # the one before may be gone with its dialog
        bench.panel.actions.menu.close()
        bench.work()
    assert voxels(bench.document) == START


def test_rename_from_the_menu_edits_in_place(bench: Bench) -> None:
    from qtpy.QtTest import QTest

    actions = open_menu(bench, "l1")
    actions["rename"].trigger()
    bench.panel.actions.menu.close()
    bench.work()
    line = bench.panel.tree.edit.line.widget
    line.selectAll()
    QTest.keyClicks(line, "Niere")
    line.returnPressed.emit()
    bench.work()
    assert bench.document.label(1).name == "Niere"


def test_the_menu_of_a_group_adds_labels_to_it_and_removes_it(bench: Bench) -> None:
    key = bench.panel.tree.rows.rows
    group = next(row.key for row in key.values() if row.kind == "group" and row.title == "Lesions")
    choose(bench, "add_label", group)
    assert bench.document.group_index_of(bench.presenter.labels.active) == 1
    choose(bench, "remove_group", group)
    assert len(bench.document.groups) == 1
    bench.key("Ctrl+Z")
    np.testing.assert_array_equal(bench.document.group(1).array, bench.before[1])


def test_the_menu_of_the_empty_tree_crops_the_whole_segmentation(bench: Bench) -> None:
    bench.presenter.labels.remove([3])
    steps = bench.presenter.steps.index
    choose(bench, "tool:autocrop")
    bench.wait(lambda: bench.document.geometry.shape != (12, 40, 48))
    assert bench.canvas.document is bench.document
    while bench.presenter.steps.index > steps:
        bench.key("Ctrl+Z")
    assert bench.document.geometry.shape == (12, 40, 48)
