"""The proof: two hundred cases, five broken; killed at random and resumed, the same bytes as an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from Testing.batch.two_hundred import BROKEN, COUNT, hashes, make_cases

_LIBRARY = Path(__file__).resolve().parents[2] / "MultiLabelSeg"
only_posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def batch(*words: object) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "MultiLabelSegLib", "batch", *map(str, words)],
        env={
            **{name: each for name, each in os.environ.items() if name != "PYTHONUNBUFFERED"},
            "PYTHONPATH": str(_LIBRARY),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the inputs and their table, to be copied."""
    return make_cases(tmp_path_factory.mktemp("cases")).parent


def copied(cases: Path, folder: Path) -> Path:
    """The table of a copy of all cases."""
    shutil.copytree(cases, folder)
    return folder / "jobs.csv"


@pytest.fixture(scope="module")
def undisturbed(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, int]:
    """The folder of a whole run, what it said, its exit code."""
    folder = tmp_path_factory.mktemp("runs") / "undisturbed"
    process = batch(copied(cases, folder), "-j", 2, "--report", folder / "r.json")
    said, _ = process.communicate(timeout=300)
    return folder, said, process.returncode


def test_195_are_done_and_5_are_named_with_their_reason(undisturbed: tuple[Path, str, int]) -> None:
    folder, said, code = undisturbed
    report = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    failed = {index: case for index, case in enumerate(report["cases"]) if case["status"] == "failed"}
    assert code == 1
    assert (report["done"], report["skipped"], report["failed"]) == (COUNT - len(BROKEN), 0, len(BROKEN))
    assert set(failed) == set(BROKEN)
    for number, words in BROKEN.items():
        assert words in failed[number]["reason"]
        assert words in said
    assert f"{COUNT - len(BROKEN)} done, 0 skipped, {len(BROKEN)} failed" in said


def test_every_whole_case_is_written_and_nothing_else(undisturbed: tuple[Path, str, int]) -> None:
    folder, _, _ = undisturbed
    report = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    written = {Path(path) for case in report["cases"] for path in case["outputs"]}
    assert {folder / "out" / name for name in hashes(folder / "out")} == written
    assert len(written) > COUNT


def test_a_second_run_skips_all_that_is_done(undisturbed: tuple[Path, str, int]) -> None:
    folder, _, _ = undisturbed
    before = hashes(folder / "out")
    process = batch(folder / "jobs.csv", "--resume", "-q")
    process.communicate(timeout=300)
    said = batch(folder / "jobs.csv", "--resume").communicate(timeout=300)[0]
    assert process.returncode == 1
    assert f"0 done, {COUNT - len(BROKEN)} skipped, {len(BROKEN)} failed" in said
    assert hashes(folder / "out") == before


def test_without_resume_nothing_that_exists_is_replaced(undisturbed: tuple[Path, str, int]) -> None:
    folder, _, _ = undisturbed
    before = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*.nrrd")}
    said = batch(folder / "jobs.csv", "-j", 2).communicate(timeout=300)[0]
    assert f"0 done, 0 skipped, {COUNT} failed" in said
    assert "overwriting must be asked for (--overwrite)" in said
    assert {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*.nrrd")} == before


@only_posix
def test_killed_at_random_times_and_resumed_gives_the_same_bytes(
    cases: Path, undisturbed: tuple[Path, str, int], tmp_path: Path
) -> None:
    table = copied(cases, tmp_path / "killed")
    chance = random.Random(5)
    journal = table.parent / "out" / "mlseg-batch.jsonl"
    kills = 0
    for _ in range(5):
        process = batch(table, "--resume", "-j", 2)
        lines = len(journal.read_bytes().splitlines()) if journal.exists() else 0
        wanted = lines + chance.randint(1, 25)
        while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < wanted):
            time.sleep(0.005)
        time.sleep(chance.random() * 0.03)
        if process.poll() is None:
            process.send_signal(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            kills += 1
        process.communicate(timeout=60)
    said = batch(table, "--resume", "-j", 2).communicate(timeout=300)[0]
    assert kills >= 4
    assert f"{len(BROKEN)} failed" in said
    assert hashes(table.parent / "out") == hashes(undisturbed[0] / "out")


@only_posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_stops_at_once_says_how_to_go_on_and_leaves_no_process(
    cases: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    table = copied(cases, tmp_path / "stopped")
    process = batch(table, "-j", 2, "-v")
    assert process.stdout is not None
    seen = [process.stdout.readline() for _ in range(5)]
    process.send_signal(number)
    rest, _ = process.communicate(timeout=20)
    assert process.returncode == code
    assert all(" done case" in line for line in seen), seen
    assert "not reached" in rest
    assert "cases are done and stay; the same command with --resume goes on" in rest
    said = batch(table, "--resume").communicate(timeout=300)[0]
    assert "0 skipped" not in said
    assert not list((table.parent / "out").rglob(".mlseg-*"))
