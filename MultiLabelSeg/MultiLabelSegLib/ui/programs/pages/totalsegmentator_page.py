"""TotalSegmentator's page without Qt: tasks, speed, classes, licence, device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ....core import Image
from ....errors import MultiLabelSegError
from ....external.cache import ResultCache
from ....external.devices import find_gpus
from ....external.environments import Environment
from ....external.proposals import OtherGrid, propose_with, request_of
from ....external.totalsegmentator import SPEEDS, TotalOptions, TotalSegmentatorPackage, predictor_of, read_package
from ....external.totalsegmentator.licence import given_key, stored_key
from ....external.totalsegmentator.predicting import named_tasks
from ....formats.report import ProgressCallback
from ....presets.preferences import PreferenceStore, load_preferences
from ....tools.base import Preview, Scene
from .looking import Look, Run, at_once
from .nnunet_page import GpuFinder
from .program_page import ProgramPage
from .state import Availability, Choice, device_choice, with_option

_SPEEDS = {"normal": "Full resolution (1.5 mm)", "fast": "Fast (3 mm)", "fastest": "Fastest (6 mm)"}


class TotalSegmentatorPage(ProgramPage):
    """State and rules of the page; see ``ProgramPage``."""

    def __init__(
        self,
        store: PreferenceStore,
        find: GpuFinder = find_gpus,
        cache: ResultCache | None = None,
        run: Run = at_once,
    ) -> None:
        super().__init__("totalsegmentator", store, run, cache)
        self._package_look = Look(run, self.changed.emit)
        self._looks += (self._package_look,)
        self.package: TotalSegmentatorPackage | None = None
        self._package_of: Environment | None = None
        self.tasks: tuple[str, ...] = ("total",)
        self._find = find
        self._gpus = find()
        # without a GPU full resolution takes hours
        speed = "normal" if self._gpus else "fast"
        device, limit_s = _preferred(store)
        self.options = TotalOptions(device, speed, limit_s=limit_s, license=_key())
        self.environment.changed.connect(self._follow)
        self._read()

    def refresh(self) -> None:
        """Reads the package again (it was renewed), and asks for GPUs again; choices that still fit stay."""
        self._gpus = self._find()
        self._package_of = None
        self._read()
        self.measure_cache()
        self.changed.emit()

    def _follow(self) -> None:
        self._read()
        self.changed.emit()

    def _read(self) -> None:
        """Reads the package of the environment that is selected now, unless that was read already."""
        environment = self.environment.selected
        if environment is None:
            self._package_look.cancel()
            self.package, self._package_of = None, None
        elif environment != self._package_of:
            self._package_of = environment
            self._package_look.start(
                "Reading the package", lambda _: read_package(environment), self._take, self._refused
            )

    def _take(self, package: TotalSegmentatorPackage) -> None:
        self.package, self.problem = package, ""
        kept = tuple(name for name in self.tasks if name in package.tasks)
        self.tasks = kept or tuple(package.tasks)[:1]

    def _refused(self, error: MultiLabelSegError) -> None:
        self.package, self.problem = None, str(error)

    def stop_looking(self) -> None:
        """See ``ProgramPage``."""
        if self._package_look.text:
            self._package_of = None
        super().stop_looking()

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
        if self.package is not None:
            named_tasks(self.package, chosen)
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

    def preview_state(self, has_image: bool = True) -> Availability:
        """Whether Preview can be pressed, and what is missing."""
        if not self.environment.state().enabled:
            return self.environment.state()
        if self.package is None:
            missing = "reading the package" if self._package_look.text else ""
            return Availability(missing or self.problem or "the package cannot be read")
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
        about = self.environment.selected, self.tasks, self.options, self.cache
        asked = scene if image is None else replace(scene, image=image)
        request = request_of(asked, frames="all" if all_frames else "current", other_grid=other_grid)
        return lambda progress: propose_with(predictor_of(*about), asked, request, progress)


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
