"""DICOM from the command line: segmentations and image series in and out of every command that takes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

import MultiLabelSegLib as mls
from Testing.cli.cases import a_segmentation
from Testing.cli.conftest import Answer
from Testing.formats.dicom_cases import write_series

Call = Callable[..., Answer]


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A CT series on the grid of the segmentations."""
    geometry = a_segmentation().geometry
    return write_series(tmp_path / "ct", geometry.shape, geometry.ijk_to_lps)


@pytest.fixture
def seg_dcm(mlseg: Call, seg_nrrd: Path, series: Path, tmp_path: Path) -> Path:
    """The overlapping segmentation as a DICOM file for that series."""
    path = tmp_path / "seg.dcm"
    answer = mlseg("convert", "-i", seg_nrrd, "-o", path, "--source", series)
    assert answer.code == 0, answer.err
    return path


def test_a_source_gives_patient_and_study_and_the_way_back_is_exact(
    mlseg: Call, seg_nrrd: Path, seg_dcm: Path, tmp_path: Path, series: Path
) -> None:
    assert str(pydicom.dcmread(seg_dcm).PatientName) == "Müller^Anna"
    assert mlseg("convert", "-i", seg_dcm, "-o", tmp_path / "back.nrrd").code == 0
    assert mlseg("diff", seg_nrrd, tmp_path / "back.nrrd").code == 0
    one_file = next(series.iterdir())
    assert mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "b.dcm", "--source", one_file).code == 0
    assert mlseg("diff", seg_dcm, tmp_path / "b.dcm").code == 0


def test_without_source_and_synthetic_one_line_says_what_is_missing_and_how_to_give_it(
    mlseg: Call, seg_nrrd: Path, tmp_path: Path
) -> None:
    answer = mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "a.dcm")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    for word in ("StudyInstanceUID (0020,000D)", "FrameOfReferenceUID (0020,0052)", "--source FOLDER", "--synthetic"):
        assert word in answer.err
    assert not (tmp_path / "a.dcm").exists()


@pytest.mark.parametrize(
    ("flags", "kind", "files"),
    [
        ([], "BINARY", 1),
        (["--encoding", "binary"], "BINARY", 1),
        (["--per-group"], "LABELMAP", 2),
        (["--per-group", "--encoding", "binary"], "BINARY", 2),
    ],
)
def test_encoding_and_files_follow_the_flags(
    mlseg: Call, seg_nrrd: Path, tmp_path: Path, flags: list[str], kind: str, files: int
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert mlseg("convert", "-i", seg_nrrd, "-o", out / "a.dcm", "--synthetic", *flags).code == 0
    assert len(list(out.iterdir())) == files
    assert pydicom.dcmread(out / "a.dcm").SegmentationType == kind
    assert mlseg("diff", seg_nrrd, out / "a.dcm").code == 0


def test_a_forced_label_map_of_overlapping_labels_is_refused_and_one_without_overlap_is_written(
    mlseg: Call, seg_nrrd: Path, apart_nrrd: Path, tmp_path: Path
) -> None:
    flags = ["-o", tmp_path / "a.dcm", "--synthetic", "--encoding", "labelmap"]
    answer = mlseg("convert", "-i", seg_nrrd, *flags)
    assert answer.code == 1
    assert "overlap" in answer.err
    assert mlseg("convert", "-i", apart_nrrd, *flags).code == 0
    assert pydicom.dcmread(tmp_path / "a.dcm").SegmentationType == "LABELMAP"


def test_one_of_several_series_is_chosen_by_its_uid_and_a_uid_alone_is_refused(
    mlseg: Call, seg_nrrd: Path, series: Path, tmp_path: Path
) -> None:
    for path in write_series(tmp_path / "other", (2, 4, 4), np.eye(4)).iterdir():
        path.rename(series / f"other{path.name}")
    uid = pydicom.dcmread(series / "000.dcm").SeriesInstanceUID
    command = ["convert", "-i", seg_nrrd, "-o", tmp_path / "a.dcm"]
    answer = mlseg(*command, "--source", series)
    assert answer.code == 1
    assert uid in answer.err
    assert mlseg(*command, "--series", uid).code == 2
    assert mlseg(*command, "--source", series, "--series", uid).code == 0
    assert "expected the series 1.2" in mlseg(*command, "--source", series, "--series", "1.2", "--overwrite").err


@pytest.mark.parametrize("flags", [["--synthetic"], ["--encoding", "binary"], ["--source", "ct"], ["--per-group"]])
def test_flags_for_dicom_are_refused_for_other_outputs(
    mlseg: Call, seg_nrrd: Path, tmp_path: Path, flags: list[str]
) -> None:
    answer = mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "a.nrrd", *flags)
    assert answer.code == 2
    assert "expected a DICOM output (.dcm)" in answer.err


def test_an_option_given_twice_is_refused(mlseg: Call, seg_nrrd: Path, tmp_path: Path) -> None:
    out = ["-o", tmp_path / "a.dcm", "--encoding", "binary"]
    answer = mlseg("convert", "-i", seg_nrrd, *out, "--output-options", "Encoding=labelmap")
    assert answer.code == 2
    assert "not both" in answer.err
    assert mlseg("convert", "-i", seg_nrrd, *out, "--output-options", "synthetic=true").code == 0


def test_the_reference_or_the_image_is_the_source_where_none_is_named(
    mlseg: Call, seg_nrrd: Path, series: Path, tmp_path: Path
) -> None:
    answer = mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "a.dcm", "--reference", series)
    assert answer.code == 0
    assert "is taken for the source of the DICOM output" in answer.out
    answer = mlseg("new", "--image", series, "-o", tmp_path / "n.dcm")
    assert answer.code == 0
    for name in ("a.dcm", "n.dcm"):
        assert str(pydicom.dcmread(tmp_path / name).PatientName) == "Müller^Anna"


def test_folders_and_files_of_dicom_are_read_by_every_command_that_looks(
    mlseg: Call, seg_dcm: Path, series: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "seg.dcm").write_bytes(seg_dcm.read_bytes())
    for path in series.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    for source in (seg_dcm, folder):
        found = json.loads(mlseg("info", source, "--json").out)
        assert found["format"] == "dicom-seg"
        assert [label["value"] for group in found["groups"] for label in group["labels"]] == [3, 40, 700]
        table = json.loads(mlseg("stats", source, "-i", series, "--json", "-").out)
        assert table["labels"][0]["voxels"] == 24
        assert mlseg("diff", source, seg_dcm).code == 0
        assert "700" in mlseg("labels", source).out
        assert mlseg("preview", source, "--image", series, "-o", tmp_path / "p.png", "--overwrite").code == 0
        assert mlseg("surface", source, "-o", tmp_path / "s.vtp", "--overwrite").code == 0
        assert mlseg("convert", "-i", source, "-lr").out.strip() == ": DICOM Segmentation"


def test_every_command_that_writes_segmentations_writes_dicom(
    mlseg: Call, seg_nrrd: Path, seg_dcm: Path, series: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({"steps": [{"do": "dilate", "label": "Liver", "radius_mm": 0.6}]}))
    out = tmp_path / "out"
    out.mkdir()
    for number, command in enumerate(
        [
            ["run", recipe, "-i", series, "-s", seg_dcm],
            ["crop", seg_dcm, "--image", series, "--image-output", out / "ct.nii.gz"],
            ["labels", seg_nrrd, "--synthetic", "rename", "Liver", "Leber"],
            ["labels", seg_nrrd, "rename", "Liver", "Leber", "--source", series],
            ["preset", "apply", seg_dcm, "-i", seg_dcm],
            ["convert", "-i", seg_dcm],
        ]
    ):
        path = out / f"{number}.dcm"
        answer = mlseg(*command, "-o", path)
        assert answer.code == 0, (command, answer.err)
        found = mls.read(path)
        assert len(found.groups) == 2
        assert str(pydicom.dcmread(path).Modality) == "SEG"
        patient = "UNKNOWN" if "--synthetic" in command else "Müller^Anna"
        assert str(pydicom.dcmread(path).PatientName) == patient
    assert mls.read(out / "2.dcm").label(3).name == "Leber"


def test_a_series_that_is_flipped_against_the_segmentation_is_measured_at_the_same_places(
    mlseg: Call, seg_nrrd: Path, tmp_path: Path
) -> None:
    geometry = a_segmentation().geometry
    affine = np.array(geometry.ijk_to_lps)
    affine[:3, 3] += affine[:3, 1] * 4
    affine[:3, 1] *= -1
    series = write_series(tmp_path / "flipped", geometry.shape, affine)
    for path in series.iterdir():
        image = pydicom.dcmread(path)
        rows = np.arange(5, dtype=np.int16)[::-1, None] * np.ones(6, np.int16)
        image.PixelData = np.ascontiguousarray(rows).tobytes()
        image.save_as(path)
    answer = mlseg("stats", seg_nrrd, "-i", series, "--json", "-")
    assert json.loads(answer.out)["labels"][0]["mean"] == 2.0
    assert mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "a.nrrd", "--reference", series).code == 0
    found, mine = mls.read(tmp_path / "a.nrrd"), a_segmentation()
    assert found.geometry.direction[1, 1] == pytest.approx(-0.8)
    for value in (3, 700):
        assert found.centroid_lps(value) == pytest.approx(mine.centroid_lps(value))


def test_an_image_series_is_no_segmentation_and_says_so(mlseg: Call, series: Path, tmp_path: Path) -> None:
    answer = mlseg("convert", "-i", series, "-o", tmp_path / "a.nrrd")
    assert answer.code == 1
    assert "none of which is a segmentation" in answer.err
    answer = mlseg("convert", "-i", series / "000.dcm", "-o", tmp_path / "a.nrrd")
    assert "holds CT Image Storage" in answer.err


def test_a_new_segmentation_takes_the_grid_of_a_dicom_segmentation(mlseg: Call, seg_dcm: Path, tmp_path: Path) -> None:
    answer = mlseg("new", "--image", seg_dcm, "-o", tmp_path / "a.nrrd")
    assert answer.code == 0, answer.err
    assert mls.read(tmp_path / "a.nrrd").geometry.is_congruent(mls.read(seg_dcm).geometry)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "seg.dcm").write_bytes(seg_dcm.read_bytes())
    assert mlseg("new", "--image", tmp_path / "folder", "-o", tmp_path / "b.dcm").code == 0


def test_a_recipe_makes_a_segmentation_of_a_series_for_that_series(mlseg: Call, series: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({"steps": [{"do": "add_label", "name": "x"}, {"do": "fill", "point_ijk": [1, 1, 1]}]}))
    answer = mlseg("run", recipe, "-i", series, "-o", tmp_path / "a.dcm")
    assert answer.code == 0, answer.err
    written = pydicom.dcmread(tmp_path / "a.dcm")
    assert (
        written.ReferencedSeriesSequence[0].SeriesInstanceUID == pydicom.dcmread(series / "000.dcm").SeriesInstanceUID
    )


def test_a_series_and_its_segmentation_become_a_project_and_come_back(
    mlseg: Call, seg_nrrd: Path, seg_dcm: Path, series: Path, tmp_path: Path
) -> None:
    answer = mlseg("supervisely", "export", seg_dcm, "--image", series, "-o", tmp_path / "project")
    assert answer.code == 0, answer.err
    assert mlseg("supervisely", "import", tmp_path / "project", "-o", tmp_path / "back").code == 0
    (back,) = (tmp_path / "back").rglob("*.nrrd")
    assert mls.read(back).voxels(3) == mls.read(seg_nrrd).voxels(3)


def test_files_of_one_segmentation_given_together_are_read_once(mlseg: Call, seg_nrrd: Path, tmp_path: Path) -> None:
    flags = ("--synthetic", "--per-group")
    assert mlseg("convert", "-i", seg_nrrd, "-o", tmp_path / "a.dcm", *flags).code == 0
    files = sorted(tmp_path.glob("a*.dcm"), reverse=True)
    assert len(files) == 2
    answer = mlseg("convert", "-i", *files, "-g", "-o", tmp_path / "back.nrrd")
    assert (answer.code, f"note: {tmp_path / 'a_1.dcm'}: is a group of a.dcm and read with it" in answer.out) == (
        0,
        True,
    )
    assert mlseg("diff", seg_nrrd, tmp_path / "back.nrrd").code == 0
