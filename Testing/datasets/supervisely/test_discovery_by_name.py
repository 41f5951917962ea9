"""Masks in a folder called like their volume, found from names alone."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import discover_names

from .discovered import case_of, masks_of, notes, reasons


def test_masks_beside_their_volume_and_a_volume_without() -> None:
    cases = discover_names(["CT/lung.nii.gz", "CT/tumor.nii.gz", "CT.nii.gz", "Spine.nii.gz"])
    assert masks_of(cases) == {"CT.nii.gz": ["CT/lung.nii.gz", "CT/tumor.nii.gz"], "Spine.nii.gz": []}
    masks = case_of(cases, "CT.nii.gz").masks
    assert [(mask.mode, mask.class_name) for mask in masks] == [("named", "lung"), ("named", "tumor")]
    assert {case.layout for case in cases.cases} == {"by-name"}
    assert not cases.left_out
    assert not cases.notes


def test_equal_names_in_different_folders_are_kept_apart() -> None:
    names = ["A/CT.nii.gz", "A/CT/lung.nii.gz", "B/CT.nii.gz", "B/CT/liver.nii.gz", "C/CT.nii.gz"]
    assert masks_of(discover_names(names)) == {
        "A/CT.nii.gz": ["A/CT/lung.nii.gz"],
        "B/CT.nii.gz": ["B/CT/liver.nii.gz"],
        "C/CT.nii.gz": [],
    }


def test_the_only_folder_of_the_name_elsewhere_is_taken() -> None:
    assert masks_of(discover_names(["images/CT.nii.gz", "masks/CT/lung.nii.gz"])) == {
        "images/CT.nii.gz": ["masks/CT/lung.nii.gz"]
    }


def test_elsewhere_the_nearest_pair_counts() -> None:
    names = [f"{p}/{path}" for p in ("P1", "P2") for path in ("img/CT.nii", "seg/CT/lung.nii")]
    assert masks_of(discover_names(names)) == {
        "P1/img/CT.nii": ["P1/seg/CT/lung.nii"],
        "P2/img/CT.nii": ["P2/seg/CT/lung.nii"],
    }


def test_elsewhere_folders_of_equal_names_belong_together() -> None:
    names = [f"{path}" for p in ("P1", "P2") for path in (f"img/{p}/CT.nii", f"seg/{p}/CT/lung.nii")]
    assert masks_of(discover_names(names)) == {
        "img/P1/CT.nii": ["seg/P1/CT/lung.nii"],
        "img/P2/CT.nii": ["seg/P2/CT/lung.nii"],
    }


def test_masks_that_could_belong_to_two_volumes_are_left_out_and_both_are_named() -> None:
    cases = discover_names(["A/CT.nii.gz", "B/CT.nii.gz", "masks/CT/lung.nii.gz"])
    assert masks_of(cases) == {"A/CT.nii.gz": [], "B/CT.nii.gz": []}
    assert "A/CT.nii.gz or B/CT.nii.gz" in reasons(cases)["masks/CT/lung.nii.gz"]


def test_a_volume_in_a_folder_of_its_own_name_is_no_mask_and_swallows_no_neighbour() -> None:
    cases = discover_names(["CT/CT.nii.gz", "CT/PET.nii.gz"])
    assert masks_of(cases) == {"CT/CT.nii.gz": [], "CT/PET.nii.gz": []}
    assert "CT/CT" in notes(cases)["CT/CT.nii.gz"]
    inner = discover_names(["CT/CT.nii.gz", "CT/CT/lung.nii.gz", "CT/PET.nii.gz"])
    assert masks_of(inner) == {"CT/CT.nii.gz": ["CT/CT/lung.nii.gz"], "CT/PET.nii.gz": []}


def test_a_volume_far_below_a_folder_of_its_own_name_is_no_mask_of_itself() -> None:
    cases = discover_names(["CT/day1/scan/CT.nii.gz", "CT/day1/scan/PET.nii.gz"])
    assert masks_of(cases) == {"CT/day1/scan/CT.nii.gz": [], "CT/day1/scan/PET.nii.gz": []}


def test_a_data_set_called_like_a_volume_of_another_one_is_no_mask_folder() -> None:
    names = ["one/two.nii.gz", "two/CT.nii.gz", "two/CT/lung.nii.gz", "two/PET.nii.gz"]
    assert masks_of(discover_names(names)) == {
        "one/two.nii.gz": [],
        "two/CT.nii.gz": ["two/CT/lung.nii.gz"],
        "two/PET.nii.gz": [],
    }


def test_patients_whose_folder_is_called_like_their_volume_stay_apart() -> None:
    names = ["T1/T1.nii.gz", "extra/T1.nii.gz"]
    assert masks_of(discover_names(names)) == {"T1/T1.nii.gz": [], "extra/T1.nii.gz": []}


def test_masks_in_sub_folders_are_masks() -> None:
    cases = discover_names(["CT.nii", "CT/left/kidney.nii", "CT/right/kidney.nii", "CT/a/b/liver.nii"])
    masks = case_of(cases, "CT.nii").masks
    assert [(mask.path, mask.class_name) for mask in masks] == [
        ("CT/a/b/liver.nii", "liver"),
        ("CT/left/kidney.nii", "kidney"),
        ("CT/right/kidney.nii", "kidney"),
    ]
    assert "CT/left/kidney.nii" in notes(cases)["CT/right/kidney.nii"]


def test_a_file_with_a_mask_folder_of_its_own_is_a_volume_also_in_a_mask_folder() -> None:
    cases = discover_names(["P1.nii", "P1/CT.nii", "P1/CT/lung.nii", "P1/body.nii"])
    assert masks_of(cases) == {"P1.nii": ["P1/body.nii"], "P1/CT.nii": ["P1/CT/lung.nii"]}
    assert "mask folder of P1.nii" in notes(cases)["P1/CT.nii"]


@pytest.mark.parametrize(
    "name",
    ["spinal_cord", "coronary", "cortex", "corpus", "sagittal_sinus", "score", "axl", "cor_mask", "sag_inference_2"],
)
def test_class_names_with_the_letters_or_words_of_a_plane(name: str) -> None:
    cases = discover_names([f"CT/{name}.nii.gz", "CT.nii.gz", f"{name}x.nii.gz", f"{name}x/a.nii.gz"])
    assert masks_of(cases)["CT.nii.gz"] == [f"CT/{name}.nii.gz"]
    assert case_of(cases, "CT.nii.gz").masks[0].class_name == name
    assert not cases.left_out


@pytest.mark.parametrize("stem", ["spinal_cord", "coronary", "cortex", "knee_axl", "sagittal_sinus", "score"])
def test_volumes_with_the_letters_of_a_plane_and_no_type_word(stem: str) -> None:
    cases = discover_names([f"{stem}.nii.gz", f"{stem}/a.nii.gz", "x/other_cor.nii.gz"])
    assert masks_of(cases) == {f"{stem}.nii.gz": [f"{stem}/a.nii.gz"], "x/other_cor.nii.gz": []}
    assert {case.layout for case in cases.cases} == {"by-name"}


def test_folders_called_converted_are_read() -> None:
    names = ["converted/CT.nii.gz", "converted/CT/lung.nii.gz", "converted_2024/axl_anatomic.nii"]
    assert set(masks_of(discover_names(names))) == {"converted/CT.nii.gz", "converted_2024/axl_anatomic.nii"}


def test_dots_in_names_stay() -> None:
    cases = discover_names(["scan.v2.nii.gz", "scan.v2/lung.upper.nii.gz"])
    assert case_of(cases, "scan.v2.nii.gz").masks[0].class_name == "lung.upper"


def test_two_volumes_of_one_name_are_both_imported_and_the_masks_go_to_one() -> None:
    cases = discover_names(["CT.nii", "CT.nii.gz", "CT/lung.nii"])
    assert masks_of(cases) == {"CT.nii": ["CT/lung.nii"], "CT.nii.gz": []}
    assert "CT.nii" in notes(cases)["CT.nii.gz"]


def test_the_second_mask_of_one_name_is_left_out() -> None:
    cases = discover_names(["CT.nii", "CT/lung.nii", "CT/lung.nii.gz"])
    assert masks_of(cases) == {"CT.nii": ["CT/lung.nii"]}
    assert "CT/lung.nii" in reasons(cases)["CT/lung.nii.gz"]


def test_capitals_of_a_mask_folder_may_differ_where_nothing_fits_exactly() -> None:
    assert masks_of(discover_names(["CTChest.nii", "ctchest/lung.nii"])) == {"CTChest.nii": ["ctchest/lung.nii"]}
    both = discover_names(["CT.nii", "ct.nii", "ct/lung.nii"])
    assert masks_of(both) == {"CT.nii": [], "ct.nii": ["ct/lung.nii"]}


def test_a_file_without_a_name_is_left_out() -> None:
    cases = discover_names(["CT.nii", "CT/.nii.gz", ".nii"])
    assert set(reasons(cases)) == {"CT/.nii.gz", ".nii"}


def test_a_file_called_mask_outside_of_a_mask_folder_is_a_volume_with_a_note() -> None:
    cases = discover_names(["CT.nii.gz", "CT_mask.nii.gz"])
    assert set(masks_of(cases)) == {"CT.nii.gz", "CT_mask.nii.gz"}
    assert "folder called like its volume" in notes(cases)["CT_mask.nii.gz"]


def test_the_layout_by_name_knows_no_planes() -> None:
    names = ["axl_anatomic.nii", "axl_inference.nii", "axl_score.csv", "map.txt", "axl_anatomic/lung.nii"]
    cases = discover_names(names, layout="by-name")
    assert masks_of(cases) == {"axl_anatomic.nii": ["axl_anatomic/lung.nii"], "axl_inference.nii": []}
    assert set(reasons(cases)) == {"axl_score.csv", "map.txt"}
    assert all(not case.plane and not case.color_maps for case in cases.cases)
