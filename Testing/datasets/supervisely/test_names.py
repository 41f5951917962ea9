"""What a file's name says in a NIfTI data set."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.datasets.supervisely.discovery.names import ancestors, natural_key, parse_name, plane_anywhere

PATIENT, CASE = "00000000-0001-4f61-f854-7bf6b7e00001", "00000000-0001-4f61-f854-7bf6b7e00002"


@pytest.mark.parametrize(
    ("name", "role", "plane", "number"),
    [
        ("axl_anatomic.nii", "volume", "axl", None),
        ("cor_anatomical.nii.gz", "volume", "cor", None),
        ("axl_inference_1.nii", "annotation", "axl", 1),
        ("sag_mask_02.nii.gz", "annotation", "sag", 2),
        ("sag_ann.nii", "annotation", "sag", None),
        ("sag_ann3.nii", "annotation", "sag", 3),
        ("cor_label.nii", "annotation", "cor", None),
        ("cor_annotation.nii", "annotation", "cor", None),
        ("cor_segmentation_12.nii", "annotation", "cor", 12),
        ("AXL_ANATOMIC.NII.GZ", "volume", "axl", None),
        ("Sag_Mask_1.Nii", "annotation", "sag", 1),
        ("axl-inference-4.nii", "annotation", "axl", 4),
        ("axl.mask.4.nii", "annotation", "axl", 4),
        ("axl mask 4.nii", "annotation", "axl", 4),
        ("axl_inferenceal.nii.gz", "annotation", "axl", None),
        ("axl_inferenceV2.nii", "annotation", "axl", None),
        ("axl_score.csv", "score", "axl", None),
        ("AXL-Score-2.CSV", "score", "axl", 2),
        ("axl_inference_2_score.csv", "score", "axl", 2),
        ("axl_table.csv", "", "axl", None),
        ("axl_score.nii", "", "axl", None),
        ("axl_mask_123456789012345678901234567890.nii", "annotation", "axl", None),
    ],
)
def test_type_word_plane_and_number(name: str, role: str, plane: str, number: int | None) -> None:
    found = parse_name("a/b/" + name)
    assert (found.role, found.plane, found.number) == (role, plane, number)
    assert found.folder == "a/b"


@pytest.mark.parametrize(
    ("name", "plane", "rest"),
    [
        ("case7axl_mask.nii", "axl", ("case7",)),
        ("knee.axl_anatomic.nii", "axl", ("knee",)),
        ("kneeSagMask.nii", "sag", ("knee",)),
        ("corMask_3.nii", "cor", ()),
        ("axlanatomic.nii", "axl", ()),
        ("kneecor_anatomic.nii", "cor", ("knee",)),
        ("kneeaxlright_anatomic.nii", "axl", ("knee", "right")),
        ("knee_sagittal_mask_2.nii", "sag", ("knee",)),
        ("coronal_anatomic.nii", "cor", ()),
    ],
)
def test_planes_written_together_with_other_words_count_beside_a_type_word(
    name: str, plane: str, rest: tuple[str, ...]
) -> None:
    found = parse_name(name)
    assert (found.plane, found.rest) == (plane, rest)
    bare = name
    for word in ("_anatomic", "anatomic", "_mask", "Mask"):
        bare = bare.replace(word, "")
    if "axl." not in bare and parse_name(bare).stem.lower() not in ("axl", "cor_3"):
        assert parse_name(bare).plane == ""


@pytest.mark.parametrize(
    "stem",
    ["spinal_cord", "coronary", "cortex", "corpus", "sagittal_sinus", "score", "coronary_left_2", "vocal-cord1"],
)
@pytest.mark.parametrize("ending", ["", "_mask", "_label", "_anatomic"])
def test_classes_with_the_letters_of_a_plane_have_none(stem: str, ending: str) -> None:
    assert parse_name(f"{stem}{ending}.nii.gz").plane == ""


def test_short_type_word_does_not_count_inside_other_words() -> None:
    assert parse_name("axl_channel.nii").role == ""
    assert parse_name("axl_annulus.nii").role == ""


def test_volume_comes_before_annotation_and_is_marked_as_mixed() -> None:
    found = parse_name("axl_anatomic_mask.nii")
    assert (found.role, found.mixed) == ("volume", True)
    assert not parse_name("axl_anatomic_anatomical.nii").mixed


def test_of_several_planes_the_first_in_the_order_of_supervisely_counts_and_the_other_is_an_id() -> None:
    found = parse_name("axl_sag_mask.nii")
    assert (found.plane, found.rest) == ("sag", ("axl",))


def test_uuids_are_patient_and_case_in_any_case() -> None:
    found = parse_name(f"{PATIENT.upper()}_{CASE}_cor_knee_anatomic.nii.gz")
    assert found.uuids == (PATIENT, CASE)
    assert found.rest == (PATIENT, CASE, "knee")
    assert parse_name("cor_anatomic.nii").uuids == ("", "")
    assert parse_name(f"x{PATIENT}_cor_mask.nii").uuids == ("", "")


@pytest.mark.parametrize(
    ("volume", "annotation"),
    [
        ("axl_anatomic_1.nii", "axl_inference_01.nii.gz"),
        ("P1-axl anatomical.nii", "p1_axl_ann.nii"),
        ("case7axl_anatomic.nii", "case7_axl_mask.nii"),
        ("sagittal_anatomic.nii", "sag_mask.nii"),
        ("anatomic_cor_anatomic.nii", "inference_cor_inference.nii"),
    ],
)
def test_names_that_differ_in_the_type_word_have_equal_keys(volume: str, annotation: str) -> None:
    assert "*" in parse_name(volume).key
    if volume.startswith("anatomic_cor"):
        assert parse_name(volume).key == ("*", "cor")
    assert parse_name(volume).key == parse_name(annotation).key


@pytest.mark.parametrize(
    ("name", "stem", "suffix", "content"),
    [
        ("scan.v2.nii.gz", "scan.v2", ".nii.gz", "nifti"),
        ("scan.NII", "scan", ".nii", "nifti"),
        (".nii.gz", "", ".nii.gz", "nifti"),
        ("Color_Map.TXT", "Color_Map", ".txt", "txt"),
        ("mapping.json", "mapping", ".json", "json"),
        ("scan.gz", "scan.gz", "", "other"),
        ("nii", "nii", "", "other"),
    ],
)
def test_suffixes_in_any_case(name: str, stem: str, suffix: str, content: str) -> None:
    found = parse_name(name)
    assert (found.stem, found.suffix, found.content) == (stem, suffix, content)


def test_natural_order() -> None:
    names = ["m_10", "m_2", "M_1", "m", "m_002"]
    assert sorted(names, key=natural_key) == ["m", "M_1", "m_002", "m_2", "m_10"]
    paths = ["axl_mask_2.nii", "axl_mask.nii", "axl_mask 1.nii"]
    assert sorted(paths, key=lambda path: parse_name(path).sort_key)[0] == "axl_mask.nii"


def test_folders_above_and_letters_of_planes() -> None:
    assert list(ancestors("a/b")) == ["a/b", "a", ""]
    assert list(ancestors("")) == [""]
    assert [plane_anywhere(text) for text in ("spinal_cord", "cor_axl", "SAG", "knee")] == ["cor", "axl", "", ""]
