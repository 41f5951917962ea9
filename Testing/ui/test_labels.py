"""What the tree does to labels, groups and folders: each action one step to undo."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.errors import GroupError, LabelError, ToolError
from MultiLabelSegLib.ui.topics import Changed, Topic
from Testing.ui.panel_cases import Told, a_document, a_presenter


def test_locking_a_folder_of_labels_is_one_step_and_is_told_once() -> None:
    presenter = a_presenter(a_document())
    told = Told(presenter)

    presenter.labels.set_locked(presenter.labels.row("g0").values, False)

    assert presenter.steps.entries() == ["Unlock 4 labels"]
    assert told.taken() == [
        Changed(Topic.LABELS, (1, 2, 3, 4)),
        Changed(Topic.HISTORY),
        Changed(Topic.SAVED),
    ]
    presenter.steps.undo()
    assert [label.locked for label in presenter.session.need().document.labels] == [True] * 4 + [False]
    assert not presenter.session.is_modified


def test_a_new_label_joins_the_group_of_the_picked_label_and_not_of_an_older_selection() -> None:
    presenter = a_presenter(a_document())
    labels = presenter.labels
    labels.select([7])
    labels.activate(1)  # as a pick in a view does

    added = labels.add_label()

    assert presenter.session.need().document.group_index_of(added) == 0
    labels.select([7, added])
    assert presenter.session.need().document.group_index_of(labels.add_label()) == 1


def test_a_new_label_joins_the_group_of_the_active_one_and_becomes_active() -> None:
    presenter = a_presenter(a_document())
    labels = presenter.labels
    labels.activate(7)

    first, second = labels.add_label(), labels.add_label("liver cyst", color=(0.0, 0.5, 1.0))

    document = presenter.session.need().document
    assert [label.value for label in document.groups[1].labels] == [7, first, second]
    assert (document.label(first).name, document.label(second).color) == ("Label 1", (0.0, 0.5, 1.0))
    assert (labels.active, labels.selection) == (second, (second,))
    presenter.steps.undo()
    assert labels.active == first
    assert labels.selection == ()


def test_a_suggested_name_brings_its_colour_and_codes() -> None:
    presenter = a_presenter(a_document())

    suggested = presenter.labels.suggestions("kidn", 3)
    value = presenter.labels.add_label(suggested[0].name)

    made = presenter.session.need().document.label(value)
    assert "idney" in suggested[0].name
    assert made.color == suggested[0].color
    assert made.properties


def test_a_new_instance_shares_name_and_look_of_the_active_label() -> None:
    presenter = a_presenter(a_document())
    presenter.labels.activate(1)

    value = presenter.labels.add_instance()

    assert value == 8
    assert presenter.labels.row("c0::Liver").values == (1, 8)


def test_a_new_group_comes_with_a_label_as_one_step() -> None:
    presenter = a_presenter(a_document())

    index = presenter.labels.add_group("Vessels")

    assert (index, presenter.session.need().document.groups[2].values) == (2, (8,))
    assert presenter.steps.entries() == ["Add group Vessels"]


def test_renaming_a_class_names_all_instances_and_renaming_one_takes_it_out() -> None:
    presenter = a_presenter(a_document())
    labels = presenter.labels

    labels.rename("c0::Rib", "Bone")
    labels.rename("l3", "Tooth")
    labels.rename("g0", "Body")
    labels.rename("f0:Organs", "Viscera")

    titles = [row.title for row in labels.rows().rows]
    assert titles == ["Body", "Viscera", "Spleen", "Liver", "Bone", "Tooth", "Lesions", "Tumör"]


def test_names_that_are_not_on_an_enforced_list_are_refused() -> None:
    presenter = a_presenter(a_document())
    presenter.session.preferences = presenter.session.preferences.with_(enforce_suggestions=True)

    with pytest.raises(LabelError, match="not in the list"):
        presenter.labels.rename("l1", "Livre")


def test_solo_hides_all_others_and_again_brings_back_what_it_hid() -> None:
    presenter = a_presenter(a_document())
    document = presenter.session.need().document

    presenter.labels.solo(1)
    assert [label.value for label in document.labels if label.visible] == [1]
    presenter.labels.solo(1)

    assert [label.value for label in document.labels if not label.visible] == [3]


def test_jumping_goes_to_a_voxel_of_the_label_even_where_its_middle_is_not() -> None:
    presenter = a_presenter(a_document())
    told = Told(presenter)
    presenter.labels.select([1])

    assert presenter.labels.jump_to(1) == (2, 0, 0)
    assert told.changes[-1] == Changed(Topic.JUMP, (2, 0, 0))
    presenter.labels.erase([1])
    with pytest.raises(ToolError, match="no voxels"):
        presenter.labels.jump_to(1)


def test_labels_move_into_folders_and_groups_and_among_each_other_as_one_step() -> None:
    presenter = a_presenter(a_document())
    labels, document = presenter.labels, presenter.session.need().document

    labels.move(["l1", "c0::Rib"], "f0:Organs")
    assert labels.row("f0:Organs").values == (4, 1, 2, 3)
    labels.move(["l4"], "l2", "after")
    assert document.groups[0].values == (1, 2, 4, 3)
    labels.move(["f0:Organs"], "g1")
    assert document.groups[0].values == ()
    assert labels.row("f1:Organs").values == (1, 2, 4, 3)

    assert presenter.steps.entries() == ["Move 3 labels", "Move Spleen", "Move Organs"]
    presenter.steps.jump(0)
    assert document.groups[0].values == (1, 2, 3, 4)


def test_groups_move_among_groups_only() -> None:
    presenter = a_presenter(a_document())

    presenter.labels.move(["g1"], "g0", "before")

    assert [group.name for group in presenter.session.need().document.groups] == ["Lesions", ""]
    with pytest.raises(GroupError, match="among groups only"):
        presenter.labels.move(["g1"], "l1")


def test_what_is_removed_is_neither_active_nor_selected_and_the_nearest_label_is() -> None:
    presenter = a_presenter(a_document())
    labels = presenter.labels
    labels.activate(7)
    labels.select([7, 3])

    labels.remove([7])

    assert (labels.active, labels.selection) == (4, (3,))
    presenter.labels.remove_group(0)
    assert labels.active is None
