"""Opening, importing, saving and exporting from the panel, with real files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.errors import FormatError, LossError, ToolError, UnknownLabelError, WriteError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.topics import Topic
from Testing.ui.panel_cases import Told, a_document, a_presenter, an_image, geometry, wait_for


def a_pair(document: Segmentation | None = None) -> tuple[Presenter, HeadlessHost]:
    host = HeadlessHost({"CT": an_image()})
    return a_presenter(document, host), host


def test_what_is_saved_is_opened_again_the_same_and_is_not_modified(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())
    original = presenter.session.need()
    presenter.labels.rename("l1", "Liver left")
    path = tmp_path / "case.nrrd"

    presenter.files.save_as(path)
    wait_for(host)
    assert (presenter.files.path, presenter.files.is_modified) == (path, False)
    presenter.data.select_image("CT")
    presenter.files.open(path)
    wait_for(host)

    opened = presenter.session.need()
    assert opened is not original
    assert compare(original.document, opened.document).identical
    assert (opened.name, opened.image_id, opened.is_modified) == ("case", "CT", False)
    assert presenter.files.recent() == [path]


def test_undoing_back_to_what_was_saved_is_not_modified(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())
    presenter.labels.erase([1])
    presenter.files.save_as(tmp_path / "a.nrrd")
    wait_for(host)
    told = Told(presenter)

    presenter.labels.erase([2])
    assert presenter.files.is_modified
    presenter.steps.undo()
    assert not presenter.files.is_modified
    presenter.steps.undo()
    assert presenter.files.is_modified
    assert told.topics.count(Topic.SAVED) == 3


def test_changes_made_while_saving_stay_unsaved(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())
    presenter.files.save_as(tmp_path / "a.nrrd")
    presenter.labels.erase([1])
    wait_for(host)

    assert presenter.files.is_modified
    assert mls.read(tmp_path / "a.nrrd").voxels(1) == 5


def test_a_file_that_somebody_else_changed_is_not_replaced_unasked(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())
    path = tmp_path / "a.nrrd"
    presenter.files.save_as(path)
    wait_for(host)
    presenter.labels.erase([1])
    os.utime(path, ns=(1, 1))

    assert presenter.files.changed_on_disk()
    with pytest.raises(WriteError, match="somebody else"):
        presenter.files.save()
    presenter.files.save(overwrite=True)
    wait_for(host)
    assert not presenter.files.changed_on_disk()
    assert mls.read(path).voxels(1) == 0


def test_reading_the_file_again_brings_its_state_back(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())
    presenter.files.save_as(tmp_path / "a.nrrd")
    wait_for(host)
    presenter.labels.erase([1])

    with pytest.raises(ToolError, match="unsaved changes"):
        presenter.files.reload()
    presenter.files.reload(discard=True)
    wait_for(host)

    assert presenter.session.need().document.voxels(1) == 5
    assert len(presenter.session.documents) == 1


def test_what_is_changed_while_a_file_is_read_again_stays_open_beside_it(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())
    presenter.files.save_as(tmp_path / "a.nrrd")
    wait_for(host)
    former = presenter.session.need()
    presenter.files.reload()
    presenter.labels.add_label("late")
    wait_for(host)

    assert presenter.session.need() is not former
    assert former in presenter.session.documents
    assert "late" in [label.name for label in former.document.labels]
    assert former.is_modified


def test_saving_without_a_file_asks_for_one_and_existing_files_are_kept(tmp_path: Path) -> None:
    presenter, _ = a_pair(a_document())
    existing = tmp_path / "b.nrrd"
    existing.write_text("mine")

    with pytest.raises(ToolError, match="Save As"):
        presenter.files.save()
    with pytest.raises(WriteError, match="exists already"):
        presenter.files.save_as(existing)
    with pytest.raises(WriteError, match="no folder"):
        presenter.files.export(tmp_path / "missing" / "c.nrrd")
    assert existing.read_text() == "mine"


def test_what_a_format_cannot_hold_is_said_before_and_refused(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())

    said = presenter.files.losses("labelmap")
    assert any("overlap" in text for text in said)
    assert any("division into 2 groups" in text for text in said)
    assert presenter.files.losses("mitk-nrrd") == []
    presenter.files.export(tmp_path / "flat.nii.gz")
    with pytest.raises(LossError, match="overlap of 1"):
        wait_for(host)
    presenter.files.export(tmp_path / "flat.nii.gz", options={"overlap": "priority", "label_table": "csv"})
    wait_for(host)
    assert [path.name for path in tmp_path.glob("*.csv")]


def test_some_labels_can_be_exported_alone(tmp_path: Path) -> None:
    presenter, host = a_pair(a_document())

    presenter.files.export(tmp_path / "some.nrrd", values=[2, 7])
    wait_for(host)

    assert mls.read(tmp_path / "some.nrrd").values == (2, 7)
    assert presenter.files.path is None
    with pytest.raises(UnknownLabelError, match="99"):
        presenter.files.export(tmp_path / "x.nrrd", values=[99])


def test_an_import_adds_groups_as_one_step_and_tells_which_values_changed(tmp_path: Path) -> None:
    array = np.zeros(geometry().full_shape, np.uint8)
    array[:, 1] = 1
    array[:, 2] = 9
    other = Segmentation(geometry(), [Group(array, [Label(1, "Bone"), Label(9, "Fat")])])
    mls.write(other, tmp_path / "tissue.nrrd")
    presenter, host = a_pair(a_document())
    document = presenter.session.need().document

    presenter.files.import_into(tmp_path / "tissue.nrrd")
    wait_for(host)

    assert [(label.value, label.name) for label in document.groups[2].labels] == [(10, "Bone"), (9, "Fat")]
    assert (document.voxels(10), document.groups[2].name) == (20, "tissue")
    assert "1 is now 10" in host.messages[-1].text
    assert presenter.steps.entries() == ["Import tissue"]
    presenter.steps.undo()
    assert len(document.groups) == 2


def test_a_file_on_another_grid_is_opened_with_an_offer(tmp_path: Path) -> None:
    small = Geometry.from_parts((2, 2, 2), (1.0, 1.0, 3.0))
    mls.write(Segmentation(small, [Group(np.ones(small.full_shape, np.uint8), [Label(1, "a")])]), tmp_path / "s.nrrd")
    presenter, host = a_pair()
    presenter.data.select_image("CT")

    presenter.files.open(tmp_path / "s.nrrd")
    wait_for(host)

    offer = presenter.data.offer()
    assert offer is not None
    assert offer.text.startswith("The grid of s is not that of CT (size (2, 2, 2) against (5, 4, 3)")


@pytest.mark.parametrize("format_id", ["mitk-nrrd", "mitk-stack", "labelmap", "label-folder", "slicer-seg-nrrd"])
def test_every_format_shows_its_options_as_fields_with_help(format_id: str) -> None:
    files = a_pair()[0].files

    fields = {field.name: field for field in files.fields(format_id, "write")}

    assert fields["sidecar"].value == "auto"
    assert all(field.help for name, field in fields.items() if name not in ("overlap", "sidecar"))


def test_dropped_files_are_told_apart(tmp_path: Path) -> None:
    files = a_pair()[0].files
    mls.write(a_document(), tmp_path / "a.nrrd")
    sitk = pytest.importorskip("SimpleITK")
    voxels = sitk.GetImageFromArray(np.zeros((3, 4, 5), np.uint8))
    for name in ("ct.nii.gz", "liver_mask.nii.gz"):
        sitk.WriteImage(voxels, str(tmp_path / name))
    (tmp_path / "list.json").write_text('{"FileFormat": "MITK Segmentation Task List", "Version": 1, "Tasks": []}')

    names = ("a.nrrd", "ct.nii.gz", "liver_mask.nii.gz", "list.json")
    kinds = [files.kind_of(tmp_path / name) for name in names]

    assert kinds == ["segmentation", "image", "segmentation", "task list"]


def test_folders_without_content_and_presets_without_a_segmentation_say_so(tmp_path: Path) -> None:
    presenter = a_presenter()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "names.json").write_text('{"Liver": 1}')

    with pytest.raises(FormatError, match="nothing: the folder is empty"):
        presenter.files.kind_of(tmp_path / "nothing")
    assert presenter.files.kind_of(tmp_path / "names.json") == "preset"
    with pytest.raises(ToolError, match=r"names\.json is a preset of labels; open or make the segmentation"):
        presenter.presets.load(tmp_path / "names.json")
