"""``mlseg audit``: reports, map, exit codes, several processes."""

from __future__ import annotations

import base64
import csv
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import MultiLabelSegLib as mls
from MultiLabelSegLib.formats.image_file import save_image
from Testing.datasets.audit.sets import FAULTS, a_clean_set, write_set


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Eight cases: 00 has a slip in a name, 01 a wrong value, 02 an island, 03 is torn; the others are right."""
    cases = a_clean_set(11)
    for number, fault in enumerate(("slip", "other value", "island")):
        FAULTS[fault][1](cases[number : number + 1], random.Random(1))
    write_set(cases, tmp_path / "labels", tmp_path / "images", ".nrrd")
    torn = tmp_path / "labels" / "case_03.nrrd"
    torn.write_bytes(torn.read_bytes()[:-40])
    return tmp_path


def test_reports_name_every_fault_and_the_map_mends_the_set(mlseg, faulty: Path) -> None:
    reports = [faulty / f"r.{kind}" for kind in ("html", "csv", "json")]
    words = [word for path in reports for word in ("--report", path)]
    answer = mlseg(
        "audit", faulty / "labels", "--images", faulty / "images", "-j", 1, "--map", faulty / "m.csv", *words
    )
    assert answer.code == 1
    data = json.loads(reports[2].read_text("utf-8"))
    assert data["counts"] == {"unreadable": 1, "spelling": 1, "value": 1, "islands": 1}
    assert data["matrix"]["case_03"]["Liver"]["state"] == "unread"
    assert data["matrix"]["case_05"]["Lesion"]["state"] == "missing"
    rows = list(csv.DictReader(reports[1].open(encoding="utf-8-sig", newline="")))
    assert [row["case"] for row in rows] == [f"case_{number:02d}" for number in range(8)]
    assert float(rows[4]["Liver"]) > 1
    assert "islands" in rows[2]["findings"]
    page = reports[0].read_text("utf-8")
    pictures = re.findall(r"data:image/png;base64,([^\"]+)", page)
    assert len(pictures) == 7
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert not re.search(r"(src|href)=\"(?!data:)", page)

    (faulty / "labels" / "case_03.nrrd").unlink()
    pattern = str(faulty / "labels" / "*.nrrd")
    out = faulty / "mended" / "{stem}.nrrd"
    assert mlseg("convert", "-i", pattern, "-o", out, "--map", faulty / "m.csv", "-j", 1).code == 0
    again = mlseg("audit", faulty / "mended", "-j", 1, "--ignore", "islands")
    assert (again.code, "nothing is wrong" in again.out) == (0, True), again.out


def test_processes_find_the_same(mlseg, faulty: Path) -> None:
    found = []
    for jobs in (1, 2):
        mlseg("audit", faulty / "labels", "-j", jobs, "--report", faulty / "r.json")
        found.append(json.loads((faulty / "r.json").read_text("utf-8"))["findings"])
    assert found[0] == found[1]
    assert len(found[0]) == 4


def test_a_case_that_takes_too_long_is_given_up_and_named(mlseg, tmp_path: Path) -> None:
    write_set(a_clean_set(3, 1), tmp_path / "labels", tmp_path / "images")
    answer = mlseg("audit", tmp_path / "labels", "--timeout", "0.00001")
    assert answer.code == 1
    assert "case_00: took longer than 1e-05 s" in answer.out


def test_an_audit_that_is_resumed_looks_only_at_what_changed(mlseg, faulty: Path) -> None:
    kept, report = faulty / "kept", faulty / "r.json"
    words = ("audit", faulty / "labels", "--images", faulty / "images", "-j", 1, "--resume", kept, "--report", report)
    assert mlseg(*words).code == 1
    first = json.loads(report.read_text("utf-8"))
    looked = len((kept / "mlseg-batch.jsonl").read_text("utf-8").splitlines())
    assert looked == 9  # a heading, and a line a case
    touched = next(path for path in kept.glob("*.json") if "case_05" in path.read_text("utf-8"))
    touched.write_text("{}", "utf-8")
    (faulty / "labels" / "case_06.nrrd").write_bytes((faulty / "labels" / "case_07.nrrd").read_bytes())
    assert mlseg(*words).code == 1
    second = json.loads(report.read_text("utf-8"))
    assert second["counts"] == {**first["counts"], "duplicate": 2, "geometry": 1}
    # the touched answer and the changed case are looked at again
    assert len((kept / "mlseg-batch.jsonl").read_text("utf-8").splitlines()) == looked + 2


def test_a_reader_that_breaks_fails_its_case_alone(mlseg, faulty: Path, monkeypatch) -> None:
    from MultiLabelSegLib.cli import audit_case

    real = audit_case.measured

    def broken(case, images):
        if case.name == "case_04":
            raise ValueError("a defect")
        return real(case, images)

    monkeypatch.setattr(audit_case, "measured", broken)
    answer = mlseg("audit", faulty / "labels", "-j", 1)
    assert answer.code == 1
    assert "case_04: unexpected ValueError in broken: a defect" in answer.out
    assert "8 cases" in answer.out


def test_a_case_beyond_the_bound_of_memory_is_named_and_not_tried(mlseg, tmp_path: Path) -> None:
    write_set(a_clean_set(3, 1), tmp_path / "labels", tmp_path / "images")
    answer = mlseg("audit", tmp_path / "labels", "--memory", "1M")
    assert answer.code == 1
    assert "more than the 1 MB of --memory" in answer.out


def test_a_schema_says_what_is_missing_unexpected_and_what_values_mean(mlseg, tmp_path: Path) -> None:
    write_set(a_clean_set(3, 2), tmp_path / "labels", tmp_path / "images")
    rows = ["value,name,color", "3,Liver,#ff0000", "4,Spleen,#00ff00", "9,Kidney left,#0000ff", "50,Pancreas,#ffff00"]
    (tmp_path / "schema.csv").write_text("\n".join(rows) + "\n", "utf-8")
    mlseg("audit", tmp_path / "labels", "-j", 1, "--schema", tmp_path / "schema.csv", "--report", tmp_path / "r.json")
    findings = json.loads((tmp_path / "r.json").read_text("utf-8"))["findings"]
    told = {(each["kind"], each["label"]) for each in findings if each["case"] == "case_01"}
    unexpected = {("unexpected", name) for name in ("Kidney right", "Spine", "Heart")}
    assert told == {("missing", "Pancreas"), ("value", "Kidney left"), *unexpected}


def test_label_maps_without_tables_are_named_by_the_schema(mlseg, tmp_path: Path) -> None:
    cases = a_clean_set(4, 4)
    cases[2].array[0, 0, 0] = 9
    write_set(cases, tmp_path / "labels", tmp_path / "images")
    for table in tmp_path.glob("labels/*.txt"):
        table.unlink()
    names = {**cases[0].labels, 40: "Lesion"}
    text = "value,name,color\n" + "".join(f"{value},{name},#ff0000\n" for value, name in names.items())
    (tmp_path / "schema.csv").write_text(text, "utf-8")
    answer = mlseg("audit", tmp_path / "labels", "-j", 1, "--schema", tmp_path / "schema.csv", "--ignore", "missing")
    assert "undeclared: 1" in answer.out
    assert "case_02: 1 voxels hold 9" in answer.out
    assert "unexpected" not in answer.out


def test_mistakes_are_told(mlseg, tmp_path: Path) -> None:
    assert mlseg("audit", tmp_path).code == 4
    assert mlseg("audit", tmp_path / "none").code == 4
    assert mlseg("audit", tmp_path, "--report", "x.pdf").code == 2
    assert mlseg("audit", tmp_path, "--ignore", "nonsense").code == 2
    (tmp_path / "m.csv").write_text("", "utf-8")
    assert "exists already" in mlseg("audit", tmp_path, "--map", tmp_path / "m.csv").err


@pytest.mark.parametrize("part", ["", "labelsTr"])
def test_values_that_dataset_json_does_not_name_are_found_in_small_sets(mlseg, tmp_path: Path, part: str) -> None:
    (tmp_path / "labelsTr").mkdir()
    for number, values in enumerate(((1, 2), (1, 3, 2), (2, 9))):
        array = np.zeros((4, 5, 6), np.uint8)
        for place, value in enumerate(values):
            array[place, 1:4, 1 : 4 + number] = value
        sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / f"labelsTr/c_000{number}.nii.gz"))
    labels = {"background": 0, "whole": [1, 2, 3], "core": [2, 3], "rim": [3]}
    description = {"labels": labels, "regions_class_order": [1, 2, 3], "channel_names": {"0": "CT"}}
    (tmp_path / "dataset.json").write_text(json.dumps({**description, "numTraining": 3, "file_ending": ".nii.gz"}))
    answer = mlseg("audit", tmp_path / part, "-j", 1, "--report", tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert [(each["kind"], each["case"]) for each in data["findings"]] == [("undeclared", "c_0002")]
    assert "hold 9, which no label names" in answer.out
    assert set(data["labels"]) == {"whole", "whole + core", "whole + core + rim"}
    (tmp_path / "dataset.json").write_text("{")
    answer = mlseg("audit", tmp_path / part, "-j", 1)
    assert (answer.code, "names are not those of" in answer.out) == (0, True)


def test_names_are_those_of_the_table_that_bids_files_inherit_from_folders_above(mlseg, tmp_path: Path) -> None:
    root = tmp_path / "derivatives"
    for number, subject in enumerate(("01", "02", "03", "04", "05")):
        array = np.zeros((4, 5, 6), np.uint8)
        array[1:3, 1:4, 1:3] = 1
        array[1:3, 1:4, 4] = 2 if subject != "04" else 7
        folder = root / f"sub-{subject}" / "anat"
        folder.mkdir(parents=True)
        image = mls.Image(array, mls.Geometry.from_parts(array.shape, (1, 1, 2), (number, 0, 0)))
        save_image(image, folder / f"sub-{subject}_space-T1w_dseg.nii.gz")
    (root / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.10.0"}')
    (root / "space-T1w_dseg.tsv").write_text("index\tname\n1\tLiver\n2\tSpleen\n")
    (root / "sub-05" / "dseg.tsv").write_text("index\tname\n1\tLiver\n2\tMilt\n")
    report = tmp_path / "r.json"
    answer = mlseg("audit", root, "--report", report, "-j", 1)
    assert answer.code == 1
    assert "undeclared: 1" in answer.out
    assert "7" in answer.out.split("undeclared: 1\n")[1].splitlines()[0]
    names = {label["name"] for case in json.loads(report.read_text())["cases"] for label in case["labels"]}
    assert {"Liver", "Spleen", "Milt"} <= names
