"""What the tests of outside programs share: an environment with fakes, a folder of results, images."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Image
from MultiLabelSegLib.external.environments import Environment, environment_at
from Testing.external import fake_nnunet
from Testing.external.fake_environment import add_program, an_environment

GRID = Geometry.from_parts((3, 4, 5), (0.75, 0.8, 2.5), (-100.25, 33.0, 7.5))
TWO = {"channel_names": {"0": "CT", "1": "PET"}, "labels": {"background": 0, "organ": 1, "lesion": 2}}
REGIONS = {
    "channel_names": {"0": "MRI"},
    "labels": {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "active": 3},
    "regions_class_order": [1, 2, 3],
}


@pytest.fixture
def nnunet_environment(tmp_path: Path) -> Environment:
    """An environment with the fakes of both versions."""
    folder = an_environment(tmp_path / "env", {"nnunetv2": "2.8.1", "nnunet": "1.7.1"})
    for name in fake_nnunet.PARSERS:
        add_program(folder, name, Path(fake_nnunet.__file__))
    return environment_at(folder)


def a_model(
    root: Path,
    dataset: str,
    about: dict[str, Any],
    configuration: str = "3d_fullres",
    folds: Sequence[str] = ("0", "1"),
    plans: dict[str, Any] | None = None,
    trainer: str = "nnUNetTrainer",
) -> Path:
    """A folder as nnU-Net v2 leaves it after training, with empty weights."""
    folder = root / dataset / f"{trainer}__nnUNetPlans__{configuration}"
    for fold in folds:
        (folder / f"fold_{fold}").mkdir(parents=True)
        (folder / f"fold_{fold}" / "checkpoint_final.pth").write_bytes(b"weights")
    (folder / "dataset.json").write_text(json.dumps({"file_ending": ".nii.gz", "numTraining": 4, **about}))
    (folder / "plans.json").write_text(json.dumps(plans or {"configurations": {configuration: {}}}))
    return folder


def a_v1_model(root: Path, task: str, configuration: str = "3d_fullres", folds: Sequence[str] = ("0", "1")) -> Path:
    """A folder as nnU-Net v1 leaves it after training."""
    folder = root / "nnUNet" / configuration / task / "nnUNetTrainerV2__nnUNetPlansv2.1"
    for fold in folds:
        (folder / f"fold_{fold}").mkdir(parents=True)
        (folder / f"fold_{fold}" / "model_final_checkpoint.model").write_bytes(b"weights")
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """nnUNet_results with two datasets, in two configurations the first."""
    root = tmp_path / "results"
    a_model(root, "Dataset901_Two", TWO)
    a_model(root, "Dataset901_Two", TWO, "2d", ("0", "1", "all"))
    a_model(root, "Dataset902_Regions", REGIONS, folds=("all",))
    return root


@pytest.fixture
def calls(results: Path) -> Callable[[], list[dict[str, Any]]]:
    """What the fakes were called with so far."""

    def read() -> list[dict[str, Any]]:
        path = results / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    return read


@pytest.fixture
def ct() -> Image:
    """1, 2, 3 in the first row of the first two slices."""
    array = np.zeros(GRID.full_shape, np.float32)
    array[0, :2, 0, :3] = (1, 2, 3)
    return Image(array, GRID)


@pytest.fixture
def pet() -> Image:
    """Bright in the first column."""
    array = np.zeros(GRID.full_shape, np.float32)
    array[0, :, 0, 0] = 100
    return Image(array, GRID)
