"""Colour maps, score tables, what the export app writes, and files that nobody uses."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.datasets.supervisely.discovery.data_sets import discover_names
from MultiLabelSegLib.datasets.supervisely.discovery.side_files import unused_color_maps
from MultiLabelSegLib.errors import OptionError

from .discovered import case_of, class_ids, masks_of, notes, reasons

THREE = ["axl_anatomic.nii", "cor_anatomic.nii", "sag_anatomic.nii"]


def test_colour_maps_nearest_first_and_likely_names_before_a_readme() -> None:
    names = [
        "a/b/axl_anatomic.nii",
        "a/b/README.txt",
        "a/b/z_Color_Map.TXT",
        "a/notes.txt",
        "cls.txt",
        "A10.txt",
        "A9.txt",
    ]
    names += ["a/c/map.txt", "cor_anatomic.nii"]
    cases = discover_names(names)
    assert case_of(cases, "a/b/axl_anatomic.nii").color_maps == (
        "a/b/z_Color_Map.TXT",
        "a/b/README.txt",
        "a/notes.txt",
        "cls.txt",
        "A9.txt",
        "A10.txt",
    )
    assert case_of(cases, "cor_anatomic.nii").color_maps == ("cls.txt", "A9.txt", "A10.txt")
    assert set(reasons(cases)) == {"a/c/map.txt"}


def test_candidates_that_gave_no_class_are_told_in_the_end() -> None:
    cases = discover_names(["axl_anatomic.nii", "cor_anatomic.nii", "README.txt", "map.txt"])
    assert not cases.left_out
    assert [remark.path for remark in unused_color_maps(cases.cases, {"map.txt"})] == ["README.txt"]


def test_texts_beside_volumes_by_name_are_left_out() -> None:
    assert "grouped by plane" in reasons(discover_names(["CT.nii", "CT/lung.nii", "map.txt"]))["map.txt"]


def test_scores_of_several_items_are_found_folder_by_folder() -> None:
    names = [f"{item}/{name}" for item in "ab" for name in (*THREE, "axl_mask.nii", "cor_mask.nii")]
    names += [f"{item}/{plane}_score.csv" for item in "ab" for plane in ("axl", "cor")]
    cases = discover_names(names)
    for item in "ab":
        assert case_of(cases, f"{item}/axl_anatomic.nii").scores == (f"{item}/axl_score.csv",)
        assert case_of(cases, f"{item}/cor_anatomic.nii").scores == (f"{item}/cor_score.csv",)
    assert not cases.left_out


def test_scores_of_several_patients_in_one_folder() -> None:
    names = [f"{p}_axl_{word}" for p in ("P1", "P2") for word in ("anatomic.nii", "mask.nii", "score.csv")]
    cases = discover_names(names)
    assert [case.scores for case in cases.cases] == [("P1_axl_score.csv",), ("P2_axl_score.csv",)]


@pytest.mark.parametrize("name", ["AXL_SCORE.CSV", "axl-scores.csv", "axl_inference_score.csv", "axl_anatomic.csv"])
def test_spellings_of_score_tables(name: str) -> None:
    assert case_of(discover_names([*THREE, "axl_inference.nii", name]), THREE[0]).scores == (name,)


def test_scores_of_numbered_annotations() -> None:
    names = [*THREE, "axl_mask_1.nii", "axl_mask_2.nii", "axl_score_2.csv", "axl_score_1.csv"]
    assert case_of(discover_names(names), THREE[0]).scores == ("axl_score_1.csv", "axl_score_2.csv")


def test_other_tables_stop_nothing_and_are_named() -> None:
    names = [*THREE, "axl_mask.nii", "patients.csv", "score.csv", "axl_volumes.csv", "a/sag_score.csv"]
    cases = discover_names(names)
    assert masks_of(cases)["axl_anatomic.nii"] == ["axl_mask.nii"]
    found = reasons(cases)
    assert set(found) == {"patients.csv", "score.csv", "axl_volumes.csv"}
    assert "without a plane" in found["score.csv"]
    assert '"score"' in found["patients.csv"]


def test_scores_without_annotations_stay_with_their_volume_and_are_noted() -> None:
    cases = discover_names([*THREE, "sag_score.csv"])
    assert case_of(cases, "sag_anatomic.nii").scores == ("sag_score.csv",)
    assert "no annotation" in notes(cases)["sag_score.csv"]


def test_every_other_file_is_left_out_with_what_to_do() -> None:
    names = {
        "x.7z": "zip",
        "x.RAR": "zip",
        "x.tar.gz": "unpack",
        "x.zip": "unpack",
        "old/converted/a.nrrd": "convert",
        "scan.dcm": "convert",
        "notes.json": "mapping",
        "run.py": "no file of a NIfTI data set",
        "noending": "no file of a NIfTI data set",
    }
    cases = discover_names(["CT.nii", *names])
    assert set(masks_of(cases)) == {"CT.nii"}
    found = reasons(cases)
    assert set(found) == set(names)
    for name, words in names.items():
        assert words in found[name], name


def test_junk_folders_and_names_given_twice_count_for_nothing() -> None:
    junk = [
        ".DS_Store",
        "a/.DS_Store",
        "__MACOSX/CT.nii",
        "__MACOSX/a/._CT.nii",
        "._CT.nii",
        "Thumbs.db",
        "a/desktop.ini",
    ]
    cases = discover_names(["CT.nii", "CT.nii", "CT/", "", *junk])
    assert masks_of(cases) == {"CT.nii": []}
    assert not cases.left_out


def test_options_that_do_not_exist_are_refused() -> None:
    with pytest.raises(OptionError, match="layout"):
        discover_names([], layout="by_name")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="mask_mode"):
        discover_names([], mask_mode="both")  # type: ignore[arg-type]


def test_what_the_export_app_writes_by_plane() -> None:
    names = ["color_map.txt", "ds/axl_anatomic.nii.gz", "ds/axl_inference.nii.gz", "ds/axl_anatomic.csv"]
    names += [f"ds/cor_inference{n}.nii.gz" for n in ("", "_2", "_3")] + ["ds/cor_anatomic.nii.gz"]
    cases = discover_names([f"p_nifti/{name}" for name in names])
    axl = case_of(cases, "p_nifti/ds/axl_anatomic.nii.gz")
    assert [(mask.path, mask.mode) for mask in axl.masks] == [("p_nifti/ds/axl_inference.nii.gz", "semantic")]
    assert axl.color_maps == ("p_nifti/color_map.txt",)
    assert axl.scores == ("p_nifti/ds/axl_anatomic.csv",)
    assert list(class_ids(case_of(cases, "p_nifti/ds/cor_anatomic.nii.gz")).values()) == [1, 2, 3]
    assert not cases.left_out


def test_what_the_export_app_writes_by_name() -> None:
    names = ["p_nifti/CT/CT.nii.gz", "p_nifti/CT/CT/lung.nii.gz", "p_nifti/CT/PET.nii.gz", "p_nifti/ds2/CT.nii.gz"]
    assert masks_of(discover_names(names)) == {
        "p_nifti/CT/CT.nii.gz": ["p_nifti/CT/CT/lung.nii.gz"],
        "p_nifti/CT/PET.nii.gz": [],
        "p_nifti/ds2/CT.nii.gz": [],
    }


@pytest.mark.parametrize(("stem", "plane"), [("knee_axl", "axl"), ("spinal_cord", "cor"), ("sagittal_t2", "sag")])
def test_masks_that_the_export_app_numbers_after_the_volume(stem: str, plane: str) -> None:
    one = discover_names(["color_map.txt", f"ds/{stem}.nii.gz", f"ds/{stem}_2.nii.gz", f"ds/{stem}.csv"])
    case = case_of(one, f"ds/{stem}.nii.gz")
    assert [(mask.path, mask.mode) for mask in case.masks] == [(f"ds/{stem}_2.nii.gz", "semantic")]
    assert (case.layout, case.plane, case.scores) == ("by-plane", plane, (f"ds/{stem}.csv",))
    assert case.color_maps == ("color_map.txt",)
    assert f"ds/{stem}.nii.gz" in notes(one)[f"ds/{stem}_2.nii.gz"]
    several = discover_names(["color_map.txt", f"{stem}.nii.gz", f"{stem}_2.nii.gz", f"{stem}_3.nii.gz"])
    assert class_ids(case_of(several, f"{stem}.nii.gz")) == {f"{stem}_2.nii.gz": 1, f"{stem}_3.nii.gz": 2}


@pytest.mark.parametrize(
    "names",
    [
        ["knee_axl.nii.gz", "knee_axl_2.nii.gz"],
        ["color_map.txt", "knee.nii.gz", "knee_2.nii.gz"],
        ["color_map.txt", "knee_axl.nii.gz", "knee_axl_3.nii.gz"],
        ["color_map.txt", "knee_axl.nii.gz", "knee_axl_1.nii.gz"],
        ["other/color_map.txt", "ds/knee_axl.nii.gz", "ds/knee_axl_2.nii.gz"],
    ],
    ids=["no map", "no plane", "gap", "from 1", "map elsewhere"],
)
def test_numbered_volumes_without_the_marks_of_the_export_app_stay_volumes(names: list[str]) -> None:
    images = [name for name in names if name.endswith(".gz")]
    assert masks_of(discover_names(names)) == {name: [] for name in images}


def test_a_numbered_file_with_masks_of_its_own_is_a_volume() -> None:
    names = ["color_map.txt", "knee_axl.nii.gz", "knee_axl_2.nii.gz", "knee_axl_2_2.nii.gz"]
    assert masks_of(discover_names(names)) == {
        "knee_axl.nii.gz": [],
        "knee_axl_2.nii.gz": ["knee_axl_2_2.nii.gz"],
    }
    folder = ["color_map.txt", "knee_axl.nii.gz", "knee_axl_2.nii.gz", "knee_axl_2/bone.nii.gz"]
    assert masks_of(discover_names(folder)) == {"knee_axl.nii.gz": [], "knee_axl_2.nii.gz": ["knee_axl_2/bone.nii.gz"]}
