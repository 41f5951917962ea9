"""MITK's segmentation task lists: what is to be segmented, from which files, into which file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from ..errors import CorruptFileError, DatasetError
from ..formats.registry import formats

#: what MITK calls its format in the file
FILE_FORMAT = "MITK Segmentation Task List"
VERSIONS = (1, 2, 3)
_INTERIM = ".interim"


@dataclass(frozen=True)
class Form:
    """A questionnaire beside a task: its file, and the file of its answers."""

    path: str
    result: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SceneNodes:
    """A MITK scene with the names of the nodes that are the image and, perhaps, the segmentation to begin with."""

    path: str
    image: str
    segmentation: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One task, or the defaults of all; None where nothing is said. Paths are as the file has them.

    ``extra`` are keys that we do not know, kept as they are.
    """

    name: str | None = None
    description: str | None = None
    image: str | None = None
    scene: SceneNodes | None = None
    result: str | None = None
    segmentation: str | None = None
    label_name: str | None = None
    label_name_suggestions: str | None = None
    preset: str | None = None
    dynamic: bool | None = None
    form: Form | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def over(self, defaults: Task) -> Task:
        """This task with the defaults where it says nothing itself; ``extra`` stays its own."""
        missing = [entry.name for entry in fields(self) if getattr(self, entry.name) is None]
        return replace(self, **{name: getattr(defaults, name) for name in missing})


@dataclass(frozen=True)
class TaskList:
    """A task list and the file that it is from or will be written to, which its paths are relative to."""

    path: Path
    tasks: tuple[Task, ...]
    name: str = ""
    defaults: Task = field(default_factory=Task)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name, or the file's where there is none."""
        return self.name or self.path.name

    @property
    def minimum_version(self) -> int:
        """The lowest version of the format that holds this list: 3 with scenes, 2 with forms, else 1."""
        entries = (self.defaults, *self.tasks)
        if any(task.scene is not None for task in entries):
            return 3
        return 2 if any(task.form is not None for task in entries) else 1

    def task(self, index: int) -> Task:
        """A task with its defaults, counted from 0. Raises DatasetError for one that there is not."""
        if not 0 <= index < len(self.tasks):
            raise DatasetError(f"{self.path}: there is no task {index + 1}; there are {len(self.tasks)}")
        return self.tasks[index].over(self.defaults)

    def title_of(self, index: int) -> str:
        """How a task is shown: its name, else ``Task N`` counted from 1."""
        return self.task(index).name or f"Task {index + 1}"

    def resolve(self, text: str) -> Path:
        """The file that a path of the list means: relative to the list's folder; Windows' separators count too."""
        if "\\" in text and os.sep != "\\" and not PureWindowsPath(text).drive:
            text = text.replace("\\", "/")
        return Path(os.path.abspath(self.path.parent / text))  # noqa: PTH100 - links stay as they are named

    def result_path(self, index: int) -> Path:
        """Where the final segmentation of a task belongs. Raises DatasetError without one."""
        result = self.task(index).result
        if result is None:
            raise DatasetError(f"{self.path}: task {index + 1}: Result is missing; expected the path of a file")
        return self.resolve(result)

    def is_inside(self, path: Path) -> bool:
        """Whether a file lies in the list's folder or in one below, links followed."""
        return path.resolve().is_relative_to(self.path.parent.resolve())


def interim_path(result: Path) -> Path:
    """Where unfinished work on a result is kept: ``liver.interim.seg.nrrd`` for ``liver.seg.nrrd``."""
    stem, suffix = split_result(result.name)
    return result.with_name(f"{stem}{_INTERIM}{suffix}")


def interim_candidates(result: Path) -> tuple[Path, ...]:
    """The names under which interim work may lie: ours, then MITK's, which knows the last suffix only."""
    ours, mitk = interim_path(result), result.with_name(f"{result.stem}{_INTERIM}{result.suffix}")
    return (ours,) if ours == mitk else (ours, mitk)


def split_result(name: str) -> tuple[str, str]:
    """A file name without and with the longest suffix of a format; at the last dot where no format knows it."""
    known = sorted({suffix for entry in formats() for suffix in entry.suffixes}, key=len, reverse=True)
    for suffix in known:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)], name[-len(suffix) :]
    path = Path(name)
    return path.stem, path.suffix


def input_files(tasks: TaskList) -> dict[str, str]:
    """What the list reads and must never be written to: ``same_file`` of each -> what it is, in words."""
    inputs: dict[str, str] = {same_file(tasks.path): "the task list itself"}
    for index in range(len(tasks.tasks)):
        task = tasks.task(index)
        scene, form = task.scene, task.form
        named = {
            "Image": task.image,
            "Scene.Path": scene.path if scene else None,
            "Preset": task.preset,
            "LabelNameSuggestions": task.label_name_suggestions,
            "Form.Path": form.path if form else None,
        }
        for key, text in named.items():
            if text is not None:
                inputs.setdefault(same_file(tasks.resolve(text)), f"{key} of task {index + 1}")
    return inputs


def others_files(tasks: TaskList, index: int) -> dict[str, str]:
    """The files that task ``index`` must not write: the list's inputs, results and interim files of other tasks."""
    found = input_files(tasks)
    for other in range(len(tasks.tasks)):
        if other != index:
            result = tasks.result_path(other)
            for path in (result, *interim_candidates(result)):
                found.setdefault(same_file(path), f"Result of task {other + 1}, or its interim file")
            segmentation = tasks.task(other).segmentation
            if segmentation is not None:
                path = tasks.resolve(segmentation)
                found.setdefault(same_file(path), f"Segmentation of task {other + 1}")
    own = tasks.result_path(index)
    for path in (own, *interim_candidates(own)):
        found.pop(same_file(path), None)
    return found


def check_results(tasks: TaskList) -> None:
    """Refuses results, and their interim files, that would be those of another task or one of the list's inputs.

    Raises CorruptFileError naming both tasks and the file.
    """
    inputs = input_files(tasks)
    owners: dict[str, str] = {}
    for index in range(len(tasks.tasks)):
        result = tasks.result_path(index)
        for path in (result, *interim_candidates(result)):
            taken = inputs.get(same_file(path)) or owners.get(same_file(path))
            if taken is not None:
                found = ", which is" if path == result else f", whose interim file {path.name} is"
                reason = f"task {index + 1}: Result: found {tasks.task(index).result!r}{found} {taken}"
                raise CorruptFileError(tasks.path, f"{reason}; expected a file of its own")
        owners.update({same_file(path): f"that of task {index + 1}" for path in (result, *interim_candidates(result))})


def same_file(path: Path) -> str:
    """Equal for names of one file, also where the file system does not tell capitals."""
    return os.path.normcase(path.resolve())
