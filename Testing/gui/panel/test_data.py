"""Data selection, files and their dialogs, by hand; files are really written and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.ui.qt import asking
from MultiLabelSegLib.ui.tools.view_events import ViewEvent, ViewEventKind
from Testing.gui.panel.cases import Desk, a_document

pytestmark = pytest.mark.qt


def test_a_new_segmentation_is_named_after_the_image(empty_desk: Desk) -> None:
    desk = empty_desk
    desk.click(desk.panel.data.new)
    dialog: Any = desk.panel.files.dialog
    assert dialog.is_open
    assert dialog.form.editors["name"].line.text() == "CT-labels"
    dialog.form.editors["name"].line.setText("Mine")
    dialog.ok.click()
    desk.work()
    assert not dialog.is_open
    current = desk.presenter.session.current
    assert current is not None
    assert current.name == "Mine"
    assert desk.panel.data.segmentation.widget.currentText() == "Mine"
    assert desk.titles() == ["Group 1", "Label 1"]


def test_an_image_of_several_frames_asks_static_or_dynamic(application: Any) -> None:
    from MultiLabelSegLib.host.headless import HeadlessHost
    from MultiLabelSegLib.ui.presenter import Presenter
    from MultiLabelSegLib.ui.qt.dialogs.new_segmentation import NewSegmentationDialog
    from Testing.gui.panel.cases import an_image

    presenter = Presenter(HeadlessHost({"Cine": an_image(3)}))
    presenter.data.select_image("Cine")
    dialog = NewSegmentationDialog(None, presenter)
    dialog.open()
    dialog.form.editors["time"].widget.setCurrentIndex(1)
    dialog.ok.click()
    assert presenter.session.document is not None
    assert presenter.session.document.geometry.time_steps == 3


def test_a_preset_that_cannot_be_read_keeps_the_dialog_open(empty_desk: Desk, tmp_path: Path) -> None:
    from MultiLabelSegLib.ui.qt.errors import desk as errors

    broken = tmp_path / "broken.lsetp"
    broken.write_text("no preset", encoding="utf-8")
    empty_desk.click(empty_desk.panel.data.new)
    dialog: Any = empty_desk.panel.files.dialog
    dialog.form.editors["preset"].line.setText(str(broken))
    dialog.ok.click()
    assert dialog.is_open
    assert "broken.lsetp" in errors.told[0]
    assert empty_desk.presenter.session.document is None
    errors.forget()
    dialog.cancel.click()
    assert not dialog.is_open


def test_the_image_is_chosen_from_the_list(desk: Desk) -> None:
    box = desk.panel.data.image.widget
    box.setCurrentIndex(0)
    box.activated.emit(0)
    desk.work()
    assert desk.presenter.data.image_id == ""
    box.setCurrentIndex(1)
    box.activated.emit(1)
    desk.work()
    assert desk.presenter.data.image_id == "CT"


def test_unsaved_changes_are_marked_until_they_are_saved(desk: Desk, tmp_path: Path) -> None:
    desk.click_cell("l1", 1)
    assert desk.panel.data.segmentation.widget.currentText() == "CT-labels *"
    desk.panel.run("save")
    dialog: Any = desk.panel.files.dialog
    dialog.path.setText(str(tmp_path / "case.nrrd"))
    dialog.choose_format("mitk-nrrd")
    dialog.ok.click()
    desk.wait(lambda: not desk.presenter.files.is_modified)
    desk.work()
    assert desk.panel.data.segmentation.widget.currentText() == "CT-labels"
    assert read_segmentation(tmp_path / "case.nrrd").label(1).locked is False


def test_save_writes_to_the_same_file_without_a_question(desk: Desk, tmp_path: Path) -> None:
    desk.presenter.files.save_as(tmp_path / "case.nrrd", "mitk-nrrd")
    desk.wait(lambda: desk.presenter.files.path is not None)
    desk.presenter.labels.rename("l1", "Hepar")
    desk.click(desk.panel.buttons["save"])
    desk.wait(lambda: not desk.presenter.files.is_modified)
    assert read_segmentation(tmp_path / "case.nrrd").label(1).name == "Hepar"


def test_a_file_that_somebody_else_changed_is_not_overwritten_without_asking(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "case.nrrd"
    desk.presenter.files.save_as(path, "mitk-nrrd")
    desk.wait(lambda: desk.presenter.files.path is not None)
    path.write_bytes(b"somebody else's")
    desk.presenter.labels.rename("l1", "Hepar")
    desk.click(desk.panel.buttons["save"])
    desk.work()
    assert path.read_bytes() == b"somebody else's"
    asking.answers.append("save")
    desk.click(desk.panel.buttons["save"])
    desk.wait(lambda: not desk.presenter.files.is_modified)
    assert read_segmentation(path).label(1).name == "Hepar"


def test_the_export_dialog_says_what_a_format_cannot_hold_and_fits_the_suffix(desk: Desk, tmp_path: Path) -> None:
    desk.panel.files.export()
    dialog: Any = desk.panel.files.dialog
    dialog.path.setText(str(tmp_path / "case.nrrd"))
    dialog.choose_format("labelmap")
    assert dialog.path.text().endswith("case.nrrd")
    dialog.choose_format("slicer-seg-nrrd")
    assert dialog.path.text().endswith("case.seg.nrrd")
    dialog.choose_format("labelmap")
    assert dialog.path.text().endswith("case.nii.gz")
    assert dialog.losses.isVisible()
    assert "overlap" in dialog.losses.text().lower()
    dialog.form.editors["overlap"].widget.setCurrentIndex(2)
    dialog.ok.click()
    written = Path(dialog.path.text())
    desk.wait(written.exists)
    assert desk.presenter.files.path is None


def test_the_dialogs_offer_the_documents_own_file_and_format_first(desk: Desk, tmp_path: Path) -> None:
    for name, format_id in (
        ("case.nrrd", "mitk-nrrd"),
        ("case.seg.nrrd", "slicer-seg-nrrd"),
        ("case.mitklabel.json", "mitk-stack"),
    ):
        desk.presenter.files.save_as(tmp_path / name, format_id)
        desk.wait(lambda path=tmp_path / name: desk.presenter.files.path == path)
        for ask in (desk.panel.files.save_as, desk.panel.files.export):
            ask()
            dialog: Any = desk.panel.files.dialog
            assert (Path(dialog.path.text()), dialog.format_id) == (tmp_path / name, format_id)
            dialog.widget.close()


def test_every_format_shows_its_options_in_both_directions(desk: Desk) -> None:
    from MultiLabelSegLib.ui.qt.dialogs.files import FileDialog

    for direction, items in (("read", desk.presenter.files.readers()), ("write", desk.presenter.files.writers())):
        dialog = FileDialog(None, desk.presenter, "Test", direction, lambda *given: given)  # type: ignore[arg-type]
        for item in items:
            dialog.choose_format(item.id)
            assert dialog.format_id == item.id
            expected = {field.name for field in desk.presenter.files.fields(item.id, direction)}  # type: ignore[arg-type]
            assert set(dialog.form.editors) == expected
            assert dialog.options() == {}, item.id


def test_an_existing_file_is_replaced_only_when_the_user_says_so(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "case.nrrd"
    path.write_bytes(b"old")
    desk.panel.files.export()
    dialog: Any = desk.panel.files.dialog
    dialog.path.setText(str(path))
    dialog.choose_format("mitk-nrrd")
    dialog.ok.click()
    desk.work()
    assert path.read_bytes() == b"old"
    assert dialog.is_open
    asking.answers.append("overwrite")
    dialog.ok.click()
    desk.wait(lambda: path.read_bytes() != b"old")


def test_a_file_is_opened_as_what_it_is(empty_desk: Desk, tmp_path: Path) -> None:
    from MultiLabelSegLib.formats.saving import write_segmentation

    path = tmp_path / "case-labels.nrrd"
    write_segmentation(a_document(), path, format_id="mitk-nrrd")
    asking.answers.append(str(path))
    empty_desk.click(empty_desk.panel.buttons["open"])
    empty_desk.wait(lambda: empty_desk.presenter.session.document is not None)
    empty_desk.work()
    assert "Liver" in empty_desk.titles()


def test_a_file_is_imported_into_the_current_segmentation(desk: Desk, tmp_path: Path) -> None:
    from MultiLabelSegLib.formats.saving import write_segmentation

    path = tmp_path / "other.nrrd"
    write_segmentation(a_document(), path, format_id="mitk-nrrd")
    desk.panel.files.import_file()
    dialog: Any = desk.panel.files.dialog
    dialog.path.setText(str(path))
    dialog.ok.click()
    desk.wait(lambda: len(desk.document.groups) == 4)
    assert [group.name for group in desk.document.groups[2:]] == ["other 1", "Lesions"]


def test_closing_with_unsaved_changes_asks_and_cancel_keeps_them(desk: Desk) -> None:
    desk.presenter.labels.rename("l1", "Hepar")
    desk.panel.files.close()
    assert desk.document.label(1).name == "Hepar"
    asking.answers.append("discard")
    desk.panel.files.close()
    assert desk.presenter.session.document is None
    assert desk.titles() == []


def test_the_menu_beside_the_list_duplicates_and_renames(desk: Desk) -> None:
    desk.presenter.data.duplicate()
    desk.work()
    assert desk.panel.data.segmentation.widget.count() == 3
    desk.panel.files.rename()
    dialog: Any = desk.panel.files.dialog
    dialog.form.editors["name"].line.setText("Second reader")
    dialog.ok.click()
    desk.work()
    assert "Second reader" in desk.panel.data.segmentation.widget.currentText()


def test_an_image_of_another_grid_is_offered_ways_to_go_on(application: Any) -> None:
    import numpy as np

    from MultiLabelSegLib.core import Geometry, Image

    where = Geometry.from_parts((6, 4, 5), (1.0, 1.0, 1.0))
    desk = Desk(a_document())
    try:
        desk.host._images["Other"] = Image(np.zeros(where.full_shape, np.int16), where)
        desk.presenter.data.select_image("Other")
        desk.work()
        offer = desk.panel.data.offer
        assert offer.widget.isVisible()
        assert {"resample", "own", "new"} <= set(offer.buttons)
        desk.click(offer.buttons["new"])
        assert not offer.widget.isVisible()
        assert desk.document.geometry.shape == where.shape
    finally:
        desk.close()


def test_what_lies_under_the_mouse_is_told_where_the_host_has_no_line_for_it(application: Any) -> None:
    from MultiLabelSegLib.host.headless import HeadlessHost
    from MultiLabelSegLib.ui.presenter import Presenter
    from MultiLabelSegLib.ui.qt.panel import Panel

    presenter = Presenter(HeadlessHost())
    presenter.session.add_document(a_document(), "CT-labels")
    panel = Panel(presenter, None, True)
    panel.widget.resize(400, 900)
    panel.widget.show()
    where = (0.0, 0.0, 0.0)
    presenter.tools.view_event(ViewEvent(ViewEventKind.HOVER, "axial", "axial", 0, where, where))
    assert panel.hover is not None
    assert panel.hover.label.text == "Liver [1], Tumör [7]"
    presenter.tools.view_event(ViewEvent(ViewEventKind.LEAVE, "axial", "axial", 0, where, where))
    assert panel.hover.label.text == ""
    panel.close()
    panel.widget.close()
