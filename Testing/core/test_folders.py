"""Display folders of labels and the tree that they make."""

from __future__ import annotations

import pytest

from MultiLabelSegLib import Label
from MultiLabelSegLib.core.folders import FOLDER, folder_of, folder_tree, labels_within, normal_path, with_folder


def labels() -> list[Label]:
    return [
        Label(1, "Liver", properties={FOLDER: "Organs"}),
        Label(2, "L1", properties={FOLDER: "Bones/Spine"}),
        Label(3, "Femur", properties={FOLDER: "Bones"}, visible=False),
        Label(4, "Skin"),
        Label(5, "L2", properties={FOLDER: "Bones/Spine"}),
        Label(6, "Bone marrow", properties={FOLDER: "Bones2"}),
    ]


@pytest.mark.parametrize(
    ("path", "normal"),
    [("", ""), ("/", ""), ("Bones", "Bones"), (" /Bones // Spine/ ", "Bones/Spine"), ("Ä ö/ü", "Ä ö/ü")],
)
def test_paths_have_one_spelling(path: str, normal: str) -> None:
    assert normal_path(path) == normal
    label = with_folder(Label(1, "a", properties={"k": 1}), path)
    assert folder_of(label) == normal
    assert label.properties == {"k": 1} | ({FOLDER: normal} if normal else {})
    assert with_folder(label, "").properties == {"k": 1}


def test_what_is_no_text_is_no_folder() -> None:
    assert folder_of(Label(1, "a", properties={FOLDER: ["Bones"]})) == ""


def test_a_folder_holds_the_folders_in_it_but_no_namesakes() -> None:
    assert [label.value for label in labels_within(labels(), "Bones")] == [2, 3, 5]
    assert [label.value for label in labels_within(labels(), "Bones/Spine/")] == [2, 5]
    assert [label.value for label in labels_within(labels(), "")] == [1, 2, 3, 4, 5, 6]
    assert labels_within(labels(), "Spine") == ()


def test_the_tree_has_three_states() -> None:
    tree = folder_tree(labels())
    assert [label.name for label in tree.labels] == ["Skin"]
    assert list(tree.folders) == ["Organs", "Bones", "Bones2"]
    bones = tree.folders["Bones"]
    assert (bones.path, bones.folders["Spine"].path) == ("Bones", "Bones/Spine")
    assert [label.value for label in bones.all_labels] == [3, 2, 5]
    assert (bones.visible, bones.folders["Spine"].visible, bones.locked) == (None, True, True)
    assert folder_tree([]).visible is None
