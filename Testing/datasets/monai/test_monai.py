"""MONAI's datalists."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.formats.image_file import save_image
from Testing.datasets.made_cases import a_geometry, a_segmentation, an_image, folders_of, make_cases


def datalist(folder: Path) -> dict:
    return json.loads((folder / "datalist.json").read_text(encoding="utf-8"))


def test_images_are_named_by_relative_paths_and_everything_comes_back(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2, overlapping=False), tmp_path / "list"
    answer = mlseg("dataset", "export", "--to", "monai", *folders_of(made), "-o", out, "--name", "Abdomen")
    assert answer.code == 0, answer.err
    data = datalist(out)
    assert data["training"] == [
        {"image": f"../in/ct/p{number}.nii.gz", "label": f"labels/p{number}.nii.gz"} for number in range(2)
    ]
    assert (data["name"], data["labels"]["3"], data["numTraining"]) == ("Abdomen", "Liver", 2)
    assert mlseg("dataset", "import", out, "-o", tmp_path / "back").code == 0
    for number in range(2):
        before, after = mls.read(made / f"seg/p{number}.nrrd"), mls.read(tmp_path / f"back/p{number}.nrrd")
        assert compare(before, after).identical


def test_channels_are_lists_and_splits_sections(mlseg, tmp_path: Path) -> None:
    lines = ["case,image:T1,image:T2,segmentation,split"]
    for number, split in enumerate(["train", "val", "test"]):
        for channel in ("t1", "t2"):
            save_image(an_image(a_geometry(number), number), tmp_path / f"{number}{channel}.nrrd")
        mls.write(a_segmentation(number, False), tmp_path / f"{number}.seg.nrrd")
        lines.append(f"c{number},{number}t1.nrrd,{number}t2.nrrd,{number}.seg.nrrd,{split}")
    (tmp_path / "cases.csv").write_text("\n".join(lines))
    out = tmp_path / "list"
    answer = mlseg(
        "dataset", "export", "--to", "monai", "--cases", tmp_path / "cases.csv", "-o", out, "--place", "copy"
    )
    assert answer.code == 0, answer.err
    data = datalist(out)
    images = [f"images/c1_000{channel}.nii.gz" for channel in range(2)]
    assert data["validation"] == [{"image": images, "label": "labels/c1.nii.gz"}]
    assert data["test"][0]["label"] == "labels/c2.nii.gz"
    assert (data["tensorImageSize"], data["modality"]) == ("4D", {"0": "T1", "1": "T2"})
    answer = mlseg("dataset", "list", out)
    assert answer.out.splitlines()[1].split()[:4] == ["c1", "val", "T1,", "T2"]


def test_folds_are_written_into_the_entries(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 4, overlapping=False), tmp_path / "list"
    assert mlseg("dataset", "export", "--to", "monai", *folders_of(made), "-o", out, "--folds", 2).code == 0
    assert sorted(entry["fold"] for entry in datalist(out)["training"]) == [0, 0, 1, 1]


def test_overlaps_are_refused_with_the_labels(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 1)
    answer = mlseg("dataset", "export", "--to", "monai", *folders_of(made), "-o", tmp_path / "list")
    assert answer.code == 1
    assert "Liver + Tumour (2 voxels in p0)" in answer.err


def test_a_list_of_the_decathlon_is_read(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 1, overlapping=False)
    assert mlseg("dataset", "export", "--to", "monai", *folders_of(made), "-o", tmp_path / "list").code == 0
    data = {"labels": {"0": "background", "3": "Leber"}, "training": [{"image": "ct/p0.nii.gz", "label": "l.nii.gz"}]}
    (made / "l.nii.gz").write_bytes((tmp_path / "list/labels/p0.nii.gz").read_bytes())
    (made / "dataset.json").write_text(json.dumps({**data, "test": ["ct/p0.nii.gz"]}))
    answer = mlseg("dataset", "import", made / "dataset.json", "-o", tmp_path / "back")
    assert answer.code == 0, answer.err
    found = mls.read(tmp_path / "back/l.nrrd")
    assert np.array_equal(found.mask("Leber"), a_segmentation(0, False).mask("Liver"))
    assert {label.name for label in found.labels} >= {"Leber", "object-1"}


def test_files_that_are_called_alike_are_named_by_their_folders(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 2, overlapping=False)
    assert mlseg("dataset", "export", "--to", "monai", *folders_of(made), "-o", tmp_path / "list").code == 0
    entries = []
    for number in range(2):
        (tmp_path / f"data/s{number}").mkdir(parents=True)
        label = tmp_path / f"data/s{number}/seg.nii.gz"
        label.write_bytes((tmp_path / f"list/labels/p{number}.nii.gz").read_bytes())
        entries.append({"image": str(made / f"ct/p{number}.nii.gz"), "label": f"s{number}/seg.nii.gz"})
    (tmp_path / "data/list.json").write_text(json.dumps({"training": entries, "modality": "CT"}))
    assert mlseg("dataset", "import", tmp_path / "data/list.json", "-o", tmp_path / "back").code == 0
    assert sorted(path.name for path in (tmp_path / "back").glob("*.nrrd")) == ["s0_seg.nrrd", "s1_seg.nrrd"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"training": [{"label": 3}]}, "training[1]: found {'label': 3}"),
        ({"training": [{}]}, "expected an image or a label map"),
        ({"training": {}}, "training: found dict, expected a list"),
        ({"training": []}, "no cases are listed"),
        ({"training": [{"image": "x.nii", "label": "y.nii"}]}, "there is no"),
    ],
)
def test_mistakes_name_the_entry(mlseg, tmp_path: Path, data: dict, expected: str) -> None:
    (tmp_path / "list.json").write_text(json.dumps(data))
    answer = mlseg("dataset", "import", "--from", "monai", tmp_path / "list.json", "-o", tmp_path / "out")
    assert answer.code == 1
    assert expected in answer.err
