"""Rows become command lines: columns, defaults, templates, and what is refused beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from MultiLabelSegLib.batch.jobs import Job
from MultiLabelSegLib.batch.jobs_build import build_jobs
from MultiLabelSegLib.batch.jobs_table import Row
from MultiLabelSegLib.cli.batch_commands import spec_of
from MultiLabelSegLib.errors import FormatError, OptionError


def jobs_of(*rows: dict[str, Any], command: str = "convert", **common: Any) -> list[Job]:
    made = [Row(f"line {number}", row, Path("/table")) for number, row in enumerate(rows, 2)]
    return build_jobs(made, common, Path("/here"), command, spec_of)


def line(*rows: dict[str, Any], command: str = "convert", **common: Any) -> list[str]:
    return list(jobs_of(*rows, command=command, **common)[0].argv)


def at(path: str) -> str:
    return str(Path(path).absolute())


def test_paths_of_a_table_count_from_it_and_those_of_the_command_line_from_here() -> None:
    argv = line({"input": "a.nrrd", "reference": "r.nrrd"}, output="o/{stem}.nii.gz")
    assert argv[0] == "convert"
    assert argv[argv.index("--input") + 1] == at("/table/a.nrrd")
    assert f"--reference={at('/table/r.nrrd')}" in argv
    assert f"--output={at('/here/o/a.nii.gz')}" in argv


@pytest.mark.parametrize("column", ["overlap", "--overlap", "Overlap ", "OVERLAP"])
def test_a_column_is_an_option_with_or_without_dashes_in_any_case(column: str) -> None:
    assert "--overlap=priority" in line({"input": "a", "output": "b.nrrd", column: "priority"})


@pytest.mark.parametrize(
    ("cell", "on"), [("yes", True), ("TRUE", True), (1, True), ("x", True), ("no", False), ("", False), (False, False)]
)
def test_switches_are_yes_or_no(cell: Any, on: bool) -> None:
    assert ("--groups" in line({"input": "a", "output": "b.nrrd", "groups": cell})) is on


def test_a_row_overrules_the_command_line_and_an_empty_cell_does_not() -> None:
    rows = (
        {"input": "a", "output": "a.nrrd", "values": "consecutive"},
        {"input": "b", "output": "b.nrrd", "values": " "},
    )
    found = [job.argv for job in jobs_of(*rows, values="keep")]
    assert "--values=consecutive" in found[0]
    assert "--values=keep" in found[1]


def test_several_values_stand_in_a_cell_with_bars_or_in_a_list() -> None:
    expected = ["--input", at("/table/a b.nrrd"), at("/table/c.nrrd")]
    for cell in ("a b.nrrd | c.nrrd", ["a b.nrrd", "c.nrrd"]):
        job = jobs_of({"input": cell, "output": "o.nrrd"})[0]
        assert list(job.argv[1:4]) == expected
        assert job.inputs == tuple(expected[1:])


def test_output_options_stay_whole_and_may_be_an_object() -> None:
    text = '{"Save strategy": "group"}'
    for cell in (text, {"Save strategy": "group"}):
        argv = line({"input": "a", "output": "o.nii.gz", "output-options": cell})
        assert argv[argv.index("--output-options") + 1] == text


def test_a_value_may_begin_with_a_dash() -> None:
    assert "--format=-x" in line({"input": "a", "output": "o.nrrd", "format": "-x"})


def test_commands_with_parts_and_with_a_recipe_get_their_words_in_order() -> None:
    argv = line({"input": "a.nrrd", "output": "o.nrrd", "labels": "3 | Liver", "name": "x"}, command="labels rename")
    assert argv == ["labels", at("/table/a.nrrd"), f"--output={at('/table/o.nrrd')}", "rename", "3", "Liver", "x"]
    argv = line(
        {"command": "run", "recipe": "r.json", "input": "ct.nrrd", "output": "o.nrrd", "segmentation": "s.nrrd"}
    )
    assert argv[:2] == ["run", at("/table/r.json")]
    assert f"--image={at('/table/ct.nrrd')}" in argv
    assert f"--segmentation={at('/table/s.nrrd')}" in argv


def test_every_input_of_a_case_is_known_and_the_main_one_comes_first() -> None:
    job = jobs_of({"schema": "s.csv", "input": "a", "output": "o.nrrd", "reference": "r", "map": "m.csv"})[0]
    assert job.inputs[0] == at("/table/a")
    assert set(job.inputs) == {at(f"/table/{name}") for name in ("a", "s.csv", "r", "m.csv")}


def test_leave_to_overwrite_does_not_change_what_a_job_is() -> None:
    plain = jobs_of({"input": "a", "output": "o.nrrd"})[0]
    given = jobs_of({"input": "a", "output": "o.nrrd", "overwrite": "yes"})[0]
    assert (plain.overwrite, given.overwrite) == (False, True)
    assert plain.key == given.key
    assert "--overwrite" not in plain.argv
    assert "--overwrite" in plain.replacing
    assert plain.key != jobs_of({"input": "a", "output": "p.nrrd"})[0].key


def test_cases_with_one_name_in_different_folders_are_told_apart_by_folder() -> None:
    jobs = jobs_of({"input": "a/seg.nrrd"}, {"input": "b/seg.nrrd"}, output="o/{case}.nrrd")
    assert [job.name for job in jobs] == ["a", "b"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [{"input": "a", "output": "o.nrrd", "overlpa": "x"}],
            "line 2: unknown column 'overlpa'; did you mean 'overlap'",
        ),
        (
            [{"input": "a", "output": "o.nrrd", "overlap": "sum"}],
            "mlseg convert: argument --overlap: invalid choice: 'sum'",
        ),
        ([{"input": "a", "output": "o.nrrd", "groups": "maybe"}], "groups: 'maybe' is not allowed; expected yes or no"),
        ([{"input": "a"}], "line 2: option output: None is not allowed"),
        ([{"input": "", "output": "o.nrrd"}], "line 2: the cell 'input' is empty"),
        ([{"input": "a", "output": "o.nrrd", "command": "demo"}], "line 2: option command: 'demo' is not allowed"),
        ([{"input": "a", "output": "o.nrrd", "command": "info"}], "expected a command that writes an output"),
        ([{"input": "a", "output": "o.nrrd", "command": "labels paint"}], "'labels paint' is not allowed"),
        ([{"input": "a", "output": "o.nrrd", "dry-run": "yes"}], "mlseg batch has --dry-run itself"),
        ([{"input": "a", "output": "{steem}.nrrd"}], "did you mean {stem}?"),
        ([{"input": "a", "output": ["x", "y"]}], "expected one value"),
        ([{"input": "a", "output": "o.nrrd", "format": {"a": [1]}, "values": 3}], "invalid choice: '3'"),
        ([{"input": "a", "output": "o.nrrd"}, {"input": "b", "output": "O.NRRD"}], "of two cases: line 2 and line 3"),
        ([{"input": "a.nrrd", "output": "b.nrrd"}, {"input": "b.nrrd", "output": "c.nrrd"}], "is an input of case 'b'"),
        ([{"input": "a.nrrd", "output": "a.nrrd"}], "inputs are never changed"),
        (
            [
                {"input": f"{name}.nrrd", "output": "{stem}.nii.gz", "output-options": "Save strategy=group"}
                for name in ("case.01", "case.02")
            ],
            "case.mitklabel.json: would be the output of two cases: line 2 and line 3; a template needs {stem} or "
            "{case} that differ before their first dot, where MITK cuts the name of a stack's image; "
            "{stem}.mitklabel.json is not cut",
        ),
    ],
)
def test_mistakes_are_refused_before_anything_is_done(rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises((FormatError, OptionError)) as caught:
        jobs_of(*rows)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("said", "output"),
    [
        ({"output-options": '{"Save strategy": "group"}'}, "a.mitklabel.json"),
        ({"output-options": ["instance-value=binary"]}, "a.mitklabel.json"),
        ({"format": "mitk-stack"}, "a.mitklabel.json"),
        ({"output-options": "Label table=ctbl"}, "a.b.nii.gz"),
    ],
)
def test_the_output_of_a_stack_is_its_json(said: dict[str, Any], output: str) -> None:
    (job,) = jobs_of({"input": "in.nrrd", "output": "/o/a.b.nii.gz", **said})
    assert Path(job.output) == Path("/o", output).absolute()
