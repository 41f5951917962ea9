"""Previews of several layers: each into a group of its own, undoable, nothing that is there touched."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Box, Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import OptionError, ToolError
from MultiLabelSegLib.tools.base import Preview, PreviewFrame, PreviewLabel, Scene
from MultiLabelSegLib.tools.confirm import ConfirmOptions, confirm
from MultiLabelSegLib.tools.confirm_groups import flattened

GEOMETRY = Geometry.from_parts((2, 4, 5))
CODES = {"segmented_property_type.value": "10200004"}


def region(value: int, stop: int) -> PreviewFrame:
    values = np.zeros((2, 2, 5), np.uint8)
    values[:, :, :stop] = value
    return PreviewFrame(Box((0, 1, 0), (2, 3, 5)), values)


@pytest.fixture
def a_preview() -> Preview:
    """Liver (1), 12 voxels, with a tumour (2), 8 voxels, inside it."""
    tumour = Preview(
        "Tumour", {0: region(2, 2)}, (PreviewLabel(2, "Tumour", (0.0, 1.0, 0.0)),), "group", group_name="Lesions"
    )
    liver = PreviewLabel(1, "Liver", (1.0, 0.0, 0.0), properties=CODES)
    return Preview("Predict", {0: region(1, 3)}, (liver,), "group", group_name="Organs", more=(tumour,))


def a_document(*groups: Group) -> Segmentation:
    return Segmentation(GEOMETRY, groups)


def a_filled_group() -> Group:
    array = np.zeros(GEOMETRY.full_shape, np.uint8)
    array[:] = 1
    return Group(array, [Label(1, "Body")], "Mine")


def test_overlapping_layers_become_groups_and_keep_names_values_and_codes(a_preview: Preview) -> None:
    document = a_document()
    command = confirm(Scene(document), a_preview).command
    History(document).do(command)
    assert [group.name for group in document.groups] == ["Organs", "Lesions"]
    assert [(label.value, label.name) for label in document.labels] == [(1, "Liver"), (2, "Tumour")]
    assert document["Liver"].properties == CODES
    assert (document.voxels(1), document.voxels(2)) == (12, 8)
    assert document.mask(1)[0, 0, 1].tolist() == [True, True, True, False, False]
    assert command.resolution.written == 20


def test_work_that_is_there_stays_and_clashing_values_move(a_preview: Preview) -> None:
    document = a_document(a_filled_group())
    before = document.groups[0].array.copy()
    history = History(document)
    history.do(confirm(Scene(document, label=1), a_preview).command)
    assert [group.name for group in document.groups] == ["Mine", "Organs", "Lesions"]
    assert np.array_equal(document.groups[0].array, before)
    assert {label.name: label.value for label in document.labels} == {"Body": 1, "Liver": 3, "Tumour": 2}
    history.undo()
    assert [group.name for group in document.groups] == ["Mine"]
    history.redo()
    assert document.voxels(3) == 12


def test_undo_brings_the_empty_group_back(a_preview: Preview) -> None:
    document = a_document()
    history = History(document)
    history.do(confirm(Scene(document), a_preview).command)
    history.undo()
    assert len(document.groups) == 1
    assert document.values == ()


def test_chosen_labels_alone_are_taken_and_a_layer_without_any_makes_no_group(a_preview: Preview) -> None:
    document = a_document()
    History(document).do(confirm(Scene(document), a_preview, ConfirmOptions(labels=(2,))).command)
    assert [label.name for label in document.labels] == ["Tumour"]
    assert [group.name for group in document.groups] == ["Lesions"]
    with pytest.raises(OptionError, match="labels: 9"):
        confirm(Scene(document), a_preview, ConfirmOptions(labels=(9,)))


def test_all_layers_can_go_into_the_active_label(a_preview: Preview) -> None:
    document = a_document(Group(np.zeros(GEOMETRY.full_shape, np.uint8), [Label(7, "Mine", locked=False)]))
    History(document).do(confirm(Scene(document, label=7), a_preview, ConfirmOptions(into="active")).command)
    assert document.voxels(7) == 12


def test_overlapping_labels_cannot_become_new_labels_of_one_group(a_preview: Preview) -> None:
    with pytest.raises(ToolError, match="overlap.*groups of their own"):
        confirm(Scene(a_document()), a_preview, ConfirmOptions(into="new"))


def test_to_look_at_later_layers_lie_over_earlier_ones(a_preview: Preview) -> None:
    shown = flattened(a_preview)
    assert shown.frames[0].region[0, 0].tolist() == [2, 2, 1, 0, 0]
    assert [label.name for label in shown.labels] == ["Liver", "Tumour"]
    assert shown.more == ()


def test_a_frame_that_was_not_predicted_is_refused(a_preview: Preview) -> None:
    document = Segmentation(GEOMETRY.with_time(2))
    with pytest.raises(ToolError, match="no frame 1; it has 0"):
        confirm(Scene(document), a_preview, ConfirmOptions(frames="all"))


def test_new_labels_of_a_group_have_the_codes_of_the_preview(a_preview: Preview) -> None:
    document = a_document()
    single = Preview("Predict", a_preview.frames, a_preview.labels)
    History(document).do(confirm(Scene(document), single, ConfirmOptions(into="new")).command)
    assert document["Liver"].properties == CODES
