"""Files in the window: dropped, recent, saved in every format, refused with a reason, imported; closing it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import read, write
from MultiLabelSegLib.core import Group, Image, Segmentation
from MultiLabelSegLib.ui.qt import asking
from MultiLabelSegLib.ui.qt.errors import desk
from Testing.gui.workbench.cases import Bench, a_case

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core, pytest.mark.filterwarnings("ignore:Function:DeprecationWarning")]


def write_image(image: Image, path: Path) -> Path:
    import SimpleITK as sitk

    from MultiLabelSegLib.bridges.sitk import sitk_from_array

    sitk.WriteImage(sitk_from_array(image.array[0], image.geometry), str(path))
    return path


def drop(window: Any, *paths: Path) -> bool:
    """Drags files into the window and lets them fall; says whether it wanted them."""
    from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
    from qtpy.QtGui import QDragEnterEvent, QDropEvent
    from qtpy.QtWidgets import QApplication

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    entered = QDragEnterEvent(QPoint(300, 300), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(window, entered)
    if not entered.isAccepted():
        return False
    QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier))
    QApplication.processEvents()
    window.settle()
    return True


def menu_action(window: Any, menu: str, title: str) -> Any:
    """An item of the menu bar; the menu is opened as by a click, so that it is up to date."""
    for entry in window.menuBar().actions():
        if entry.text().replace("&", "") == menu:
            entry.menu().aboutToShow.emit()
            for action in entry.menu().actions():
                if action.text().replace("&", "").partition("\t")[0].rstrip("…") == title:
                    return action
    raise AssertionError(f"no {menu} > {title}")


# ---- opening ---------------------------------------------------------------------------------------------------------


def test_files_that_are_dropped_are_opened_image_first(empty_window: Any, tmp_path: Path) -> None:
    image, document = a_case()
    seg, ct = tmp_path / "a_seg.nrrd", write_image(image, tmp_path / "ct.nrrd")
    write(document, seg)
    assert drop(empty_window, seg, ct)
    session = empty_window.presenter.session
    np.testing.assert_array_equal(session.document.group(0).array, document.group(0).array)
    assert session.image is not None
    assert empty_window.canvas.image_id == session.image_id
    assert not empty_window.isWindowModified()


def test_text_that_is_dragged_in_is_not_wanted(empty_window: Any) -> None:
    from qtpy.QtCore import QMimeData, QPoint, Qt
    from qtpy.QtGui import QDragEnterEvent
    from qtpy.QtWidgets import QApplication

    data = QMimeData()
    data.setText("no file")
    event = QDragEnterEvent(QPoint(5, 5), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier)
    event.ignore()
    QApplication.sendEvent(empty_window, event)
    assert not event.isAccepted()


def test_a_dropped_file_that_nothing_reads_is_one_error_that_names_it(empty_window: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"\x00\x01 nothing")
    drop(empty_window, path, tmp_path / "missing.nrrd")
    assert len(desk.told) == 2
    assert any("notes.txt" in text for text in desk.told)
    assert any("missing.nrrd" in text for text in desk.told)
    desk.forget()


def test_recent_files_are_listed_latest_first_and_opened_again(bench: Bench, tmp_path: Path) -> None:
    for name in ("one.nrrd", "two.nrrd"):
        write(a_case()[1], tmp_path / name)
        bench.window.open_paths([tmp_path / name])
    menu = menu_action(bench.window, "File", "Open recent").menu()
    menu.aboutToShow.emit()
    titles = [action.text() for action in menu.actions()]
    assert titles[:2] == [str(tmp_path / "two.nrrd"), str(tmp_path / "one.nrrd")]
    menu.actions()[1].trigger()
    bench.work()
    assert bench.presenter.session.path == tmp_path / "one.nrrd"


# ---- saving ----------------------------------------------------------------------------------------------------------

FORMATS = {
    "slicer-seg-nrrd": "out.seg.nrrd",
    "mitk-nrrd": "out.nrrd",
    "mitk-stack": "out.mitklabel.json",
    "label-folder": "out",
}


@pytest.mark.parametrize("format_id", FORMATS)
def test_save_as_in_each_format_that_holds_groups_keeps_every_voxel(
    bench: Bench, tmp_path: Path, format_id: str
) -> None:
    bench.presenter.labels.rename("l4", "Aorta")
    menu_action(bench.window, "File", "Save as").trigger()
    dialog: Any = bench.panel.files.dialog
    dialog.path.setText(str(tmp_path / "out"))
    dialog.choose_format(format_id)
    dialog.path.setText(str(tmp_path / FORMATS[format_id]))
    bench.click(dialog.ok)
    bench.work()
    assert not dialog.is_open
    assert bench.presenter.session.path == tmp_path / FORMATS[format_id]
    assert not bench.window.isWindowModified()
    found = read(tmp_path / FORMATS[format_id])
    assert {label.name for label in found.labels} == {"Kidney", "Spleen", "Ring", "Aorta", "Lesion"}
    for label in bench.document.labels:
        other = next(each for each in found.labels if each.name == label.name)
        wanted = bench.document.group_of(label.value).array == label.value
        np.testing.assert_array_equal(found.group_of(other.value).array == other.value, wanted)


def test_save_as_dicom_takes_its_options_from_the_form(bench: Bench, tmp_path: Path) -> None:
    menu_action(bench.window, "File", "Save as").trigger()
    dialog: Any = bench.panel.files.dialog
    dialog.path.setText(str(tmp_path / "out.dcm"))
    dialog.choose_format("dicom-seg")
    bench.click(dialog.ok)
    bench.work()
    assert any("StudyInstanceUID" in text for text in desk.told)
    assert not (tmp_path / "out.dcm").exists()
    desk.forget()
    menu_action(bench.window, "File", "Save as").trigger()
    dialog = bench.panel.files.dialog
    dialog.path.setText(str(tmp_path / "out.dcm"))
    dialog.choose_format("dicom-seg")
    dialog.form.editors["synthetic"].widget.setChecked(True)
    bench.click(dialog.ok)
    bench.work()
    assert len(read(tmp_path / "out.dcm").labels) == 5


def test_an_export_that_would_lose_overlaps_is_refused_and_possible_by_choice(bench: Bench, tmp_path: Path) -> None:
    menu_action(bench.window, "File", "Export").trigger()
    dialog: Any = bench.panel.files.dialog
    dialog.path.setText(str(tmp_path / "flat.nii.gz"))
    dialog.choose_format("labelmap")
    assert "overlap" in dialog.losses.text()
    bench.click(dialog.ok)
    bench.work()
    assert len(desk.told) == 1
    assert "overlap" in desk.told[0]
    assert list(tmp_path.iterdir()) == []
    desk.forget()
    menu_action(bench.window, "File", "Export").trigger()
    dialog = bench.panel.files.dialog
    dialog.path.setText(str(tmp_path / "flat.nii.gz"))
    dialog.choose_format("labelmap")
    overlap = dialog.form.editors["overlap"]
    overlap.widget.setCurrentIndex([choice.value for choice in overlap.field.choices].index("priority"))
    bench.click(dialog.ok)
    bench.work()
    assert (tmp_path / "flat.nii.gz").exists()
    assert bench.presenter.session.path is None, "an export leaves the document's own file alone"


def test_a_file_is_imported_as_groups_of_the_open_segmentation_and_undone(bench: Bench, tmp_path: Path) -> None:
    write(a_case()[1], tmp_path / "other.nrrd")
    menu_action(bench.window, "File", "Import into this segmentation").trigger()
    dialog: Any = bench.panel.files.dialog
    dialog.path.setText(str(tmp_path / "other.nrrd"))
    bench.click(dialog.ok)
    bench.work()
    assert len(bench.document.groups) == 4
    assert len({label.value for label in bench.document.labels}) == 10
    np.testing.assert_array_equal(bench.document.group(2).array > 0, bench.before[0] > 0)
    bench.key("Ctrl+Z")
    assert len(bench.document.groups) == 2


def test_a_file_that_somebody_changed_is_not_overwritten_by_the_key(bench: Bench, tmp_path: Path) -> None:
    import os

    path = tmp_path / "mine.nrrd"
    bench.presenter.files.save_as(path)
    bench.work()
    path.unlink()
    write(Segmentation(bench.document.geometry, [Group(np.zeros_like(bench.before[0]))]), path)
    os.utime(path, ns=(1, 1))
    theirs = path.read_bytes()
    bench.key("N")
    asking.answers.append("")
    bench.key("Ctrl+S")
    assert path.read_bytes() == theirs
    asking.answers.append("save")
    bench.key("Ctrl+S")
    assert path.read_bytes() != theirs
    assert len(read(path).labels) == 6


# ---- beginning and ending --------------------------------------------------------------------------------------------


def test_a_new_segmentation_is_named_and_becomes_current(bench: Bench) -> None:
    menu_action(bench.window, "File", "New segmentation").trigger()
    dialog: Any = bench.panel.files.dialog
    dialog.form.set_values({"name": "Second look"})
    bench.click(dialog.ok)
    bench.work()
    assert bench.presenter.session.current.name == "Second look"
    assert bench.canvas.document is bench.presenter.session.document
    assert bench.canvas.document.geometry.shape == (12, 40, 48)


def test_duplicate_and_choosing_between_two_documents_keep_each_with_its_history(bench: Bench) -> None:
    bench.show("axial", 6)
    bench.tool("paint", diameter=3)
    bench.draw("axial", [(20, 20), (30, 20)], 6)
    painted = bench.document.group(0).array.copy()
    menu_action(bench.window, "File", "Duplicate").trigger()
    bench.work()
    copied = bench.presenter.session.document
    assert copied is not bench.document
    bench.presenter.labels.activate(4)
    bench.draw("axial", [(20, 30), (30, 30)], 6)
    assert (copied.group(0).array != painted).any()
    np.testing.assert_array_equal(bench.document.group(0).array, painted)
    choice = bench.panel.data.segmentation.widget
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    bench.work()
    assert bench.presenter.session.document is bench.document
    assert bench.canvas.document is bench.document
    bench.check_undone()
    choice.setCurrentIndex(2)
    choice.activated.emit(2)
    bench.work()
    bench.key("Ctrl+Z")
    np.testing.assert_array_equal(copied.group(0).array, painted)


def test_closing_a_changed_segmentation_asks_and_cancel_keeps_it(bench: Bench) -> None:
    bench.key("N")
    asking.answers.append("")
    menu_action(bench.window, "File", "Close segmentation").trigger()
    bench.work()
    assert bench.presenter.session.document is bench.document
    asking.answers.append("discard")
    menu_action(bench.window, "File", "Close segmentation").trigger()
    bench.work()
    assert bench.presenter.session.document is None


def test_closed_segmentations_leave_nothing_in_the_scene(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    import slicer

    scene = bench.window.place.scene
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)

    def counted() -> tuple[int, int]:
        return scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"), hierarchy.GetNumberOfItems()

    before = counted()
    for _ in range(3):
        bench.presenter.data.duplicate()
        bench.work()
        assert counted() > before
        bench.presenter.data.close(discard=True)
        bench.work()
    assert counted() == before
    assert "inconsistency" not in capfd.readouterr().err


def test_the_window_asks_before_it_closes_with_unsaved_changes(application: Any, empty_window: Any) -> None:
    window = empty_window
    image, document = a_case()
    image_id = window.host.add_image(image, "ball")
    window.presenter.data.select_image(image_id)
    window.presenter.session.add_document(document, "ball-labels", image_id=image_id)
    window.presenter.labels.add_label("New")
    desk.silent = False
    asking.answers.append("")
    assert not window.close()
    assert window.isVisible()
    asking.answers.append("close")
    window.close()
    application.processEvents()
    assert not window.isVisible()


def test_the_menus_hold_what_can_be_done_without_an_error(bench: Bench) -> None:
    """Every item of the menus that opens no file and ends nothing is triggered once."""
    left_out = {"Open", "Open image", "Open recent", "Quit", "Close segmentation", "Save", "Save as", "About", "Keys"}
    for menu in ("File", "Edit", "View"):
        for entry in bench.window.menuBar().actions():
            if entry.text().replace("&", "") != menu:
                continue
            for action in entry.menu().actions():
                title = action.text().replace("&", "").partition("\t")[0].rstrip("…")
                if action.isSeparator() or action.menu() is not None or title in left_out:
                    continue
                if title in ("Undo", "Redo"):
                    bench.presenter.labels.add_label("Step")
                    if title == "Redo":
                        bench.presenter.steps.undo()
                action.trigger()
                bench.work()
    assert desk.told == []


def test_a_label_dialog_completes_a_name_and_takes_its_colour(bench: Bench) -> None:
    bench.presenter.preferences.set("default_label_naming", False)
    try:
        bench.key("N")
        dialog: Any = bench.panel.actions.dialog
        assert dialog.is_open
        from qtpy.QtTest import QTest

        dialog.name.widget.selectAll()
        QTest.keyClicks(dialog.name.widget, "live")
        liver = next(item for item in dialog.name.items if item.name == "Liver")
        pick: Callable[[str], None] = dialog.name.completer.activated.emit
        pick("Liver")
        assert dialog.name.widget.text() == "Liver"
        dialog.name.completer.popup().hide()
        bench.click(dialog.ok)
    finally:
        bench.presenter.preferences.set("default_label_naming", True)
    made = bench.document.label(bench.presenter.labels.active)
    assert made.name == "Liver"
    assert made.color == pytest.approx(liver.color, abs=0.01)


@pytest.mark.parametrize(
    ("typed", "enters", "name"),
    [("liv", 2, "Liver"), ("Live", 2, "Liver"), ("Rib", 2, "Rib"), ("lesion of mine", 1, "lesion of mine")],
)
def test_a_few_letters_and_enter_name_a_new_label_and_free_text_stays(
    bench: Bench, typed: str, enters: int, name: str
) -> None:
    """Enter takes a suggestion that ends the word; a text that may be a name itself is left as it is typed."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    bench.presenter.preferences.set("default_label_naming", False)
    try:
        bench.key("N")
        dialog: Any = bench.panel.actions.dialog
        QTest.keyClicks(dialog.name.widget, typed)
        bench.work()
        assert dialog.name.widget.text() == typed
        for _ in range(enters):
            assert dialog.is_open
            QTest.keyClick(QApplication.activePopupWidget() or dialog.name.widget, Qt.Key_Return)
            bench.work()
        assert not dialog.is_open
    finally:
        bench.presenter.preferences.set("default_label_naming", True)
        bench.panel.actions.dialog.widget.close()
    made = bench.document.label(bench.presenter.labels.active)
    assert made.name == name
    assert (made.properties != {}) == (name == "Liver")
