"""The environment's part of a page: the drop-down, Select, and the button that makes one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ....errors import MultiLabelSegError
from ....external.environments import (
    Environment,
    EnvironmentCheck,
    EnvironmentScan,
    Need,
    check_environment,
    environment_at,
    is_made,
    make_environment,
    need_of,
    scan_environments,
)
from ....external.environments.making import makers_python
from ....formats.report import ProgressCallback
from ....presets.preferences import PreferenceStore, load_preferences
from ....presets.program_choices import remember, remembered
from ....signal import Signal
from .looking import Look, Run, at_once
from .state import Availability, Choice, why


class EnvironmentPage:
    """Which environment a program runs in. ``changed`` is emitted after every change; all calls from one thread,
    but for ``make``, ``check`` and ``find_maker``, which take long and belong into the background."""

    def __init__(self, program: str, store: PreferenceStore, run: Run = at_once) -> None:
        self.need: Need = need_of(program)
        self.changed = Signal()
        self.look = Look(run, self.changed.emit)
        self._store = store
        self._scan = EnvironmentScan()
        self._problem = ""
        self._maker = Availability()
        self._making = False
        self.refresh()

    @property
    def selected(self) -> Environment | None:
        """The environment that the program runs in."""
        return self._scan.selected

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Places that could not be looked into, and why."""
        return self._scan.passed_over

    def refresh(self) -> None:
        """Looks again for environments; the remembered one is selected, else the first that has the program."""
        problem = ""
        try:
            path = remembered(self.need.id, load_preferences(self._store))
        except MultiLabelSegError as error:
            path, problem = None, str(error)

        def found(scan: EnvironmentScan) -> None:
            self._scan, self._problem = scan, problem or scan.problem

        self.look.start("Looking for environments", lambda stop: scan_environments(self.need, path, stop), found)

    def choice(self) -> Choice:
        """The drop-down: environments that have the program first, the others behind them and marked so."""
        rows = sorted(self._scan.found, key=lambda each: each.folder not in self._scan.having)
        options = tuple((str(each.folder), self._shown(each)) for each in rows)
        return Choice(options, None if self.selected is None else str(self.selected.folder), self.state())

    def _shown(self, environment: Environment) -> str:
        lacks = "" if environment.folder in self._scan.having else f", without {self.need.title}"
        return f"{environment.folder} ({environment.kind}{lacks})"

    def state(self) -> Availability:
        """Whether there is an environment to run in, and why not."""
        if self.selected is None:
            missing = "looking for environments" if self.look.text else ""
            text = f"choose or make an environment with {self.need.title}"
            return Availability(missing or self._problem or text)
        return Availability()

    @property
    def problem(self) -> str:
        """What was wrong with the last choice or with the remembered one; empty for nothing."""
        return self._problem

    def select(self, folder: Path) -> bool:
        """Takes an environment and remembers it; its base folder is enough. ``problem`` says why not (False)."""
        try:
            environment = environment_at(folder)
            if not self.need.is_met(environment):
                self._problem = f"{environment.folder} has no {self.need.title}"
                self.changed.emit()
                return False
            remember(self.need.id, environment.folder, self._store)
        except MultiLabelSegError as error:
            self._problem = str(error)
            self.changed.emit()
            return False
        self._take(environment)
        return True

    def _take(self, environment: Environment) -> None:
        self.look.cancel()  # it would bring back what was remembered when it began
        self._problem, scan = "", self._scan
        having = scan.having | {environment.folder}
        if environment.folder not in [each.folder for each in scan.found]:
            scan = replace(scan, found=(environment, *scan.found))
        self._scan = replace(scan, selected=environment, having=having)
        self.changed.emit()

    def make_state(self) -> Availability:
        """Whether the button that makes an environment can be pressed: once only, and where a Python can do it."""
        if self._making:
            return Availability("the environment is being made")
        if self._scan.made:
            return Availability(f"made already: {self.need.folder}")
        return self._maker

    def find_maker(self) -> None:
        """Looks for a Python that can make environments; afterwards ``make_state`` says what is missing, such as
        python3-venv. Starts Pythons: takes seconds. Call ``told`` in the view's thread afterwards."""
        if is_made(self.need):
            return
        try:
            makers_python(None)
            self._maker = Availability()
        except MultiLabelSegError as error:
            self._maker = why(error)

    def told(self) -> None:
        """Emits ``changed``, for after work in the background."""
        self.changed.emit()

    def begin_making(self) -> None:
        """Greys the button, before ``make`` is run in the background."""
        self._making = True
        self.changed.emit()

    def make(self, progress: ProgressCallback | None = None, python: Path | None = None) -> Environment:
        """Makes the environment (minutes, gigabytes). Raises as ``make_environment``; then nothing is left of it."""
        return make_environment(self.need, None, python, progress)

    def made(self, environment: Environment | None) -> None:
        """What ``make`` gave, or None when it failed or was cancelled; in the view's thread. Raises PresetError,
        WriteError when the choice cannot be remembered."""
        self._making = False
        if environment is None:
            self.changed.emit()
            return
        self._scan = replace(self._scan, made=is_made(self.need))
        self._take(environment)
        remember(self.need.id, environment.folder, self._store, made=True)

    def check(self, progress: ProgressCallback | None = None) -> EnvironmentCheck | None:
        """Asks the selected environment for versions and GPUs; None without one. Raises ExternalToolError."""
        if self.selected is None:
            return None
        return check_environment(self.selected, self.need.packages, progress=progress)
