"""``mlseg merge`` and ``mlseg split`` over many cases as batches: resumed, reported, bounded, cases apart."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import MultiLabelSegLib as mls
from Testing.cli.test_merge_split import a_case

ROOT = Path(__file__).resolve().parents[2]
JOURNAL = "mlseg-batch.jsonl"


@pytest.fixture
def a_set(tmp_path: Path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    for number in range(4):
        mls.write(a_case(number % 2), folder / f"case{number}.nrrd")
    return folder


def contents(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file but the journal, hidden ones too."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(JOURNAL))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_splitting_resumes_what_is_not_done_and_refuses_what_was_touched(mlseg, a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "masks" / "{case}" / "{label}.nii.gz"
    assert mlseg("split", a_set, "-o", out, "-j", 2).code == 0
    whole = contents(tmp_path / "masks")
    assert len(whole) == 20
    (tmp_path / "masks" / "case0" / "Liver.nii.gz").unlink()
    touched = tmp_path / "masks" / "case1" / "Empty.nii.gz"
    touched.write_bytes(b"by hand")
    mls.write(a_case(1), a_set / "case2.nrrd", overwrite=True)
    report = tmp_path / "r.json"
    answer = mlseg("split", a_set, "-o", out, "--resume", "-j", 1, "--report", report)
    assert (answer.code, "2 done, 1 skipped, 1 failed" in answer.out) == (1, True), answer.out
    rows = {row["case"]: row for row in json.loads(report.read_text("utf-8"))["cases"]}
    assert {name: row["status"] for name, row in rows.items()} == {
        "case0": "done", "case1": "failed", "case2": "done", "case3": "skipped"
    }  # fmt: skip
    assert "was changed after" in rows["case1"]["reason"]
    assert touched.read_bytes() == b"by hand"
    assert len(rows["case0"]["outputs"]) == 5
    assert mlseg("split", a_set, "-o", out, "--resume", "--overwrite", "-j", 1).code == 0
    assert contents(tmp_path / "masks" / "case1") == contents(tmp_path / "masks" / "case3")


def test_without_resuming_existing_files_are_refused_and_stay(mlseg, a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "{case}_{group}.nrrd"
    assert mlseg("split", a_set, "-o", out, "--by", "group", "-j", 1).code == 0
    before = contents(tmp_path / "out")
    answer = mlseg("split", a_set, "-o", out, "--by", "group", "-j", 1)
    assert (answer.code, "0 done, 0 skipped, 4 failed" in answer.out) == (1, True)
    assert contents(tmp_path / "out") == before


def test_a_dry_run_shows_what_would_be_done_and_writes_nothing(mlseg, a_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "masks" / "{label}" / "{case}.nii.gz"
    assert mlseg("split", a_set, "-o", out, "-j", 1, "--dry-run").code == 0
    assert not (tmp_path / "masks").exists()
    mlseg("split", a_set / "case0.nrrd", "-o", out)
    shown = mlseg("split", a_set, "-o", out, "--dry-run").out
    assert shown.count("fail: output exists") == 1
    assert shown.count("split  ") >= 3
    merged = tmp_path / "merged" / "{case}.nrrd"
    shown = mlseg("merge", tmp_path / "masks" / "{label}" / "{case}.nii.gz", "-o", merged, "--dry-run").out
    assert shown.splitlines()[1].split()[:2] == ["case0", "merge"]
    assert not (tmp_path / "merged").exists()


def test_merging_resumes_tells_notes_and_writes_reports(mlseg, a_set: Path, tmp_path: Path) -> None:
    for group in ("Organs", "Lesions"):
        (tmp_path / group).mkdir()
    mlseg("split", a_set, "-o", tmp_path / "{group}" / "{case}.nrrd", "--by", "group", "-j", 1)
    for number in range(4):
        clash = mls.read(tmp_path / "Lesions" / f"case{number}.nrrd")
        both = mls.Segmentation(clash.geometry, [mls.Group(clash.groups[0].array * 0 + 3, [mls.Label(3, "Skin")], "x")])
        mls.write(both, tmp_path / "Lesions" / f"case{number}.nrrd", overwrite=True)
    sides, out = (tmp_path / "Organs", tmp_path / "Lesions"), tmp_path / "both" / "{case}.nrrd"
    page, table = tmp_path / "r.html", tmp_path / "r.csv"
    answer = mlseg("merge", *sides, "-o", out, "-j", 2, "--report", page, "--report", table)
    assert answer.code == 0
    assert answer.out.count("note: case") == 4, answer.out
    assert "4 done" in page.read_text("utf-8")
    assert table.read_text("utf-8-sig").count("\n") == 5
    before = contents(tmp_path / "both")
    (tmp_path / "both" / "case3.nrrd").unlink()
    answer = mlseg("merge", *sides, "-o", out, "--resume", "-j", 1)
    assert (answer.code, "1 done, 3 skipped" in answer.out) == (0, True)
    assert contents(tmp_path / "both") == before


def test_a_case_that_takes_too_long_fails_alone(mlseg, a_set: Path, tmp_path: Path) -> None:
    answer = mlseg("split", a_set, "-o", tmp_path / "m" / "{case}" / "{label}.nrrd", "--timeout", "0.00001")
    assert answer.code == 1
    assert answer.err.count("took longer than 1e-05 s") == 4
    assert not [path for path in (tmp_path / "m").rglob("*") if path.is_file() and not path.name.startswith(JOURNAL)]
    answer = mlseg(
        "merge", a_set / "case0.nrrd", "-o", tmp_path / "o.nrrd", "--memory", "1M", "--report", tmp_path / "r.csv"
    )
    assert (answer.code, "more than the 1 MB of --memory" in answer.err) == (1, True)
    assert not list(tmp_path.glob("mlseg-batch*"))


def test_files_of_one_case_never_replace_what_another_is_made_of(mlseg, tmp_path: Path) -> None:
    for name in ("a", "a_Liver"):
        mls.write(a_case(), tmp_path / f"{name}.nrrd")
    before = contents(tmp_path)
    answer = mlseg("split", tmp_path, "-o", tmp_path / "{case}_{label}.nrrd", "--overwrite", "-j", 1)
    assert (answer.code, "is an input" in answer.err) == (1, True)
    assert contents(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="cases are killed by signals of POSIX")
def test_killed_at_random_times_and_resumed_both_give_the_same_bytes(mlseg, a_set: Path, tmp_path: Path) -> None:
    for number in range(4, 16):
        mls.write(a_case(number % 2), a_set / f"case{number}.nrrd")
    assert mlseg("split", a_set, "-o", tmp_path / "whole" / "{group}" / "{case}_{label}.nii.gz", "-j", 2).code == 0
    chance = random.Random(3)
    out = tmp_path / "killed"
    line = ["split", str(a_set), "-o", str(out / "{group}" / "{case}_{label}.nii.gz"), "-j", "2", "--resume"]
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "MultiLabelSegLib", *line], cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "MultiLabelSeg")},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        count = len(contents(out)) if out.exists() else 0
        until = time.monotonic() + 30
        wanted = count + chance.randint(3, 20)
        while (
            process.poll() is None
            and time.monotonic() < until
            and (not out.exists() or len(list(out.rglob("*.gz"))) < wanted)
        ):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    answer = mlseg(*line)
    assert answer.code == 0, answer.err
    assert contents(out) == contents(tmp_path / "whole")
