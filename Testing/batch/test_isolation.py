"""A worker process fails its case alone, whatever the case does to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from MultiLabelSegLib.batch.isolation import Isolation, Worker
from MultiLabelSegLib.batch.isolation_case import abandon, begin, forget, has_begun
from MultiLabelSegLib.batch.isolation_trace import content_hash
from MultiLabelSegLib.batch.jobs import CaseResult, Job
from MultiLabelSegLib.errors import ExternalToolError
from Testing.batch.case_commands import ENTRY, MOMENT, a_job

only_posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds and measures memory")


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(Isolation(ENTRY, MOMENT, timeout=20))
    yield made
    made.close()


def result_of(worker: Worker, job: Job, memory: int | None = None) -> CaseResult:
    result = worker.do(job, memory)
    assert result is not None
    return result


def test_cases_one_after_another_share_a_process(worker: Worker, tmp_path: Path) -> None:
    assert result_of(worker, a_job(tmp_path, "fine", number=1)).status == "done"
    pid = worker.pid
    assert result_of(worker, a_job(tmp_path, "fine", number=2)).status == "done"
    assert worker.pid == pid != os.getpid()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("exit", 7), "exit code 7"),
        pytest.param(("segfault",), "signal 11 (SIGSEGV)", marks=only_posix),
        pytest.param(("kill",), "signal 9 (SIGKILL, as a system does that runs out of memory)", marks=only_posix),
        (("break",), "unexpected ZeroDivisionError in _break: a defect <of> a command"),
        (("refuse", "the reason"), "the reason"),
    ],
)
def test_a_case_that_breaks_its_process_fails_alone_with_its_reason(
    worker: Worker, tmp_path: Path, words: tuple[object, ...], reason: str
) -> None:
    failed = result_of(worker, a_job(tmp_path, *words, number=1))
    assert failed.status == "failed"
    assert reason in failed.reason
    assert result_of(worker, a_job(tmp_path, "fine", number=2)).status == "done"
    assert not (tmp_path / "1.txt").exists()


def test_a_defect_keeps_its_traceback_for_the_report(worker: Worker, tmp_path: Path) -> None:
    assert "ZeroDivisionError" in result_of(worker, a_job(tmp_path, "break")).detail


def test_a_case_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    worker = Worker(Isolation(ENTRY, MOMENT, timeout=0.5))
    worker.start()
    began = time.perf_counter()
    failed = result_of(worker, a_job(tmp_path, "sleep", 60))
    assert time.perf_counter() - began < 15
    assert (failed.status, failed.reason) == ("failed", "took longer than 0.5 s (--timeout) and was ended")
    assert result_of(worker, a_job(tmp_path, "fine", number=2)).status == "done"
    worker.close()


@only_linux
def test_memory_beyond_the_bound_is_refused_and_the_next_case_has_its_own(worker: Worker, tmp_path: Path) -> None:
    failed = result_of(worker, a_job(tmp_path, "fill", 400, number=1), 100_000_000)
    assert failed.status == "failed"
    assert "not enough memory for this (100 MB were allowed)" in failed.reason
    assert result_of(worker, a_job(tmp_path, "fill", 50, number=2), 100_000_000).status == "done"
    wide = result_of(worker, a_job(tmp_path, "fill", 400, number=3))
    assert wide.status == "done"
    assert wide.memory > 400_000_000


@only_posix
def test_programs_that_a_case_has_called_end_with_it(tmp_path: Path) -> None:
    worker = Worker(Isolation(ENTRY, MOMENT, timeout=2))
    result = result_of(worker, a_job(tmp_path, "call_program", 600, tmp_path / "number"))
    worker.close()
    assert "--timeout" in result.reason
    assert is_gone(int((tmp_path / "number").read_text()))


def is_gone(process: int) -> bool:
    """Whether a process ends within ten seconds; one that nobody has waited for yet counts as ended."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        state = Path(f"/proc/{process}/stat")
        try:
            os.kill(process, 0)
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_what_a_command_prints_does_not_disturb_the_answers(worker: Worker, tmp_path: Path) -> None:
    assert result_of(worker, a_job(tmp_path, "print")).status == "done"


def test_what_was_left_out_is_the_reason_of_a_case_that_is_done(worker: Worker, tmp_path: Path) -> None:
    result = result_of(worker, a_job(tmp_path, "leave_out"))
    assert (result.status, result.reason) == ("done", "left out: a blank line")


def test_files_that_were_read_and_written_are_known_by_content(worker: Worker, tmp_path: Path) -> None:
    named, read = tmp_path / "named.txt", tmp_path / "read.txt"
    named.write_text("named")
    read.write_text("read")
    (tmp_path / "never.txt").write_text("never")
    result = result_of(worker, a_job(tmp_path, "read", read, inputs=[named]))
    inputs = {path: digest for path, digest in result.inputs.items() if digest}
    assert inputs == {str(path): content_hash(str(path)) for path in (named, read)}
    assert result.inputs[f"{named}.mlseg.json"] == ""
    assert result.outputs == {str(tmp_path / "1.txt"): content_hash(str(tmp_path / "1.txt"))}


def test_new_identities_follow_from_the_job_and_its_inputs(worker: Worker, tmp_path: Path) -> None:
    texts = []
    for folder, content in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / folder).mkdir()
        source = tmp_path / folder / "in.txt"
        source.write_text(content)
        result_of(worker, a_job(tmp_path / folder, "identity", inputs=[source]))
        texts.append((tmp_path / folder / "1.txt").read_text())
    assert texts[0] == texts[1] != texts[2]


def test_libraries_start_as_many_threads_as_a_case_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    worker = Worker(Isolation(ENTRY, MOMENT, threads=3))
    result_of(worker, a_job(tmp_path, "environment", "OMP_NUM_THREADS"))
    worker.close()
    assert (tmp_path / "1.txt").read_text() == "3"


def test_a_closed_worker_ends_at_once_and_answers_nothing(tmp_path: Path) -> None:
    import threading

    worker = Worker(Isolation(ENTRY, MOMENT))
    worker.start()
    answers: list[CaseResult | None] = []
    thread = threading.Thread(target=lambda: answers.append(worker.do(a_job(tmp_path, "sleep", 60))))
    thread.start()
    while not list(tmp_path.glob(".mlseg-*.begun")):
        time.sleep(0.02)
    worker.close()
    thread.join(10)
    assert answers == [None]
    assert worker.do(a_job(tmp_path, "fine")) is None


def test_a_worker_that_cannot_start_says_why() -> None:
    with pytest.raises(ExternalToolError, match="No module named 'nowhere'"):
        Worker(Isolation("nowhere:main", MOMENT)).start()


@only_posix
def test_no_worker_outlives_a_killed_batch(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from MultiLabelSegLib.batch.isolation import Isolation, Worker; "
        "from Testing.batch.case_commands import a_job, ENTRY, MOMENT; "
        "worker = Worker(Isolation(ENTRY, MOMENT)); worker.start(); print(worker.pid, flush=True); "
        f"worker.do(a_job(Path({str(tmp_path)!r}), 'sleep', 600))"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert is_gone(child), "the worker went on without its batch"


# ---- marks of cases at work ----------------------------------------------------------------------------------------
def test_an_interrupted_case_may_replace_what_it_wrote_but_not_what_was_there_before(tmp_path: Path) -> None:
    fresh, old = a_job(tmp_path, "fine", number=1), a_job(tmp_path, "fine", number=2)
    Path(old.output).write_text("precious")
    assert begin(fresh) is begin(old) is False
    assert has_begun(fresh)
    Path(fresh.output).write_text("own")
    assert begin(fresh) is True
    assert begin(old) is False
    forget(fresh)
    assert not has_begun(fresh)


def test_files_into_which_a_dotted_name_was_split_are_not_an_interrupted_cases_own(tmp_path: Path) -> None:
    job = replace(a_job(tmp_path, "fine"), output=str(tmp_path / "case.01.nii.gz"))
    (tmp_path / "case.01_group_0.nii.gz").write_text("precious")
    assert begin(job) is False
    assert begin(job) is False


def test_an_ended_case_keeps_its_mark_only_where_it_wrote_an_output_of_its_own(tmp_path: Path) -> None:
    none, own, old = (a_job(tmp_path, "fine", number=number) for number in (1, 2, 3))
    Path(old.output).write_text("precious")
    for job in (none, own, old):
        begin(job)
        (tmp_path / f".mlseg-{job.tag}-abc").mkdir()
    Path(own.output).write_text("own")
    for job in (none, own, old):
        abandon(job)
    assert [has_begun(job) for job in (none, own, old)] == [False, True, False]
    assert not list(tmp_path.glob(".mlseg-*-abc"))
    assert begin(own) is True


def test_a_torn_mark_gives_no_leave_to_replace(tmp_path: Path) -> None:
    job = a_job(tmp_path, "fine")
    (tmp_path / f".mlseg-{job.tag}.begun").write_text("")
    assert begin(job) is False


def test_what_a_killed_case_staged_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    job = a_job(tmp_path, "fine")
    begin(job)
    (tmp_path / f".mlseg-{job.tag}-abc").mkdir()
    (tmp_path / f".mlseg-{job.tag}-abc" / "half.nrrd").write_bytes(b"half")
    (tmp_path / ".mlseg-of another").mkdir()
    forget(job)
    assert [path.name for path in tmp_path.iterdir()] == [".mlseg-of another"]
