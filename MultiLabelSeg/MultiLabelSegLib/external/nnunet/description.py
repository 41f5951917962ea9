"""What a model takes and gives: channels, labels and regions, read from the files beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import DatasetError, ExternalToolError
from ...formats.report import ProgressCallback
from ..environments import Environment
from ..process import Program, run_program
from ..proposals import AnswerLabel
from .results import Model

#: what prints the parts of v1's plans that we need: they are a pickle, which nnU-Net's own Python opens anyway
_READ_PLANS = """
import json, pickle, sys
with open(sys.argv[1], "rb") as file:
    plans = pickle.load(file)
modalities = {str(key): str(name) for key, name in dict(plans.get("modalities", {})).items()}
classes = [int(number) for number in plans.get("all_classes", [])]
print("MLSEG-PLANS " + json.dumps({"modalities": modalities, "classes": classes}))
"""
_MARK = "MLSEG-PLANS "


@dataclass(frozen=True)
class ModelDescription:
    """``channels`` by name in their order; ``labels`` with the numbers of the map that belong to each.

    ``previous`` is the configuration whose result a cascade needs first, ``file_ending`` that of its images.
    """

    channels: tuple[str, ...]
    labels: tuple[AnswerLabel, ...]
    file_ending: str = ".nii.gz"
    has_regions: bool = False
    previous: str = ""
    notes: tuple[str, ...] = field(default=())


def describe_model(
    model: Model, environment: Environment | None = None, progress: ProgressCallback | None = None
) -> ModelDescription:
    """Reads ``dataset.json`` and ``plans.json`` (v2), or lets the environment's Python read ``plans.pkl`` (v1).

    Raises DatasetError that names the file, the field and what was found, ExternalToolError, Cancelled.
    """
    if model.version == 1:
        return _describe_v1(model, environment, progress)
    dataset = read_object(model.folder / "dataset.json")
    labels, has_regions = labels_of(dataset, model.folder / "dataset.json")
    ending = dataset.get("file_ending", ".nii.gz")
    if not isinstance(ending, str) or not ending.startswith("."):
        raise DatasetError(
            f"{model.folder / 'dataset.json'}: file_ending: expected text like .nii.gz, found {ending!r}"
        )
    return ModelDescription(
        channels_of(dataset, model.folder / "dataset.json"),
        labels,
        ending,
        has_regions,
        _previous_stage(model),
    )


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object of a file. Raises DatasetError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: is no JSON: {str(error)[:120]}") from None
    if not isinstance(data, dict):
        raise DatasetError(f"{path}: expected a JSON object, found {type(data).__name__}")
    return data


def channels_of(dataset: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """``channel_names`` (v2) or ``modality`` (v1) in the order of their numbers. Raises DatasetError."""
    given = dataset.get("channel_names", dataset.get("modality"))
    if isinstance(given, list):
        given = {str(number): name for number, name in enumerate(given)}
    if not isinstance(given, dict) or not given:
        raise DatasetError(f"{path}: channel_names: expected names by number, found {given!r:.80}")
    try:
        numbered = sorted((int(key), str(name)) for key, name in given.items())
    except ValueError:
        raise DatasetError(f"{path}: channel_names: expected the numbers 0, 1, ..., found {', '.join(given)}") from None
    if [number for number, _ in numbered] != list(range(len(numbered))):
        raise DatasetError(f"{path}: channel_names: expected 0...{len(numbered) - 1}, found {', '.join(given)}")
    return unique_names(name for _, name in numbered)


def unique_names(names: Any) -> tuple[str, ...]:
    """Names that differ: a second ``MRI`` becomes ``MRI (2)``, since images are given by name."""
    found: list[str] = []
    for name in names:
        made, number = name, 1
        while made in found:
            number += 1
            made = f"{name} ({number})"
        found.append(made)
    return tuple(found)


def labels_of(dataset: Mapping[str, Any], path: Path) -> tuple[tuple[AnswerLabel, ...], bool]:
    """The labels of a ``dataset.json`` of either version, and whether some of them are regions.

    A region takes several labels together; what the map holds at a voxel is the last region of ``regions_class_order``
    in which it lies, so that a number belongs to every region that lists it. Background and ``ignore`` are no labels.
    Raises DatasetError.
    """
    given = dataset.get("labels")
    if not isinstance(given, dict) or not given:
        raise DatasetError(f"{path}: labels: expected names with values, found {given!r:.80}")
    pairs = [_pair(name, value, path) for name, value in given.items()]
    kept = [(name, numbers) for name, numbers in pairs if name != "ignore" and numbers != (0,) and numbers]
    has_regions = any(len(numbers) > 1 for _, numbers in kept)
    values: list[int] = []
    order = dataset.get("regions_class_order")
    if has_regions:
        fits = isinstance(order, list) and len(order) == len(kept) and all(isinstance(n, int) and n > 0 for n in order)
        if not fits or not isinstance(order, list):
            raise DatasetError(f"{path}: regions_class_order: expected {len(kept)} values, found {order!r:.80}")
        values = order
    else:
        values = [numbers[0] for _, numbers in kept]
    labels = [AnswerLabel(name, numbers, value) for (name, numbers), value in zip(kept, values, strict=True)]
    return tuple(labels), has_regions


def _pair(name: str, value: Any, path: Path) -> tuple[str, tuple[int, ...]]:
    if name.isdigit() and isinstance(value, str):  # v1 wrote them the other way round
        name, value = value, int(name)
    numbers = value if isinstance(value, list) else [value]
    try:
        found = tuple(int(number) for number in numbers)
    except (TypeError, ValueError):
        raise DatasetError(
            f"{path}: labels: {name}: expected a value or a list of values, found {value!r:.80}"
        ) from None
    if not all(0 <= number <= 65535 for number in found):
        raise DatasetError(f"{path}: labels: {name}: expected values within 0...65535, found {value!r:.80}")
    return name, found


def _previous_stage(model: Model) -> str:
    """The configuration that a cascade is fed with; configurations may inherit it from another."""
    path = model.folder / "plans.json"
    configurations = read_object(path).get("configurations") if path.is_file() else None
    name: Any = model.configuration
    for _ in range(len(configurations) if isinstance(configurations, dict) else 0):
        entry = configurations.get(name) if isinstance(configurations, dict) else None
        if not isinstance(entry, dict):
            break
        if entry.get("previous_stage"):
            return str(entry["previous_stage"])
        name = entry.get("inherits_from")
    return ""


def _describe_v1(model: Model, environment: Environment | None, progress: ProgressCallback | None) -> ModelDescription:
    beside = model.folder / "dataset.json"
    if beside.is_file():
        dataset = read_object(beside)
        return ModelDescription(channels_of(dataset, beside), labels_of(dataset, beside)[0])
    if environment is None:
        raise DatasetError(f"{model.folder}: plans.pkl is read by nnU-Net's own Python; choose its environment first")
    command = (str(environment.python), "-c", _READ_PLANS, str(model.folder / "plans.pkl"))
    said = run_program(Program(command, name=f"reading {model.folder / 'plans.pkl'}", limit_s=120), progress).last
    answer = next((line[len(_MARK) :] for line in said if line.startswith(_MARK)), None)
    if answer is None:
        raise ExternalToolError(f"reading {model.folder / 'plans.pkl'}", 0, said or ("it gave no answer",))
    plans = json.loads(answer)
    labels = tuple(AnswerLabel(f"Label {number}", (number,), number) for number in plans["classes"] if number > 0)
    modality = plans["modalities"] or {"0": ""}
    notes = ("the model does not name its labels; a dataset.json beside plans.pkl would",)
    return ModelDescription(channels_of({"modality": modality}, model.folder / "plans.pkl"), labels, notes=notes)
