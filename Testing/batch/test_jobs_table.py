"""Tables of jobs as spreadsheets and programs write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from MultiLabelSegLib.batch.jobs_table import is_job_table, read_job_table
from MultiLabelSegLib.errors import FormatError


def rows_of(folder: Path, data: bytes | str, name: str = "jobs.csv") -> list[dict[str, object]]:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return [row.cells for row in read_job_table(path)]


PLAIN = [{"input": "a b.nrrd", "output": "x,y.nrrd"}, {"input": "c.nrrd"}]


@pytest.mark.parametrize(
    "data",
    [
        b'input,output\na b.nrrd,"x,y.nrrd"\nc.nrrd,\n',
        b"\xef\xbb\xbfinput;output\r\na b.nrrd;x,y.nrrd\r\nc.nrrd;\r\n",
        b"sep=;\r\ninput;output\r\na b.nrrd;x,y.nrrd\r\n\r\n;\r\nc.nrrd\r\n",
        "input\toutput\r\na b.nrrd\tx,y.nrrd\r\nc.nrrd\t\r\n".encode("utf-16"),
        b'\n\n input , output \na b.nrrd,"x,y.nrrd",,\n   ,\nc.nrrd,  \n',
    ],
    ids=["commas, quotes", "BOM, semicolons, CRLF", "sep= and blank lines", "UTF-16, tabs", "blanks, spare cells"],
)
def test_spreadsheets_dialects_give_the_same_rows(tmp_path: Path, data: bytes) -> None:
    assert rows_of(tmp_path, data) == PLAIN


def test_a_quoted_cell_may_hold_quotes_delimiters_and_line_ends(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, 'input,"output-options"\n"a ""b"";\n.nrrd","{""Save strategy"": ""group""}"\n')
    assert rows == [{"input": 'a "b";\n.nrrd', "output-options": '{"Save strategy": "group"}'}]


def test_rows_know_their_line_in_the_file_and_their_folder(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text('input,output\n"a\nb",x\n\nc,y\n')
    rows = read_job_table(tmp_path / "jobs.csv")
    assert [row.where.rsplit(", ")[-1] for row in rows] == ["line 3", "line 5"]
    assert {row.folder for row in rows} == {tmp_path}


def test_json_gives_text_numbers_switches_and_lists(tmp_path: Path) -> None:
    jobs = [{"input": ["a", "b"], "groups": True, "output": None, "margin": 3}]
    assert rows_of(tmp_path, json.dumps(jobs), "jobs.json") == [{"input": ["a", "b"], "groups": True, "margin": 3}]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("j.csv", "", "holds no jobs"),
        ("j.csv", "input,output\n", "holds no jobs"),
        ("j.csv", "file,output\na,b\n", "has no column 'input'; found the columns file, output"),
        ("j.csv", "input,Output,--output\na,b,c\n", "the column 'output' is there 2 times"),
        ("j.csv", "input\na,b\n", "line 2: 2 cells in 1 columns"),
        ("j.csv", 'input\n"a\n', "line 2: is no CSV"),
        ("j.csv", b"input\nok\n\xff\xfe\n", "line 3: is no text in UTF-8"),
        ("j.json", "{", "is no JSON"),
        ("j.json", '{"input": "a"}', "expected a list of jobs, found dict"),
        ("j.json", '[{"input": "a"}, {"output": "b"}]', 'job 2: expected an object with "input"'),
        ("j.json", '[{"input": "a", "input": "b"}]', "the key 'input' is there 2 times"),
    ],
)
def test_what_is_no_table_is_refused_with_file_and_line(
    tmp_path: Path, name: str, data: str | bytes, said: str
) -> None:
    with pytest.raises(FormatError) as caught:
        rows_of(tmp_path, data, name)
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_a_missing_table_is_named() -> None:
    with pytest.raises(FormatError, match="nowhere.csv: cannot be read"):
        read_job_table(Path("nowhere.csv"))


def test_a_stack_is_an_input_and_no_table() -> None:
    assert is_job_table("Jobs.CSV")
    assert is_job_table("a.json")
    assert not is_job_table("a.mitklabel.json")
    assert not is_job_table("a.nrrd.mlseg.json")
