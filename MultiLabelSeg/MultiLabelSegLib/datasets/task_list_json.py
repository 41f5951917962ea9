"""Task lists read from and written to JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import OVERWRITE, CorruptFileError, FormatError, Remedy, UnsupportedFormatError, WriteError
from ..formats.json_text import parse_json
from ..formats.staging import Stage, absolute
from .task_list import FILE_FORMAT, VERSIONS, Form, SceneNodes, Task, TaskList, check_results

_MOST_BYTES = 64 << 20
_OUTSIDE = Remedy("allow_outside", "writing elsewhere must be allowed: --allow-outside")
#: field of Task -> key in the file, in the order in which they are written
_TEXTS = {"name": "Name", "description": "Description", "label_name": "LabelName"}
_PATHS = {
    "image": "Image",
    "result": "Result",
    "segmentation": "Segmentation",
    "label_name_suggestions": "LabelNameSuggestions",
    "preset": "Preset",
}
_ORDER = (
    "name",
    "description",
    "image",
    "scene",
    "segmentation",
    "label_name",
    "label_name_suggestions",
    "preset",
    "result",
    "dynamic",
    "form",
)
_KEYS = {**_TEXTS, **_PATHS, "scene": "Scene", "dynamic": "Dynamic", "form": "Form"}


def is_task_list(path: Path) -> bool:
    """Whether a file is a task list, whatever its version; False for files that cannot be read or are no JSON."""
    try:
        data = parse_json(_text(path), path, "the task list", keep_last=True)
    except FormatError:
        return False
    return isinstance(data, dict) and data.get("FileFormat") == FILE_FORMAT


def read_task_list(path: Path, *, allow_outside: bool = False, check_files: bool = True) -> TaskList:
    """A task list of version 1, 2 or 3.

    Images, scenes and forms must exist (unless ``check_files`` is off). Files to read may lie anywhere; those to write
    (Result, Form.Result) in the list's folder only, unless ``allow_outside``. Raises CorruptFileError naming file,
    task, field, what was found and what is expected, UnsupportedFormatError for other versions and other JSON,
    FormatError when the file cannot be read.
    """
    path = absolute(path)
    tasks = parse_task_list(_text(path), path)
    for index in range(len(tasks.tasks)):
        if check_files:
            _check_files(tasks, index)
        if not allow_outside:
            _check_inside(tasks, index)
    return tasks


def parse_task_list(text: str, path: Path) -> TaskList:
    """The task list of a JSON text; files are not looked for. Raises as ``read_task_list``."""
    data = parse_json(text, path, "the task list", keep_last=True)
    if not isinstance(data, dict) or data.get("FileFormat") != FILE_FORMAT:
        found = data.get("FileFormat") if isinstance(data, dict) else data
        raise UnsupportedFormatError(path, f"FileFormat: found {_short(found)}, expected {FILE_FORMAT!r}")
    version = data.get("Version")
    if isinstance(version, bool) or version not in VERSIONS:
        raise UnsupportedFormatError(path, f"Version: found {_short(version)}, expected 1, 2 or 3")
    if not isinstance(data.get("Tasks"), list):
        raise CorruptFileError(path, f"Tasks: found {_short(data.get('Tasks'))}, expected an array of tasks")
    read = _Reader(path)
    extra = {key: data[key] for key in data if key not in ("FileFormat", "Version", "Name", "Defaults", "Tasks")}
    name = read.text(data, "Name", "") or ""
    defaults = Task() if data.get("Defaults") is None else read.task(data["Defaults"], "Defaults")
    if defaults.result is not None:
        reason = f"Defaults: Result: found {defaults.result!r}, expected none, for every task has a result of its own"
        raise CorruptFileError(path, reason)
    entries = [read.task(entry, f"task {number}") for number, entry in enumerate(data["Tasks"], 1)]
    tasks = TaskList(path, tuple(entries), name, defaults, extra)
    for index in range(len(entries)):
        _check_complete(tasks, index, version)
    check_results(tasks)
    return tasks


def task_list_json(tasks: TaskList) -> dict[str, Any]:
    """A task list as JSON, of the lowest version that holds it. Raises CorruptFileError for one without tasks."""
    if not tasks.tasks:
        raise CorruptFileError(tasks.path, "Tasks: found none, expected one task at least")
    data: dict[str, Any] = {"FileFormat": FILE_FORMAT, "Version": tasks.minimum_version}
    if tasks.name:
        data["Name"] = tasks.name
    defaults = _task_json(tasks.defaults)
    if defaults:
        data["Defaults"] = defaults
    data["Tasks"] = [_task_json(task) for task in tasks.tasks]
    return data | dict(tasks.extra)


def write_task_list(tasks: TaskList, *, overwrite: bool = False) -> None:
    """Writes a task list to its path, atomically, after checking that it reads back as it is.

    Raises CorruptFileError for a list that is impossible, WriteError (also where the file exists and ``overwrite`` is
    not set).
    """
    import json

    data = task_list_json(tasks)
    text = json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if parse_task_list(text, tasks.path) != tasks:
        raise WriteError(
            tasks.path, "verification failed, nothing was written: the text does not read back as the list"
        )
    with Stage(tasks.path) as stage:
        stage.file(tasks.path).write_text(text, encoding="utf-8", newline="\n")
        stage.commit(lambda: _refuse_existing(tasks.path, overwrite))


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise WriteError(path, f"exists already; {OVERWRITE}").offering(OVERWRITE)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise FormatError(path, "there is no such file")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise UnsupportedFormatError(path, f"is larger than {_MOST_BYTES >> 20} MB, so no task list")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnsupportedFormatError(path, f"is no UTF-8 text (byte {error.start}), which a task list is") from None
    except (OSError, ValueError) as error:
        raise FormatError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


class _Reader:
    """Reads the fields of one file; errors name it, the task and the field."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def wrong(self, where: str, found: object, expected: str) -> CorruptFileError:
        return CorruptFileError(self._path, f"{where}: found {_short(found)}, expected {expected}")

    def text(self, entry: Mapping[str, Any], key: str, where: str, expected: str = "text") -> str | None:
        if key not in entry:
            return None
        found = entry[key]
        if not isinstance(found, str):
            raise self.wrong(f"{where}: {key}" if where else key, found, expected)
        return found

    def a_path(self, entry: Mapping[str, Any], key: str, where: str) -> str | None:
        found = self.text(entry, key, where, "the path of a file")
        if found is not None and (not found.strip() or "\0" in found):
            raise self.wrong(f"{where}: {key}", found, "the path of a file")
        return found

    def task(self, entry: Any, where: str) -> Task:
        if not isinstance(entry, dict):
            raise self.wrong(where, entry, "an object that describes a task")
        known: dict[str, Any] = {name: self.text(entry, key, where) for name, key in _TEXTS.items()}
        known |= {name: self.a_path(entry, key, where) for name, key in _PATHS.items()}
        dynamic = entry.get("Dynamic")
        if "Dynamic" in entry and not isinstance(dynamic, bool):
            raise self.wrong(f"{where}: Dynamic", dynamic, "true or false")
        scene = self._part(entry, "Scene", where, self._scene)
        form = self._part(entry, "Form", where, self._form)
        extra = {key: value for key, value in entry.items() if key not in _KEYS.values()}
        return Task(**known, dynamic=dynamic, scene=scene, form=form, extra=extra)

    def _part(self, entry: dict[str, Any], key: str, where: str, make: Callable[[dict[str, Any], str], Any]) -> Any:
        if key not in entry:
            return None
        if not isinstance(entry[key], dict):
            raise self.wrong(f"{where}: {key}", entry[key], "an object")
        return make(entry[key], f"{where}: {key}")

    def _scene(self, entry: dict[str, Any], where: str) -> SceneNodes:
        path, image = self.a_path(entry, "Path", where), self.text(entry, "Image", where)
        if path is None or not image:
            raise self.wrong(where, entry, "Path (a file) and Image (the name of a node)")
        segmentation = self.text(entry, "Segmentation", where)
        return SceneNodes(path, image, segmentation, _others(entry, "Path", "Image", "Segmentation"))

    def _form(self, entry: dict[str, Any], where: str) -> Form:
        path, result = self.a_path(entry, "Path", where), self.a_path(entry, "Result", where)
        if path is None or result is None:
            raise self.wrong(where, entry, "Path and Result, two files")
        return Form(path, result, _others(entry, "Path", "Result"))


def _others(entry: dict[str, Any], *known: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in known}


def _short(found: object) -> str:
    return "nothing" if found is None else repr(found)[:80]


def _check_complete(tasks: TaskList, index: int, version: int) -> None:
    """What MITK demands of a task, its defaults counted in."""
    task, where = tasks.task(index), f"task {index + 1}"
    if task.image is not None and task.scene is not None:
        raise CorruptFileError(tasks.path, f"{where}: found both Image and Scene, expected one of them")
    if task.image is None and (version < 3 or task.scene is None):
        expected = "Image" if version < 3 else "Image or Scene"
        found = (
            f"Scene, which version {version} does not know" if task.scene is not None else "neither it nor a default"
        )
        raise CorruptFileError(tasks.path, f"{where}: {expected}: found {found}, expected the path of a file")
    if task.result is None:
        raise CorruptFileError(tasks.path, f"{where}: Result: found nothing, expected the path of a file")


def _check_files(tasks: TaskList, index: int) -> None:
    task = tasks.task(index)
    scene, form = task.scene, task.form
    named = {"Image": task.image, "Scene": scene.path if scene else None, "Form": form.path if form else None}
    for key, text in named.items():
        if text is None:
            continue
        try:
            is_there = tasks.resolve(text).exists()
        except (OSError, ValueError):
            is_there = False
        if not is_there:
            reason = f"task {index + 1}: {key}: found {text!r}, which does not exist, expected a file that exists"
            raise CorruptFileError(tasks.path, reason)


def _check_inside(tasks: TaskList, index: int) -> None:
    task = tasks.task(index)
    for key, text in {"Result": task.result, "Form.Result": task.form.result if task.form else None}.items():
        if text is not None and not tasks.is_inside(tasks.resolve(text)):
            reason = f"task {index + 1}: {key}: found {text!r}, expected a file in the list's own folder"
            raise CorruptFileError(tasks.path, f"{reason}; {_OUTSIDE}").offering(_OUTSIDE)


def _task_json(task: Task) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for name in _ORDER:
        value = getattr(task, name)
        if isinstance(value, SceneNodes):
            segmentation = {} if value.segmentation is None else {"Segmentation": value.segmentation}
            value = {"Path": value.path, "Image": value.image, **segmentation, **value.extra}
        elif isinstance(value, Form):
            value = {"Path": value.path, "Result": value.result, **value.extra}
        if value is not None:
            entry[_KEYS[name]] = value
    return entry | dict(task.extra)
