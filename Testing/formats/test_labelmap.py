"""Label maps: the voxels and the table beside them in every suffix and dialect, as others read them too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.naming import lut_color
from MultiLabelSegLib.errors import CorruptFileError, FormatError, LossError, UnsupportedFormatError
from MultiLabelSegLib.formats.image_suffixes import WRITTEN_SUFFIXES
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.map_cases import OBLIQUE, ODD_NAMES, STRAIGHT, TURNED, a_map, differing, left_behind

DIALECTS = ("itksnap", "ctbl", "slicer-csv", "csv", "freesurfer", "bids", "cls_color_map", "json")
#: dialects that refuse some names and say which
_SPACED = {"name with   blanks", " leading", "trailing ", "\u2028 line \u2029"}
PICKY = {"cls_color_map": {*_SPACED, "a,b;c\td", "'single'"}}
STRAIGHT_ONLY = (".gipl", ".gipl.gz")
_WITH_TIME = [suffix for suffix in WRITTEN_SUFFIXES if suffix not in STRAIGHT_ONLY]


def write(segmentation: Segmentation, path: Path, **options: Any) -> Path:
    """Writes a label map whatever the suffix (a .nrrd would be MITK's)."""
    return write_segmentation(segmentation, path, format_id="labelmap", options=options).main[0]


def read(path: Path, report: Report | None = None, **options: Any) -> Segmentation:
    return read_segmentation(path, format_id="labelmap", options=options, report=report)


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
def test_every_suffix_keeps_voxels_values_names_colours_and_the_grid(tmp_path: Path, suffix: str) -> None:
    mine = a_map(STRAIGHT if suffix in STRAIGHT_ONLY else OBLIQUE)
    path = write(mine, tmp_path / f"größe und name{suffix}")
    report = Report()
    found = read(path, report)
    assert differing(mine, found) == []
    assert found.geometry.is_congruent(mine.geometry)
    assert report.left_out == []
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("suffix", _WITH_TIME)
def test_frames_become_a_fourth_axis_and_come_back(tmp_path: Path, suffix: str) -> None:
    mine = a_map(frames=3)
    found = read(write(mine, tmp_path / f"t{suffix}"))
    assert differing(mine, found) == []
    assert [int(np.count_nonzero(found.groups[0].array[t] == 300)) for t in range(3)] == [0, 0, 5]


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
def test_a_map_without_labels_keeps_its_grid(tmp_path: Path, suffix: str) -> None:
    found = read(write(Segmentation(STRAIGHT), tmp_path / f"e{suffix}"))
    assert (found.labels, found.geometry.shape) == ((), STRAIGHT.shape)
    assert not found.groups[0].array.any()


@pytest.mark.parametrize("suffix", [suffix for suffix in WRITTEN_SUFFIXES if suffix != ".mhd"])
def test_simpleitk_reads_the_same_voxels_at_the_same_places(tmp_path: Path, suffix: str) -> None:
    mine = a_map(STRAIGHT if suffix in STRAIGHT_ONLY else OBLIQUE)
    image = sitk.ReadImage(str(write(mine, tmp_path / f"m{suffix}")))
    assert np.array_equal(sitk.GetArrayFromImage(image), mine.groups[0].array[0])
    for index in ((0, 0, 0), (4, 0, 0), (0, 3, 0), (4, 3, 2)):
        world = mine.geometry.lps_from_ijk(np.array(index, float))
        assert image.TransformIndexToPhysicalPoint(index) == pytest.approx(world, abs=1e-3)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("axes", [(1, 1, 1), (-1, -1, 1), (1, -1, -1)])
def test_nibabel_reads_the_same_voxels_at_the_same_places(tmp_path: Path, suffix: str, axes: tuple[int, ...]) -> None:
    geometry = Geometry.from_parts((3, 4, 5), (0.75, 1.5, 2.25), (-12.5, 33.0, 70.25), TURNED * np.array(axes))
    mine = a_map(geometry)
    image = nibabel.load(write(mine, tmp_path / f"m{suffix}"))
    assert np.array_equal(np.asarray(image.dataobj).T, mine.groups[0].array[0])
    assert np.asarray(image.dataobj).dtype == np.uint16
    assert np.allclose(image.get_sform(), image.get_qform(), atol=1e-4)
    for index in ((0, 0, 0), (4, 3, 2)):
        world = geometry.lps_from_ijk(np.array(index, float)) * (-1, -1, 1)
        assert nibabel.affines.apply_affine(image.affine, index) == pytest.approx(world, abs=1e-3)


def test_small_values_take_one_byte_a_voxel(tmp_path: Path) -> None:
    array = np.zeros((1, *STRAIGHT.shape), np.uint16)
    array[0, 0, 0, 0] = 255
    path = write(Segmentation(STRAIGHT, [Group(array, [Label(255, "a")])]), tmp_path / "a.nii")
    assert np.asarray(nibabel.load(path).dataobj).dtype == np.uint8


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_brings_odd_names_back_or_refuses_them_by_name(tmp_path: Path, dialect: str) -> None:
    names = [name for name in ODD_NAMES if name not in PICKY.get(dialect, ())]
    array = np.zeros((1, *STRAIGHT.shape), np.uint16)
    array.reshape(-1)[: len(names)] = np.arange(len(names)) * 3000 + 2
    labels = [Label(3000 * number + 2, name, (1.0, number / 255, 0.0)) for number, name in enumerate(names)]
    mine = Segmentation(STRAIGHT, [Group(array, labels)])
    report = Report()
    found = read(write(mine, tmp_path / "m.nii.gz", label_table=dialect), report)
    assert [(label.value, label.name) for label in found.labels] == [(label.value, label.name) for label in labels]
    assert [label.color_bytes for label in found.labels] == [label.color_bytes for label in labels]
    assert report.left_out == []
    for name in PICKY.get(dialect, ()):
        bad = Segmentation(STRAIGHT, [Group(array, [Label(2, name)])])
        with pytest.raises(FormatError, match="label 2: .*choose another label table"):
            write_segmentation(bad, tmp_path / "bad.nii", options={"label_table": dialect}, report=Report())
        assert not (tmp_path / "bad.nii").exists()


def test_totalsegmentators_map_lies_in_the_header_where_nibabel_sees_it(tmp_path: Path) -> None:
    mine = a_map()
    path = write(mine, tmp_path / "m.nii.gz", label_table="totalsegmentator")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m.nii.gz"]
    extensions = nibabel.load(path).header.extensions
    assert [extension.get_code() for extension in extensions] == [0]
    content = extensions[0].get_content()
    text = content if isinstance(content, bytes) else str(content).encode()
    assert b'<Label Key="300"' in text
    assert "Größe 肝臓".encode() in text
    assert differing(mine, read(path)) == []


def test_totalsegmentators_map_needs_a_nifti_header(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"expected \.nii or \.nii\.gz"):
        write(a_map(), tmp_path / "m.mha", label_table="totalsegmentator")


def test_without_a_table_names_are_kept_in_the_sidecar_or_refused(tmp_path: Path) -> None:
    mine = a_map()
    path = write(mine, tmp_path / "m.nii.gz", label_table="none")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m.nii.gz", "m.nii.gz.mlseg.json"]
    assert differing(mine, read(path)) == []
    with pytest.raises(LossError, match="label names"):
        write_segmentation(mine, tmp_path / "n.nii", options={"label_table": "none"}, sidecar="never")


def test_values_without_a_table_are_named_as_mitk_names_them(tmp_path: Path) -> None:
    array = np.zeros((1, 2, 2), np.uint16)
    array[0, 0] = (7, 300)
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "plain.nii.gz"))
    found = read(tmp_path / "plain.nii.gz")
    assert [(label.value, label.name) for label in found.labels] == [(7, "object-007"), (300, "object-300")]
    assert [label.color for label in found.labels] == [lut_color(7), lut_color(300)]
    assert {label.opacity for label in found.labels} == {0.4}


def test_values_that_a_table_does_not_name_are_noted(tmp_path: Path) -> None:
    path = write(a_map(), tmp_path / "m.nii.gz")
    (tmp_path / "m.label.txt").write_text('1 255 0 0 1 1 1 "Liver"\n', encoding="utf-8")
    report = Report()
    found = read(path, report)
    assert [label.name for label in found.labels] == ["Liver", "object-00300", "object-65535"]
    assert any("300, 65535" in str(note) for note in report.notes)


def test_two_dimensional_images_become_one_slice(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.array([[0, 1], [2, 0], [0, 3]], np.uint8))
    image.SetSpacing((0.5, 2.0))
    for suffix in (".nii.gz", ".mha", ".nrrd"):
        sitk.WriteImage(image, str(tmp_path / f"flat{suffix}"))
        found = read(tmp_path / f"flat{suffix}")
        assert found.geometry.full_shape == (1, 1, 3, 2)
        assert found.geometry.spacing[:2] == pytest.approx((0.5, 2.0))
        assert found.groups[0].array[0, 0].tolist() == [[0, 1], [2, 0], [0, 3]]
        assert differing(found, read(write(found, tmp_path / f"again-{suffix[1:]}{suffix}"))) == []


def test_whole_numbers_in_floating_point_are_labels_with_a_note(tmp_path: Path) -> None:
    array = np.array([[[0.0, 1.0004], [300.0, 2.0]]], np.float32)
    nibabel.save(nibabel.Nifti1Image(array.T, np.eye(4)), tmp_path / "f.nii")
    report = Report()
    assert read(tmp_path / "f.nii", report).values == (1, 2, 300)
    assert any("rounded" in str(note) for note in report.notes)


@pytest.mark.parametrize(
    ("array", "kind", "reason"),
    [
        (np.linspace(0, 1, 24, dtype=np.float32), UnsupportedFormatError, "probabilities"),
        (np.full(24, 1.25, np.float32), CorruptFileError, "1.25"),
        (np.full(24, np.nan, np.float32), CorruptFileError, "nan"),
        (np.full(24, -3, np.int16), CorruptFileError, "-3"),
        (np.full(24, 70000, np.int32), CorruptFileError, "70000"),
    ],
)
def test_images_that_are_no_label_maps_are_refused_with_the_reason(
    tmp_path: Path, array: np.ndarray, kind: type[FormatError], reason: str
) -> None:
    nibabel.save(nibabel.Nifti1Image(array.reshape(2, 3, 4), np.eye(4)), tmp_path / "p.nii.gz")
    with pytest.raises(kind, match=reason) as error:
        read(tmp_path / "p.nii.gz")
    assert error.value.path == str(tmp_path / "p.nii.gz")


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".nrrd"])
def test_colour_images_are_refused_with_the_reason(tmp_path: Path, suffix: str) -> None:
    image = sitk.GetImageFromArray(np.zeros((2, 3, 4, 3), np.uint8), isVector=True)
    sitk.WriteImage(image, str(tmp_path / f"rgb{suffix}"))
    with pytest.raises(UnsupportedFormatError, match=r"colour|vector|component|channel|RGB"):
        read(tmp_path / f"rgb{suffix}")


def test_a_table_named_as_an_option_wins_and_its_empty_rows_stay_away(tmp_path: Path) -> None:
    path = write(a_map(), tmp_path / "m.nii.gz")
    table = tmp_path / "other.tsv"
    table.write_text("index\tname\tcolor\n1\tA\t#ff0000\n2\tB\t#00ff00\n", encoding="utf-8")
    assert [label.name for label in read(path, label_table=str(table)).labels][:2] == ["A", "object-00300"]
    kept = read(path, label_table=str(table), empty_labels="keep")
    assert kept["B"].value == 2
    assert 7 not in read(path, empty_labels="drop")


def test_a_long_general_list_beside_an_image_adds_no_empty_labels(tmp_path: Path) -> None:
    path = write(a_map(), tmp_path / "m.nii.gz")
    rows = "".join(f"{value} region-{value} 10 20 30 0\n" for value in range(1, 400))
    (tmp_path / "m.label.txt").write_text("#No. Label Name: R G B A\n" + rows, encoding="utf-8")
    assert [label.name for label in read(path).labels] == ["region-1", "region-300", "object-65535"]


def test_another_table_that_would_be_read_instead_stops_the_write(tmp_path: Path) -> None:
    write(a_map(), tmp_path / "m.nii.gz")
    before = (tmp_path / "m.nii.gz").read_bytes()
    with pytest.raises(FormatError, match=r"m\.label\.txt.*would be read instead"):
        write_segmentation(a_map(), tmp_path / "m.nii.gz", options={"label_table": "csv"}, overwrite=True)
    assert (tmp_path / "m.nii.gz").read_bytes() == before
    assert left_behind(tmp_path) == []


def test_prose_beside_an_image_is_no_label_table(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((1, 2, 2), np.uint8)), str(tmp_path / "scan.nii.gz"))
    (tmp_path / "scan.txt").write_text("3 patients were scanned\n1 of them twice\n", encoding="utf-8")
    report = Report()
    assert [label.name for label in read(tmp_path / "scan.nii.gz", report).labels] == ["object-1"]
    assert any("scan.txt" in str(note) for note in report.notes)
    (tmp_path / "scan.txt").write_text("1 Liver 255 0 0\n", encoding="utf-8")
    assert [label.name for label in read(tmp_path / "scan.nii.gz").labels] == ["Liver"]


@pytest.mark.parametrize("dialect", [*DIALECTS, "totalsegmentator"])
def test_hundreds_of_labels_without_voxels_survive_in_every_dialect(tmp_path: Path, dialect: str) -> None:
    array = np.zeros((1, *STRAIGHT.shape), np.uint16)
    array[0, 0, 0, 0] = 900
    mine = Segmentation(STRAIGHT, [Group(array, [Label(value, f"region {value}") for value in range(501, 1001)])])
    assert differing(mine, read(write(mine, tmp_path / "m.nii.gz", label_table=dialect))) == []


def test_a_table_beside_the_image_that_would_hide_the_one_in_its_header_stops_the_write(tmp_path: Path) -> None:
    write(a_map(), tmp_path / "m.nii.gz")
    with pytest.raises(FormatError, match=r"m\.label\.txt.*would be read instead of the table in the header"):
        write_segmentation(a_map(), tmp_path / "m.nii.gz", options={"label_table": "totalsegmentator"}, overwrite=True)


def test_a_broken_table_beside_the_image_does_not_hide_a_good_one(tmp_path: Path) -> None:
    path = write(a_map(), tmp_path / "m.nii.gz", label_table="bids")
    (tmp_path / "m.labels.json").write_text('{"labels": [', encoding="utf-8")
    report = Report()
    assert differing(a_map(), read(path, report)) == []
    assert [note.path for note in report.notes] == [tmp_path / "m.labels.json"]


def test_mricrons_table_of_a_compressed_image_is_found(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((1, 2, 2), np.uint8)), str(tmp_path / "aal.nii.gz"))
    for rows in ("1 Precentral_L 2001 10 20 30\n", "1 Precentral_L 2001\n2 Precentral_R 2002\n"):
        (tmp_path / "aal.nii.txt").write_text(rows, encoding="utf-8")
        assert read(tmp_path / "aal.nii.gz")[1].name == "Precentral_L 2001"
