"""A task list made of images: one task each, results in a folder beside the list."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ...datasets.task_list import Task, TaskList, split_result
from ...errors import DatasetError

RESULTS = "results"


@dataclass(frozen=True)
class NewTasks:
    """What all tasks of a new list have in common; None where nothing is said."""

    name: str = ""
    preset: Path | None = None
    suggestions: Path | None = None
    label_name: str | None = None
    dynamic: bool | None = None


def tasks_of_images(path: Path, images: Sequence[Path], common: NewTasks | None = None) -> TaskList:
    """A list of the images in their order; paths are relative to the list's file. Nothing is written.

    Raises DatasetError without images.
    """
    if not images:
        raise DatasetError(f"{path}: Tasks: found no images, expected one at least")
    common = common or NewTasks()
    folder = path.absolute().parent
    taken: set[str] = set()
    tasks = []
    for image in images:
        stem = split_result(image.name)[0] if image.is_file() else image.name
        names = (stem if number < 2 else f"{stem}-{number}" for number in count(1))
        title = next(name for name in names if name.lower() not in taken)
        taken.add(title.lower())
        tasks.append(Task(name=title, image=_relative(image, folder), result=f"{RESULTS}/{title}.nrrd"))
    defaults = Task(
        preset=None if common.preset is None else _relative(common.preset, folder),
        label_name_suggestions=None if common.suggestions is None else _relative(common.suggestions, folder),
        label_name=common.label_name or None,
        dynamic=common.dynamic,
    )
    return TaskList(path.absolute(), tuple(tasks), common.name, defaults)


def _relative(path: Path, folder: Path) -> str:
    """The path from the folder on, with slashes; the whole path on another drive."""
    try:
        return Path(os.path.relpath(path.absolute(), folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()
