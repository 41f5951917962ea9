"""mlseg extract: maps and masks as images, with a table; converting static and dynamic by recipes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.formats.report import Report


@pytest.fixture
def two_groups(tmp_path: Path) -> Path:
    """Two instances of one class and a label in the first group, one without voxels in the second."""
    first = np.zeros((1, 2, 3, 4), np.uint8)
    first[0, 0, 0] = [1, 1, 2, 3]
    labels = [Label(1, "Rib"), Label(2, "Rib"), Label(3, "Aorta/left")]
    groups = [Group(first, labels, "Organs"), Group(np.zeros_like(first), [Label(7, "Lesion")], "Findings")]
    path = tmp_path / "seg.nrrd"
    mls.write(Segmentation(Geometry.from_parts((2, 3, 4), (1.0, 1.0, 2.0)), groups), path)
    return path


def voxels(folder: Path, name: str) -> list[int]:
    return read_image(folder / name, Report()).array[0, 0, 0].tolist()


def table(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "labels.json").read_text(encoding="utf-8"))["files"])


def test_a_mask_for_every_label_with_its_value_and_a_table(
    mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    answer = mlseg("extract", two_groups, "-o", tmp_path / "out")
    assert (answer.code, answer.err) == (0, "")
    assert "wrote 4 images" in answer.out
    files = table(tmp_path / "out")
    assert sorted(row["value"] for (row,) in files.values()) == [1, 2, 3, 7]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*files, "labels.json"])
    for name, (row,) in files.items():
        expected = [value if value == row["value"] else 0 for value in [1, 1, 2, 3]]
        assert voxels(tmp_path / "out", name) == expected
    assert files["Aorta_left.nii.gz"][0]["name"] == "Aorta/left"


@pytest.mark.parametrize("options", [(), ("--binary",)])
def test_a_folder_of_masks_is_read_again_with_the_labels_values_names_and_colours(
    options: tuple[str, ...], mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    assert mlseg("extract", two_groups, "-o", tmp_path / "out", *options).code == 0
    answer = mlseg("convert", "-i", tmp_path / "out", "-o", tmp_path / "again.nrrd")
    assert (answer.code, answer.err) == (0, "")
    before, after = mls.read(two_groups), mls.read(tmp_path / "again.nrrd")
    assert sorted(after.values) == sorted(before.values)
    for value in before.values:
        old, new = before.label(value), after.label(value)
        assert (new.name, new.color) == (old.name, pytest.approx(old.color, abs=1e-6))
        assert np.array_equal(after.mask(value), before.mask(value))


def test_a_damaged_table_of_extracted_masks_is_refused_by_file_and_entry(
    mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert mlseg("extract", two_groups, "-o", out).code == 0
    files = table(out)
    files["Lesion.nii.gz"][0]["labels"] = []
    (out / "labels.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    answer = mlseg("convert", "-i", out, "-o", tmp_path / "again.nrrd")
    assert answer.code == 1
    assert "labels.json: files, 'Lesion.nii.gz': found [" in answer.err


def test_binary_masks_of_some_labels_cropped_in_place(
    mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ("--labels", "Aorta/left", "7", "--binary", "--crop-mm", "1", "--suffix", ".nrrd")
    answer = mlseg("extract", two_groups, "-o", out, *options)
    assert answer.code == 3
    assert "no voxels to crop to" in answer.err
    image = read_image(out / "Aorta_left.nrrd", Report())
    assert image.array.shape == (1, 2, 2, 2)
    assert np.argwhere(image.array).tolist() == [[0, 0, 0, 1]]
    place = image.geometry.lps_from_ijk((1, 0, 0)).tolist()
    assert place == mls.read(two_groups).geometry.lps_from_ijk((3, 0, 0)).tolist()


def test_class_maps_number_names_in_alphabetical_order(
    mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    answer = mlseg("extract", two_groups, "-o", tmp_path / "out", "--as", "classes", "-q")
    assert (answer.code, answer.out) == (0, "")
    files = table(tmp_path / "out")
    assert voxels(tmp_path / "out", "Organs classes.nii.gz") == [2, 2, 2, 1]
    assert [(row["value"], row["name"], row["labels"]) for row in files["Organs classes.nii.gz"]] == [
        (1, "Aorta/left", [3]),
        (2, "Rib", [1, 2]),
    ]


def test_instance_maps_hold_the_labels_own_values(mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path) -> None:
    answer = mlseg("extract", two_groups, "-o", tmp_path / "out", "--as", "instances", "--labels", "Rib")
    assert answer.code == 0
    assert list(table(tmp_path / "out")) == ["Organs instances.nii.gz"]
    assert voxels(tmp_path / "out", "Organs instances.nii.gz") == [1, 1, 2, 0]


def test_it_refuses_to_replace_files_unless_asked_and_options_that_do_not_fit(
    mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert mlseg("extract", two_groups, "-o", out).code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    again = mlseg("extract", two_groups, "-o", out, "--binary")
    assert again.code == 1
    assert "exists already" in again.err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert mlseg("extract", two_groups, "-o", out, "--binary", "--overwrite").code == 0
    assert mlseg("extract", two_groups, "-o", tmp_path / "new", "--as", "classes", "--binary").code == 2
    assert not (tmp_path / "new").exists()
    assert mlseg("extract", two_groups, "-o", tmp_path / "new", "--labels", "Liver").code in (1, 2)
    assert not (tmp_path / "new").exists()


def test_the_input_is_never_replaced(mlseg: Callable[..., Any], two_groups: Path) -> None:
    named = two_groups.with_name("Lesion.nrrd")
    named.write_bytes(two_groups.read_bytes())
    answer = mlseg("extract", named, "-o", named.parent, "--labels", "Lesion", "--suffix", ".nrrd", "--overwrite")
    assert answer.code == 1
    assert "is an input" in answer.err
    assert named.read_bytes() == two_groups.read_bytes()


def test_recipes_make_a_segmentation_dynamic_and_static_again(
    mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    recipe, back = tmp_path / "dynamic.json", tmp_path / "static.json"
    recipe.write_text('{"steps": [{"do": "to_dynamic", "count": 3}]}')
    back.write_text('{"steps": [{"do": "to_static", "frame": 2}]}')
    assert mlseg("run", recipe, "-s", two_groups, "-o", tmp_path / "dynamic.nrrd").code == 0
    dynamic = mls.read(tmp_path / "dynamic.nrrd")
    assert dynamic.geometry.time_steps == 3
    assert all(np.array_equal(frame, mls.read(two_groups).group(0).array[0]) for frame in dynamic.group(0).array)
    assert mlseg("run", back, "-s", tmp_path / "dynamic.nrrd", "-o", tmp_path / "static.nrrd").code == 0
    static = mls.read(tmp_path / "static.nrrd")
    assert static.geometry.time_steps == 1
    assert np.array_equal(static.group(0).array, mls.read(two_groups).group(0).array)


def test_a_failure_leaves_no_folder_and_no_part_of_the_images(mlseg: Callable[..., Any], tmp_path: Path) -> None:
    sheared = Geometry((1, 1, 2), np.array([[1, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]))
    mls.write(Segmentation(sheared, [Group(np.array([[[[0, 1]]]], np.uint8), [Label(1, "a")])]), tmp_path / "s.nrrd")
    answer = mlseg("extract", tmp_path / "s.nrrd", "-o", tmp_path / "new" / "deep")
    assert (answer.code, "right angles" in answer.err) == (1, True)
    assert str(tmp_path / "new" / "deep" / "a.nii.gz") in answer.err
    assert not (tmp_path / "new").exists()


def test_a_file_in_the_way_leaves_the_others_unwritten(
    mlseg: Callable[..., Any], two_groups: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "Lesion.nii.gz").write_bytes(b"mine")
    answer = mlseg("extract", two_groups, "-o", out)
    assert (answer.code, "Lesion.nii.gz: exists already" in answer.err) == (1, True)
    assert [path.name for path in out.iterdir()] == ["Lesion.nii.gz"]
    assert mlseg("extract", two_groups, "-o", out, "--overwrite").code == 0
    assert len(list(out.iterdir())) == 5


def test_file_names_are_short_enough_and_allowed_everywhere(mlseg: Callable[..., Any], tmp_path: Path) -> None:
    names = ["x" * 300, "x" * 301, "CON", "e\u0301", "\u00e9", ""]
    group = Group(np.arange(8, dtype=np.uint8).reshape(1, 1, 2, 4), [Label(n, name) for n, name in enumerate(names, 1)])
    path = tmp_path / "seg.nrrd"
    mls.write(Segmentation(Geometry.from_parts((1, 2, 4)), [group]), path)
    answer = mlseg("extract", path, "-o", tmp_path / "out")
    assert (answer.code, answer.err) == (0, "")
    files = table(tmp_path / "out")
    assert [rows[0]["value"] for rows in files.values()] == [1, 2, 3, 4, 5, 6]
    stems = [name.removesuffix(".nii.gz") for name in files]
    assert stems == ["x" * 100, "x" * 100 + "_2", "_CON", stems[3], stems[4], "Unnamed"]
    assert stems[3] != stems[4]
    assert max(map(len, files)) < 120
