"""Folders with one mask a label: ours come back whole, those of others are read by name into few groups."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Group, Label, Segmentation
from MultiLabelSegLib.errors import FormatError, UnsupportedFormatError
from MultiLabelSegLib.formats.image_suffixes import WRITTEN_SUFFIXES
from MultiLabelSegLib.formats.mask_names import mask_names
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from Testing.formats.map_cases import (
    OBLIQUE,
    ODD_NAMES,
    STRAIGHT,
    a_map,
    differing,
    full_label,
    left_behind,
    overlapping,
)

_TIMED = [suffix for suffix in WRITTEN_SUFFIXES if not suffix.startswith(".gipl")]


def write(segmentation: Segmentation, folder: Path, **options: Any) -> Path:
    return write_segmentation(segmentation, folder, format_id="label-folder", options=options).main[0]


def mask(
    folder: Path, name: str, *boxes: tuple[slice, ...], shape: tuple[int, ...] = (4, 5, 6), value: int = 1
) -> Path:
    """A mask by nibabel; boxes are (k, j, i)."""
    folder.mkdir(exist_ok=True)
    array = np.zeros(shape, np.uint8)
    for box in boxes:
        array[box] = value
    path = folder / f"{name}.nii.gz"
    nibabel.save(nibabel.Nifti1Image(array.T, np.diag([1.5, 1.5, 3, 1])), path)
    return path


@pytest.mark.parametrize("suffix", WRITTEN_SUFFIXES)
@pytest.mark.parametrize("folds", [2, 12])
def test_every_image_suffix_keeps_everything_overlaps_too(tmp_path: Path, suffix: str, folds: int) -> None:
    mine = overlapping(folds, STRAIGHT if suffix.startswith(".gipl") else OBLIQUE)
    folder = write(mine, tmp_path / "masks und größen", image_suffix=suffix)
    found = read_segmentation(folder)
    assert differing(mine, found) == []
    assert (found.uid, found.properties, found.unlabeled_locked) == ("1.2.3", {"n": 2}, True)
    assert [group.properties for group in found.groups] == [group.properties for group in mine.groups]
    assert sum(path.name.endswith(suffix) for path in folder.iterdir()) == 2 * folds
    assert left_behind(tmp_path) == left_behind(folder) == []


@pytest.mark.parametrize("suffix", _TIMED)
def test_frames_are_kept(tmp_path: Path, suffix: str) -> None:
    mine = overlapping(2, frames=3)
    assert differing(mine, read_segmentation(write(mine, tmp_path / "t", image_suffix=suffix))) == []


def test_every_field_of_a_label_comes_back(tmp_path: Path) -> None:
    labels = [full_label(65535, "Größe / 1"), full_label(7, "")]
    mine = Segmentation(STRAIGHT, [Group(np.zeros((1, *STRAIGHT.shape), np.uint16), labels, "G", {"a": {"b": [1]}})])
    assert differing(mine, read_segmentation(write(mine, tmp_path / "f"))) == []


def test_properties_that_json_cannot_hold_come_back(tmp_path: Path) -> None:
    mine = a_map()
    mine.properties.update({"infinite": float("inf"), "list": [1, None], "mlseg.x": "[", "_meta": 2**80})
    assert read_segmentation(write(mine, tmp_path / "d")).properties == mine.properties


def test_a_folder_without_labels_keeps_its_grid(tmp_path: Path) -> None:
    mine = Segmentation(OBLIQUE, [Group(np.zeros((1, *OBLIQUE.shape), np.uint8), (), "nothing yet")])
    found = read_segmentation(write(mine, tmp_path / "e"))
    assert found.geometry.is_congruent(OBLIQUE)
    assert (found.labels, found.groups[0].name) == ((), "nothing yet")


def test_nibabel_and_simpleitk_read_a_mask_at_its_place(tmp_path: Path) -> None:
    mine = a_map()
    folder = write(mine, tmp_path / "n")
    name = folder / "Größe 肝臓.nii.gz"
    image, other = nibabel.load(name), sitk.ReadImage(str(name))
    assert np.asarray(image.dataobj).dtype == np.uint8
    expected = mine.centroid_lps(300)
    where = np.argwhere(np.asarray(image.dataobj) == 1).mean(axis=0)
    assert nibabel.affines.apply_affine(image.affine, where) * (-1, -1, 1) == pytest.approx(expected, abs=1e-3)
    assert np.array_equal(sitk.GetArrayFromImage(other), (mine.groups[0].array[0] == 300))
    assert other.TransformContinuousIndexToPhysicalPoint(where.tolist()) == pytest.approx(expected, abs=1e-3)


def test_odd_label_names_become_names_that_every_file_system_has(tmp_path: Path) -> None:
    names = [
        *ODD_NAMES,
        "",
        "",
        "a/b",
        "a\\b",
        "..",
        "CON",
        "x" * 300,
        "Liver",
        "liver",
        "LIVER",
        "a\nb",
        "é",
        "e\u0301",
    ]
    mine = Segmentation(
        STRAIGHT, [Group(np.zeros((1, *STRAIGHT.shape), np.uint16), [Label(n + 1, x) for n, x in enumerate(names)])]
    )
    folder = write(mine, tmp_path / "odd")
    assert differing(mine, read_segmentation(folder)) == []
    files = [path.name for path in folder.iterdir()]
    assert len(files) == len(names) + 1
    assert len({name.casefold() for name in files}) == len(files)
    assert not any(set(name) & set('<>:"/\\|?*\n') for name in files)


@given(st.lists(st.text(st.characters(codec=None), max_size=8), max_size=12))
def test_names_of_masks_are_unique_and_can_be_encoded(names: list[str]) -> None:
    made = list(mask_names([Label(number + 1, name) for number, name in enumerate(names)], ".nii.gz").values())
    assert len({unicodedata.normalize("NFC", name.casefold()) for name in made}) == len(names)
    for name in made:
        assert 0 < len(name.encode("utf-8")) < 200
        assert not name.startswith((".", " "))
        assert "/" not in name


def test_a_folder_of_totalsegmentator_is_read_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "segmentations"
    names = [f"organ_{number:03d}" for number in range(117)]
    for number, name in enumerate(names):
        boxes = (
            []
            if number % 3
            else [
                (
                    slice(number % 4, number % 4 + 1),
                    slice(number // 30, number // 30 + 1),
                    slice(number // 12 % 6, number // 12 % 6 + 1),
                )
            ]
        )
        mask(folder, name, *boxes)
    empty = sum(bool(number % 3) for number in range(117))
    (folder / "statistics.json").write_text("{}")
    report = Report()
    found = read_segmentation(folder, report=report)
    assert [label.name for label in sorted(found.labels, key=lambda label: label.value)] == names
    assert [label.value for label in found.labels if label.name == "organ_116"] == [117]
    assert sum(found.voxels(value) == 0 for value in found.values) == empty == 78
    assert any("organ_000 = 1" in str(note) for note in report.notes)
    assert any("statistics.json" in str(note) for note in report.notes)


def test_masks_that_overlap_go_into_as_few_groups_as_first_fit_gives(tmp_path: Path) -> None:
    folder, at = tmp_path / "o", lambda low, high: (slice(0, 1), slice(0, 1), slice(low, high))
    for name, low, high in (("a", 0, 2), ("b", 1, 3), ("c", 2, 4), ("d", 0, 4), ("e", 4, 6), ("f", 0, 0)):
        mask(folder, name, at(low, high))
    found = read_segmentation(folder)
    assert [[label.name for label in group.labels] for group in found.groups] == [["a", "c", "e", "f"], ["b"], ["d"]]
    for group in found.groups:
        for label in group.labels:
            source = np.asarray(nibabel.load(folder / f"{label.name}.nii.gz").dataobj).T
            assert np.array_equal(group.array[0] == label.value, source > 0)


@given(st.lists(st.integers(0, 2**12 - 1), min_size=1, max_size=8))
def test_first_fit_is_what_it_says(bits: list[int]) -> None:
    from MultiLabelSegLib.core.runs import scan
    from MultiLabelSegLib.formats.mask_files import Occupied

    groups: list[np.ndarray] = []
    occupied: list[Occupied] = []
    for number in bits:
        wanted = np.array([(number >> place) & 1 for place in range(12)], bool)
        table = scan(wanted.astype(np.uint8).reshape(1, 1, 3, 4))
        chosen = next((index for index, taken in enumerate(occupied) if taken.is_free(table.start, table.stop)), None)
        expected = next((index for index, taken in enumerate(groups) if not (taken & wanted).any()), None)
        assert chosen == expected
        if chosen is None:
            groups.append(np.zeros(12, bool))
            occupied.append(Occupied())
            chosen = len(groups) - 1
        groups[chosen] |= wanted
        occupied[chosen].add(table.start, table.stop)


def test_a_label_table_gives_values_and_colours_to_a_plain_folder(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    for name in ("liver", "spleen", "other"):
        mask(folder, name)
    (tmp_path / "t.csv").write_text("value,name,color\n1,spleen,#ff0000\n300,liver,#00ff00\n")
    found = read_segmentation(folder, options={"label_table": str(tmp_path / "t.csv")})
    assert {label.name: label.value for label in found.labels} == {"liver": 300, "spleen": 1, "other": 2}
    assert found["liver"].hex_color == "#00ff00"


def _several_values(folder: Path) -> None:
    mask(folder, "b", (slice(0, 1),), value=1)
    array = np.zeros((6, 5, 4), np.uint8)
    array[0], array[1] = 1, 2
    nibabel.save(nibabel.Nifti1Image(array, np.diag([1.5, 1.5, 3, 1])), folder / "b.nii.gz")


def _probabilities(folder: Path) -> None:
    array = np.linspace(0, 1, 120, dtype=np.float32).reshape(6, 5, 4)
    nibabel.save(nibabel.Nifti1Image(array, np.diag([1.5, 1.5, 3, 1])), folder / "b.nii.gz")


def _colours(folder: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True), str(folder / "b.nii.gz"))


def _moved(folder: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((6, 5, 4), np.uint8), np.diag([1.5, 1.5, 4, 1])), folder / "b.nii.gz")


def _larger(folder: Path) -> None:
    mask(folder, "b", shape=(4, 5, 7))


def _truncated(folder: Path) -> None:
    (folder / "b.nii.gz").write_bytes((folder / "a.nii.gz").read_bytes()[:-9])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_several_values, "holds the values 1, 2, a mask has one"),
        (_probabilities, "probabilities"),
        (_colours, "colour|vector|component|RGB"),
        (_moved, "does not lie on the grid of the other masks"),
        (_larger, "does not lie on the grid of the other masks"),
        (_truncated, "end early"),
    ],
)
def test_what_is_no_mask_of_this_folder_is_named_with_the_reason(tmp_path: Path, spoil: Any, reason: str) -> None:
    folder = tmp_path / "bad"
    mask(folder, "a", (slice(0, 2),))
    spoil(folder)
    with pytest.raises(FormatError, match=reason) as error:
        read_segmentation(folder)
    assert error.value.path == str(folder / "b.nii.gz")


def test_an_empty_folder_is_no_segmentation(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError):
        read_segmentation(tmp_path)
    with pytest.raises(FormatError, match="holds no image files"):
        read_segmentation(tmp_path, format_id="label-folder")


@pytest.mark.parametrize(
    "change",
    [
        {"groups": None},
        {"groups": [{"labels": [{"value": 1, "name": "a"}]}]},
        {"groups": [{"labels": [{"value": 1, "name": "a", "_file": "missing.nii.gz"}]}]},
        {"groups": [{"labels": [{"value": 1, "name": "a", "_file": "../outside.nii.gz"}]}]},
        {"groups": [{"labels": [{"value": 1, "name": "a", "_file": "/dev/zero"}]}]},
        {"groups": [{"labels": [{"value": 1, "name": "a", "_file": 5}]}]},
        {"groups": [{"labels": [{"value": 70000, "name": "a"}]}]},
        {"groups": []},
        {"geometry": "labels.json"},
        {"geometry": None},
        {"geometry": "."},
        {"version": 2},
        {"version": True},
        {"version": "1"},
        {"type": "something"},
        {"time_bounds": ["x", 2]},
        {"time_bounds": [0, 1e400]},
        {"time_bounds": [3, 2]},
        {"time_bounds": [[1], [2]]},
        {"properties": [1]},
        {"uid": {"a": 1}},
        {"unlabeled_locked": "yes"},
    ],
)
def test_a_damaged_description_is_refused_and_named(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = write(a_map(), tmp_path / "d")
    mask(tmp_path, "outside")
    described = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    (folder / "labels.json").write_text(json.dumps(described | change), encoding="utf-8")
    with pytest.raises(FormatError, match=r"labels\.json|outside\.nii\.gz"):
        read_segmentation(folder)


def test_masks_of_one_group_that_share_voxels_are_refused(tmp_path: Path) -> None:
    folder = write(a_map(), tmp_path / "d")
    (folder / "top.nii.gz").write_bytes((folder / "Liver.nii.gz").read_bytes())
    with pytest.raises(FormatError, match="label 65535 'top' shares voxels"):
        read_segmentation(folder)


def test_an_existing_file_is_not_taken_for_the_folder(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("precious")
    with pytest.raises(FormatError, match="is a file|exists already"):
        write_segmentation(a_map(), tmp_path / "f", format_id="label-folder", overwrite=True)
    assert (tmp_path / "f").read_text() == "precious"


def test_masks_in_an_existing_folder_need_overwrite_and_others_stay(tmp_path: Path) -> None:
    folder = write(a_map(), tmp_path / "d")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match="exists already"):
        write_segmentation(a_map(), folder, format_id="label-folder")
    write_segmentation(a_map(), folder, format_id="label-folder", overwrite=True)
    assert differing(a_map(), read_segmentation(folder)) == []
    assert (folder / "notes.txt").read_text() == "mine"


def test_masks_that_the_description_does_not_name_are_left_out_and_named(tmp_path: Path) -> None:
    folder = write(a_map(), tmp_path / "d")
    (folder / "stale.nii.gz").write_bytes((folder / "Liver.nii.gz").read_bytes())
    report = Report()
    assert differing(a_map(), read_segmentation(folder, report=report)) == []
    assert [note.path for note in report.left_out] == [folder / "stale.nii.gz"]


@pytest.mark.parametrize(
    "text",
    ['{"spleen": 7, "liver": 300}', '{"7": "spleen", "300": "liver"}', '{"labels": {"liver": 300, "spleen": 7}}'],
)
def test_the_names_of_somebody_elses_labels_json_give_the_values(tmp_path: Path, text: str) -> None:
    mask(tmp_path / "d", "liver", np.s_[0, 0, 0])
    mask(tmp_path / "d", "spleen", np.s_[1, 0, 0])
    (tmp_path / "d" / "labels.json").write_text(text, encoding="utf-8")
    report = Report()
    found = read_segmentation(tmp_path / "d", report=report)
    assert {label.name: label.value for label in found.labels} == {"liver": 300, "spleen": 7}
    assert (report.notes, report.left_out) == ([], [])


@pytest.mark.parametrize("text", ['{"type": "org.multilabelseg.label-folder", "gro', '{"groups": []}', '{"type": "x"}'])
def test_a_description_that_is_damaged_is_never_taken_for_a_table(tmp_path: Path, text: str) -> None:
    mask(tmp_path / "d", "liver", np.s_[0, 0, 0])
    (tmp_path / "d" / "labels.json").write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"labels\.json"):
        read_segmentation(tmp_path / "d")


def test_the_voxels_of_an_mhd_are_no_stranger_in_its_folder(tmp_path: Path) -> None:
    folder = write(a_map(), tmp_path / "d", image_suffix=".mhd")
    (folder / "labels.json").unlink()
    report = Report()
    found = read_segmentation(folder, report=report)
    assert sorted(label.name for label in found.labels) == ["Größe 肝臓", "Liver", "empty", "top"]
    assert not any("not masks" in str(note) for note in report.notes)


def test_a_grid_that_no_memory_holds_is_refused(tmp_path: Path) -> None:
    folder = write(a_map(), tmp_path / "d", image_suffix=".mha")
    for mask_file in folder.glob("*.mha"):
        data = mask_file.read_bytes()
        mask_file.write_bytes(data.replace(b"DimSize = 5 4 3", b"DimSize = 999999999999 99999999 99999"))
    with pytest.raises(FormatError, match=r"announces|memory|hold"):
        read_segmentation(folder)
