"""The golden cases of MITK as test data: what a reader must find in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from MultiLabelSegLib.core import Segmentation

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mitk"
#: cases that MITK wrote as one .nrrd file, beside stacks and DICOM
NRRD_CASES = tuple(
    sorted(
        f"{path.parent.name}/{path.name}"
        for path in GOLDEN.glob("*/*.nrrd")
        if not path.parent.name.startswith(("stack_", "operations"))
    )
)


def truth_of(folder: Path, stem: str = "truth") -> tuple[dict[str, Any], list[np.ndarray]]:
    """The description of a case, and its groups as (t, k, j, i)."""
    truth = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
    with np.load(folder / f"{stem}.npz") as file:
        arrays = [file[f"group_{index}"] for index in range(len(truth["groups"]))]
    return truth, [array.reshape(truth["time_steps"], *array.shape[-3:]) for array in arrays]


def assert_is_truth(found: Segmentation, folder: Path, stem: str = "truth") -> None:
    """Everything that MITK knows of a case but the properties of the data set is found exactly."""
    truth, arrays = truth_of(folder, stem)
    assert np.allclose(found.geometry.spacing, truth["spacing"], rtol=0, atol=1e-6)
    assert np.allclose(found.geometry.origin, truth["origin"], rtol=0, atol=1e-6)
    assert np.allclose(found.geometry.direction, truth["direction"], rtol=0, atol=1e-6)
    assert found.geometry.time_steps == truth["time_steps"]
    if truth["time_steps"] > 1:
        bounds = found.geometry.bounds
        assert list(zip(bounds, bounds[1:], strict=False)) == [tuple(pair) for pair in truth["time_bounds"]]
    assert [(group.name, list(group.values)) for group in found.groups] == [
        (group["name"], group["labels"]) for group in truth["groups"]
    ]
    for group, array in zip(found.groups, arrays, strict=True):
        assert np.array_equal(group.array, array)
    assert len(found.labels) == len(truth["labels"])
    for label in truth["labels"]:
        mine = found.label(label["value"])
        assert found.group_index_of(mine.value) == label["group"]
        assert np.allclose(mine.color, label["color"], rtol=0, atol=1e-6)
        assert abs(mine.opacity - label["opacity"]) < 1e-6
        for field in ("name", "locked", "visible", "description", "tracking_id", "tracking_uid"):
            assert getattr(mine, field) == label[field], field
        assert mine.properties == label["properties"]
