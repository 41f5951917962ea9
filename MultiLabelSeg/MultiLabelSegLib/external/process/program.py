"""A child process as a handle: started without waiting, polled, waited for, cancelled, ended after its time."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import ExternalToolError, OptionError
from ...formats.report import Cancelled, ProgressCallback
from .ending import WINDOWS, end_all, end_left_over, new_group
from .output import OutputLines, percent_of

#: seconds between being asked to end and being made to
GRACE_S = 5.0
#: how often a waiting caller looks whether the user cancelled
_STEP_S = 0.1
#: last lines in an error: enough for the end of a traceback
_IN_ERRORS = 12
#: exit codes of children that never ran, as shells give them
NOT_FOUND, CANNOT_RUN = 127, 126
#: what the host's own Python needs and a foreign one must not see
_OF_HOST = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV")

#: lists of folders that Slicer's launcher puts its own before
_SEARCH_PATHS = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "QT_PLUGIN_PATH")


@dataclass(frozen=True)
class Program:
    """What to run. ``environment`` is set over ours (None removes a variable); ``limit_s`` 0 is no time limit.

    ``secrets`` may stand in ``environment`` and in files, never in ``command``, which every user of the machine can
    see; they are blotted out of all lines and errors. ``name`` is how messages call the program.
    Raises OptionError for an empty command, a negative limit and for a secret in the command.
    """

    command: tuple[str, ...]
    name: str = ""
    environment: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    folder: Path | None = None
    limit_s: float = 0
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.command:
            raise OptionError("command", self.command, "a program and its arguments")
        if not self.limit_s >= 0:
            raise OptionError("limit_s", self.limit_s, "seconds; 0 for no limit")
        if any(secret and secret in part for secret in self.secrets for part in self.command):
            raise OptionError("command", "a secret", "secrets in the environment or a file, never in the command line")

    @property
    def title(self) -> str:
        """How messages call it."""
        return self.name or Path(self.command[0]).name

    def with_path(self, folder: str) -> Program:
        """The same with a folder before all others on PATH: that of the environment's own programs."""
        path = os.pathsep.join(part for part in (folder, os.environ.get("PATH", "")) if part)
        return replace(self, environment={**self.environment, "PATH": path})

    def variables(self) -> dict[str, str]:
        """The environment of the child: ours without what belongs to our own Python, and unbuffered UTF-8 output."""
        found = _without_host(os.environ)
        found.update(PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8", PYTHONNOUSERSITE="1")
        for key, text in self.environment.items():
            if text is None:
                found.pop(key, None)
            else:
                found[key] = text
        return found


def _without_host(variables: Mapping[str, str]) -> dict[str, str]:
    """An environment without our Python's settings and, inside Slicer, without the libraries that Slicer brings:
    a foreign Python that loads them instead of its own does not start."""
    found = {key: text for key, text in variables.items() if key not in _OF_HOST}
    home = variables.get("SLICER_HOME", "")
    for key in _SEARCH_PATHS if home else ():
        if key in found:
            parts = [part for part in found[key].split(os.pathsep) if not part.startswith(home)]
            found[key] = os.pathsep.join(parts)
            if not any(parts):
                del found[key]
    return found


class ProgramHandle:
    """A running program. Every method may be called from any thread and, but for ``wait``, returns at once.

    ``on_line`` gets every line, ``on_end`` the handle when all is over; both are called in the handle's thread. What
    they raise is kept from the child: it goes on.
    """

    def __init__(
        self,
        program: Program,
        on_line: Callable[[str], object] | None = None,
        on_end: Callable[[ProgramHandle], object] | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        self.program = program
        self.lines = OutputLines(program.secrets)
        self.fraction = 0.0
        self._on_line, self._on_end, self._grace_s = on_line, on_end, grace_s
        self._cancelled, self._timed_out = threading.Event(), threading.Event()
        self._over = threading.Event()
        self._ending = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._exit_code: int | None = None
        self._started = time.monotonic()
        threading.Thread(target=self._run, name=f"program {program.title}", daemon=True).start()

    @property
    def is_cancelled(self) -> bool:
        """Whether the user asked it to end."""
        return self._cancelled.is_set()

    @property
    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self._started

    def poll(self) -> int | None:
        """The exit code; None while it runs. Negative: ended by that signal."""
        return self._exit_code if self._over.is_set() else None

    def wait(self, seconds: float | None = None) -> int | None:
        """Waits until it is over, at most ``seconds``; the exit code, or None when it still runs."""
        self._over.wait(seconds)
        return self.poll()

    def cancel(self) -> None:
        """Ends it and everything that it started, without waiting for that."""
        if not self._over.is_set() and not self._cancelled.is_set():
            self._cancelled.set()
            threading.Thread(target=self._end, daemon=True).start()

    def check(self) -> None:
        """Says how it ended. Raises Cancelled, ExternalToolError with its last lines; nothing when all went well."""
        code = self.poll()
        if self._cancelled.is_set():
            raise Cancelled(self.program.title)
        if code is None:
            raise ExternalToolError(self.program.title, 0, ["it still runs"])
        if code != 0 or self._timed_out.is_set():
            raise ExternalToolError(
                self.program.title, code or 1, self.lines.last[-_IN_ERRORS:] or ("it printed nothing",)
            )

    def _run(self) -> None:
        try:
            self._exit_code = self._run_child()
        except Exception as error:  # a handle that never ends would hang its caller
            self.lines.add(f"{type(error).__name__}: {error}")
            self._exit_code = CANNOT_RUN
            self._end()
        self._over.set()
        if self._on_end is not None:
            with contextlib.suppress(Exception):
                self._on_end(self)

    def _run_child(self) -> int:
        child = self._spawn()
        if child is None:
            return NOT_FOUND
        _RUNNING.add(self)
        reader = threading.Thread(target=self._read, args=(child,), daemon=True)
        reader.start()
        if self._cancelled.is_set():  # asked before there was anything to end
            self._end()
        limit = self.program.limit_s
        try:
            code = child.wait(limit or None)
        except subprocess.TimeoutExpired:
            self._timed_out.set()
            self.lines.add(f"ended after its time limit of {round(limit, 2):g} s")
            self._end()
            code = child.wait()
        # a grandchild may hold the pipe open for ever
        reader.join(1.0)
        with self._ending:
            end_left_over(child)
        reader.join(2.0)
        _RUNNING.discard(self)
        return code

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        program = self.program
        try:
            self._child = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                cwd=program.folder,
                env=program.variables(),
                **new_group(),
            )
        except OSError as error:
            self.lines.add(f"{program.command[0]} cannot be started: {error.strerror or error}")
            return None
        return self._child

    def _read(self, child: subprocess.Popen[bytes]) -> None:
        stream = child.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while piece := stream.read(65536):
                self._tell(self.lines.feed(piece))
        self._tell(self.lines.finish())

    def _tell(self, lines: list[str]) -> None:
        for line in lines:
            fraction = percent_of(line)
            self.fraction = self.fraction if fraction is None else fraction
            if self._on_line is not None:
                with contextlib.suppress(Exception):
                    self._on_line(line)

    def _end(self) -> None:
        child = self._child
        if child is not None:
            with self._ending:
                end_all(child, self._grace_s)


#: what runs now, to be ended with us
_RUNNING: weakref.WeakSet[ProgramHandle] = weakref.WeakSet()


@atexit.register
def _end_all_at_exit() -> None:
    for handle in list(_RUNNING):
        handle._cancelled.set()
        if handle._child is not None and (WINDOWS or handle._child.poll() is None):
            end_all(handle._child, 0.5)


def start_program(
    program: Program,
    on_line: Callable[[str], object] | None = None,
    on_end: Callable[[ProgramHandle], object] | None = None,
    grace_s: float = GRACE_S,
) -> ProgramHandle:
    """Starts a program and returns at once; see ``ProgramHandle``. That it cannot be started is told by ``check``."""
    return ProgramHandle(program, on_line, on_end, grace_s)


def run_program(
    program: Program, progress: ProgressCallback | None = None, on_line: Callable[[str], object] | None = None
) -> OutputLines:
    """Runs a program to its end, for callers that are in the background already; returns what it printed last.

    ``progress`` is called in the caller's thread, at least ten times a second, with the fraction of the program's
    last progress bar and its last line; when it answers True, or raises, everything is ended.
    Raises Cancelled, ExternalToolError.
    """
    latest = [""]

    def heard(line: str) -> None:
        latest[0] = line
        if on_line is not None:
            on_line(line)

    handle = start_program(program, heard)
    try:
        while handle.wait(_STEP_S) is None:
            if progress is not None and progress(handle.fraction, latest[0]) is True:
                handle.cancel()
                handle.wait()
    except BaseException:
        handle.cancel()
        handle.wait()
        raise
    handle.check()
    return handle.lines
