"""Volumes, annotations and scores with planes and type words in their names, paired from names alone."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import discover_names, survey_names

from .discovered import case_of, class_ids, masks_of, notes, reasons

THREE = ["axl_anatomic.nii", "cor_anatomic.nii", "sag_anatomic.nii"]
PATIENTS = ["00000000-0001-4f61-f854-7bf6b7e00001", "00000000-0002-4f61-f854-7bf6b7e00001"]
CASES = ["00000000-0001-4f61-f854-7bf6b7e00002", "00000000-0002-4f61-f854-7bf6b7e00002"]


def test_one_file_is_semantic_and_several_are_instances_of_their_number() -> None:
    names = [*THREE, "axl_inference.nii", "cor_inference_1.nii", "cor_inference_3.nii", "sag_inference_1.nii"]
    cases = discover_names(names)
    assert [mask.mode for mask in case_of(cases, "axl_anatomic.nii").masks] == ["semantic"]
    assert class_ids(case_of(cases, "cor_anatomic.nii")) == {"cor_inference_1.nii": 1, "cor_inference_3.nii": 3}
    assert [mask.mode for mask in case_of(cases, "sag_anatomic.nii").masks] == ["semantic"]
    assert [(case.layout, case.plane) for case in cases.cases] == [("by-plane", p) for p in ("axl", "cor", "sag")]
    assert not cases.left_out
    assert not cases.notes


def test_the_mask_mode_can_be_forced() -> None:
    names = [*THREE, "axl_inference_4.nii", "cor_inference_1.nii", "cor_inference_2.nii"]
    instances = discover_names(names, mask_mode="instance")
    assert class_ids(case_of(instances, "axl_anatomic.nii")) == {"axl_inference_4.nii": 4}
    semantic = discover_names(names, mask_mode="semantic")
    assert {mask.mode for case in semantic.cases for mask in case.masks} == {"semantic"}


def test_numbers_of_classes_do_not_depend_on_the_order_of_the_files() -> None:
    names = [*THREE, "axl_mask_10.nii", "axl_mask_2.nii", "axl_mask_1.nii"]
    for order in (names, names[::-1]):
        case = case_of(discover_names(order), "axl_anatomic.nii")
        assert [(mask.path, mask.class_id) for mask in case.masks] == [
            ("axl_mask_1.nii", 1),
            ("axl_mask_2.nii", 2),
            ("axl_mask_10.nii", 10),
        ]


def test_files_without_a_number_are_classes_by_their_place() -> None:
    names = [*THREE, "axl_femur_mask.nii", "axl_tibia_mask.nii"]
    assert class_ids(case_of(discover_names(names), "axl_anatomic.nii")) == {
        "axl_femur_mask.nii": 1,
        "axl_tibia_mask.nii": 2,
    }


def test_a_place_that_a_number_has_taken_is_passed_over_with_a_note() -> None:
    cases = discover_names([*THREE, "axl_mask.nii", "axl_mask_1.nii", "axl_mask_3.nii"])
    assert class_ids(case_of(cases, "axl_anatomic.nii")) == {
        "axl_mask.nii": 2,
        "axl_mask_1.nii": 1,
        "axl_mask_3.nii": 3,
    }
    assert "axl_mask_1.nii" in notes(cases)["axl_mask.nii"]


def test_two_files_of_one_number_are_one_class_with_a_note() -> None:
    cases = discover_names([*THREE, "axl_label_1.nii", "axl_mask_1.nii"])
    assert set(class_ids(case_of(cases, "axl_anatomic.nii")).values()) == {1}
    assert "axl_label_1.nii" in notes(cases)["axl_mask_1.nii"]


@pytest.mark.parametrize(
    ("volume", "annotation"),
    [
        ("AXL_ANATOMIC.NII", "AXL_INFERENCE.nii.gz"),
        ("axl-anatomic.nii", "axl-mask.nii"),
        ("axl.anatomic.nii", "axl mask.nii"),
        ("case7axl_anatomic.nii", "case7axl_mask.nii"),
        ("knee.axl_anatomic.nii", "knee.axl_segmentation.nii"),
        ("axl_anatomic.nii", "axl_ann.nii"),
        ("axl_anatomical.nii", "axl_inferenceal.nii"),
        ("anatomic_axl.nii", "axl_mask.nii"),
        ("knee_right_axl_anatomic.nii", "axl_mask.nii"),
        ("knee_axl.nii", "knee_axl_mask.nii"),
        ("knee_axl.nii", "axl_mask.nii"),
    ],
)
def test_spellings(volume: str, annotation: str) -> None:
    cases = discover_names([volume, annotation])
    assert masks_of(cases) == {volume: [annotation]}
    assert (cases.cases[0].layout, cases.cases[0].plane) == ("by-plane", "axl")


def test_ids_tell_the_patients_of_a_folder_apart() -> None:
    names = [f"{patient}_axl_{word}.nii" for patient in ("P1", "P2", "P12") for word in ("anatomic", "mask")]
    assert masks_of(discover_names(names)) == {
        f"{p}_axl_anatomic.nii": [f"{p}_axl_mask.nii"] for p in ("P1", "P2", "P12")
    }


def test_ids_may_be_followed_by_other_words() -> None:
    names = ["P1_axl_anatomic.nii", "P2_axl_anatomic.nii", "P1_axl_mask_nnunet_1.nii", "P1_knee_axl_mask_2.nii"]
    names += ["P2_axl_inference.nii"]
    assert masks_of(discover_names(names)) == {
        "P1_axl_anatomic.nii": ["P1_axl_mask_nnunet_1.nii", "P1_knee_axl_mask_2.nii"],
        "P2_axl_anatomic.nii": ["P2_axl_inference.nii"],
    }
    longer = ["P1_knee_t1_axl_anatomic.nii", "P2_knee_t1_axl_anatomic.nii", "P1_axl_mask.nii", "P2_axl_mask.nii"]
    assert masks_of(discover_names(longer))["P2_knee_t1_axl_anatomic.nii"] == ["P2_axl_mask.nii"]


def test_numbered_volumes_of_a_folder_each_have_their_own_annotation() -> None:
    names = [f"axl_{word}_{n}.nii" for n in (1, 2) for word in ("anatomic", "inference")]
    cases = discover_names(names)
    assert masks_of(cases) == {
        "axl_anatomic_1.nii": ["axl_inference_1.nii"],
        "axl_anatomic_2.nii": ["axl_inference_2.nii"],
    }
    assert {mask.mode for case in cases.cases for mask in case.masks} == {"semantic"}


def test_a_number_of_the_only_volume_is_no_hindrance() -> None:
    names = ["axl_anatomic_7.nii", "axl_inference_1.nii", "axl_inference_2.nii"]
    assert class_ids(case_of(discover_names(names), "axl_anatomic_7.nii")) == {
        "axl_inference_1.nii": 1,
        "axl_inference_2.nii": 2,
    }


def test_uuids_tell_cases_apart_whatever_else_the_names_say() -> None:
    volumes = [f"{p}_{c}_axl_knee_anatomic.nii" for p, c in zip(PATIENTS, CASES, strict=True)]
    masks = [f"{p.upper()}_{c}_axl_model_mask.nii" for p, c in zip(PATIENTS, CASES, strict=True)]
    assert masks_of(discover_names([*volumes, *masks])) == {
        volume: [mask] for volume, mask in zip(volumes, masks, strict=True)
    }
    other_folder = [f"x/y/{mask}" for mask in masks]
    assert masks_of(discover_names([*volumes, *other_folder]))[volumes[0]] == [other_folder[0]]


def test_uuids_that_differ_never_match() -> None:
    cases = discover_names([f"{PATIENTS[0]}_{CASES[0]}_axl_anatomic.nii", f"{PATIENTS[1]}_{CASES[1]}_axl_mask.nii"])
    assert [case.masks for case in cases.cases] == [()]
    assert "--existing" in reasons(cases)[f"{PATIENTS[1]}_{CASES[1]}_axl_mask.nii"]


def test_other_ids_are_matched_by_the_plane_alone_with_a_note() -> None:
    cases = discover_names(["P1_axl_anatomic.nii", "P2_axl_mask.nii"])
    assert masks_of(cases) == {"P1_axl_anatomic.nii": ["P2_axl_mask.nii"]}
    assert "names differ" in notes(cases)["P2_axl_mask.nii"]


def test_an_annotation_of_two_possible_volumes_is_left_out_and_both_are_named() -> None:
    cases = discover_names(["P1_axl_anatomic.nii", "P2_axl_anatomic.nii", "axl_mask.nii"])
    assert "P1_axl_anatomic.nii or P2_axl_anatomic.nii" in reasons(cases)["axl_mask.nii"]
    assert all(not masks for masks in masks_of(cases).values())


def test_items_in_folders_keep_to_themselves() -> None:
    names = [f"deep/{item}/{name}" for item in "ab" for name in (*THREE, "axl_mask_1.nii", "axl_mask_2.nii")]
    cases = discover_names(names)
    for item in "ab":
        masks = masks_of(cases)[f"deep/{item}/axl_anatomic.nii"]
        assert masks == [f"deep/{item}/axl_mask_1.nii", f"deep/{item}/axl_mask_2.nii"]


def test_an_item_without_a_volume_of_a_plane_does_not_take_that_of_another_item() -> None:
    cases = discover_names(["a/axl_anatomic.nii", "b/sag_anatomic.nii", "b/axl_mask.nii"])
    assert masks_of(cases) == {"a/axl_anatomic.nii": [], "b/sag_anatomic.nii": []}
    assert "axl_anatomic.nii" in reasons(cases)["b/axl_mask.nii"]


@pytest.mark.parametrize(
    ("volumes", "masks"),
    [
        (["i1/axl_anatomic.nii", "i2/axl_anatomic.nii"], ["i1/masks/axl_mask.nii", "i2/masks/axl_mask.nii"]),
        (["i1/img/axl_anatomic.nii", "i2/img/axl_anatomic.nii"], ["i1/seg/axl_mask.nii", "i2/seg/axl_mask.nii"]),
        (["img/i1/axl_anatomic.nii", "img/i2/axl_anatomic.nii"], ["seg/i1/axl_mask.nii", "seg/i2/axl_mask.nii"]),
        (["img/P1_axl_anatomic.nii", "img/P2_axl_anatomic.nii"], ["seg/P1_axl_mask.nii", "seg/P2_axl_mask.nii"]),
    ],
    ids=["in sub-folders", "nearest", "folders of one name", "ids"],
)
def test_annotations_in_other_folders(volumes: list[str], masks: list[str]) -> None:
    assert masks_of(discover_names(volumes + masks)) == {v: [m] for v, m in zip(volumes, masks, strict=True)}


def test_the_only_volume_of_the_tree_is_taken_with_a_note_unless_it_has_annotations_of_its_own() -> None:
    alone = discover_names(["img/axl_anatomic.nii", "other/place/axl_mask.nii"])
    assert masks_of(alone) == {"img/axl_anatomic.nii": ["other/place/axl_mask.nii"]}
    assert "img/axl_anatomic.nii" in notes(alone)["other/place/axl_mask.nii"]
    served = discover_names(["img/axl_anatomic.nii", "img/axl_mask.nii", "other/place/axl_mask.nii"])
    assert masks_of(served) == {"img/axl_anatomic.nii": ["img/axl_mask.nii"]}
    assert [mask.mode for mask in served.cases[0].masks] == ["semantic"]
    assert set(reasons(served)) == {"other/place/axl_mask.nii"}


def test_a_volume_that_is_called_a_mask_too() -> None:
    alone = discover_names(["axl_anatomic_mask.nii"])
    assert masks_of(alone) == {"axl_anatomic_mask.nii": []}
    assert "axl_anatomic_mask.nii" in notes(alone)
    beside = discover_names(["axl_anatomic.nii", "axl_anatomic_mask.nii"])
    assert masks_of(beside) == {"axl_anatomic.nii": ["axl_anatomic_mask.nii"]}
    assert "axl_anatomic_mask.nii" in notes(beside)


def test_the_second_annotation_of_one_name_is_left_out_so_that_the_first_stays_semantic() -> None:
    cases = discover_names([*THREE, "axl_mask.nii", "axl_mask.nii.gz"])
    assert [(mask.path, mask.mode) for mask in case_of(cases, THREE[0]).masks] == [("axl_mask.nii", "semantic")]
    assert set(reasons(cases)) == {"axl_mask.nii.gz"}


def test_files_that_say_nothing_are_volumes_beside_planes() -> None:
    cases = discover_names([*THREE, "axl_mask.nii", "localizer.nii", "knee_axl_t2.nii"])
    assert {case.source: case.layout for case in cases.cases if case.source not in THREE} == {
        "localizer.nii": "by-name",
        "knee_axl_t2.nii": "by-name",
    }


def test_an_annotation_without_a_plane_beside_planes_is_left_out() -> None:
    cases = discover_names([*THREE, "mask.nii"])
    assert "lacks the plane" in reasons(cases)["mask.nii"]


def test_layouts_may_be_mixed_in_one_tree() -> None:
    names = ["a/CT.nii", "a/CT/cord.nii", *(f"b/{name}" for name in THREE), "b/axl_mask.nii", "c/spinal_cord.nii"]
    cases = discover_names(names)
    assert {case.source: case.layout for case in cases.cases} == {
        "a/CT.nii": "by-name",
        **{f"b/{name}": "by-plane" for name in THREE},
        "c/spinal_cord.nii": "by-name",
    }
    assert not cases.left_out


def test_a_volume_with_a_mask_folder_and_annotations_beside_it_has_both() -> None:
    cases = discover_names(["axl_anatomic.nii", "axl_anatomic/bone.nii", "axl_inference.nii"])
    case = case_of(cases, "axl_anatomic.nii")
    assert [(mask.path, mask.mode) for mask in case.masks] == [
        ("axl_anatomic/bone.nii", "named"),
        ("axl_inference.nii", "semantic"),
    ]
    assert (case.layout, case.plane) == ("by-name", "axl")


def test_a_missing_plane_is_a_note_on_the_folder() -> None:
    cases = discover_names(["a/axl_anatomic.nii", *(f"b/{name}" for name in THREE), "sag_anatomic.nii"])
    found = notes(cases)
    assert set(found) == {"a", "."}
    assert "no cor and no sag" in found["a"]
    assert "no axl and no cor" in found["."]


def test_a_missing_plane_is_found_for_each_case_with_uuids() -> None:
    names = [f"{PATIENTS[0]}_{CASES[0]}_{name}" for name in THREE] + [f"{PATIENTS[1]}_{CASES[1]}_{THREE[0]}"]
    assert [PATIENTS[1] in note.reason and PATIENTS[0] not in note.reason for note in discover_names(names).notes] == [
        True
    ]


def test_the_layout_by_plane_takes_nothing_else() -> None:
    cases = discover_names([*THREE, "CT.nii", "CT/lung.nii", "axl_mask.nii"], layout="by-plane")
    assert masks_of(cases) == {THREE[0]: ["axl_mask.nii"], THREE[1]: [], THREE[2]: []}
    assert set(reasons(cases)) == {"CT.nii", "CT/lung.nii"}


def test_annotations_without_any_volume_are_handed_over_and_else_left_out() -> None:
    names = ["ds/axl_mask_1.nii", "ds/axl_score.csv", "cor_label.nii", "mapping.json", "map.txt", "ds/sub/other.json"]
    found = survey_names(names)
    assert [remark.path for remark in found.unmatched] == ["cor_label.nii", "ds/axl_mask_1.nii", "ds/axl_score.csv"]
    assert found.mappings == ("mapping.json",)
    assert set(found.annotation_names) == {"cor_label.nii", "ds/axl_mask_1.nii", "ds/axl_score.csv", "map.txt"}
    left_out = reasons(discover_names(names))
    assert set(left_out) == set(names)
    for name in ("ds/axl_mask_1.nii", "ds/axl_score.csv", "cor_label.nii", "mapping.json", "map.txt"):
        assert "--existing" in left_out[name]
    assert "axl_anatomic.nii" in left_out["ds/axl_mask_1.nii"]
    assert "cor_anatomic.nii" in left_out["cor_label.nii"]


def test_the_layout_annotations_imports_no_volume_and_hands_everything_over() -> None:
    names = [*THREE, "axl_mask.nii", "tumor.nii", "mapping.json"]
    found = survey_names(names, layout="annotations")
    assert [remark.path for remark in found.unmatched] == ["axl_mask.nii"]
    assert set(found.annotation_names) == {*THREE, "axl_mask.nii", "tumor.nii"}
    assert found.mappings == ("mapping.json",)
    assert set(reasons(found.without_existing())) == set(names)
