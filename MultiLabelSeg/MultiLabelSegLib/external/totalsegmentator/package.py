"""What an installed TotalSegmentator knows: tasks, classes, licences, codes and colours, read from its own files.

Nothing of it is run. Python files are parsed and their plain values taken by name, so lines may move as they like.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.label import Color, PropertyValue
from ...errors import DatasetError, OptionError
from ..environments import Environment, installed_packages
from .plain_python import constants_of

_CODES = "resources/totalsegmentator_snomed_mapping.csv"
#: the package's columns -> MITK's property of a label
_SEQUENCES = {
    "SegmentedPropertyCategoryCodeSequence": "segmented_property_category",
    "SegmentedPropertyTypeCodeSequence": "segmented_property_type",
    "SegmentedPropertyTypeModifierCodeSequence": "segmented_property_type.modifier.[0]",
    "AnatomicRegionSequence": "anatomic_region.[0]",
    "AnatomicRegionModifierSequence": "anatomic_region.[0].modifier.[0]",
}
_PARTS = {"CodingSchemeDesignator": "scheme", "CodeValue": "value", "CodeMeaning": "meaning"}


@dataclass(frozen=True)
class TaskInfo:
    """A task: its classes by value, whether it needs a licence, and CT or MR."""

    name: str
    classes: Mapping[int, str]
    licensed: bool
    modality: str


@dataclass(frozen=True)
class ClassLook:
    """Colour and codes of a class, where the package has them."""

    color: Color | None
    properties: Mapping[str, PropertyValue]


@dataclass(frozen=True)
class TotalSegmentatorPackage:
    """An installed package. ``tasks`` are in the order of its own list; ``looks`` are by class name."""

    version: str
    folder: Path
    tasks: Mapping[str, TaskInfo]
    looks: Mapping[str, ClassLook]

    def task(self, name: str) -> TaskInfo:
        """A task by name. Raises OptionError that lists them."""
        if name not in self.tasks:
            raise OptionError("task", name, self.tasks)
        return self.tasks[name]


def read_package(environment: Environment) -> TotalSegmentatorPackage:
    """The TotalSegmentator of an environment.

    Raises OptionError where it has none, DatasetError, naming file and name, where its files are not what they were.
    """
    version = installed_packages(environment, ["TotalSegmentator"]).get("TotalSegmentator")
    folder = next((path for each in environment.site_packages() if (path := each / "totalsegmentator").is_dir()), None)
    if version is None or folder is None:
        raise OptionError("environment", str(environment.folder), "an environment with TotalSegmentator")
    constants = constants_of(folder / "map_to_binary.py")
    classes = constants.values.get("class_map")
    if classes is None:
        missing = constants.why_missing("class_map")
        raise DatasetError(f"{folder / 'map_to_binary.py'}: class_map: expected classes by task; {missing}")
    if not isinstance(classes, dict) or not all(isinstance(entry, dict) for entry in classes.values()):
        raise DatasetError(f"{folder / 'map_to_binary.py'}: class_map: expected classes by task, found {classes!r:.80}")
    licensed = set(constants.values.get("commercial_models", ()))
    names = _task_names(folder) or [name for name in classes if not name.endswith("_v1")]
    tasks = {
        name: TaskInfo(name, _numbered(classes[name]), name in licensed, _modality(name))
        for name in names
        if name in classes and "test" not in name.split("_")
    }
    return TotalSegmentatorPackage(version, folder, tasks, read_looks(folder / _CODES))


def _task_names(folder: Path) -> list[str]:
    """The tasks that can be asked for: the registry's list, or the choices of the command line's ``--task``."""
    registry = folder / "registry.py"
    if registry.is_file():
        names = constants_of(registry).values.get("TASKS")
        if isinstance(names, list):
            return [str(name) for name in names]
    program = folder / "bin" / "TotalSegmentator.py"
    if not program.is_file():
        return []
    tree = ast.parse(program.read_text(encoding="utf-8"))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and any(_text(argument) == "--task" for argument in call.args):
            for keyword in call.keywords:
                if keyword.arg == "choices" and isinstance(keyword.value, (ast.List, ast.Tuple)):
                    return [name for element in keyword.value.elts if (name := _text(element))]
    return []


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _numbered(classes: Mapping[Any, Any]) -> dict[int, str]:
    return {int(value): str(name) for value, name in classes.items()}


def _modality(task: str) -> str:
    """The package's own rule: MR tasks end so, but for one."""
    return "MR" if task.endswith("_mr") or task == "brain_aneurysm" else "CT"


def read_looks(path: Path) -> dict[str, ClassLook]:
    """Colours and codes by class name, from the package's table; columns are found by name.

    An older package has no colours, or no table at all: then there are none.
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["Structure"]: _look(row) for row in csv.DictReader(file) if row.get("Structure")}


def _look(row: Mapping[str, str | None]) -> ClassLook:
    parts = (row.get("DicomRGBColor") or "").split(",")
    color = None
    if len(parts) == 3 and all(part.strip().isdigit() and int(part) <= 255 for part in parts):
        color = (int(parts[0]) / 255, int(parts[1]) / 255, int(parts[2]) / 255)
    return ClassLook(color, dict(_codes(row)))


def _codes(row: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    for sequence, key in _SEQUENCES.items():
        for column, part in _PARTS.items():
            text = row.get(f"{sequence}.{column}")
            if text:
                yield f"{key}.{part}", text
