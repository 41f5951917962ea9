"""Many cases on this machine: order, memory, interruption."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.batch.isolation import Isolation
from MultiLabelSegLib.batch.jobs import CaseResult, Job
from MultiLabelSegLib.batch.memory import available_cores, available_memory, estimated_memory, memory_size
from MultiLabelSegLib.batch.runner import Local
from MultiLabelSegLib.batch.runner_admission import Admission
from MultiLabelSegLib.errors import OptionError
from Testing.batch.case_commands import ENTRY, MOMENT, a_job


def run(jobs: list[Job], workers: int = 2, **more: object) -> dict[str, CaseResult]:
    isolation = Isolation(ENTRY, MOMENT, timeout=30)
    return {result.job.name: result for result in Local(isolation, workers, **more).run(jobs)}  # type: ignore[arg-type]


def test_broken_cases_fail_and_all_others_are_done(tmp_path: Path) -> None:
    words: list[tuple[object, ...]] = [("fine",)] * 8
    words[2], words[5] = ("exit", 3), ("refuse", "no")
    results = run([a_job(tmp_path, *each, number=number) for number, each in enumerate(words)])
    assert {name for name, result in results.items() if result.status == "failed"} == {"case2", "case5"}
    assert len(results) == 8


def test_cases_run_side_by_side(tmp_path: Path) -> None:
    jobs = [a_job(tmp_path, "sleep", 1.5, number=number) for number in range(4)]
    began = time.perf_counter()
    run(jobs, workers=4)
    assert time.perf_counter() - began < 5.5


def test_nothing_is_left_in_the_output_folder_by_failed_cases(tmp_path: Path) -> None:
    jobs = [a_job(tmp_path, "exit", 1, number=1), a_job(tmp_path, "hang_in_write", number=2)]
    isolation = Isolation(ENTRY, MOMENT, timeout=1)
    assert {result.status for result in Local(isolation, 2).run(jobs)} == {"failed"}
    assert list(tmp_path.iterdir()) == []


def test_closing_ends_the_workers_in_the_middle_of_their_cases(tmp_path: Path) -> None:
    jobs = [a_job(tmp_path, "fine", number=1), *(a_job(tmp_path, "sleep", 600, number=n) for n in range(2, 5))]
    running = Local(Isolation(ENTRY, MOMENT), 2).run(jobs)
    assert next(running).job.number == 1
    began = time.perf_counter()
    running.close()  # type: ignore[attr-defined]
    assert time.perf_counter() - began < 10
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".txt" and path.name != "1.txt"]


def test_closing_in_the_middle_of_writing_leaves_no_hidden_folder(tmp_path: Path) -> None:
    jobs = [a_job(tmp_path, "fine", number=1), a_job(tmp_path, "hang_in_write", number=2)]
    running = Local(Isolation(ENTRY, MOMENT), 2).run(jobs)
    assert next(running).job.number == 1
    until = time.perf_counter() + 60
    while not list(tmp_path.glob(f".mlseg-{jobs[1].tag}-*/2.txt")) and time.perf_counter() < until:
        time.sleep(0.02)
    assert list(tmp_path.glob(f".mlseg-{jobs[1].tag}-*/2.txt"))
    running.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.glob(f".mlseg-{jobs[1].tag}*"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory")
def test_a_case_whose_share_is_too_small_is_done_alone_with_everything(tmp_path: Path) -> None:
    jobs = [a_job(tmp_path, "fill", 300, number=1), a_job(tmp_path, "fine", number=2)]
    results = run(jobs, memory=500_000_000, bounded=True)
    assert {result.status for result in results.values()} == {"done"}
    assert results["case1"].attempts == 2
    failed = run([a_job(tmp_path, "fill", 900, number=3)], memory=500_000_000, bounded=True)["case3"]
    assert "not enough memory for this (500 MB were allowed)" in failed.reason


def a_mask(path: Path, voxels: int) -> Path:
    side = round(voxels ** (1 / 3))
    labels = [mls.Label(1, "x")]
    geometry = mls.Geometry.from_parts((side, side, side))
    mls.write(mls.Segmentation(geometry, [mls.Group(np.zeros(geometry.full_shape, np.uint8), labels)]), path)
    return path


def test_estimates_follow_the_header_and_not_the_size_of_the_file(tmp_path: Path) -> None:
    small, large = a_mask(tmp_path / "s.nii.gz", 10**3), a_mask(tmp_path / "l.nii.gz", 200**3)
    assert large.stat().st_size < 100_000
    assert estimated_memory([str(large)]) - estimated_memory([str(small)]) > 2 * 200**3
    assert estimated_memory([str(tmp_path / "missing.nrrd")]) == estimated_memory([])


def test_a_case_larger_than_the_memory_is_refused_before_it_begins(tmp_path: Path) -> None:
    large = a_mask(tmp_path / "l.nii.gz", 200**3)
    results = run([a_job(tmp_path, "fine", inputs=[large])], memory=80_000_000, bounded=True)
    assert "more than the 80 MB of --memory" in results["case1"].reason


def test_cases_at_work_fit_into_memory_together_and_small_ones_go_first(tmp_path: Path) -> None:
    large = a_mask(tmp_path / "l.nii.gz", 200**3)
    need = estimated_memory([str(large)])
    jobs = [a_job(tmp_path, "fine", number=n, inputs=[large] if n in (1, 2) else []) for n in range(1, 5)]
    admission = Admission(jobs, int(need * 1.8), 4)
    first, second = admission.next(), admission.next()
    assert first is not None
    assert second is not None
    assert [first.job.number, second.job.number] == [1, 3]
    assert first.reserved + second.reserved <= need * 1.8
    admission.ended(first)
    third = admission.next()
    assert third is not None
    assert third.job.number == 2


def test_admission_ends_when_there_are_no_more_cases_or_it_is_stopped(tmp_path: Path) -> None:
    admission = Admission([a_job(tmp_path, "fine")], None, 2)
    first = admission.next()
    assert first is not None
    admission.ended(first)
    assert admission.next() is None
    stopped = Admission([a_job(tmp_path, "fine")], None, 2)
    stopped.stop()
    assert stopped.next() is None


@pytest.mark.parametrize(("text", "size"), [("8G", 8 * 10**9), ("1.5 GiB", 3 << 29), ("500mb", 5 * 10**8), ("7", 7)])
def test_sizes_are_read_in_usual_spellings(text: str, size: int) -> None:
    assert memory_size(text) == size


@pytest.mark.parametrize("text", ["", "-1G", "0", "G", "8X", "8 G B"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="8G, 500M or 4GiB"):
        memory_size(text)


def test_the_machine_tells_its_memory_and_cores() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
    found = available_memory()
    assert found is not None
    assert found > 10**8
