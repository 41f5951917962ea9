"""nnU-Net's own check of a raw data set (2.8.1), stated anew without its dependencies; SimpleITK reads, as there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

REQUIRED = ("labels", "channel_names", "numTraining", "file_ending")


def integrity_problems(folder: Path) -> list[str]:
    """Everything that nnU-Net would stop at or warn of; empty when the data set passes."""
    if not (folder / "dataset.json").is_file():
        return ["there is no dataset.json"]
    data = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    missing = [key for key in REQUIRED if key not in data]
    missing += [name for name in ("imagesTr", "labelsTr") if not (folder / name).is_dir()]
    if missing:
        return [f"missing: {', '.join(missing)}"]
    expected, found = _expected_labels(data)
    cases = _cases(folder, data["file_ending"])
    if len(cases) != data["numTraining"]:
        found.append(f"{len(cases)} training cases, numTraining {data['numTraining']}")
    for name, images in cases.items():
        label_map = folder / "labelsTr" / f"{name}{data['file_ending']}"
        if not label_map.is_file():
            found.append(f"{name}: no label file")
            continue
        found += [
            f"{name}: {problem}" for problem in _case_problems(images, label_map, len(data["channel_names"]), expected)
        ]
    return found


def _expected_labels(data: dict[str, Any]) -> tuple[list[int], list[str]]:
    labels, found = data["labels"], []
    if labels.get("background") != 0 or isinstance(labels.get("background"), list):
        found.append("background is not 0")
    own = {name: values for name, values in labels.items() if name != "ignore"}
    values = sorted({int(each) for entry in own.values() for each in (entry if isinstance(entry, list) else [entry])})
    regions = [name for name, entry in own.items() if entry not in (0, [0])]
    if any(isinstance(entry, list) and len(entry) > 1 for entry in own.values()):
        order = data.get("regions_class_order")
        if order is None or len(order) != len(regions):
            found.append("regions_class_order must have as many entries as there are regions")
    if "ignore" in labels:
        if not isinstance(labels["ignore"], int) or labels["ignore"] != max(values) + 1:
            found.append("the ignore label must have the highest value")
        values.append(labels["ignore"])
    if not (np.diff(values) == 1).all() or values[0] != 0:
        found.append(f"labels are not consecutive: {values}")
    return values, found


def _cases(folder: Path, ending: str) -> dict[str, list[Path]]:
    """As nnU-Net finds them: whatever precedes the last five characters of an image's name is a case."""
    files = sorted(path for path in (folder / "imagesTr").iterdir() if path.name.endswith(ending))
    names = sorted({path.name[: -(len(ending) + 5)] for path in files})
    patterns = {name: re.compile(re.escape(name) + r"_\d\d\d\d" + re.escape(ending)) for name in names}
    return {name: [path for path in files if pattern.fullmatch(path.name)] for name, pattern in patterns.items()}


def _case_problems(images: list[Path], label_map: Path, channels: int, expected: list[int]) -> list[str]:
    found = []
    read = [sitk.ReadImage(str(path)) for path in images]
    mask = sitk.ReadImage(str(label_map))
    values = sitk.GetArrayFromImage(mask)
    unexpected = sorted(set(np.unique(values).tolist()) - set(expected))
    if unexpected:
        found.append(f"unexpected labels {unexpected}, expected {expected}")
    if len(read) != channels:
        found.append(f"{len(read)} channels, expected {channels}")
    for image in read:
        if np.isnan(sitk.GetArrayFromImage(image)).any():
            found.append("NaN in an image")
        if image.GetSize() != mask.GetSize():
            found.append(f"shape {image.GetSize()} against {mask.GetSize()}")
        for what in ("Spacing", "Origin", "Direction"):
            mine, theirs = getattr(image, f"Get{what}")(), getattr(mask, f"Get{what}")()
            if len(mine) != len(theirs) or not np.allclose(mine, theirs):
                found.append(f"{what.lower()} {mine} against {theirs}")
    return found
