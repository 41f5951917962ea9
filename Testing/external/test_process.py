"""Programs as children: heard line by line, ended with all that they started, their secrets kept."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from MultiLabelSegLib.errors import ExternalToolError, OptionError
from MultiLabelSegLib.external.process import OutputLines, Program, percent_of, run_program, start_program
from MultiLabelSegLib.formats.report import Cancelled

posix_only = pytest.mark.skipif(os.name == "nt", reason="process groups and signals are POSIX's")


def python(code: str, **about: object) -> Program:
    return Program((sys.executable, "-c", code), **about)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_lines_of_both_streams_come_in_order_and_the_last_are_kept() -> None:
    heard: list[str] = []
    code = "import sys\nfor n in range(60): print('line', n, file=sys.stderr if n % 2 else sys.stdout, flush=True)"
    lines = run_program(python(code), on_line=heard.append)
    assert heard == [f"line {n}" for n in range(60)]
    assert lines.last == tuple(f"line {n}" for n in range(20, 60))


def test_starting_returns_at_once_and_waiting_can_be_given_up() -> None:
    started = time.monotonic()
    handle = start_program(python("import time; time.sleep(30)"))
    assert time.monotonic() - started < 1
    assert handle.wait(0.05) is None
    assert handle.poll() is None
    handle.cancel()
    assert handle.wait(10) is not None
    with pytest.raises(Cancelled):
        handle.check()


def test_the_end_is_told_once_with_the_exit_code() -> None:
    ended: list[int | None] = []
    told = threading.Event()

    def on_end(handle: object) -> None:
        ended.append(handle.poll())  # type: ignore[attr-defined]
        told.set()

    start_program(python("raise SystemExit(3)"), on_end=on_end)
    assert told.wait(10)
    assert ended == [3]


def test_a_failure_names_the_program_the_code_and_the_last_lines() -> None:
    with pytest.raises(ExternalToolError, match=r"predictor ended with 7: .*out of memory") as caught:
        run_program(python("print('out of memory'); raise SystemExit(7)", name="predictor"))
    assert caught.value.exit_code == 7
    assert caught.value.last_lines == ("out of memory",)


def test_a_program_that_does_not_exist_is_an_error_and_no_traceback() -> None:
    with pytest.raises(ExternalToolError, match="no-such-program cannot be started"):
        run_program(Program(("no-such-program",)))


def test_progress_is_that_of_the_last_bar_and_lines_ended_by_carriage_returns_are_lines() -> None:
    heard: list[str] = []
    seen: list[float] = []
    code = r"""
import sys, time
for n in (0, 50, 100):
    sys.stderr.write(f'\r{n:3d}%|###| {n}/100'); sys.stderr.flush(); time.sleep(.25)
print('\ndone')
"""
    lines = run_program(python(code), lambda fraction, text: seen.append(fraction), heard.append)
    assert [percent_of(line) for line in heard] == [0.0, 0.5, 1.0, None]
    assert 0.5 in seen
    assert lines.last == ("done",)


@pytest.mark.parametrize(
    ("line", "fraction"),
    [
        (" 45%|####      | 9/20 [00:01<00:02]", 0.45),
        ("Predicting: 100%|##| 4/4", 1.0),
        ("Dice 45% | good", None),
        ("1234%|", None),
        ("", None),
    ],
)
def test_a_bar_is_told_from_other_percentages(line: str, fraction: float | None) -> None:
    assert percent_of(line) == fraction


def test_colours_broken_bytes_and_endless_lines_do_no_harm() -> None:
    lines = OutputLines()
    assert lines.feed(b"\x1b[31mred\x1b[0m\xff\n") == ["red\ufffd"]
    assert lines.feed("Gr\u00f6".encode()[:3]) == []
    assert lines.feed("Gr\u00f6".encode()[3:] + b"\n") == ["Gr\u00f6"]
    assert len(lines.feed(b"x" * 10_000)[0]) == 4000


def test_secrets_are_blotted_out_everywhere() -> None:
    code = "import os; print('key', os.environ['THE_KEY']); raise SystemExit(1)"
    program = python(code, environment={"THE_KEY": "aca_SECRET"}, secrets=("aca_SECRET",))
    heard: list[str] = []
    with pytest.raises(ExternalToolError) as caught:
        run_program(program, on_line=heard.append)
    assert heard == ["key ***"]
    assert "aca_SECRET" not in f"{caught.value!r} {caught.value} {program!r}"


def test_a_secret_in_the_command_line_is_refused_without_repeating_it() -> None:
    with pytest.raises(OptionError, match="never in the command line") as caught:
        Program(("tool", "-l", "aca_SECRET"), secrets=("aca_SECRET",))
    assert "aca_SECRET" not in str(caught.value)


def test_the_child_does_not_see_our_own_pythons_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/of/the/host")
    monkeypatch.setenv("KEPT", "yes")
    code = "import os; print(os.environ.get('PYTHONPATH'), os.environ['KEPT'], os.environ.get('GONE'))"
    monkeypatch.setenv("GONE", "x")
    lines = run_program(python(code, environment={"GONE": None}))
    assert lines.last == ("None yes None",)


def test_inside_slicer_the_child_does_not_get_slicers_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLICER_HOME", "/opt/Slicer")
    monkeypatch.setenv("LD_LIBRARY_PATH", os.pathsep.join(("/opt/Slicer/lib", "/usr/mine")))
    monkeypatch.setenv("QT_PLUGIN_PATH", "/opt/Slicer/lib/QtPlugins")
    variables = python("pass").variables()
    assert variables["LD_LIBRARY_PATH"] == "/usr/mine"
    assert "QT_PLUGIN_PATH" not in variables


def test_the_time_limit_ends_it_and_says_so() -> None:
    started = time.monotonic()
    with pytest.raises(ExternalToolError, match=r"time limit of 0\.3 s"):
        run_program(python("import time; print('begun', flush=True); time.sleep(60)", limit_s=0.3))
    assert time.monotonic() - started < 10


def test_progress_that_answers_true_cancels() -> None:
    with pytest.raises(Cancelled):
        run_program(python("import time; time.sleep(60)"), lambda fraction, text: True)


def test_progress_that_raises_ends_the_child_first(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"

    def progress(fraction: float, text: str) -> None:
        if note.exists() and note.read_text():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_program(python(code), progress)
    assert gone(int(note.read_text()))


GRANDCHILD = """
import subprocess, sys, time
inner = "import os, signal, sys, time\\n{setup}\\nopen(sys.argv[1], 'w').write(str(os.getpid()))\\ntime.sleep(60)"
child = subprocess.Popen([sys.executable, '-c', inner, sys.argv[1]], {more})
time.sleep({stay})
"""


def family(note: Path, setup: str = "", more: str = "", stay: float = 60) -> Program:
    code = GRANDCHILD.format(setup=setup, more=more, stay=stay)
    return Program((sys.executable, "-c", code, str(note)))


def pid_in(note: Path) -> int:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if note.exists() and note.read_text():
            return int(note.read_text())
        time.sleep(0.02)
    raise AssertionError("the grandchild did not start")


@posix_only
@pytest.mark.parametrize(
    ("setup", "more"),
    [
        ("", ""),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", ""),
        ("", "start_new_session=True"),
    ],
    ids=["grandchild", "one that ignores the request", "one that left the group"],
)
def test_cancel_ends_grandchildren_too(tmp_path: Path, setup: str, more: str) -> None:
    if more and not Path("/proc").is_dir():
        pytest.skip("children that left their group are found through /proc")
    handle = start_program(family(tmp_path / "pid", setup, more), grace_s=0.3)
    pid = pid_in(tmp_path / "pid")
    handle.cancel()
    assert handle.wait(10) is not None
    assert gone(pid)


@posix_only
def test_a_grandchild_that_outlives_its_parent_does_not_keep_the_caller_waiting(tmp_path: Path) -> None:
    started = time.monotonic()
    run_program(family(tmp_path / "pid", stay=0.5))
    assert time.monotonic() - started < 15
    assert gone(pid_in(tmp_path / "pid"))


def test_cancelling_before_it_has_begun_and_after_it_is_over_is_harmless() -> None:
    handle = start_program(python("import time; time.sleep(60)"))
    handle.cancel()
    handle.cancel()
    assert handle.wait(10) is not None
    done = start_program(python("pass"))
    assert done.wait(10) == 0
    done.cancel()
    done.check()


def test_many_handles_at_once_from_many_threads() -> None:
    handles = [start_program(python(f"print({n})")) for n in range(8)]
    assert [handle.wait(30) for handle in handles] == [0] * 8
    assert [handle.lines.last for handle in handles] == [(str(n),) for n in range(8)]


@posix_only
def test_our_own_end_ends_what_we_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).resolve().parents[2] / "MultiLabelSeg")!r})
from MultiLabelSegLib.external.process import Program, start_program
inner = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
start_program(Program((sys.executable, '-c', inner, {str(note)!r})))
import pathlib
while not (pathlib.Path({str(note)!r}).exists() and pathlib.Path({str(note)!r}).read_text()): time.sleep(.02)
"""
    run_program(python(code))
    assert gone(int(note.read_text()))
