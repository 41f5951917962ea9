"""``mlseg dataset`` as its users type it: reports, exit codes, going on, mistakes."""

from __future__ import annotations

import csv
import gzip
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.batch import inline, isolation
from MultiLabelSegLib.formats.image_file import save_image
from Testing.datasets.made_cases import a_geometry, an_image, folders_of, make_cases, write_group

DOCS = Path(__file__).resolve().parents[2] / "docs" / "datasets.md"
EXPORT = ("dataset", "export", "--to", "nnunet")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a data set but those by which the work goes on."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".mlseg" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_broken_cases_are_left_out_with_their_reasons_and_the_others_are_done(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 6, overlapping=False), tmp_path / "Dataset001_X"
    (made / "ct/p0.nii.gz").write_bytes((made / "ct/p0.nii.gz").read_bytes()[:60])
    (made / "seg/p1.nrrd").write_bytes(b"NRRD0004\nthis is none\n\n")
    (made / "seg/p2.nrrd").unlink()
    save_image(an_image(a_geometry(77)), made / "ct/p3.nii.gz", overwrite=True)
    report = tmp_path / "report.csv"
    answer = mlseg(*EXPORT, *folders_of(made), "-o", out, "--report", report)
    assert answer.code == 3
    assert len([line for line in answer.err.splitlines() if line.startswith("left out: ")]) == 4
    assert "exported 2 cases" in answer.out
    assert json.loads((out / "dataset.json").read_text())["numTraining"] == 2
    rows = {row["case"]: row for row in csv.DictReader(report.read_text(encoding="utf-8-sig").splitlines())}
    assert {name: row["status"] for name, row in rows.items()} == {
        "p4": "done", "p5": "done", "p0": "failed", "p1": "failed", "p3": "failed",
    }  # fmt: skip
    assert "p0.nii.gz" in rows["p0"]["reason"]
    assert "p1.nrrd" in rows["p1"]["reason"]
    assert re.search(r"origin .* against .*--resample", rows["p3"]["reason"])
    assert rows["p4"]["grid"] == "identical"
    assert rows["p4"]["files"] == "labelsTr/p4.nii.gz | imagesTr/p4_0000.nii.gz"


def unpacked(name: str, data: bytes) -> bytes:
    """A NRRD file's header and voxels; packing depends on whether the process has a faster packer loaded."""
    head, _, packed = data.partition(b"\n\n")
    return head + gzip.decompress(packed) if name.endswith(".nrrd") else data


def test_several_processes_give_the_same_files(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 3)
    for name, jobs in (("one", 1), ("two", 2)):
        assert mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / name, "-j", jobs, "-q").code == 0
        assert mlseg("dataset", "import", tmp_path / name, "-o", tmp_path / f"{name} back", "-j", jobs, "-q").code == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    ours, theirs = contents(tmp_path / "one back"), contents(tmp_path / "two back")
    assert {name: unpacked(name, data) for name, data in ours.items() if name != "cases.csv"} == {
        name: unpacked(name, data) for name, data in theirs.items() if name != "cases.csv"
    }


def test_bounds_hold_and_a_page_names_the_cases(mlseg, tmp_path: Path) -> None:
    made, page = make_cases(tmp_path / "in", 3), tmp_path / "r.html"
    late = mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / "late", "--timeout", "0.00001")
    assert (late.code, late.err.count("took longer than 1e-05 s (--timeout)")) == (1, 3)
    large = mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / "large", "--memory", "1M")
    assert (large.code, large.err.count("more than the 1 MB of --memory")) == (1, 3)
    (made / "seg" / "p1.nrrd").write_bytes(b"NRRD0004\n")
    words = (*folders_of(made), "-o", tmp_path / "out", "--memory", "2G", "--timeout", "60")
    assert mlseg(*EXPORT, *words, "--report", page, "--report", tmp_path / "r.json").code == 3
    text = page.read_text("utf-8")
    assert "2 of 3 cases are in the data set" in text
    assert "Left out: 1 cases" in text
    assert len(json.loads((tmp_path / "r.json").read_text("utf-8"))["cases"]) == 3


@pytest.mark.parametrize(("patience", "processes"), [(0.0, 2), (60.0, 0)])
def test_processes_are_started_once_and_not_for_little_work(
    mlseg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float, processes: int
) -> None:
    started = []
    real = isolation._spawned

    def counted(*given: Any) -> Any:
        started.append(given)
        return real(*given)

    monkeypatch.setattr(isolation, "_spawned", counted)
    monkeypatch.setattr(inline, "PATIENCE", patience)
    made = make_cases(tmp_path / "in", 5)
    assert mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / "out", "-j", 2).code == 0
    assert len(started) == processes
    assert mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / "one").code == 0
    label_maps = [contents(tmp_path / name / "labelsTr") for name in ("out", "one")]
    assert label_maps[0] == label_maps[1]
    assert len(label_maps[0]) == 5


def test_resuming_skips_what_is_done_and_does_what_changed(mlseg, tmp_path: Path) -> None:
    made, out, report = make_cases(tmp_path / "in", 3), tmp_path / "out", tmp_path / "report.json"
    command = (*EXPORT, *folders_of(made), "-o", out, "--report", report)
    assert mlseg(*command).code == 0
    before = contents(out)
    (out / "labelsTr/p0.nii.gz").unlink()
    save_image(an_image(a_geometry(1), 9), made / "ct/p1.nii.gz", overwrite=True)
    assert mlseg(*command, "--resume").code == 0
    rows = {row["case"]: row["status"] for row in json.loads(report.read_text())["cases"]}
    assert rows == {"p0": "done", "p1": "done", "p2": "skipped"}
    changed = {name for name, data in contents(out).items() if before[name] != data}
    assert changed == {"imagesTr/p1_0000.nii.gz"}


def test_a_label_map_that_was_changed_by_hand_is_not_replaced_unasked(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2), tmp_path / "out"
    command = (*EXPORT, *folders_of(made), "-o", out)
    assert mlseg(*command).code == 0
    (out / "labelsTr/p0.nii.gz").write_bytes(b"corrected by hand")
    answer = mlseg(*command, "--resume")
    assert answer.code == 1
    assert "labelsTr/p0.nii.gz: was changed after it was written" in answer.err
    assert (out / "labelsTr/p0.nii.gz").read_bytes() == b"corrected by hand"
    (made / "seg/p0.nrrd").unlink()
    assert mlseg(*command, "--resume").code == 1
    assert (out / "labelsTr/p0.nii.gz").read_bytes() == b"corrected by hand"
    assert mlseg("dataset", "import", out, "-o", tmp_path / "back").code == 3


def test_an_imported_segmentation_that_was_edited_is_not_replaced_unasked(mlseg, tmp_path: Path) -> None:
    made, out, back = make_cases(tmp_path / "in", 2), tmp_path / "out", tmp_path / "back"
    assert mlseg(*EXPORT, *folders_of(made), "-o", out).code == 0
    assert mlseg("dataset", "import", out, "-o", back).code == 0
    (back / "p1.nrrd").write_bytes((back / "p0.nrrd").read_bytes())
    answer = mlseg("dataset", "import", out, "-o", back, "--resume")
    assert answer.code == 1
    assert "p1.nrrd: was changed after it was written" in answer.err
    assert (back / "p1.nrrd").read_bytes() == (back / "p0.nrrd").read_bytes()


def test_a_killed_export_is_resumed_to_the_same_bytes(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 12)
    assert mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / "whole", "-q").code == 0
    out = tmp_path / "killed"
    line = [sys.executable, "-m", "MultiLabelSegLib", *EXPORT, *map(str, folders_of(made)), "-o", str(out)]
    library = str(Path(mls.__file__).resolve().parents[1])
    process = subprocess.Popen(line, env={"PYTHONPATH": library, "PATH": ""}, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(list(out.glob("labelsTr/*"))) < 3 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "dataset.json").exists()
    assert mlseg(*EXPORT, *folders_of(made), "-o", out, "--resume", "-q").code == 0
    assert contents(out) == contents(tmp_path / "whole")
    assert not [path for path in out.iterdir() if path.name.startswith(".mlseg-")]


def test_cases_that_are_no_longer_part_are_taken_out_on_resume(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 3), tmp_path / "out"
    command = (*EXPORT, *folders_of(made), "-o", out)
    assert mlseg(*command).code == 0
    (made / "ct/p2.nii.gz").unlink()
    (made / "seg/p2.nrrd").unlink()
    answer = mlseg(*command, "--resume")
    assert "case 'p2' was written earlier and is no longer part; its files were removed" in answer.out
    assert sorted(path.name for path in (out / "labelsTr").iterdir()) == ["p0.nii.gz", "p1.nii.gz"]
    assert json.loads((out / "dataset.json").read_text())["numTraining"] == 2


def test_overwrite_does_all_of_it_again_and_leaves_files_of_others(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2, overlapping=False), tmp_path / "out"
    command = (*EXPORT, *folders_of(made), "-o", out)
    assert mlseg(*command).code == 0
    (out / "notes.txt").write_text("mine")
    refused = mlseg(*command)
    assert refused.code == 1
    assert "was written to before; say --resume to go on, or --overwrite" in refused.err
    assert mlseg(*command, "--file-ending", ".nrrd", "--overwrite").code == 0
    assert sorted(contents(out)) == [
        "dataset.json", "imagesTr/p0_0000.nrrd", "imagesTr/p1_0000.nrrd",
        "labelsTr/p0.nrrd", "labelsTr/p1.nrrd", "mlseg_map.json", "notes.txt",
    ]  # fmt: skip


def test_a_refused_overwrite_leaves_the_old_data_set_whole(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2, overlapping=False), tmp_path / "out"
    assert mlseg(*EXPORT, *folders_of(made), "-o", out).code == 0
    before = contents(out)
    answer = mlseg(*EXPORT, *folders_of(made), "-o", out, "--overwrite", "--ignore", "Pancreas")
    assert answer.code == 1
    assert contents(out) == before


def test_a_dry_run_reads_everything_and_writes_nothing(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2), tmp_path / "out"
    answer = mlseg(*EXPORT, *folders_of(made), "-o", out, "--dry-run")
    assert answer.code == 0
    assert "would write p0 (train): identical" in answer.out
    assert "value 3 = Liver + Tumour" in answer.out
    assert not out.exists()
    assert mlseg(*EXPORT, *folders_of(made), "-o", out).code == 0
    answer = mlseg("dataset", "import", out, "-o", tmp_path / "back", "--dry-run")
    assert answer.out.count("would import") == 2
    assert not (tmp_path / "back").exists()


def test_spellings_are_refused_with_the_list_and_repaired_by_a_map(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2, overlapping=False), tmp_path / "Dataset001_X"
    (made / "seg/p1.nrrd").unlink()
    write_group(made / "seg/p1.nrrd", a_geometry(1), (3, "liver"))
    answer = mlseg(*EXPORT, *folders_of(made), "-o", out)
    assert answer.code == 1
    assert "one class spelled in 2 ways: 'Liver' in p0 and 'liver' in p1" in answer.err
    assert len(answer.err.splitlines()) == 1
    (tmp_path / "map.csv").write_text("from_name,from_value,to_name,to_value\nliver,,Liver,\n")
    answer = mlseg(*EXPORT, *folders_of(made), "-o", out, "--map", tmp_path / "map.csv")
    assert answer.code == 0, answer.err


def test_a_schema_fixes_names_and_their_order(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 2, overlapping=False), tmp_path / "Dataset001_X"
    table = tmp_path / "schema.csv"
    table.write_text("value,name\n1,Liver\n2,Pancreas\n3,Spleen\n4,Tumour\n5,Gallbladder\n")
    assert mlseg(*EXPORT, *folders_of(made), "-o", out, "--schema", table).code == 0
    names = list(json.loads((out / "dataset.json").read_text())["labels"])
    assert names == ["background", "Liver", "Pancreas", "Spleen", "Tumour", "Gallbladder"]
    table.write_text("value,name\n1,Liver\n")
    answer = mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / "two", "--schema", table)
    assert answer.code == 1
    assert "the name 'Spleen', which the schema schema.csv does not know, in p0" in answer.err


def test_names_of_plain_label_maps_come_from_a_table(mlseg, tmp_path: Path) -> None:
    made, out = make_cases(tmp_path / "in", 1, overlapping=False), tmp_path / "Dataset001_X"
    assert mlseg(*EXPORT, *folders_of(made), "-o", out).code == 0
    table = tmp_path / "names.csv"
    table.write_text("value,name\n1,milt\n2,gal\n3,lever\n4,tumor\n")
    folders = ("--images", made / "ct", "--segmentations", out / "labelsTr")
    answer = mlseg(*EXPORT, *folders, "-o", tmp_path / "Dataset002_Y", "--label-table", table)
    assert answer.code == 0, answer.err
    labels = json.loads((tmp_path / "Dataset002_Y/dataset.json").read_text())["labels"]
    assert labels == {"background": 0, "milt": 1, "lever": 2, "tumor": 3}


def test_list_shows_cases_of_any_layout_and_of_a_table(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 2, overlapping=False)
    for layout in ("nnunet", "bids", "monai", "totalsegmentator", "tasklist"):
        out = tmp_path / layout
        assert mlseg("dataset", "export", "--to", layout, *folders_of(made), "-o", out, "-q").code == 0
        answer = mlseg("dataset", "list", out)
        assert answer.code == 0, answer.err
        assert f"2 cases ({layout})" in answer.out
        told = json.loads(mlseg("dataset", "list", out, "--json").out)
        assert [case["id"] for case in told["cases"]] == ["p0", "p1"]
    assert mlseg("dataset", "import", tmp_path / "bids", "-o", tmp_path / "back").code == 0
    assert "2 cases (list)" in mlseg("dataset", "list", tmp_path / "back/cases.csv").out


def test_what_one_layout_gives_another_takes(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 2, overlapping=False)
    source = ("--to", "totalsegmentator", *folders_of(made))
    for layout in ("totalsegmentator", "nnunet", "bids", "monai"):
        step = tmp_path / layout
        assert mlseg("dataset", "export", *source, "-o", step, "-q").code == 0
        assert mlseg("dataset", "import", step, "-o", tmp_path / f"{layout} back", "-q").code == 0
        following = {"totalsegmentator": "nnunet", "nnunet": "bids", "bids": "monai"}.get(layout, "")
        source = ("--to", following, "--cases", tmp_path / f"{layout} back" / "cases.csv")
    answer = mlseg("diff", made / "seg/p0.nrrd", tmp_path / "monai back/p0.nrrd")
    assert answer.code == 0, answer.out


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("--images", "{in}/ct", "--cases", "x.csv"), 2, "option cases"),
        ((), 2, "option cases"),
        (("--images", "{in}/gone", "--segmentations", "{in}/seg"), 1, "gone: there is no such folder"),
        (("--cases", "{in}/gone.csv"), 1, "gone.csv"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "--channel", "CT"), 2, "option channel: 'CT'"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "-j", "0"), 2, "option jobs: 0"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "--report", "x.pdf"), 2, "option report"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "--folds", "9"), 1, "9 folds of 2 training cases"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "--map", "{in}/gone.csv"), 1, "there is no such file"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "--place", "reference"), 2, "option images"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "--timeout", "-3"), 2, "option timeout"),
        (("--images", "{in}/ct", "--segmentations", "{in}/seg", "--memory", "much"), 2, "option memory"),
        (("--images", "{in}/ct", "--segmentations", "{in}/ct", "--segmentation-suffix", "_s"), 1, "no case to export"),
    ],
)
def test_mistakes_are_one_line(mlseg, tmp_path: Path, arguments: tuple[str, ...], code: int, expected: str) -> None:
    make_cases(tmp_path / "in", 2)
    words = [word.replace("{in}", str(tmp_path / "in")) for word in arguments]
    answer = mlseg(*EXPORT, *words, "-o", tmp_path / "out")
    assert answer.code == code
    last = answer.err.splitlines()[-1]
    assert last.startswith("mlseg: ")
    assert expected in last
    assert "Traceback" not in answer.err


def test_inputs_are_never_written_to_and_foreign_folders_are_left_alone(mlseg, tmp_path: Path) -> None:
    made = make_cases(tmp_path / "in", 1)
    inside = mlseg(*EXPORT, *folders_of(made), "-o", made / "ct" / "out")
    assert (inside.code, "inputs are never changed" in inside.err) == (1, True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("words")
    foreign = mlseg(*EXPORT, *folders_of(made), "-o", tmp_path / "mine", "--overwrite")
    assert (foreign.code, "holds files of another origin" in foreign.err) == (1, True)
    nothing = mlseg("dataset", "import", tmp_path / "mine", "-o", tmp_path / "back")
    assert (nothing.code, "no layout knows this" in nothing.err) == (1, True)


def test_the_examples_of_the_page_work(mlseg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line of the page's blocks marked as examples, one after the other, on small made-up data."""
    made = make_cases(tmp_path, 4)
    for number in range(4):
        for channel in ("t1", "t2"):
            (made / "mr").mkdir(exist_ok=True)
            save_image(an_image(a_geometry(number), number), made / "mr" / f"p{number}_{channel}.nii.gz")
    (made / "names.csv").write_text("from_name,from_value,to_name,to_value\nLiver,,liver,\n")
    rows = [f"p{number},ct/p{number}.nii.gz,seg/p{number}.nrrd,{'test' * (number == 3)}" for number in range(4)]
    (made / "cases.csv").write_text("\n".join(["case,image,segmentation,split", *rows]))
    (made / "predictions").mkdir()
    monkeypatch.chdir(made)
    blocks = re.findall(r"```sh\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("mlseg")]
    commands = [line.split("  #")[0].split() for line in lines]
    assert len(commands) >= 8
    for command in commands:
        if "predictions" in command:
            source = made / "nnUNet_raw/Dataset001_Liver/labelsTr/p0.nii.gz"
            (made / "predictions/new.nii.gz").write_bytes(source.read_bytes())
        answer = mlseg(*command[1:])
        assert answer.code == 0, f"{' '.join(command)}: {answer.err}"


@pytest.mark.parametrize("layout", ["nnunet", "monai", "totalsegmentator"])
def test_values_that_nobody_named_are_the_same_classes_in_cases_whose_highest_values_differ(
    mlseg, tmp_path: Path, layout: str
) -> None:
    for folder in ("ct", "seg"):
        (tmp_path / folder).mkdir()
    for number, values in enumerate([(1, 7), (7, 12), (1, 100)]):
        geometry = a_geometry(number)
        array = np.zeros(geometry.shape, np.uint8)
        array[1, 1, :2] = values
        save_image(mls.Image(array, geometry), tmp_path / "seg" / f"p{number}.nii.gz")
        save_image(an_image(geometry), tmp_path / "ct" / f"p{number}.nii.gz")
    out = tmp_path / "out"
    words = ["--images", tmp_path / "ct", "--segmentations", tmp_path / "seg", "-o", out]
    answer = mlseg("dataset", "export", "--to", layout, *words)
    assert answer.code == 0, answer.err
    assert mlseg("dataset", "import", out, "-o", tmp_path / "back").code == 0
    for number, values in enumerate([(1, 7), (7, 12), (1, 100)]):
        back = mls.read(tmp_path / "back" / f"p{number}.nrrd")
        found = {label.name for label in back.labels if back.mask(label.value).any()}
        assert found == {f"object-{value}" for value in values}
