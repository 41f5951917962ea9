"""The same cases on a real cluster of dask: the same bytes, and a worker that is lost costs no case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.batch.cluster import Cluster
from MultiLabelSegLib.batch.isolation import Isolation
from MultiLabelSegLib.batch.isolation_case import forget
from MultiLabelSegLib.batch.jobs import CaseResult, Job
from MultiLabelSegLib.batch.resume import JOURNAL_NAME, Journal
from MultiLabelSegLib.batch.runner import Local
from MultiLabelSegLib.batch.runner_batch import Batch, Runner
from MultiLabelSegLib.cli.main import main
from MultiLabelSegLib.errors import ExternalToolError, OptionError
from Testing.batch.case_commands import ENTRY, MOMENT, a_job
from Testing.batch.two_hundred import hashes, make_cases
from Testing.datasets import made_cases as data_sets

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers are killed by signals of POSIX")
_ISOLATION = Isolation(ENTRY, MOMENT, timeout=60)


def jobs_in(folder: Path, count: int, **special: tuple[object, ...]) -> list[Job]:
    folder.mkdir(parents=True)
    return [a_job(folder, *special.get(f"n{n}", ("fine", f"text {n}")), number=n) for n in range(count)]


def done_by(runner: Runner, jobs: list[Job]) -> dict[int, CaseResult]:
    results = {}
    for result in runner.run(jobs):
        forget(result.job)  # as a batch does once a result is in its journal
        results[result.job.number] = result
    return results


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Any]:
    """A cluster of two workers that is there already, as a site's own would be."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster


def test_a_cluster_and_this_machine_give_the_same_files(scheduler: Any, tmp_path: Path) -> None:
    table = make_cases(tmp_path / "here", 30)
    other = make_cases(tmp_path / "there", 30)
    assert main(["batch", str(table), "-q"]) == 1
    assert main(["batch", str(other), "--scheduler", scheduler.scheduler_address, "-q"]) == 1
    assert hashes(table.parent / "out") == hashes(other.parent / "out")
    assert len(hashes(table.parent / "out")) > 29


def test_broken_cases_fail_alone_and_the_workers_go_on(scheduler: Any, tmp_path: Path) -> None:
    jobs = jobs_in(tmp_path / "o", 8, n2=("segfault",), n4=("exit", 5), n6=("break",))
    results = done_by(Cluster(_ISOLATION, scheduler.scheduler_address), jobs)
    assert {number for number, result in results.items() if result.status == "failed"} == {2, 4, 6}
    assert "SIGSEGV" in results[2].reason
    assert len(scheduler.scheduler.workers) == 2
    assert not list((tmp_path / "o").glob(".mlseg-*"))


def test_a_worker_killed_in_the_middle_costs_no_case_and_changes_no_byte(tmp_path: Path) -> None:
    special = ("kill_worker_once", tmp_path / "seen")
    jobs = jobs_in(tmp_path / "there" / "o", 12, n5=special)
    with Journal(tmp_path / "j.jsonl") as journal:
        batch = Batch(jobs, Cluster(_ISOLATION, kind="local", workers=2), journal)
        outcome = batch.run()
    assert (tmp_path / "seen").exists()
    assert outcome.count("done") == 12
    done_by(Local(_ISOLATION, 2), jobs_in(tmp_path / "here" / "o", 12, n5=special))
    assert hashes(tmp_path / "there" / "o") == hashes(tmp_path / "here" / "o")


def test_a_case_that_always_kills_its_worker_is_given_up_and_named(tmp_path: Path) -> None:
    jobs = jobs_in(tmp_path / "o", 3, n1=("kill_worker_once", tmp_path / "never" / "written"))
    results = done_by(Cluster(_ISOLATION, kind="local", workers=1, retries=1), jobs)
    assert results[1].status == "failed"
    assert {results[0].status, results[2].status} == {"done"}


def test_closing_ends_the_cases_at_work_on_all_workers(scheduler: Any, tmp_path: Path) -> None:
    jobs = jobs_in(tmp_path / "o", 4, n1=("sleep", 600), n2=("sleep", 600), n3=("sleep", 600))
    running = Cluster(_ISOLATION, scheduler.scheduler_address).run(jobs)
    assert next(running).job.number == 0
    running.close()  # type: ignore[attr-defined]
    results = done_by(Cluster(_ISOLATION, scheduler.scheduler_address), jobs_in(tmp_path / "p", 2))
    assert {result.status for result in results.values()} == {"done"}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but those by which the work goes on."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".mlseg" not in path.parts)
    mine = (path for path in files if not path.name.startswith("mlseg-batch.jsonl"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in mine}


def test_an_export_starts_its_cluster_once_and_writes_the_bytes_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = data_sets.make_cases(tmp_path / "in", 3)
    words = ["dataset", "export", "--to", "nnunet", *map(str, data_sets.folders_of(made)), "-q", "-o"]
    assert main([*words, str(tmp_path / "here")]) == 0
    starts = []
    started = Cluster._started
    monkeypatch.setattr(Cluster, "_started", lambda self: [starts.append(started(self)), starts[-1]][1])
    assert main([*words, str(tmp_path / "there"), "--cluster", "local", "--workers", "1"]) == 0
    assert len(starts) == 1
    assert starts[0].status.name == "closed"
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    back = ["dataset", "import", str(tmp_path / "here"), "--format", "slicer-seg-nrrd", "-q", "-o"]
    assert main([*back, str(tmp_path / "back here")]) == 0
    assert main([*back, str(tmp_path / "back there"), "--cluster", "local", "--workers", "1"]) == 0
    assert contents(tmp_path / "back there") == contents(tmp_path / "back here")


def test_splitting_and_merging_on_a_cluster_write_the_bytes_of_this_machine(scheduler: Any, tmp_path: Path) -> None:
    made = data_sets.make_cases(tmp_path / "in", 4)
    for place, words in (("here", []), ("there", ["--scheduler", scheduler.scheduler_address])):
        masks, whole = tmp_path / place / "masks", tmp_path / place / "whole"
        split = ["split", str(made / "seg"), "-o", str(masks / "{case}" / "{label}.nii.gz"), "-q", *words]
        assert main(split) == 0
        merge = ["merge", str(masks / "{case}" / "{label}.nii.gz"), "-o", str(whole / "{case}.nrrd"), "-q", *words]
        assert main(merge) == 0
    assert len(contents(tmp_path / "here")) == 4 + 15
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_ctrl_c_on_a_local_cluster_says_how_to_go_on_and_nothing_of_the_inside(tmp_path: Path) -> None:
    table = make_cases(tmp_path, 200)
    words = ["batch", str(table), "--cluster", "local", "--workers", "1", "-q"]
    running = subprocess.Popen(
        [sys.executable, "-m", "MultiLabelSegLib", *words],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    journal = tmp_path / "out" / JOURNAL_NAME
    until = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < until and _lines(journal) < 3:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does, to all processes
    said = running.communicate(timeout=60)[1]
    assert running.returncode == 130, said
    assert "the same command with --resume goes on" in said
    assert "Traceback" not in said
    assert "distributed" not in said


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("MultiLabelSegLib.batch.cluster._PATIENCE", 1)
    with pytest.raises(ExternalToolError, match="tcp://127.0.0.1:9 cannot be reached"):
        done_by(Cluster(_ISOLATION, "tcp://127.0.0.1:9"), jobs_in(tmp_path / "o", 1))


def test_an_unknown_kind_of_cluster_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="local, slurm, pbs"):
        done_by(Cluster(_ISOLATION, kind="slrm"), jobs_in(tmp_path / "o", 1))


def test_options_reach_the_script_that_slurm_gets(tmp_path: Path) -> None:
    jobqueue = pytest.importorskip("dask_jobqueue")
    made: dict[str, Any] = {}

    class Recorded(jobqueue.SLURMCluster):  # type: ignore[misc, name-defined]
        def scale(self, n: int | None = None, jobs: int = 0, memory: Any = None, cores: Any = None) -> None:
            made.setdefault("script", self.job_script())
            made.setdefault("jobs", jobs)

    jobqueue.SLURMCluster, original = Recorded, jobqueue.SLURMCluster
    try:
        options = {"queue": "short", "cores": 4, "walltime": "01:00:00"}
        cluster = Cluster(_ISOLATION, kind="slurm", workers=3, options=options)._started()
        cluster.close()
    finally:
        jobqueue.SLURMCluster = original
    assert made["jobs"] == 3
    for line in ("#SBATCH -p short", "#SBATCH --cpus-per-task=4", "#SBATCH -t 01:00:00"):
        assert line in made["script"]
