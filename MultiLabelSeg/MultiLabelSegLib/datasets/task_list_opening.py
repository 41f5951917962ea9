"""What a task begins with: its image, and the segmentation from wherever the work stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..core import Geometry, Image, Label, Segmentation
from ..core.naming import lut_color, next_name
from ..errors import DatasetError, PresetError
from ..formats.image_io import read_image
from ..formats.registry import read_segmentation
from ..formats.report import Report
from ..presets.any_preset import read_preset
from ..presets.new_segmentation import new_segmentation
from ..presets.preferences import Preferences
from ..presets.preset import LabelSetPreset, from_labels
from .task_list import SceneNodes, Task, TaskList, interim_candidates

Source = Literal["result", "interim", "segmentation", "scene", "new"]


@dataclass(frozen=True, eq=False)
class SceneContents:
    """What a scene gives a task: the image's node, and the segmentation's where there is one."""

    image: Image
    segmentation: Segmentation | None


@dataclass(frozen=True)
class Readers:
    """How files are read; a host that knows more kinds of images (DICOM folders) or scenes gives its own."""

    image: Callable[[Path], Image] = read_image
    scene: Callable[[Path, SceneNodes], SceneContents] | None = None


@dataclass(frozen=True, eq=False)
class OpenedTask:
    """A task that is open. ``source`` says where the segmentation came from, ``path`` its file (None: new).

    ``mismatch`` tells how the grids of image and segmentation differ (empty: not at all, time aside).
    """

    index: int
    task: Task
    image: Image
    segmentation: Segmentation
    source: Source
    path: Path | None
    suggestions: Path | None
    mismatch: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PreparedTask:
    """A task whose image is read. ``found`` is the file that the work stands in, ``from_scene`` the scene's."""

    tasks: TaskList
    index: int
    image: Image
    found: tuple[Source, Path] | None
    from_scene: Segmentation | None

    @property
    def needs_decision(self) -> bool:
        """Whether a new segmentation is to be made for a 3D+t image and the task does not say static or dynamic."""
        is_new = self.found is None and self.from_scene is None
        return is_new and self.image.geometry.time_steps > 1 and self.tasks.task(self.index).dynamic is None


def prepare_task(tasks: TaskList, index: int, readers: Readers | None = None) -> PreparedTask:
    """Reads the image of a task and finds the file that its work stands in.

    Raises DatasetError for a task that there is not or a segmentation that is missing, FormatError for an image or a
    scene that cannot be read.
    """
    task = tasks.task(index)
    found = _existing(tasks, index)
    image, from_scene = _read_inputs(tasks, task, index, readers or Readers())
    return PreparedTask(tasks, index, image, found, from_scene)


def open_task(prepared: PreparedTask, dynamic: bool | None = None, report: Report | None = None) -> OpenedTask:
    """Opens a task: result before interim before the task's segmentation before the scene's before a new one.

    ``dynamic`` decides for a new segmentation of a 3D+t image where the task does not. A preset that cannot be read is
    told to the report, and one label stands in. Raises DatasetError when that decision is missing, FormatError for a
    segmentation that cannot be read.
    """
    report = report or Report()
    tasks, index, image = prepared.tasks, prepared.index, prepared.image
    task = tasks.task(index)
    path: Path | None = None
    source: Source
    if prepared.found is not None:
        source, path = prepared.found
        segmentation = read_segmentation(path, report=report)
    elif prepared.from_scene is not None:
        source, segmentation = "scene", prepared.from_scene
    else:
        source = "new"
        decided = task.dynamic if task.dynamic is not None else dynamic
        segmentation = _made(tasks, task, index, image.geometry, decided, report)
    mismatch = image.geometry.differences(segmentation.geometry, check_time=False)
    suggestions = task.label_name_suggestions
    hints = None if suggestions is None else tasks.resolve(suggestions)
    return OpenedTask(index, task, image, segmentation, source, path, hints, mismatch)


def static_geometry(geometry: Geometry) -> Geometry:
    """One frame that lasts as long as all frames of the geometry together."""
    return geometry.with_time(1, (geometry.bounds[0], geometry.bounds[-1]))


def preferences_for(preferences: Preferences, opened: OpenedTask) -> Preferences:
    """MITK's preferences for a task: with suggestions, names are asked for, from its list only, each offered once."""
    if opened.suggestions is None:
        return preferences.with_(default_label_naming=True, suggestions_file="")
    return preferences.with_(
        default_label_naming=False,
        suggestions_file=str(opened.suggestions),
        replace_standard_suggestions=True,
        suggest_once=True,
    )


def _existing(tasks: TaskList, index: int) -> tuple[Source, Path] | None:
    """The file that the work stands in, the furthest first. Raises DatasetError when a named one is missing."""
    result = tasks.result_path(index)
    if result.exists():
        return "result", result
    for path in interim_candidates(result):
        if path.exists():
            return "interim", path
    named = tasks.task(index).segmentation
    if named is None:
        return None
    if not tasks.resolve(named).exists():
        reason = f"task {index + 1}: Segmentation: found {named!r}, which does not exist, expected a file that exists"
        raise DatasetError(f"{tasks.path}: {reason}")
    return "segmentation", tasks.resolve(named)


def _read_inputs(tasks: TaskList, task: Task, index: int, readers: Readers) -> tuple[Image, Segmentation | None]:
    if task.image is not None:
        return readers.image(tasks.resolve(task.image)), None
    if task.scene is None:
        raise DatasetError(f"{tasks.path}: task {index + 1}: found neither Image nor Scene, expected one of them")
    reader = readers.scene
    if reader is None:
        from .task_list_scene import read_scene

        reader = read_scene
    contents = reader(tasks.resolve(task.scene.path), task.scene)
    return contents.image, contents.segmentation


def _made(
    tasks: TaskList, task: Task, index: int, geometry: Geometry, dynamic: bool | None, report: Report
) -> Segmentation:
    if geometry.time_steps > 1:
        if dynamic is None:
            reason = f"task {index + 1}: Dynamic: found nothing, expected true or false for an image with"
            raise DatasetError(f"{tasks.path}: {reason} {geometry.time_steps} frames")
        geometry = geometry if dynamic else static_geometry(geometry)
    preset: LabelSetPreset = from_labels([Label(1, task.label_name or next_name(()), lut_color(1))])
    if task.preset is not None:
        try:
            preset = read_preset(tasks.resolve(task.preset), report)
        except PresetError as error:
            report.leave_out(f"task {index + 1}: Preset: {error}; the task begins with one label", tasks.path)
    return new_segmentation(geometry, preset)
