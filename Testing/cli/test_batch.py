"""``mlseg batch``, and commands that take many cases by a template."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.batch.jobs import CaseResult, Job
from MultiLabelSegLib.batch.report import Outcome, report_csv
from MultiLabelSegLib.cli.batch_page import report_page
from MultiLabelSegLib.cli.main import MANY
from Testing.cli.cases import a_segmentation
from Testing.cli.conftest import Answer

LIBRARY = Path(mls.__file__).parents[1]
Call = Callable[..., Answer]


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder with three files ``in/a``, ``in/b`` and ``in/c`` (.nrrd)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in "abc":
        mls.write(a_segmentation(overlapping=False), tmp_path / "in" / f"{name}.nrrd")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "mlseg-batch.jsonl")


def test_a_pattern_and_a_template_convert_every_file(mlseg: Call, inputs: Path) -> None:
    answer = mlseg("batch", "in/*.nrrd", "-o", "out/{stem}.seg.nrrd", "-j2")
    assert answer.code == 0
    assert names(inputs / "out") == ["a.seg.nrrd", "b.seg.nrrd", "c.seg.nrrd"]
    assert "3 done, 0 skipped, 0 failed" in answer.out
    assert mls.read(inputs / "out" / "b.seg.nrrd").voxels(3) == a_segmentation(overlapping=False).voxels(3)


def test_started_again_by_mistake_it_can_still_be_resumed(mlseg: Call, inputs: Path) -> None:
    line = ("batch", "in/*.nrrd", "-o", "out/{stem}.seg.nrrd", "-j1")
    assert mlseg(*line).code == 0
    assert "3 failed" in mlseg(*line).out
    assert "0 done, 3 skipped, 0 failed" in mlseg(*line, "--resume").out


@pytest.mark.parametrize("report", ["jobs.csv", "recipe.json", "in/a.json"])
def test_a_report_never_replaces_what_the_batch_reads(mlseg: Call, inputs: Path, report: str) -> None:
    (inputs / "jobs.csv").write_text("input,output\nin/a.nrrd,out/a.nrrd\n")
    (inputs / "recipe.json").write_text('{"steps": [{"do": "lock", "label": 3}]}')
    (inputs / "in" / "a.json").symlink_to("a.nrrd")
    before = (inputs / report).read_bytes()
    given = ["jobs.csv"] if report == "jobs.csv" else ["in/a.nrrd", "-o", "out/{stem}.nrrd"]
    recipe = ["--recipe", "recipe.json"] if report == "recipe.json" else []
    answer = mlseg("batch", *given, *recipe, "--report", report)
    assert answer.code == 1
    assert "never changed" in answer.err
    assert (inputs / report).read_bytes() == before
    assert not (inputs / "out").exists()


def test_fields_of_the_command_itself_are_written_with_two_braces(mlseg: Call, inputs: Path) -> None:
    answer = mlseg("surface", "in/*.nrrd", "-o", "out/{stem}_{name}.stl")
    assert answer.code == 2
    assert "{{name}} is {name} for the command itself" in answer.err
    assert mlseg("surface", "in/a.nrrd", "in/b.nrrd", "-o", "out/{stem}_{{name}}.stl").code == 2
    assert mlseg("surface", "in/[ab].nrrd", "-o", "out/{stem}_{{name}}.stl", "--labels", "3", "-j1").code == 0
    assert names(inputs / "out") == ["a_Liver.stl", "b_Liver.stl"]


def test_options_of_the_command_count_for_every_case_wherever_they_stand(mlseg: Call, inputs: Path) -> None:
    words = ["--overlap", "priority", "--output-options", '{"Save strategy": "group"}', "-o", "out/{stem}.nii.gz"]
    assert mlseg("batch", *words, "in/a.nrrd", "-q").code == 0
    assert mlseg("batch", "in/b.nrrd", *words, "-q").code == 0
    assert {"a.mitklabel.json", "b.mitklabel.json"} <= set(names(inputs / "out"))


def test_a_table_says_input_output_and_options_and_its_paths_count_from_it(mlseg: Call, inputs: Path) -> None:
    table = inputs / "in" / "jobs.csv"
    table.write_text(
        "\ufeffinput;output;--values\r\na.nrrd;../out/{stem}.nii.gz;consecutive\r\nb.nrrd;../out/B.nrrd;\r\n"
    )
    (inputs / "elsewhere").mkdir()
    os.chdir(inputs / "elsewhere")
    assert mlseg("batch", "../in/jobs.csv", "--overlap", "priority", "-q").code == 0
    assert mls.read(inputs / "out" / "a.nii.gz").values == (1, 2, 3)
    assert mls.read(inputs / "out" / "B.nrrd").values == (3, 40, 700)


def test_a_table_may_mix_commands(mlseg: Call, inputs: Path) -> None:
    (inputs / "r.json").write_text('{"steps": [{"do": "add_label", "name": "new"}]}')
    jobs = [
        {"input": "in/a.nrrd", "output": "o/a.nii.gz", "overlap": "priority"},
        {"command": "run", "input": "in/b.nrrd", "segmentation": "in/b.nrrd", "recipe": "r.json", "output": "o/b.nrrd"},
        {"command": "labels rename", "input": "in/c.nrrd", "output": "o/c.nrrd", "labels": ["3"], "name": "Leber"},
        {"command": "stats", "input": "in/c.nrrd", "output": "o/c.csv", "no-surface": True},
    ]
    (inputs / "jobs.json").write_text(json.dumps(jobs))
    answer = mlseg("batch", "jobs.json", "-v")
    assert answer.code == 1
    assert "in/b.nrrd" in answer.err  # a segmentation is no image, and the message is the command's own
    assert {"a.nii.gz", "c.csv", "c.nrrd"} <= set(names(inputs / "o"))
    assert "b.nrrd" not in names(inputs / "o")
    assert mls.read(inputs / "o" / "c.nrrd").label(3).name == "Leber"


def test_a_recipe_runs_on_every_case(mlseg: Call, inputs: Path) -> None:
    (inputs / "r.json").write_text('{"steps": [{"do": "add_label", "name": "new"}]}')
    words = ["--recipe", "r.json", "--input-as", "segmentation", "-o", "out/{case}.nrrd"]
    assert mlseg("batch", "in/{case}.nrrd", *words).code == 0
    for name in "abc":
        assert "new" in {label.name for label in mls.read(inputs / "out" / f"{name}.nrrd").labels}


def test_one_broken_case_fails_alone_and_the_exit_code_says_so(mlseg: Call, inputs: Path) -> None:
    broken = inputs / "in" / "b.nrrd"
    broken.write_bytes(broken.read_bytes()[:-30])
    answer = mlseg("batch", "in/*.nrrd", "-o", "out/{stem}.seg.nrrd")
    assert answer.code == 1
    assert names(inputs / "out") == ["a.seg.nrrd", "c.seg.nrrd"]
    assert "FAILED b: " in answer.err
    assert "in/b.nrrd" in answer.err
    assert "2 done, 0 skipped, 1 failed" in answer.out


def test_resume_skips_what_is_done_and_does_what_is_new_or_changed(mlseg: Call, inputs: Path) -> None:
    words = ["batch", "in/*.nrrd", "-o", "out/{stem}.seg.nrrd"]
    assert mlseg(*words, "-q").code == 0
    mls.write(a_segmentation(overlapping=False), inputs / "in" / "d.nrrd")
    mls.write(mls.Segmentation(a_segmentation().geometry), inputs / "in" / "a.nrrd", overwrite=True)
    answer = mlseg(*words, "--resume")
    assert "2 done, 2 skipped, 0 failed" in answer.out
    assert mls.read(inputs / "out" / "a.seg.nrrd").values == ()
    corrected = inputs / "out" / "b.seg.nrrd"
    mls.write(mls.Segmentation(a_segmentation().geometry), corrected, overwrite=True)
    by_hand = corrected.read_bytes()
    answer = mlseg(*words, "--resume")
    assert answer.code == 1
    assert "was changed after this batch wrote it" in answer.err
    assert corrected.read_bytes() == by_hand


def test_dry_run_shows_what_would_be_done_and_writes_nothing(mlseg: Call, inputs: Path) -> None:
    (inputs / "out").mkdir()
    (inputs / "out" / "b.seg.nrrd").write_text("there")
    answer = mlseg("batch", "in/*.nrrd", "in/no.nrrd", "-o", "out/{stem}.seg.nrrd", "--dry-run")
    assert answer.code == 0
    assert [line.split("  ")[0].strip() for line in answer.out.splitlines()[1:5]] == ["a", "b", "c", "no"]
    assert "fail: output exists" in answer.out.splitlines()[2]
    assert "fail: no input" in answer.out.splitlines()[4]
    assert names(inputs / "out") == ["b.seg.nrrd"]


def test_reports_tell_every_case_in_three_formats(mlseg: Call, inputs: Path) -> None:
    (inputs / "in" / "b.nrrd").write_bytes(b"NRRD0004\nnonsense")
    reports = ["--report", "r/r.json", "--report", "r/r.csv", "--report", "r/r.html"]
    assert mlseg("batch", "in/*.nrrd", "-o", "out/{stem}.seg.nrrd", *reports, "-q").code == 1
    told = json.loads((inputs / "r" / "r.json").read_text(encoding="utf-8"))
    assert [(case["case"], case["status"]) for case in told["cases"]] == [("a", "done"), ("b", "failed"), ("c", "done")]
    assert all({"input", "output", "seconds", "reason"} <= set(case) for case in told["cases"])
    with (inputs / "r" / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["done", "failed", "done"]
    assert rows[1]["reason"] == told["cases"][1]["reason"] != ""
    page = (inputs / "r" / "r.html").read_text(encoding="utf-8")
    assert "Failed: 1" in page
    assert "http" not in page.split("</style>")[1]


def a_result(name: str, reason: str) -> CaseResult:
    job = Job(1, name, ("convert",), (f"/in/{name}",), f"/out/{name}")
    return CaseResult(job, "failed", reason, detail="<script>alert(2)</script>")


def test_names_and_reasons_cannot_become_markup_or_formulas() -> None:
    outcome = Outcome([a_result('<img src=x onerror="alert(1)">', "=cmd()|' /C calc'!A0")], 1.0, 1)
    page = report_page(outcome)
    assert "<img" not in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert ",'=cmd()" in report_csv(outcome)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["batch"], "a table of jobs (CSV or JSON), or inputs with -o TEMPLATE"),
        (["batch", "in/*.nrrd"], "-o with a template"),
        (["batch", "in/*.nrrd", "-o", "out.nrrd"], "would be the output of two cases"),
        (["batch", "in/*.nrrd", "-o", "in/{stem}.nrrd"], "inputs are never changed"),
        (["batch", "in/*.nrrd", "-o", "{stm}.nrrd"], "did you mean {stem}?"),
        (["batch", "in/*.mha", "-o", "{stem}.nrrd"], "no file or folder fits this pattern"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--overlp", "priority"], "did you mean --overlap?"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--overlap", "all"], "invalid choice: 'all'"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--command", "demo"], "expected one of convert"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "-j", "0"], "option jobs: 0"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--timeout", "-1"], "option timeout: -1"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--memory", "much"], "8G, 500M or 4GiB"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--report", "r.pdf"], ".json, .csv or .html"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--cluster", "slrm"], "local, slurm, pbs"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--cluster-option", "x", "--cluster", "local"], "name=value"),
        (["batch", "in/*.nrrd", "-o", "{stem}.mha", "--recipe", "r.json", "--command", "crop"], "no --command beside"),
        (["batch", "jobs.csv", "in/a.nrrd"], "one table of jobs, or inputs"),
    ],
)
def test_wrong_usage_is_one_line_and_does_nothing(mlseg: Call, inputs: Path, words: list[str], said: str) -> None:
    if "--cluster" in words:
        pytest.importorskip("distributed")
    answer = mlseg(*words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert names(inputs / "in") == ["a.nrrd", "b.nrrd", "c.nrrd"]


def test_a_report_that_cannot_be_written_is_named_before_any_case_is_done(mlseg: Call, inputs: Path) -> None:
    (inputs / "file").write_text("x")
    (inputs / "folder.csv").mkdir()
    words = ["batch", "in/*.nrrd", "-o", "out/{stem}.seg.nrrd", "--report"]
    for report, said in (("file/deep/r.csv", "file is no folder"), ("folder.csv", "is a folder")):
        answer = mlseg(*words, report)
        assert answer.code == 1
        assert said in answer.err
        assert answer.err.count("\n") == 1
    assert not (inputs / "out").exists()


def test_existing_output_is_replaced_only_when_that_is_asked_for(mlseg: Call, inputs: Path) -> None:
    words = ["batch", "in/a.nrrd", "-o", "out/{stem}.seg.nrrd"]
    assert mlseg(*words).code == 0
    assert "(--overwrite)" in mlseg(*words).err
    assert mlseg(*words, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("command", "words", "made"),
    [
        ("convert", ["-i", "in/*.nrrd", "-o", "out/{stem}.seg.nrrd"], "b.seg.nrrd"),
        ("crop", ["in/*.nrrd", "-o", "out/{case}.nrrd", "--margin", "1"], "b.nrrd"),
        ("labels", ["in/*.nrrd", "-o", "out/{stem}.nrrd", "rename", "3", "Left liver"], "b.nrrd"),
        ("new", ["--image", "in/*.nrrd", "-o", "out/{stem}.nrrd"], "b.nrrd"),
        ("stats", ["in/*.nrrd", "--csv", "out/{stem}.csv", "--no-surface"], "b.csv"),
        ("surface", ["in/*.nrrd", "-o", "out/{stem}.vtp"], "b.vtp"),
        ("preview", ["in/*.nrrd", "-o", "out/{stem}.png"], "b.png"),
        ("preset", ["apply", "p.mitklabel.json", "-i", "in/*.nrrd", "-o", "out/{stem}.nrrd"], "b.nrrd"),
        ("run", ["r.json", "-i", "in/*.nrrd", "-o", "out/{stem}.nrrd"], "b.nrrd"),
    ],
)
def test_every_command_that_makes_one_output_takes_many_cases(
    mlseg: Call, inputs: Path, command: str, words: list[str], made: str
) -> None:
    (inputs / "r.json").write_text('{"steps": [{"do": "add_label", "name": "new"}]}')
    assert mlseg("preset", "save", inputs / "in" / "a.nrrd", "-o", "p.mitklabel.json", "-q").code == 0
    if command == "run":
        for name in "abc":
            array = a_segmentation(overlapping=False)
            mls.write(mls.Segmentation(array.geometry), inputs / "in" / f"{name}.mha")
            (inputs / "in" / f"{name}.nrrd").unlink()
        words = [word.replace("*.nrrd", "*.mha") for word in words]
    answer = mlseg(command, *words, "-j", "2", "--report", "r.csv")
    assert answer.code == 0, answer.err
    assert made in names(inputs / "out")
    assert "3 done, 0 skipped, 0 failed" in answer.out
    assert command in MANY


def test_several_inputs_of_convert_without_a_template_still_become_one(mlseg: Call, inputs: Path) -> None:
    assert mlseg("convert", "-i", "in/a.nrrd", "in/b.nrrd", "-g", "-o", "one.nrrd", "-q").code == 0
    assert len(mls.read(inputs / "one.nrrd").groups) > 2


def test_help_names_the_exit_codes_and_needs_no_cases(mlseg: Call) -> None:
    answer = mlseg("batch", "--help")
    assert answer.code == 0
    assert "130 stopped and resumable" in answer.out


def test_the_command_line_starts_without_numpy() -> None:
    for words in (["--version"], ["--help"], ["batch", "--help"]):
        program = (
            f"import sys; from MultiLabelSegLib.cli.main import main; main({words!r}); sys.exit('numpy' in sys.modules)"
        )
        environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, stdout=subprocess.DEVNULL)
        assert time.perf_counter() - began < 5
