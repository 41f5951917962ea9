"""TotalSegmentator's page without Qt: tasks, speed, classes, licence, device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ....core import Image
from ....errors import MultiLabelSegError
from ....external.cache import ResultCache
from ....external.devices import find_gpus
from ....external.proposals import OtherGrid, propose_with, request_of
from ....external.totalsegmentator import SPEEDS, TotalOptions, TotalSegmentatorPackage, predictor_of, read_package
from ....external.totalsegmentator.licence import given_key, stored_key
from ....formats.report import ProgressCallback
from ....presets.preferences import PreferenceStore, load_preferences
from ....signal import Signal
from ....tools.base import Preview, Scene
from .environment_page import EnvironmentPage
from .nnunet_page import GpuFinder
from .state import Availability, Choice, device_choice, with_option

_SPEEDS = {"normal": "Full resolution (1.5 mm)", "fast": "Fast (3 mm)", "fastest": "Fastest (6 mm)"}


class TotalSegmentatorPage:
    """State and rules of the page. ``changed`` is emitted after every change."""

    def __init__(self, store: PreferenceStore, find: GpuFinder = find_gpus, cache: ResultCache | None = None) -> None:
        self.changed = Signal()
        self.environment = EnvironmentPage("totalsegmentator", store)
        self.cache = cache or ResultCache()
        self.package: TotalSegmentatorPackage | None = None
        self.problem = ""
        self.tasks: tuple[str, ...] = ("total",)
        self._find = find
        self._gpus = find()
        # without a GPU full resolution takes hours
        speed = "normal" if self._gpus else "fast"
        device, limit_s = _preferred(store)
        self.options = TotalOptions(device, speed, limit_s=limit_s, license=_key())
        self.environment.changed.connect(self._follow)
        self._read()

    def _follow(self) -> None:
        self._read()
        self.changed.emit()

    def _read(self) -> None:
        self.package, self.problem = None, ""
        if self.environment.selected is not None:
            try:
                self.package = read_package(self.environment.selected)
            except MultiLabelSegError as error:
                self.problem = str(error)
        if self.package is not None:
            kept = tuple(name for name in self.tasks if name in self.package.tasks)
            self.tasks = kept or tuple(self.package.tasks)[:1]

    def task_rows(self) -> tuple[tuple[str, str, Availability], ...]:
        """(name, shown text, state) of each task of the installed package; licensed ones are grey without a key."""
        if self.package is None:
            return ()
        unlocked = bool(self.options.license) or stored_key()
        rows = []
        for task in self.package.tasks.values():
            reason = "" if unlocked or not task.licensed else "needs a licence key (free for non-commercial use)"
            rows.append(
                (task.name, f"{task.name} ({task.modality}, {len(task.classes)} classes)", Availability(reason))
            )
        return tuple(rows)

    def set_tasks(self, names: Iterable[str]) -> None:
        """Chooses tasks; several become groups of their own. Raises OptionError for none or an unknown one."""
        chosen = tuple(dict.fromkeys(names))
        if self.package is not None and self.environment.selected is not None:
            predictor_of(self.environment.selected, chosen)
        self.tasks = chosen
        wanted = self.classes()
        self.options = replace(self.options, roi_subset=tuple(n for n in self.options.roi_subset if n in wanted))
        self.changed.emit()

    def classes(self) -> tuple[str, ...]:
        """The classes of the chosen tasks, to choose a subset of."""
        if self.package is None:
            return ()
        found = (name for task in self.tasks for name in self.package.task(task).classes.values())
        return tuple(dict.fromkeys(found))

    def speeds(self) -> Choice:
        """Full, fast, fastest."""
        return Choice(tuple((name, _SPEEDS[name]) for name in SPEEDS), self.options.speed)

    def devices(self) -> Choice:
        """The devices, as nnU-Net's page shows them."""
        return device_choice(self._gpus, self.options.device)

    def set_option(self, name: str, value: Any) -> None:
        """Sets a field of ``options``: speed, roi_subset, device, use_cache, limit_s, license. Raises OptionError."""
        self.options = with_option(self.options, name, tuple(value) if name == "roi_subset" else value)
        self.changed.emit()

    def license_state(self) -> str:
        """One line about the licence key; the key itself is never shown."""
        if self.options.license:
            return "a licence key is given for this session"
        return "TotalSegmentator has a licence key stored" if stored_key() else "no licence key"

    def clear_cache(self) -> int:
        """Clears the cache, which nnU-Net's page shares; returns the bytes that are free now."""
        freed = self.cache.clear()
        self.changed.emit()
        return freed

    def preview_state(self, has_image: bool = True) -> Availability:
        """Whether Preview can be pressed, and what is missing."""
        if not self.environment.state().enabled:
            return self.environment.state()
        if self.package is None:
            return Availability(self.problem or "the package cannot be read")
        if not has_image:
            return Availability("choose an image")
        for name, _, state in self.task_rows():
            if name in self.tasks and not state.enabled:
                return Availability(f"{name} {state.reason}")
        return Availability("" if self.tasks else "choose a task")

    def task(
        self, scene: Scene, image: Image | None = None, all_frames: bool = False, other_grid: OtherGrid = "refuse"
    ) -> Callable[[ProgressCallback | None], Preview]:
        """Work for the background; see ``NnUNetPage.task``. ``image`` is the scene's unless given."""
        assert self.environment.selected is not None
        predictor = predictor_of(self.environment.selected, self.tasks, self.options, self.cache)
        scene = scene if image is None else replace(scene, image=image)
        request = request_of(scene, frames="all" if all_frames else "current", other_grid=other_grid)
        return lambda progress: propose_with(predictor, scene, request, progress)


def _preferred(store: PreferenceStore) -> tuple[str, float]:
    """The device and the time limit of the preferences; a damaged file of them is told by the environment's part."""
    try:
        preferences = load_preferences(store)
    except MultiLabelSegError:
        return "auto", 0
    gpu = preferences.totalsegmentator_device
    return (str(gpu) if gpu >= 0 else "auto"), preferences.external_timeout_s


def _key() -> str:
    try:
        return given_key()
    except MultiLabelSegError:
        return ""
