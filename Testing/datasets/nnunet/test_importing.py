"""Which cases are found in nnU-Net folders that others made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.datasets.nnunet.importing import IMPORTER

V1 = {"modality": {"0": "MRI"}, "labels": {"0": "background", "1": "Anterior"}}
V2 = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "Liver": 1}, "file_ending": ".nii.gz"}


def a_set(root: Path, description: dict[str, Any], *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    (root / "dataset.json").write_text(json.dumps(description))
    return root


def found(root: Path) -> tuple[dict[str, list[str]], int]:
    """Case -> its files, images first; and how many notes there are about what is left out."""
    cases = IMPORTER.find(root, {})
    return {case.id: [path.relative_to(root).as_posix() for path in case.files] for case in cases.cases}, len(
        cases.left_out
    )


@pytest.mark.parametrize("name", ["prostate_{}.nii.gz", "case_000{}.nii.gz"])
def test_decathlon_images_have_no_channel_in_their_names(tmp_path: Path, name: str) -> None:
    one, two, test = (name.format(number) for number in (1, 2, 9))
    names = [f"{part}/{each}" for part in ("imagesTr", "labelsTr") for each in (one, two)]
    root = a_set(tmp_path, V1, *names, f"imagesTs/{test}")
    cases, left_out = found(root)
    assert {case: sorted(files) for case, files in cases.items()} == {
        one[:-7]: [f"imagesTr/{one}", f"labelsTr/{one}"],
        two[:-7]: [f"imagesTr/{two}", f"labelsTr/{two}"],
        test[:-7]: [f"imagesTs/{test}"],
    }
    assert left_out == 0


def test_numbered_images_stay_numbered(tmp_path: Path) -> None:
    root = a_set(tmp_path, V2, "labelsTr/c_0001.nii.gz", "imagesTr/c_0001_0000.nii.gz", "imagesTs/c_0009_0000.nii.gz",
                 "imagesTs/stray.nii.gz")  # fmt: skip
    cases, left_out = found(root)
    assert sorted(cases) == ["c_0001", "c_0009"]
    assert left_out == 1


def test_a_list_copied_beside_predictions_is_not_about_them(tmp_path: Path) -> None:
    listed = {"c0": {"images": ["elsewhere/a.nii.gz"], "label": "elsewhere/b.nii.gz"}}
    root = a_set(tmp_path, {**V2, "dataset": listed}, "new_1.nii.gz", "new_2.nii.gz")
    cases, left_out = found(root)
    assert sorted(cases) == ["new_1", "new_2"]
    assert left_out == 0
    for path in root.glob("new_*"):
        path.unlink()
    assert found(root) == ({}, 1)
