"""TotalSegmentator at work: an image out, its program run for each task, multi-label files back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import ExternalToolError, OptionError, ToolError
from ...formats.label_tables import table_in_header
from ...formats.report import ProgressCallback, Report
from ..cache import Key, ResultCache
from ..devices import device_of, named_device
from ..environments import Environment
from ..offline import offline_said
from ..process import Program
from ..process.steps import run_steps
from ..proposals import (
    Answer,
    AnswerLabel,
    AnswerLayer,
    LabelMap,
    Request,
    read_answer_map,
    work_folder,
    write_frame,
)
from .licence import checked_key, settings_with, stored_key
from .package import TaskInfo, TotalSegmentatorPackage, read_package

PROGRAM = "TotalSegmentator"
SPEEDS = ("normal", "fast", "fastest")


@dataclass(frozen=True)
class TotalOptions:
    """``speed``: fast works at 3 mm, fastest at 6 mm. ``roi_subset`` are classes to find alone (by name).

    ``license`` is the key, if there is one; it is kept from all messages. Raises OptionError.
    """

    device: str = "auto"
    speed: str = "normal"
    roi_subset: tuple[str, ...] = ()
    use_cache: bool = True
    limit_s: float = 0
    license: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.speed not in SPEEDS:
            raise OptionError("speed", self.speed, SPEEDS)
        if not self.limit_s >= 0:
            raise OptionError("limit_s", self.limit_s, "seconds; 0 for no limit")
        named_device(self.device)
        checked_key(self.license)


@dataclass(frozen=True, eq=False)
class TotalSegmentatorPredictor:
    """Runs one task or several: each becomes a layer of its own, since tasks overlap; see ``proposals.Predictor``."""

    environment: Environment
    package: TotalSegmentatorPackage
    tasks: tuple[TaskInfo, ...]
    options: TotalOptions = TotalOptions()
    cache: ResultCache = field(default_factory=ResultCache)

    @property
    def title(self) -> str:
        """How undo lists call it."""
        return f"TotalSegmentator {', '.join(task.name for task in self.tasks)}"

    def predict(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        """See ``Predictor``. Each frame is a run of its own for each task. Raises also ToolError for a task that needs
        a licence when there is none."""
        if len(request.channels) != 1:
            raise ToolError(f"TotalSegmentator takes one image, not {len(request.channels)}")
        self._check_licence()
        begun = time.monotonic()
        keys = {task.name: self.key(request, task) for task in self.tasks}
        known = {name: self.cache.get(key) for name, key in keys.items()} if self.options.use_cache else {}
        open_tasks = [task for task in self.tasks if known.get(task.name) is None]
        made = self._run(request, open_tasks, progress) if open_tasks else {}
        notes = [f"task {name} taken from the cache" for name, maps in known.items() if maps is not None]
        notes += [f"predicted in {time.monotonic() - begun:.1f} s"] if open_tasks else []
        layers = []
        for task in self.tasks:
            maps = known.get(task.name) or made[task.name]
            if self.options.use_cache and task.name in made:
                self.cache.put(keys[task.name], maps)
            layers.append(AnswerLayer(f"TotalSegmentator {task.name}", self._labels(task), maps))
        return Answer(tuple(layers), tuple(notes))

    def key(self, request: Request, task: TaskInfo) -> str:
        """What the cache knows the result of a task by."""
        options = self.options
        key = Key().add(program=PROGRAM, version=self.package.version, task=task.name, speed=options.speed)
        key.add(roi_subset=sorted(self._subset(task)), frames=sorted(request.frames))
        for t in sorted(request.frames):
            key.add_image(request.pixels(0, t), request.geometry)
        return key.text()

    def _check_licence(self) -> None:
        needing = [task.name for task in self.tasks if task.licensed]
        if needing and not self.options.license and not stored_key():
            raise ToolError(
                f"task {', '.join(needing)} needs a licence key of TotalSegmentator (free for non-commercial use); "
                "there is none"
            )

    def _subset(self, task: TaskInfo) -> tuple[str, ...]:
        """The classes to find of a task. Raises OptionError for one that no task has."""
        everywhere = {name for each in self.tasks for name in each.classes.values()}
        for name in self.options.roi_subset:
            if name not in everywhere:
                raise OptionError("roi_subset", name, sorted(everywhere))
        return tuple(name for name in self.options.roi_subset if name in task.classes.values())

    def _run(
        self, request: Request, tasks: list[TaskInfo], progress: ProgressCallback | None
    ) -> dict[str, dict[int, LabelMap]]:
        script = self.environment.script(PROGRAM)
        if not script.is_file():
            raise ExternalToolError(PROGRAM, 127, [f"it is not installed in {self.environment.folder}"])
        with work_folder() as folder, settings_with(self.options.license) as variables:
            if progress is not None:
                progress(0.0, "writing the image")
            programs, results = [], {}
            for t in request.frames:
                image = write_frame(folder / "in" / f"frame_{t:04d}.nii.gz", request.pixels(0, t), request.geometry)
                for task in tasks:
                    results[task.name, t] = folder / "out" / f"{task.name}_{t:04d}.nii.gz"
                    programs.append(self._program(script, task, image, results[task.name, t], variables))
            with offline_said("TotalSegmentator downloads the weights of a task at its first run"):
                lines = run_steps(programs, progress, self.options.limit_s)
            return {
                task.name: {t: read_result(results[task.name, t], task, lines) for t in request.frames}
                for task in tasks
            }

    def _program(
        self, script: Path, task: TaskInfo, image: Path, target: Path, variables: Mapping[str, str | None]
    ) -> Program:
        device = device_of(self.options.device)
        # the number of the GPU goes by the environment: the form gpu:N is not known to every 2.x
        arguments = ["-i", str(image), "-o", str(target), "--ml", "--task", task.name]
        arguments += ["--device", "gpu" if device.kind == "cuda" else device.kind, "-nr", "1", "-ns", "1"]
        arguments += [] if self.options.speed == "normal" else [f"--{self.options.speed}"]
        subset = self._subset(task)
        arguments += ["--roi_subset", *subset] if subset else []
        # what it starts must not meet results folders of nnU-Net's own
        around = {"nnUNet_results": None, "nnUNet_raw": None, "nnUNet_preprocessed": None}
        environment = {**around, **device.variables(), **variables}
        program = Program((str(script), *arguments), PROGRAM, environment, secrets=(self.options.license,))
        return program.with_path(str(self.environment.python.parent))

    def _labels(self, task: TaskInfo) -> tuple[AnswerLabel, ...]:
        """Classes of the task, with the package's colours and codes; a subset has the chosen classes alone."""
        wanted = self._subset(task)
        labels = []
        for value, name in task.classes.items():
            if not wanted or name in wanted:
                look = self.package.looks.get(name)
                about = (None, {}) if look is None else (look.color, look.properties)
                labels.append(AnswerLabel(name, (value,), value, *about))
        return tuple(labels)


def read_result(path: Path, task: TaskInfo, last_lines: tuple[str, ...] = ()) -> LabelMap:
    """The multi-label file of a task. Its header names the values too: they must be those of the package.

    Raises ExternalToolError where the file is not there, is no label map, or names a value otherwise.
    """
    found = read_answer_map(path, PROGRAM, last_lines)
    table = table_in_header(path, Report())
    for entry in () if table is None else table.entries:
        name = task.classes.get(entry.value)
        if name is not None and entry.name != name:
            said = f"its file calls value {entry.value} of task {task.name} {entry.name!r}, its package {name!r}"
            raise ExternalToolError(PROGRAM, 0, [said])
    return found


def predictor_of(
    environment: Environment,
    tasks: tuple[str, ...] = ("total",),
    options: TotalOptions | None = None,
    cache: ResultCache | None = None,
) -> TotalSegmentatorPredictor:
    """A predictor for tasks by name. Raises OptionError, DatasetError."""
    package = read_package(environment)
    infos = named_tasks(package, tasks)
    return TotalSegmentatorPredictor(environment, package, infos, options or TotalOptions(), cache or ResultCache())


def named_tasks(package: TotalSegmentatorPackage, names: tuple[str, ...]) -> tuple[TaskInfo, ...]:
    """The tasks of these names. Raises OptionError for an unknown one, one that is named twice, or none."""
    if not names or len(set(names)) < len(names):
        raise OptionError("task", list(names), "one task or several different ones")
    return tuple(package.task(name) for name in names)
