"""The restated check itself finds what it must find."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import SimpleITK as sitk

from MultiLabelSegLib.cli.main import main
from Testing.datasets.made_cases import make_cases
from Testing.datasets.nnunet.integrity import integrity_problems


def edit(folder: Path, **changes: object) -> None:
    data = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**data, **changes}))


def move_mask(folder: Path) -> None:
    image = sitk.ReadImage(str(folder / "labelsTr/p0.nii.gz"))
    image.SetOrigin((0.0, 0.0, 99.0))
    sitk.WriteImage(image, str(folder / "labelsTr/p0.nii.gz"))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder: (folder / "dataset.json").unlink(), "no dataset.json"),
        (lambda folder: edit(folder, numTraining=7), "numTraining 7"),
        (lambda folder: edit(folder, labels={"background": 0, "a": 2}), "not consecutive"),
        (lambda folder: edit(folder, labels={"background": 0, "a": 1}), "unexpected labels"),
        (lambda folder: edit(folder, regions_class_order=[1]), "regions_class_order"),
        (lambda folder: edit(folder, channel_names={"0": "a", "1": "b"}), "1 channels, expected 2"),
        (lambda folder: (folder / "labelsTr/p0.nii.gz").unlink(), "p0: no label file"),
        (move_mask, "p0: origin"),
    ],
)
def test_damage_is_found(tmp_path: Path, damage: Callable[[Path], None], expected: str) -> None:
    made = make_cases(tmp_path / "in", 1)
    out = tmp_path / "Dataset001_X"
    arguments = ["--images", made / "ct", "--segmentations", made / "seg", "-o", out, "-q"]
    assert main(["dataset", "export", "--to", "nnunet", *map(str, arguments)]) == 0
    assert integrity_problems(out) == []
    damage(out)
    assert any(expected in problem for problem in integrity_problems(out))
