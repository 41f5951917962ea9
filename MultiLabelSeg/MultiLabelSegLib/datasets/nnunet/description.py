"""``dataset.json`` of both versions: read, and written as nnU-Net checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core import Label
from ...core.label import MAX_VALUE
from ...core.naming import lut_color
from ...errors import CorruptFileError
from ...formats.label_json import GroupEntry, group_to_json
from ..cases.work import json_object
from ..classes.plan import BACKGROUND, IGNORE, ClassPlan

NAME = "dataset.json"


@dataclass(frozen=True)
class Description:
    """What ``dataset.json`` says: channels in their order, labels with the values that they stand for.

    ``order`` are the values of predictions, one for each region. ``version`` is 1 or 2. ``files`` are v2's own list of
    cases, where it has one: name -> (images, label map), paths as they are written.
    """

    channels: tuple[str, ...]
    labels: Mapping[str, tuple[int, ...]]
    order: tuple[int, ...] = ()
    file_ending: str = ".nii.gz"
    version: int = 2
    files: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)

    @property
    def has_regions(self) -> bool:
        """Whether a label stands for several values."""
        return any(len(values) > 1 for values in self.labels.values())

    def plan(self) -> ClassPlan:
        """The plan by which label maps are taken apart where no map of ours is beside them."""
        names = [name for name in self.labels if name != IGNORE]
        values = sorted({value for name in names for value in self.labels[name]})
        codes = {value: tuple(name for name in names if value in self.labels[name]) for value in values}
        ignore = IGNORE if IGNORE in self.labels else ""
        regions = {name: self.labels[name] for name in names} if self.has_regions else {}
        own = self._own_values(names)
        groups: list[tuple[set[int], list[Label]]] = []
        for name in [*names, *([ignore] if ignore else [])]:
            label = Label(own[name], name, lut_color(own[name]))
            mine = set(self.labels[name])
            group = next((group for group in groups if not group[0] & mine), None)
            if group is None:
                groups.append((mine, [label]))
            else:
                group[0].update(mine)
                group[1].append(label)
        entries = [group_to_json(GroupEntry(tuple(labels))) for _, labels in groups]
        if ignore and max(values, default=0) + 1 != self.labels[IGNORE][0]:
            # voxels to be ignored have another value than a plan of ours would give them
            codes[self.labels[IGNORE][0]], ignore = (IGNORE,), ""
        return ClassPlan(tuple(names), codes, ignore, regions, self.order, tuple(entries))

    def _own_values(self, names: Sequence[str]) -> dict[str, int]:
        """Name -> value of its label: that of the file, of the prediction for regions, else its number."""
        wished = [self.labels[name][0] for name in names]
        if self.has_regions:
            wished = list(self.order) if len(self.order) == len(names) else []
        if len(set(wished)) < len(names) or not all(1 <= value <= MAX_VALUE for value in wished):
            wished = list(range(1, len(names) + 1))
        own = dict(zip(names, wished, strict=True))
        if IGNORE in self.labels:
            value = self.labels[IGNORE][0]
            own[IGNORE] = value if value not in wished else max(wished) + 1
        return own


def names_of_values(folder: Path) -> dict[int, str]:
    """What the values of label maps are called by the ``dataset.json`` in their folder, or in the one above.

    Values that several regions share have all their names. Empty where there is none. Raises CorruptFileError.
    """
    path = next((each / NAME for each in (folder, folder.absolute().parent) if (each / NAME).is_file()), None)
    if path is None:
        return {}
    described = read_description(path)
    found: dict[int, list[str]] = {}
    for name, values in described.labels.items():
        for value in values:
            found.setdefault(value, []).append(name)
    return {value: " + ".join(names) for value, names in found.items()}


def description_json(
    plan: ClassPlan, channels: Sequence[str], cases: int, file_ending: str, name: str, needs_nifti2: bool
) -> dict[str, Any]:
    """``dataset.json`` of version 2. NIfTI-2, which SimpleITK does not read, asks for nnU-Net's other reader."""
    labels: dict[str, Any] = {BACKGROUND: 0}
    if plan.regions:
        labels.update({each: _one_or_many(values) for each, values in plan.regions.items()})
    else:
        labels.update({names[0]: code for code, names in plan.codes.items()})
    if plan.ignore:
        labels[IGNORE] = plan.ignore_code
    data: dict[str, Any] = {
        "channel_names": {str(number): channel for number, channel in enumerate(channels)},
        "labels": labels,
        "numTraining": cases,
        "file_ending": file_ending,
    }
    if plan.regions:
        data["regions_class_order"] = list(plan.order)
    if needs_nifti2 and file_ending == ".nii.gz":
        data["overwrite_image_reader_writer"] = "NibabelIO"
    return {"name": name, **data} if name else data


def description_v1_json(
    plan: ClassPlan, channels: Sequence[str], training: Sequence[str], test: Sequence[str], name: str
) -> dict[str, Any]:
    """``dataset.json`` of version 1: cases are listed, without the numbers of their channels."""
    return {
        "name": name,
        "description": "",
        "reference": "",
        "licence": "",
        "release": "",
        "tensorImageSize": "4D" if len(channels) > 1 else "3D",
        "modality": {str(number): channel for number, channel in enumerate(channels)},
        "labels": {"0": BACKGROUND, **{str(code): names[0] for code, names in plan.codes.items()}},
        "numTraining": len(training),
        "numTest": len(test),
        "training": [{"image": f"./imagesTr/{each}.nii.gz", "label": f"./labelsTr/{each}.nii.gz"} for each in training],
        "test": [f"./imagesTs/{each}.nii.gz" for each in test],
    }


def _one_or_many(values: Sequence[int]) -> int | list[int]:
    return values[0] if len(values) == 1 else list(values)


# ---- reading -----------------------------------------------------------------------------------------------------
def read_description(path: Path) -> Description:
    """Reads ``dataset.json`` of either version. Raises CorruptFileError naming the field, FormatError."""
    data = json_object(path, "nnU-Net's description of a data set")
    version = 2 if "channel_names" in data or "file_ending" in data else 1
    channels = parse_channels(data.get("channel_names", data.get("modality")), path)
    labels = parse_labels(data.get("labels"), path)
    ending = data.get("file_ending", ".nii.gz")
    if not isinstance(ending, str) or not ending.startswith("."):
        raise CorruptFileError(path, f"file_ending: found {ending!r:.60}, expected text like .nii.gz")
    order = data.get("regions_class_order", [])
    regions = [name for name in labels if name != IGNORE]
    if any(len(values) > 1 for values in labels.values()):
        right = isinstance(order, list) and len(order) == len(regions) and all(type(each) is int for each in order)
        if not right:
            reason = f"regions_class_order: found {order!r:.60}, expected {len(regions)} values, one for each region"
            raise CorruptFileError(path, reason)
    return Description(channels, labels, tuple(order or ()), ending, version, _files(data.get("dataset"), path))


def parse_channels(given: Any, path: Path) -> tuple[str, ...]:
    """Names of channels by number, in their order and distinct. Raises CorruptFileError."""
    if isinstance(given, list):
        given = {str(number): name for number, name in enumerate(given)}
    if not isinstance(given, dict) or sorted(given, key=_number) != [str(number) for number in range(len(given))]:
        raise CorruptFileError(path, f"channel_names: found {given!r:.80}, expected names by number 0, 1, ...")
    names = [str(given[str(number)]) for number in range(len(given))]
    # a second MRI is called MRI (2), for images go by name
    return tuple(
        name if names.index(name) == place else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1


def parse_labels(given: Any, path: Path) -> dict[str, tuple[int, ...]]:
    """Name -> values, without the background; v1 wrote them the other way round. Raises CorruptFileError."""
    if not isinstance(given, dict) or not given:
        raise CorruptFileError(path, f"labels: found {given!r:.80}, expected names with values")
    labels: dict[str, tuple[int, ...]] = {}
    for key, content in given.items():
        name, values = (content, int(key)) if key.isdecimal() and isinstance(content, str) else (key, content)
        numbers = tuple(values) if isinstance(values, list) else (values,)
        if not numbers or not all(_is_value(number) for number in numbers):
            raise CorruptFileError(path, f"labels: {key}: found {content!r:.60}, expected a value or a list of values")
        found = tuple(dict.fromkeys(int(number) for number in numbers if int(number)))
        if not found:
            continue
        if name in labels:
            raise CorruptFileError(path, f"labels: {name!r} is there twice")
        labels[name] = found
    if len(labels.get(IGNORE, (0,))) != 1:
        raise CorruptFileError(path, f"labels: ignore: found {list(labels[IGNORE])}, expected one value")
    return labels


def _is_value(number: Any) -> bool:
    if isinstance(number, str):
        number = int(number) if number.isdecimal() else -1
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= MAX_VALUE


def _files(given: Any, path: Path) -> dict[str, tuple[tuple[str, ...], str]]:
    if given is None:
        return {}
    try:
        return {
            str(name): (tuple(str(each) for each in entry["images"]), str(entry["label"]))
            for name, entry in given.items()
        }
    except (AttributeError, KeyError, TypeError):
        raise CorruptFileError(path, "dataset: expected {case: {images: [...], label: ...}}") from None
