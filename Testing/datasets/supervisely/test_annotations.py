"""Annotations without volumes: the existing volume of each, by name or by mapping, and what its values mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from MultiLabelSegLib.core import Geometry
from MultiLabelSegLib.datasets.supervisely.discovery.cases import Case, Cases, ExistingVolume, MaskFile
from MultiLabelSegLib.datasets.supervisely.importing.annotations import match_annotations
from MultiLabelSegLib.datasets.supervisely.importing.existing_volumes import read_existing
from MultiLabelSegLib.datasets.supervisely.tables.mapping import VolumeMapping, find_mapping

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "supervisely"
CASES = ("ann_dataset_mapping", "ann_dataset_names", "ann_dataset_scores", "ann_project_mapping")
GRID = Geometry.from_parts((2, 2, 2))
PATIENT, CASE, OTHER = (f"0000000{n}-0000-0000-0000-00000000000{n}" for n in (1, 2, 3))


def volumes(*names: str) -> list[ExistingVolume]:
    """Volumes from ``<data set>/<name>``, ids from 100; the data set ``d1`` has the id 1, and so on."""
    made = []
    for number, name in enumerate(names, 100):
        dataset, _, file = name.rpartition("/")
        made.append(ExistingVolume(number, file, dataset, GRID, int(dataset[-1])))
    return made


TWO_SETS = volumes("d1/axl_anatomic.nrrd", "d1/cor_anatomic.nrrd", "d2/axl_anatomic.nrrd", "d2/cor_anatomic.nrrd")


def owners(cases: Cases) -> dict[str, str]:
    """File -> source of its volume."""
    return {path: case.source for case in cases.cases for path in (*(mask.path for mask in case.masks), *case.scores)}


def left_out(cases: Cases) -> dict[str, str]:
    return {remark.path: remark.reason for remark in cases.left_out}


def masks_of(cases: Cases) -> list[MaskFile]:
    [case] = cases.cases
    return list(case.masks)


def golden(name: str, existing: str, with_target: bool = True) -> tuple[dict[str, object], Cases]:
    folder = GOLDEN / name
    truth = json.loads((folder / "truth.json").read_text())
    root = folder / "input" / "dataset_name"
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    mapping, _ = find_mapping(names, lambda file: root / file)
    target = truth["target_dataset_id"] if with_target else None
    return truth, match_annotations(names, read_existing(folder / existing), mapping, target)


def check_against(truth: dict[str, object], cases: Cases) -> None:
    true_volumes = truth["volumes"]
    assert isinstance(true_volumes, list)
    assert [case.source for case in cases.cases] == [volume["source"] for volume in true_volumes]
    for case, true in zip(cases.cases, true_volumes, strict=True):
        assert case.existing is not None
        assert (case.existing.id, case.plane, case.layout) == (true["id"], true["plane"], "annotations")
        modes = {mask.path: mask.mode for mask in case.masks}
        assert modes == {item["source"]: item["mode"] for item in true["objects"]}
        numbers = {mask.path: mask.class_id for mask in case.masks if mask.mode == "instance"}
        assert numbers == {item["source"]: item["class_id"] for item in true["objects"] if item["mode"] == "instance"}
        assert len(case.scores) == any(item["scores"] for item in true["objects"])
        colored = any(item["color"] for item in true["objects"])
        assert case.color_maps == (("cls_color_map.txt",) if colored else ())
    assert cases.left_out == ()


@pytest.mark.parametrize("existing", ["existing.json", "existing_project"])
@pytest.mark.parametrize("name", CASES)
def test_the_golden_cases_give_exactly_their_truth(name: str, existing: str) -> None:
    truth, cases = golden(name, existing)
    check_against(truth, cases)
    if existing == "existing.json" or "mapping" in name:
        assert cases.notes == ()


def test_a_golden_project_matched_folder_by_folder_without_its_mapping_gives_the_same() -> None:
    folder = GOLDEN / "ann_project_mapping"
    root = folder / "input" / "dataset_name"
    names = [path.relative_to(root).as_posix() for path in root.rglob("*.nii")] + ["cls_color_map.txt"]
    truth = json.loads((folder / "truth.json").read_text())
    for source in ("existing.json", "existing_project"):
        check_against(truth, match_annotations(names, read_existing(folder / source)))


def test_a_target_without_volumes_means_the_whole_project_and_is_told() -> None:
    names = ["d1/axl_mask.nii", "d2/axl_mask.nii"]
    cases = match_annotations(names, TWO_SETS, dataset_id=77)
    assert owners(cases) == {"d1/axl_mask.nii": "d1/axl_anatomic.nrrd", "d2/axl_mask.nii": "d2/axl_anatomic.nrrd"}
    assert [note.reason for note in cases.notes] == ["the data set 77 has no volumes: the whole project is searched"]
    assert match_annotations(names, TWO_SETS).notes == ()


def test_a_target_with_volumes_takes_only_its_own() -> None:
    cases = match_annotations(["axl_mask.nii", "cor_mask.nii"], TWO_SETS, dataset_id=2)
    assert owners(cases) == {"axl_mask.nii": "d2/axl_anatomic.nrrd", "cor_mask.nii": "d2/cor_anatomic.nrrd"}
    cases = match_annotations(["labels/axl_mask.nii", "d1/cor_mask.nii"], TWO_SETS, dataset_id=2)
    assert owners(cases) == {"labels/axl_mask.nii": "d2/axl_anatomic.nrrd"}
    assert left_out(cases) == {"d1/cor_mask.nii": "lies in the folder of the data set d1, but the target is d2"}


def test_folders_that_are_no_data_set_are_left_out_beside_one_that_is() -> None:
    names = ["d1/axl_mask.nii", "d9/cor_mask.nii", "cor_mask.nii"]
    cases = match_annotations(names, TWO_SETS)
    assert owners(cases) == {"d1/axl_mask.nii": "d1/axl_anatomic.nrrd"}
    reason = "lies in no folder that is called like a data set of the project (d1, d2)"
    assert left_out(cases) == {"d9/cor_mask.nii": reason, "cor_mask.nii": reason}


def test_several_folders_of_which_none_is_a_data_set_are_not_mixed_together() -> None:
    one = volumes("d1/axl_anatomic.nrrd", "d1/cor_anatomic.nrrd")
    cases = match_annotations(["p1/axl_mask.nii", "p2/cor_mask.nii"], one)
    assert (owners(cases), set(left_out(cases))) == ({}, {"p1/axl_mask.nii", "p2/cor_mask.nii"})


def test_without_folders_only_what_is_unique_in_the_project_is_matched() -> None:
    existing = volumes("d1/axl_anatomic.nrrd", "d2/axl_anatomic.nrrd", "d2/cor_anatomic.nrrd")
    cases = match_annotations(["axl_mask.nii", "cor_mask.nii"], existing)
    assert owners(cases) == {"cor_mask.nii": "d2/cor_anatomic.nrrd"}
    assert left_out(cases) == {
        "axl_mask.nii": "could belong to d1/axl_anatomic.nrrd or d2/axl_anatomic.nrrd: give both the same ids, or use "
        "a mapping"
    }


def test_the_name_of_the_input_itself_may_be_that_of_a_data_set() -> None:
    cases = match_annotations(["axl_mask.nii"], TWO_SETS, root_name="d2")
    assert owners(cases) == {"axl_mask.nii": "d2/axl_anatomic.nrrd"}
    mapping = VolumeMapping("m.json", {"d2/axl_mask.nii": 101})
    assert owners(match_annotations(["axl_mask.nii"], TWO_SETS, mapping, root_name="d2")) == {
        "axl_mask.nii": "d1/cor_anatomic.nrrd"
    }


def test_nested_data_sets_of_one_short_name_are_told_apart_by_the_folders_above() -> None:
    existing = volumes("a/d1/axl_anatomic.nrrd", "b/d1/axl_anatomic.nrrd")
    cases = match_annotations(["in/b/d1/deep/axl_mask.nii"], existing)
    assert owners(cases) == {"in/b/d1/deep/axl_mask.nii": "b/d1/axl_anatomic.nrrd"}
    assert "could belong to a/d1" in left_out(match_annotations(["d1/axl_mask.nii"], existing))["d1/axl_mask.nii"]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("axl_knee7_mask.nii", "d1/axl_knee7_anatomic.nrrd"),
        ("axl_knee7_inference_3.nii.gz", "d1/axl_knee7_anatomic.nrrd"),
        ("axl_knee8_label.nii", "d1/axl_knee8_anatomical.nrrd"),
        ("AXL_Knee8_Label_2.nii", "d1/axl_knee8_anatomical.nrrd"),
        (f"{PATIENT}_{CASE}_axl_hip_mask_1.nii", f"d1/{PATIENT}_{CASE}_axl_anatomic.nrrd"),
        ("sag_other_mask.nii", "d1/sag_anatomic.nrrd"),
        ("axl_score.csv", ""),
        ("axl_mask.nii", ""),
        (f"{PATIENT}_{OTHER}_axl_mask.nii", ""),
        ("sag_anatomic.nii", ""),
        ("mask.nii", ""),
    ],
)
def test_names_match_exactly_or_by_uuids_or_as_the_only_volume_of_the_plane(file: str, expected: str) -> None:
    existing = volumes(
        "d1/axl_knee7_anatomic.nrrd",
        "d1/axl_knee8_anatomical.nrrd",
        f"d1/{PATIENT}_{CASE}_axl_anatomic.nrrd",
        "d1/sag_anatomic.nrrd",
    )
    cases = match_annotations([file], existing)
    assert owners(cases) == ({file: expected} if expected else {})
    assert set(left_out(cases)) == (set() if expected else {file})


def test_a_number_that_the_server_may_have_added_is_no_proof() -> None:
    existing = volumes("d1/axl_anatomic.nrrd", "d1/axl_anatomic_01.nrrd")
    cases = match_annotations(["axl_inference_1.nii", "axl_inference_01.nii", "axl_inference.nii"], existing)
    assert owners(cases) == {
        "axl_inference_01.nii": "d1/axl_anatomic_01.nrrd",
        "axl_inference.nii": "d1/axl_anatomic.nrrd",
    }
    assert "could belong to d1/axl_anatomic_01.nrrd or d1/axl_anatomic.nrrd" in left_out(cases)["axl_inference_1.nii"]


def test_files_of_one_name_never_meet_in_one_volume() -> None:
    existing = volumes("d1/axl_anatomic.nrrd")
    cases = match_annotations(["p1/axl_mask.nii", "p2/axl_mask.nii", "p2/axl_mask_2.nii"], existing, dataset_id=1)
    assert owners(cases) == {"p2/axl_mask_2.nii": "d1/axl_anatomic.nrrd"}
    assert left_out(cases)["p1/axl_mask.nii"].startswith("p2/axl_mask.nii would belong to d1/axl_anatomic.nrrd as well")
    cases = match_annotations(["axl_mask.nii", "axl_mask.nii.gz"], existing)
    assert (len(owners(cases)), len(left_out(cases))) == (1, 1)


@pytest.mark.parametrize(
    ("names", "mode", "expected"),
    [
        (["axl_mask.nii"], "auto", [("semantic", 0)]),
        (["axl_mask_4.nii"], "auto", [("semantic", 0)]),
        (["axl_mask_4.nii", "axl_score.csv"], "auto", [("instance", 4)]),
        (["axl_mask_4.nii", "axl_mask_12.nii"], "auto", [("instance", 4), ("instance", 12)]),
        (["axl_mask.nii", "axl_mask_2.nii"], "auto", [("semantic", 0), ("instance", 2)]),
        (["axl_mask_4.nii", "axl_mask_12.nii"], "semantic", [("semantic", 0), ("semantic", 0)]),
        (["axl_mask_4.nii"], "instance", [("instance", 4)]),
        (["axl_mask.nii", "axl_mask_1.nii"], "instance", [("instance", 2), ("instance", 1)]),
    ],
)
def test_what_values_mean_follows_from_numbers_and_from_how_many_files_a_volume_has(
    names: list[str], mode: str, expected: list[tuple[str, int]]
) -> None:
    cases = match_annotations(names, TWO_SETS, dataset_id=1, mask_mode=mode)  # type: ignore[arg-type]
    assert [(mask.mode, mask.class_id) for mask in masks_of(cases)] == expected
    assert all(mask.class_name == "" for mask in masks_of(cases))


def test_a_mapping_alone_decides_and_its_entries_fail_one_by_one() -> None:
    mapping = VolumeMapping("map.json", {"x/axl_mask.nii": 101, "cor_mask.nii": 999, "gone.nii": 100, "odd.nii": 100})
    names = ["x/axl_mask.nii", "cor_mask.nii", "cor_mask_2.nii", "odd.nii", "map.json", "other.json"]
    cases = match_annotations(names, TWO_SETS, mapping)
    assert owners(cases) == {"x/axl_mask.nii": "d1/cor_anatomic.nrrd", "odd.nii": "d1/axl_anatomic.nrrd"}
    assert left_out(cases) == {
        "cor_mask.nii": "is mapped to 999, which is the id of no existing volume",
        "cor_mask_2.nii": "is not in the mapping map.json",
        "other.json": "is not read: the mapping is map.json",
    }
    assert [(note.path, note.reason) for note in cases.notes] == [
        ("map.json", "key cor_mask.nii: 999 is the id of no existing volume"),
        ("map.json", "key gone.nii: there is no such file in the input"),
    ]


def test_a_key_without_a_folder_must_mean_one_file() -> None:
    names = ["d1/axl_mask.nii", "d2/axl_mask.nii", "d3/axl_mask.nii"]
    cases = match_annotations(names, TWO_SETS, {"axl_mask.nii": 100})
    assert owners(cases) == {}
    assert set(left_out(cases)) == set(names)
    assert all("without its folder" in reason for reason in left_out(cases).values())
    exact = {"axl_mask.nii": 100, "d2/axl_mask.nii": 102, "any/where/d3/axl_mask.nii": 103}
    assert owners(match_annotations(names, TWO_SETS, exact)) == {
        "d1/axl_mask.nii": "d1/axl_anatomic.nrrd",
        "d2/axl_mask.nii": "d2/axl_anatomic.nrrd",
        "d3/axl_mask.nii": "d2/cor_anatomic.nrrd",
    }


def test_a_mapping_reaches_beyond_the_target_and_takes_scores_but_no_volumes() -> None:
    mapping = {"axl_mask_1.nii": 102, "axl_score.csv": 102, "axl_anatomic.nii": 102}
    cases = match_annotations(list(mapping), TWO_SETS, mapping, dataset_id=1)
    [case] = cases.cases
    assert (case.source, case.scores) == ("d2/axl_anatomic.nrrd", ("axl_score.csv",))
    assert masks_of(cases) == [MaskFile("axl_mask_1.nii", "instance", class_id=1)]
    assert "is called a volume" in left_out(cases)["axl_anatomic.nii"]


def test_volumes_without_an_id_are_found_by_name_but_not_by_mapping() -> None:
    existing = [ExistingVolume(-1, "axl_anatomic.nrrd", "d1", GRID)]
    assert owners(match_annotations(["axl_mask.nii"], existing)) == {"axl_mask.nii": "d1/axl_anatomic.nrrd"}
    assert owners(match_annotations(["axl_mask.nii"], existing, {"axl_mask.nii": -1})) == {}


def test_a_project_on_disk_that_does_not_know_the_target_is_searched_whole_and_that_is_told() -> None:
    existing = [ExistingVolume(5, "axl_anatomic.nrrd", "d1", GRID)]
    cases = match_annotations(["axl_mask.nii"], existing, dataset_id=11)
    assert owners(cases) == {"axl_mask.nii": "d1/axl_anatomic.nrrd"}
    assert "the id 11 is not known" in cases.notes[0].reason


def test_scores_without_an_annotation_are_left_out() -> None:
    cases = match_annotations(["axl_mask.nii", "axl_score.csv", "cor_score.csv"], TWO_SETS, dataset_id=1)
    assert owners(cases) == {"axl_mask.nii": "d1/axl_anatomic.nrrd", "axl_score.csv": "d1/axl_anatomic.nrrd"}
    assert set(left_out(cases)) == {"cor_score.csv"}


def test_color_maps_are_those_above_the_annotations_the_nearest_first() -> None:
    names = ["d1/axl_mask.nii", "d2/axl_mask.nii", "map.txt", "d2/color_map.txt", "elsewhere/map.txt"]
    found: dict[str, Case] = {case.source: case for case in match_annotations(names, TWO_SETS).cases}
    assert found["d1/axl_anatomic.nrrd"].color_maps == ("map.txt",)
    assert found["d2/axl_anatomic.nrrd"].color_maps == ("d2/color_map.txt", "map.txt")
    assert set(left_out(match_annotations(names, TWO_SETS))) == {"elsewhere/map.txt"}


def test_every_name_is_in_a_case_or_named() -> None:
    names = [
        "axl_mask.nii",
        "mask.nii",
        "sag_mask.nii",
        "a.csv",
        "axl_score.csv",
        "x.txt",
        "y.json",
        "z.zip",
        "axl_anatomic.nii",
    ]
    cases = match_annotations(names, TWO_SETS, dataset_id=1)
    placed = {*owners(cases), *left_out(cases), *(path for case in cases.cases for path in case.color_maps)}
    assert placed == set(names)
    assert all(left_out(cases).values())
