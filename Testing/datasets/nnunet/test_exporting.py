"""Cases as nnU-Net's data sets: its integrity check passes, and everything comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.formats.image_file import save_image
from MultiLabelSegLib.formats.image_io import read_label_array
from Testing.datasets.made_cases import a_geometry, a_segmentation, an_image, folders_of, make_cases, write_group
from Testing.datasets.nnunet.integrity import integrity_problems


def dataset_json(folder: Path) -> dict:
    return json.loads((folder / "dataset.json").read_text(encoding="utf-8"))


def there_and_back(mlseg, made: Path, out: Path, *options: object) -> Path:
    """Exports the cases of a folder, checks the integrity, imports; returns where to."""
    answer = mlseg("dataset", "export", "--to", "nnunet", *folders_of(made), "-o", out, *options)
    assert answer.code == 0, answer.err
    assert integrity_problems(out) == []
    back = out.with_name("back")
    answer = mlseg("dataset", "import", "--from", "nnunet", out, "-o", back)
    assert answer.code == 0, answer.err
    return back


@pytest.mark.parametrize("overlapping", [False, True])
@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha"])
def test_names_values_colours_groups_and_properties_come_back(
    mlseg, tmp_path: Path, overlapping: bool, ending: str
) -> None:
    made = make_cases(tmp_path / "in", 3, overlapping)
    back = there_and_back(mlseg, made, tmp_path / "Dataset001_X", "--file-ending", ending)
    for number in range(3):
        before, after = mls.read(made / "seg" / f"p{number}.nrrd"), mls.read(back / f"p{number}.nrrd")
        assert compare(before, after).identical
        assert [(g.name, dict(g.properties)) for g in after.groups] == [
            (g.name, dict(g.properties)) for g in before.groups
        ]
        assert (after.uid, after.unlabeled_locked, after.properties) == (
            before.uid,
            before.unlabeled_locked,
            before.properties,
        )
        assert after.geometry.is_congruent(before.geometry)


def test_exclusive_labels_get_consecutive_values_and_missing_ones_leave_no_gap(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 3, overlapping=False)
    there_and_back(mlseg, made, tmp_path / "Dataset001_X")
    data = dataset_json(tmp_path / "Dataset001_X")
    assert data["labels"] == {"background": 0, "Spleen": 1, "Gallbladder": 2, "Liver": 3, "Tumour": 4}
    assert (data["numTraining"], data["file_ending"], data["channel_names"]) == (3, ".nii.gz", {"0": "image"})
    array, _ = read_label_array(tmp_path / "Dataset001_X/labelsTr/p1.nii.gz")
    assert np.unique(array).tolist() == [0, 3, 4]


def test_overlapping_labels_become_regions_with_an_order(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 2)
    answer = mlseg("dataset", "export", "--to", "nnunet", *folders_of(made), "-o", tmp_path / "X")
    data = dataset_json(tmp_path / "X")
    assert list(data["labels"].items()) == [("background", 0), ("Liver", [2, 3]), ("Tumour", 3), ("Spleen", 1)]
    assert data["regions_class_order"] == [2, 3, 1]
    assert "value 3 = Liver + Tumour" in answer.out
    assert "'Gallbladder'" in answer.out, "a label without voxels is no region, and that is said"
    assert "called Dataset001_Name" in answer.out


def test_predictions_get_names_values_colours_and_groups_from_the_data_set(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 2)
    there_and_back(mlseg, made, tmp_path / "Dataset001_X")
    predictions = tmp_path / "predictions"
    predictions.mkdir()
    (predictions / "new.nii.gz").write_bytes((tmp_path / "Dataset001_X/labelsTr/p0.nii.gz").read_bytes())
    answer = mlseg(
        "dataset",
        "import",
        "--from",
        "nnunet",
        predictions,
        "--dataset",
        tmp_path / "Dataset001_X",
        "-o",
        tmp_path / "p",
    )
    assert answer.code == 0, answer.err
    found, expected = mls.read(tmp_path / "p/new.nrrd"), a_segmentation(0)
    assert [group.name for group in found.groups] == ["Organs", "Lesions"]
    for label in expected.labels:
        assert found[label.value] == label
        assert np.array_equal(found.mask(label.value), expected.mask(label.value))


def test_without_our_map_names_and_regions_are_those_of_dataset_json(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 1), tmp_path / "Dataset001_X"
    there_and_back(mlseg, made, out)
    (out / "mlseg_map.json").unlink()
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "plain")
    assert "there is no mlseg_map.json" in answer.out
    found, expected = mls.read(tmp_path / "plain/p0.nrrd"), a_segmentation(0)
    assert [[label.name for label in group.labels] for group in found.groups] == [["Liver", "Spleen"], ["Tumour"]]
    for name in ("Liver", "Spleen", "Tumour"):
        assert np.array_equal(found.mask(name), expected.mask(name))


def test_a_label_map_that_was_corrected_keeps_the_names_and_gets_its_new_voxels(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2, overlapping=False), tmp_path / "Dataset001_X"
    there_and_back(mlseg, made, out)
    (out / "labelsTr/p0.nii.gz").write_bytes((out / "labelsTr/p1.nii.gz").read_bytes())
    assert mlseg("dataset", "import", out, "-o", tmp_path / "again").code == 0
    found = mls.read(tmp_path / "again/p0.nrrd")
    assert found["Liver"].value == 40
    assert found.voxels(7) == 0
    assert found.voxels(200) == 1


def test_a_map_that_was_changed_or_is_about_other_labels_is_not_used_and_that_is_said(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 1, overlapping=False), tmp_path / "Dataset001_X"
    there_and_back(mlseg, made, out)
    text = (out / "mlseg_map.json").read_text()
    (out / "mlseg_map.json").write_text(text.replace('"Liver"', '"Lover"'))
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "one", "-v")
    assert "it was changed after it was written" in answer.out
    assert mls.read(tmp_path / "one/p0.nrrd")["Liver"].value == 3
    (out / "mlseg_map.json").write_text(text)
    data = dataset_json(out)
    data["labels"]["Liver"], data["labels"]["Tumour"] = 4, 3
    (out / "dataset.json").write_text(json.dumps(data))
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "two", "-v")
    assert "dataset.json names other labels or values" in answer.out


def test_channels_splits_and_test_cases_from_a_list(mlseg, tmp_path: Path) -> None:
    lines = ["case,image:T1,image:T2,segmentation,split"]
    for number, split in enumerate(["train", "val", "train", "test", "test"]):
        geometry = a_geometry(number)
        for channel in ("t1", "t2"):
            save_image(an_image(geometry, number), tmp_path / f"{number}_{channel}.mha")
        mls.write(a_segmentation(number), tmp_path / f"{number}.seg.nrrd")
        mask = "" if number == 4 else f"{number}.seg.nrrd"
        lines.append(f"case {number},{number}_t1.mha,{number}_t2.mha,{mask},{split}")
    (tmp_path / "cases.csv").write_text("\n".join(lines))
    out = tmp_path / "out" / "Dataset001_X"
    answer = mlseg("dataset", "export", "--to", "nnunet", "--cases", tmp_path / "cases.csv", "-o", out)
    assert answer.code == 0, answer.err
    assert integrity_problems(out) == []
    assert dataset_json(out)["channel_names"] == {"0": "T1", "1": "T2"}
    names = sorted(
        path.relative_to(out).as_posix() for part in ("imagesTs", "labelsTs") for path in (out / part).iterdir()
    )
    assert names == [
        "imagesTs/case 3_0000.nii.gz",
        "imagesTs/case 3_0001.nii.gz",
        "imagesTs/case 4_0000.nii.gz",
        "imagesTs/case 4_0001.nii.gz",
        "labelsTs/case 3.nii.gz",
    ]
    assert json.loads((out / "splits_final.json").read_text()) == [{"train": ["case 0", "case 2"], "val": ["case 1"]}]
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "back", "--place", "copy", "--image-ending", ".nrrd")
    table = (tmp_path / "back/cases.csv").read_text()
    assert "case 0,images/case 0_0000.nrrd,images/case 0_0001.nrrd,case 0.nrrd,train" in table
    assert re.search(r"case 4,\S+imagesTs/case 4_0000.nii.gz,\S+imagesTs/case 4_0001.nii.gz,,test", table)


def test_folds_of_a_cross_validation_hold_every_case_once(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 5)
    there_and_back(mlseg, made, tmp_path / "Dataset001_X", "--folds", 3)
    folds = json.loads((tmp_path / "Dataset001_X/splits_final.json").read_text())
    assert sorted(case for fold in folds for case in fold["val"]) == [f"p{number}" for number in range(5)]
    assert all(sorted(fold["train"] + fold["val"]) == [f"p{number}" for number in range(5)] for fold in folds)


def test_version_1_lists_its_cases_and_reads_back(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2, overlapping=False), tmp_path / "Task001_X"
    folders = [*folders_of(made), "--test-images", made / "more"]
    (made / "more").mkdir()
    save_image(an_image(a_geometry()), made / "more" / "t.nii.gz")
    answer = mlseg("dataset", "export", "--to", "nnunet", "--nnunet-version", 1, *folders, "-o", out)
    assert answer.code == 0, answer.err
    data = dataset_json(out)
    assert data["labels"] == {"0": "background", "1": "Spleen", "2": "Gallbladder", "3": "Liver", "4": "Tumour"}
    assert data["training"][0] == {"image": "./imagesTr/p0.nii.gz", "label": "./labelsTr/p0.nii.gz"}
    assert (data["test"], data["numTest"]) == (["./imagesTs/t.nii.gz"], 1)
    (out / "mlseg_map.json").unlink()
    assert mlseg("dataset", "import", out, "-o", tmp_path / "back").code == 0
    assert np.array_equal(mls.read(tmp_path / "back/p0.nrrd").mask("Liver"), a_segmentation(0, False).mask("Liver"))


def test_version_1_refuses_overlaps(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 1)
    answer = mlseg(
        "dataset", "export", "--to", "nnunet", "--nnunet-version", 1, *folders_of(made), "-o", tmp_path / "Task001_X"
    )
    assert answer.code == 1
    assert "labels overlap, which the target cannot hold: Liver + Tumour (2 voxels in p0)" in answer.err


def test_slices_of_two_dimensions_pass(mlseg, tmp_path: Path) -> None:
    import SimpleITK as sitk

    made = tmp_path / "in"
    (made / "ct").mkdir(parents=True)
    (made / "seg").mkdir()
    sitk.WriteImage(sitk.GetImageFromArray(np.arange(20, dtype=np.int16).reshape(4, 5)), str(made / "ct/a.nii.gz"))
    write_group(made / "seg/a.nrrd", Geometry.from_parts((1, 4, 5)), (1, "spot"))
    there_and_back(mlseg, made, tmp_path / "Dataset001_X")


def test_oblique_images_and_a_cropped_mask_end_on_one_grid(mlseg, tmp_path: Path) -> None:
    made = tmp_path / "in"
    (made / "ct").mkdir(parents=True)
    (made / "seg").mkdir()
    turn = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, -1.0]])
    grid = Geometry.from_parts((6, 7, 8), (0.7, 0.7, 3.0), (12.5, -80.25, 33.0), turn)
    save_image(Image(np.zeros(grid.full_shape, np.float32), grid), made / "ct/a.nii.gz")
    part = grid.cropped((1, 2, 3), (3, 3, 3))
    mask = Segmentation(part, [Group(np.ones(part.full_shape, np.uint8), [Label(1, "box")])])
    mls.write(mask, made / "seg/a.nrrd")
    back = mls.read(there_and_back(mlseg, made, tmp_path / "Dataset001_X") / "a.nrrd")
    assert back.geometry.is_congruent(grid, 1e-3, 1e-5)
    assert back.centroid_lps(1) == pytest.approx(mask.centroid_lps(1), abs=1e-3)
