"""Folders, makers, reviews and notes of labels: undoable, and kept by every format that has room for properties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.annotations import MadeBy, made_by, notes_of, now, review_status
from MultiLabelSegLib.core.folders import folder_of
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.edit import operations as ops
from MultiLabelSegLib.errors import LabelError, OptionError, UnknownLabelError

NOTE = 'first "look": Tumör?\n\t& more \\ ' * 300


def a_segmentation() -> Segmentation:
    """Liver 1 and Femur 2 in the first group, L1 3 in the second; one voxel each."""
    first, second = np.zeros((1, 2, 4), np.uint8), np.zeros((1, 2, 4), np.uint8)
    first[0, 0, :2] = [1, 2]
    second[0, 1, 3] = 3
    groups = [Group(first, [Label(1, "Liver"), Label(2, "Femur")], "a"), Group(second, [Label(3, "L1")], "b")]
    return Segmentation(Geometry.from_parts((1, 2, 4)), groups)


def in_folders() -> Segmentation:
    segmentation = a_segmentation()
    history = History(segmentation)
    history.do(ops.set_folder(segmentation, 2, " Bones/ "))
    history.do(ops.set_folder(segmentation, [3], "Bones/Spine"))
    return segmentation


def test_labels_go_into_folders_and_out_again() -> None:
    segmentation = in_folders()
    assert [folder_of(label) for label in segmentation.labels] == ["", "Bones", "Bones/Spine"]
    assert ops.in_folder(segmentation, "Bones") == (2, 3)
    assert ops.in_folder(segmentation, "Bones", group=0) == (2,)
    history = History(segmentation)
    history.do(ops.set_folder(segmentation, [1, 2], ""))
    assert [folder_of(label) for label in segmentation.labels] == ["", "", "Bones/Spine"]
    history.undo()
    assert folder_of(segmentation.label(2)) == "Bones"
    with pytest.raises(UnknownLabelError, match="'Spine'; there are Bones, Bones/Spine"):
        ops.in_folder(segmentation, "Spine")


def test_a_folder_is_shown_hidden_locked_and_renamed_with_what_is_in_it() -> None:
    segmentation = in_folders()
    history = History(segmentation)
    history.do(ops.set_folder_visible(segmentation, False, "Bones/"))
    history.do(ops.set_folder_locked(segmentation, False, "Bones/Spine"))
    assert [label.visible for label in segmentation.labels] == [True, False, False]
    assert [label.locked for label in segmentation.labels] == [True, True, False]
    history.do(ops.rename_folder(segmentation, "Bones", "Skeleton/Axial"))
    assert [folder_of(label) for label in segmentation.labels] == ["", "Skeleton/Axial", "Skeleton/Axial/Spine"]
    assert history.undo_titles == (
        "Rename folder Bones to Skeleton/Axial",
        "Unlock folder Bones/Spine",
        "Hide folder Bones",
    )
    for _ in range(3):
        history.undo()
    assert segmentation.labels == in_folders().labels
    history.do(ops.rename_folder(segmentation, "Bones", ""))
    assert [folder_of(label) for label in segmentation.labels] == ["", "", "Spine"]


def test_who_made_a_label_is_replaced_as_a_whole() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    maker = MadeBy("nnU-Net", "Task017", "2.5", now())
    history.do(ops.set_made_by(segmentation, [1, 3], maker))
    assert [made_by(label) for label in segmentation.labels] == [maker, None, maker]
    assert segmentation.label(1).properties["algorithm_type"] == "AUTOMATIC"
    history.do(ops.set_made_by(segmentation, 1, MadeBy(kind="MANUAL")))
    assert made_by(segmentation.label(1)) == MadeBy(kind="MANUAL")
    history.undo()
    assert made_by(segmentation.label(1)) == maker
    with pytest.raises(OptionError, match="MANUAL, SEMIAUTOMATIC, AUTOMATIC"):
        MadeBy(kind="MAGIC")


def test_review_notes_description_and_tracking() -> None:
    segmentation = a_segmentation()
    history = History(segmentation)
    assert review_status(segmentation.label(1)) == "notstarted"
    history.do(ops.set_review(segmentation, [1], "flagged", "AB", "2026-01-02T03:04:05+00:00"))
    history.do(ops.set_notes(segmentation, [1], NOTE))
    history.do(ops.set_description(segmentation, 1, "d"))
    history.do(ops.set_tracking(segmentation, 1, tracking_uid="1.2.3"))
    label = segmentation.label(1)
    assert (review_status(label), notes_of(label), label.description) == ("flagged", NOTE, "d")
    assert (label.tracking_id, label.tracking_uid, label.properties["review.by"]) == ("", "1.2.3", "AB")
    history.do(ops.set_notes(segmentation, [1], ""))
    history.do(ops.set_review(segmentation, [1], "completed"))
    assert (notes_of(segmentation.label(1)), "review.by" in segmentation.label(1).properties) == ("", False)
    for _ in range(6):
        history.undo()
    assert segmentation.labels == a_segmentation().labels
    with pytest.raises(OptionError, match="notstarted, inprogress, completed, flagged"):
        ops.set_review(segmentation, 1, "done")
    with pytest.raises(LabelError):
        ops.set_tracking(segmentation, 1)


@pytest.mark.parametrize("name", ["s.nrrd", "s.seg.nrrd", "s.mitklabel.json", "s.nii.gz", "s.mha"])
def test_annotations_survive_in_every_format(name: str, tmp_path: Path) -> None:
    segmentation = in_folders()
    history = History(segmentation)
    history.do(ops.set_notes(segmentation, 3, NOTE))
    history.do(ops.set_review(segmentation, 3, "flagged", "Jürgen"))
    history.do(ops.set_made_by(segmentation, 3, MadeBy("TotalSegmentator", "total", "2.9", "2026-01-02T03:04:05Z")))
    mls.write(segmentation, tmp_path / name)
    back = mls.read(tmp_path / name)
    for value in (1, 2, 3):
        assert back.label(value) == segmentation.label(value)
    assert ops.in_folder(back, "Bones") == (2, 3)


def test_slicer_finds_the_review_status_in_its_own_tag(tmp_path: Path) -> None:
    segmentation = a_segmentation()
    History(segmentation).do(ops.set_review(segmentation, 1, "flagged"))
    mls.write(segmentation, tmp_path / "s.seg.nrrd")
    head = (tmp_path / "s.seg.nrrd").read_bytes().split(b"\n\n")[0].decode()
    tags = [line for line in head.splitlines() if "_Tags" in line]
    assert sum("Segmentation.Status:flagged|" in line for line in tags) == 1
