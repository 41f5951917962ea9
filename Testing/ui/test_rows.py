"""The tree of groups, folders, classes and labels."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.errors import UnknownLabelError
from Testing.ui.panel_cases import a_document, a_presenter


def test_rows_are_groups_folders_classes_and_labels_each_after_its_parent() -> None:
    rows = a_presenter(a_document()).labels.rows().rows

    assert [(row.depth, row.kind, row.title) for row in rows] == [
        (0, "group", "Group 1"),
        (1, "folder", "Organs"),
        (2, "label", "Spleen"),
        (1, "label", "Liver"),
        (1, "class", "Rib"),
        (2, "label", "Rib [2]"),
        (2, "label", "Rib [3]"),
        (0, "group", "Lesions"),
        (1, "label", "Tumör"),
    ]
    keys = [row.key for row in rows]
    assert all(row.parent == "" or keys.index(row.parent) < keys.index(row.key) for row in rows)


def test_a_row_shows_what_its_labels_have_in_common() -> None:
    labels = a_presenter(a_document()).labels

    group, rib, first = labels.row("g0"), labels.row("c0::Rib"), labels.row("l2")

    assert (group.locked, group.visible, group.voxels) == (True, None, 5 + 2 + 2 + 1)
    assert (rib.values, rib.locked, rib.visible, rib.color) == ((2, 3), True, None, (1.0, 1.0, 1.0))
    assert (first.locked, first.visible, first.voxels, first.value) == (True, True, 2, 2)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("TUMOR", ["Lesions", "Tumör"]),
        ("3", ["Group 1", "Rib", "Rib [3]"]),
        ("organs", ["Group 1", "Organs", "Spleen"]),
        ("lesions", ["Lesions", "Tumör"]),
        ("nothing like this", []),
    ],
)
def test_the_filter_finds_names_values_and_what_is_in_them_whatever_case_and_accents(
    text: str, titles: list[str]
) -> None:
    assert [row.title for row in a_presenter(a_document()).labels.rows(text).rows] == titles


def test_next_and_previous_walk_the_filtered_rows_around_the_end() -> None:
    labels = a_presenter(a_document()).labels
    labels.rows("rib")
    labels.activate(3)

    assert [labels.next(), labels.next(), labels.previous()] == [2, 3, 2]
    labels.rows()
    assert [labels.next() for _ in range(3)] == [3, 7, 4]
    assert labels.selection == (4,)


def test_rows_follow_voxels_looks_and_structure() -> None:
    presenter = a_presenter(a_document())
    labels = presenter.labels
    before = labels.rows().rows
    labels.erase([1])
    labels.set_locked([2], False)

    assert (labels.row("l1").voxels, labels.row("g0").voxels) == (0, 5)
    assert (labels.row("l2").locked, labels.row("c0::Rib").locked, labels.row("g0").locked) == (False, None, None)
    labels.remove([1])
    with pytest.raises(UnknownLabelError):
        labels.row("l1")
    presenter.steps.jump(0)
    assert labels.rows().rows == before


def test_refreshed_gives_the_rows_of_labels_and_what_they_are_in() -> None:
    labels = a_presenter(a_document()).labels

    assert [row.key for row in labels.refreshed([2, 4])] == ["l2", "c0::Rib", "g0", "l4", "f0:Organs"]
