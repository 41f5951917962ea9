"""Transfers, merges and relabelings that the real MITK computed, reproduced voxel by voxel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.edit import History, OverwriteStyle, transfer_labels
from MultiLabelSegLib.edit.operations import merge_labels, relabel
from MultiLabelSegLib.edit.proposal import MergeStyle

FOLDER = Path(__file__).parents[1] / "golden" / "mitk" / "operations"
OPERATIONS: dict[str, dict[str, Any]] = json.loads((FOLDER / "truth_ops.json").read_text(encoding="utf-8"))


def load(name: str) -> Segmentation:
    """``src`` or ``dst`` as MITK had it."""
    truth = json.loads((FOLDER / f"truth_{name}.json").read_text(encoding="utf-8"))
    fields = ("value", "name", "locked", "visible", "opacity")
    with np.load(FOLDER / f"truth_{name}.npz") as arrays:
        groups = [
            Group(
                arrays[f"group_{group['index']}"],
                [Label(**{key: label[key] for key in fields}) for label in truth["labels"] if label["group"] == number],
                group["name"],
            )
            for number, group in enumerate(truth["groups"])
        ]
    return Segmentation(Geometry.from_parts(truth["shape"], truth["spacing"]), groups)


def check_against(name: str, segmentation: Segmentation) -> None:
    with np.load(FOLDER / "truth_ops.npz") as arrays:
        for index, group in enumerate(segmentation.groups):
            np.testing.assert_array_equal(group.array[0], arrays[f"{name}__group_{index}"])


@pytest.mark.parametrize("indexed", [False, True], ids=["whole frame", "boxes of the index"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_result_is_that_of_mitk_and_undo_restores(name: str, indexed: bool) -> None:
    what = OPERATIONS[name]
    source, segmentation = load("src"), load("dst")
    if indexed:
        for group in (*source.groups, *segmentation.groups):
            group.present_values()
    before = [group.array.copy() for group in segmentation.groups]
    if what["op"] == "transfer":
        styles = MergeStyle(what["merge"]), OverwriteStyle(what["overwrite"])
        command = transfer_labels(source, segmentation, [(s, d) for s, d in what["map"]], *styles)
    elif what["op"] == "merge":
        command = merge_labels(segmentation, what["target"], what["sources"], OverwriteStyle(what["overwrite"]))
    else:
        command = relabel(segmentation, dict(what["map"]), keep_untouched=what["keep_untouched"])
    history = History(segmentation)
    for _ in range(2):
        history.do(command) if history.can_redo is False else history.redo()
        check_against(name, segmentation)
        assert sorted(segmentation.values) == what.get("labels_after", [10, 11, 12, 20, 21])
        if command.changes:
            history.undo()
        for group, array in zip(segmentation.groups, before, strict=True):
            np.testing.assert_array_equal(group.array, array)
