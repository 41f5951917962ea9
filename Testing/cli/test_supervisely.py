"""mlseg supervisely import: every golden data set into several formats with exactly its truth; options, exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

import MultiLabelSegLib as mls
from MultiLabelSegLib.cli import supervisely_import
from MultiLabelSegLib.datasets.supervisely.importing.targets import VOLUME_SUFFIX
from MultiLabelSegLib.datasets.supervisely.masks.case_reader import read_case
from MultiLabelSegLib.datasets.supervisely.masks.volumes import read_volume
from MultiLabelSegLib.datasets.supervisely.object_properties import MODE
from Testing.datasets.supervisely.archive_cases import make_zip
from Testing.datasets.supervisely.golden_cases import NAMES
from Testing.datasets.supervisely.imported import (
    PROJECT,
    assert_every_file_is_named,
    assert_is_truth,
    copied,
    existing_of,
    input_of,
    project_items,
    report_of,
    tree_hash,
    truth_of,
)
from Testing.datasets.supervisely.project_cases import a_segmentation, an_image, written
from Testing.datasets.supervisely.test_case_reader import boxes, save

FORMATS = ("mitk-nrrd", "mitk-stack", "slicer-seg-nrrd", PROJECT)
#: what the truth says must be told, as path, line and a part of the reason
MUST_TELL = {
    "robust_map_csv": [
        ("cls_color_map.txt", 4, "left out"),
        ("axl_score.csv", 3, "row 2: the cell of Label-1 is empty"),
    ]
}


@pytest.mark.parametrize("format_id", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_a_golden_data_set_comes_out_as_its_truth(name: str, format_id: str, mlseg: Any, tmp_path: Path) -> None:
    source, out = input_of(name), tmp_path / "out"
    before = tree_hash(source)
    options = [*existing_of(name, "project"), "--volumes", "--json", tmp_path / "report.json"]
    answer = mlseg("supervisely", "import", source, "-o", out, "--format", format_id, *options)
    report = report_of(tmp_path / "report.json")
    assert (answer.code, answer.err, report["left_out"]) == (0, "", [])
    assert_is_truth(name, report, out)
    assert tree_hash(source) == before
    if source.is_dir():
        assert_every_file_is_named(source, report)
    for path, line, reason in MUST_TELL.get(name, []):
        assert [n for n in report["notes"] if (n["path"], n["line"]) == (path, line) and reason in n["reason"]]
        assert f"note: {path}, line {line}: " in answer.out
    assert len(MUST_TELL.get(name, [])) == len(truth_of(name)["must_report"])


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("ann_")])
def test_annotations_find_volumes_that_are_only_described(name: str, mlseg: Any, tmp_path: Path) -> None:
    report = tmp_path / "new folder" / "report.json"
    answer = mlseg("supervisely", "import", input_of(name), "-o", tmp_path, *existing_of(name), "--json", report)
    assert (answer.code, answer.err) == (0, "")
    assert_is_truth(name, report_of(report), tmp_path, volumes=False)


def test_existing_volumes_that_are_only_described_become_blank_in_a_project(mlseg: Any, tmp_path: Path) -> None:
    name = "ann_dataset_names"
    options = [*existing_of(name), "--format", PROJECT, "--json", tmp_path / "r.json"]
    answer = mlseg("supervisely", "import", input_of(name), "-o", tmp_path / "p", *options)
    assert answer.code == 0
    assert "there is no image for it; voxels of 0 stand in" in answer.out
    assert_is_truth(name, report_of(tmp_path / "r.json"), tmp_path / "p", volumes=False)
    assert not any(item.image().array.any() for item in project_items(tmp_path / "p").values())


def test_the_report_has_the_shape_that_is_promised(mlseg: Any, tmp_path: Path) -> None:
    source = copied("ex4_scores", tmp_path)
    (source / "README.md").write_text("hello")
    answer = mlseg("supervisely", "import", source, "-o", tmp_path / "out", "--json", tmp_path / "r.json")
    report = report_of(tmp_path / "r.json")
    assert answer.code == 3
    assert answer.err == "left out: README.md: is no file of a NIfTI data set (.nii, .nii.gz, .csv, .txt, .json)\n"
    assert set(report) == {"imported", "left_out", "notes"}
    first = report["imported"][0]
    assert (first["source"], first["layout"], first["objects"]) == ("axl_anatomic.nii", "by-plane", 2)
    assert first["output"] == str(tmp_path / "out" / "axl_anatomic.nrrd")
    assert first["files"] == ["axl_inference.nii", "axl_score.csv"]
    assert report["left_out"] == [{"path": "README.md", "reason": answer.err.partition("README.md: ")[2].strip()}]
    (note,) = report["notes"]
    assert (note["path"], note["line"]) == ("sag_score.csv", None)
    assert "sag_anatomic.nii, which has no annotation" in note["reason"]
    assert answer.out.endswith("imported 3 volumes with 4 objects; 1 left out, 1 notes\n")


def test_strict_turns_a_partial_import_into_a_failure_but_still_writes_it(mlseg: Any, tmp_path: Path) -> None:
    source = copied("ex1_basic", tmp_path)
    (source / "CTChest" / "lung.nii.gz").write_bytes(b"nothing")
    assert mlseg("supervisely", "import", source, "-o", tmp_path / "a").code == 3
    assert mlseg("supervisely", "import", source, "-o", tmp_path / "b", "--strict").code == 1
    assert [path.name for path in sorted((tmp_path / "b").iterdir())] == ["CTChest.nrrd", "Spine.nrrd"]
    assert mlseg("supervisely", "import", input_of("ex1_basic"), "-o", tmp_path / "c", "--strict").code == 0


@pytest.mark.parametrize("format_id", ["mitk-nrrd", PROJECT])
def test_nothing_to_import_is_a_failure_that_names_every_file_and_leaves_no_output(
    format_id: str, mlseg: Any, tmp_path: Path
) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "scan.dcm").write_bytes(b"x")
    (tmp_path / "in" / "a.nii").write_bytes(b"")
    options = ["--format", format_id, "--json", tmp_path / "r.json"]
    answer = mlseg("supervisely", "import", tmp_path / "in", "-o", tmp_path / "out", *options)
    assert answer.code == 1
    assert answer.err.splitlines()[-1] == f"mlseg: {tmp_path / 'in'}: nothing could be imported"
    report = report_of(tmp_path / "r.json")
    assert report["imported"] == []
    assert_every_file_is_named(tmp_path / "in", report)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "r.json"]


def test_an_empty_folder_is_a_failure(mlseg: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    answer = mlseg("supervisely", "import", tmp_path / "in", "-o", tmp_path / "out")
    assert (answer.code, "nothing could be imported" in answer.err) == (1, True)


@pytest.mark.parametrize("suffix", [".7z", ".rar"])
def test_7z_and_rar_are_refused_by_name(suffix: str, mlseg: Any, tmp_path: Path) -> None:
    archive = tmp_path / f"set{suffix}"
    archive.write_bytes(b"7z\xbc\xaf\x27\x1c" if suffix == ".7z" else b"Rar!\x1a\x07\x00")
    answer = mlseg("supervisely", "import", archive, "-o", tmp_path / "out", "--json", tmp_path / "r.json")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert str(archive) in answer.err
    assert suffix.strip(".") in answer.err
    (entry,) = report_of(tmp_path / "r.json")["left_out"]
    assert entry["path"] == archive.name
    inside = tmp_path / "in"
    shutil.copytree(input_of("ex1_basic"), inside)
    archive.rename(inside / archive.name)
    answer = mlseg("supervisely", "import", inside, "-o", tmp_path / "out")
    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert answer.err.startswith(f"left out: {archive.name}: ")


# ---- where it is written ------------------------------------------------------------------------------------------
def clashing(root: Path) -> Path:
    """Volumes whose outputs would have the same name: ``scan`` twice in a folder, once elsewhere, once capital."""
    for name in ("a/scan.nii", "a/scan.nii.gz", "a/SCAN.nii", "b/scan.nii", "a/scan.volume.nii"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        save(root / name, boxes(len(name), dtype=np.int16))
    return root


@pytest.mark.parametrize("overwrite", [False, True])
def test_names_that_clash_get_numbers_and_nothing_is_overwritten(overwrite: bool, mlseg: Any, tmp_path: Path) -> None:
    source = clashing(tmp_path / "in")
    options = ["--volumes", *(["--overwrite"] if overwrite else []), "--json", tmp_path / "r.json"]
    assert mlseg("supervisely", "import", source, "-o", tmp_path / "out", *options).code == 0
    report = report_of(tmp_path / "r.json")
    outputs = {entry["source"]: Path(entry["output"]).relative_to(tmp_path / "out") for entry in report["imported"]}
    assert len(set(outputs.values())) == 5
    assert sorted(str(path).lower() for path in outputs.values()) == [
        "a/scan.nrrd", "a/scan.volume_01.nrrd", "a/scan_01.nrrd", "a/scan_02.nrrd", "b/scan.nrrd"
    ]  # fmt: skip
    for name, path in outputs.items():
        volume = tmp_path / "out" / path.with_name(path.name.removesuffix(".nrrd") + VOLUME_SUFFIX)
        assert read_volume(volume).array.max() == len(name)
    if overwrite:
        before = sorted(path.name for path in (tmp_path / "out").rglob("*"))
        assert mlseg("supervisely", "import", source, "-o", tmp_path / "out", *options).code == 0
        assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == before


def test_a_project_gets_one_data_set_and_folders_become_data_sets_on_request(mlseg: Any, tmp_path: Path) -> None:
    source = clashing(tmp_path / "in")
    save(source / "top.nii", boxes(1))
    for kind, expected in (
        ("one", {"in": 6}),
        ("folders", {"a": 4, "b": 1, "in": 1}),
    ):
        out = tmp_path / kind
        assert mlseg("supervisely", "import", source, "-o", out, "--format", PROJECT, "--datasets", kind).code == 0
        found: dict[str, list[str]] = {}
        for item in project_items(out).values():
            found.setdefault(item.dataset, []).append(item.name)
        assert {name: len(items) for name, items in found.items()} == expected
        assert all(len({name.lower() for name in names}) == len(names) for names in found.values())


def test_an_archives_name_up_to_the_first_dot_is_the_data_set(mlseg: Any, tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "study.v2.zip", {"x/CT.nii": save(tmp_path / "CT.nii", boxes(1)).read_bytes()})
    assert mlseg("supervisely", "import", archive, "-o", tmp_path / "p", "--format", PROJECT).code == 0
    (item,) = project_items(tmp_path / "p").values()
    assert item.dataset == "study"


def test_existing_output_is_kept_unless_overwriting_is_asked_for(mlseg: Any, tmp_path: Path) -> None:
    source, out = input_of("ex1_basic"), tmp_path / "out"
    out.mkdir()
    (out / "Spine.nrrd").write_bytes(b"mine")
    answer = mlseg("supervisely", "import", source, "-o", out)
    assert answer.code == 3
    assert answer.err == (
        f"left out: Spine.nii.gz: {out / 'Spine.nrrd'}: exists already; overwriting must be asked for (--overwrite)\n"
    )
    assert (out / "Spine.nrrd").read_bytes() == b"mine"
    assert mlseg("supervisely", "import", source, "-o", out, "--overwrite").code == 0
    assert mls.read(out / "Spine.nrrd").labels == ()


def test_an_existing_project_is_replaced_on_request_only(mlseg: Any, tmp_path: Path) -> None:
    source, out = input_of("ex1_basic"), tmp_path / "out"
    written(out, a_segmentation(), an_image())
    before = tree_hash(out)
    answer = mlseg("supervisely", "import", source, "-o", out, "--format", PROJECT)
    assert (answer.code, tree_hash(out)) == (1, before)
    assert "exists already" in answer.err
    assert mlseg("supervisely", "import", source, "-o", out, "--format", PROJECT, "--overwrite").code == 0
    assert len(project_items(out)) == 2


@pytest.mark.parametrize("place", ["out", "CTChest", ""])
@pytest.mark.parametrize("format_id", ["mitk-nrrd", PROJECT])
def test_output_inside_the_input_is_refused(place: str, format_id: str, mlseg: Any, tmp_path: Path) -> None:
    source = copied("ex1_basic", tmp_path)
    before = tree_hash(source)
    answer = mlseg("supervisely", "import", source, "-o", source / place, "--format", format_id, "--overwrite")
    assert (answer.code, tree_hash(source)) == (1, before)
    assert "lies in the input, which is never changed" in answer.err


def test_a_report_inside_the_input_or_in_its_place_is_refused(mlseg: Any, tmp_path: Path) -> None:
    source = copied("ex1_basic", tmp_path)
    archive = make_zip(tmp_path / "s.zip", {"CT.nii": save(tmp_path / "CT.nii", boxes(1)).read_bytes()})
    for given, path in ((source, source / "r.json"), (archive, archive)):
        before = tree_hash(given)
        answer = mlseg("supervisely", "import", given, "-o", tmp_path / "out", "--json", path)
        assert (answer.code, tree_hash(given)) == (1, before)
        assert "lies in the input" in answer.err


def test_a_folder_of_the_output_that_would_be_the_input_is_not_written_to(mlseg: Any, tmp_path: Path) -> None:
    (tmp_path / "in" / "in").mkdir(parents=True)
    save(tmp_path / "in" / "in" / "CT.nii", boxes(1))
    save(tmp_path / "in" / "MR.nii", boxes(1))
    before = tree_hash(tmp_path / "in")
    answer = mlseg("supervisely", "import", tmp_path / "in", "-o", tmp_path)
    assert (answer.code, tree_hash(tmp_path / "in")) == (3, before)
    assert "left out: in/CT.nii: " in answer.err
    assert "lies in the input" in answer.err
    assert (tmp_path / "MR.nrrd").is_file()


def test_a_project_that_holds_the_input_is_not_replaced(mlseg: Any, tmp_path: Path) -> None:
    out = tmp_path / "p"
    written(out, a_segmentation(), an_image())
    save(out / "CT.nii", boxes(1))
    before = tree_hash(out)
    answer = mlseg("supervisely", "import", out / "ds0", "-o", out, "--format", PROJECT, "--overwrite")
    assert (answer.code, tree_hash(out)) == (1, before)
    assert "the input lies in it" in answer.err


def test_an_output_that_is_a_file_is_named(mlseg: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    answer = mlseg("supervisely", "import", input_of("ex1_basic"), "-o", tmp_path / "out")
    assert answer.code == 1
    assert f"{tmp_path / 'out'}: the folder cannot be made (" in answer.err
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("stop_at", [0, 1])
@pytest.mark.parametrize("format_id", ["mitk-nrrd", PROJECT])
def test_ctrl_c_leaves_nothing_half_made(
    stop_at: int, format_id: str, mlseg: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def interrupted(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) > stop_at:
            raise KeyboardInterrupt
        return read_case(*arguments, **options)

    monkeypatch.setattr("MultiLabelSegLib.datasets.supervisely.importing.cases.read_case", interrupted)
    out = tmp_path / "out"
    answer = mlseg("supervisely", "import", input_of("ex1_basic"), "-o", out, "--format", format_id)
    assert answer.code == 130
    if stop_at and format_id != PROJECT:
        assert answer.err == f"mlseg: cancelled; 1 volumes were finished and are in {out}\n"
        assert [path.name for path in out.iterdir()] == ["CTChest.nrrd"]
    else:
        assert answer.err == "mlseg: cancelled; nothing was changed\n"
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--format", "--overlap", "--output-options"])
def test_wrong_options_are_a_matter_of_usage(option: str, mlseg: Any, tmp_path: Path) -> None:
    value = {"--format": "tiff", "--overlap": "no", "--output-options": "nonsense=1"}[option]
    answer = mlseg("supervisely", "import", input_of("ex1_basic"), "-o", tmp_path / "out", option, value)
    assert (answer.code, value.partition("=")[0] in answer.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_mapping_without_existing_volumes_is_a_matter_of_usage(mlseg: Any, tmp_path: Path) -> None:
    for options in (["--mapping", "m.json"], ["--dataset-id", "3"]):
        answer = mlseg("supervisely", "import", input_of("ann_dataset_names"), "-o", tmp_path / "out", *options)
        assert (answer.code, "existing" in answer.err) == (2, True)


# ---- how it is understood -----------------------------------------------------------------------------------------
def test_layout_by_name_takes_plane_words_for_names(mlseg: Any, tmp_path: Path) -> None:
    options = ["--layout", "by-name", "--json", tmp_path / "r.json"]
    answer = mlseg("supervisely", "import", input_of("ex2_semantic"), "-o", tmp_path / "out", *options)
    report = report_of(tmp_path / "r.json")
    assert answer.code == 3
    assert {entry["layout"] for entry in report["imported"]} == {"by-name"}
    assert len(report["imported"]) == 6
    assert [remark["path"] for remark in report["left_out"]] == ["cls_color_map.txt"]


@pytest.mark.parametrize("mode", ["semantic", "instance"])
def test_modes_can_be_forced(mode: str, mlseg: Any, tmp_path: Path) -> None:
    for name in ("ex2_semantic", "ex2_instance"):
        out = tmp_path / name
        assert mlseg("supervisely", "import", input_of(name), "-o", out, f"--{mode}").code == 0
        labels = [label for path in sorted(out.iterdir()) for label in mls.read(path).labels]
        assert {label.properties[MODE] for label in labels} == {mode}
    both = mlseg("supervisely", "import", input_of(name), "-o", tmp_path / "x", "--semantic", "--instance")
    assert both.code == 2


def shifted_mask(root: Path) -> Path:
    """A volume with one mask on its grid and one that is finer."""
    (root / "v").mkdir(parents=True)
    save(root / "v.nii", boxes(1, dtype=np.int16))
    save(root / "v" / "good.nii", boxes(1))
    fine = np.repeat(boxes(0, 2), 2, axis=0)
    affine = np.array([[0.375, 0, 0, -3.6875], [0, 1.25, 0, 2.25], [0, 0, 2.0, -9.0], [0, 0, 0, 1.0]])
    save(root / "v" / "fine.nii", fine, affine)
    return root


def test_a_mask_on_another_grid_is_refused_with_both_and_resampled_on_request(mlseg: Any, tmp_path: Path) -> None:
    source = shifted_mask(tmp_path / "in")
    answer = mlseg("supervisely", "import", source, "-o", tmp_path / "a")
    assert answer.code == 3
    assert answer.err.startswith("left out: v/fine.nii: ")
    assert "0.375" in answer.err
    assert "0.75" in answer.err
    assert [label.name for label in mls.read(tmp_path / "a" / "v.nrrd").labels] == ["good"]
    assert mlseg("supervisely", "import", source, "-o", tmp_path / "b", "--resample").code == 0
    found = mls.read(tmp_path / "b" / "v.nrrd")
    assert {label.name: found.voxels(label.value) for label in found.labels} == {"good": 4, "fine": 4}


@pytest.mark.parametrize(("given", "frames"), [("0", [0, 3]), ("1", [2]), ("auto", [0, 3])])
def test_layers_may_count_from_0(given: str, frames: list[int], mlseg: Any, tmp_path: Path) -> None:
    source = copied("ex4_scores", tmp_path)
    (source / "axl_score.csv").write_text("Layer,Label-2\n0,0.5\n3,0.25\n")
    options = ["--layers-from", given, "--json", tmp_path / "r.json"]
    assert mlseg("supervisely", "import", source, "-o", tmp_path / "out", *options).code == 0
    report = report_of(tmp_path / "r.json")
    (label,) = [one for one in report["imported"][0]["labels"] if one["class_id"] == 2]
    assert [int(frame) for frame in label["scores"]["0-0-1"]] == frames
    told = [note for note in report["notes"] if note["path"] == "axl_score.csv"]
    assert bool(told) == (given == "1")


def test_layers_may_be_counted_as_the_file_shows_them(mlseg: Any, tmp_path: Path) -> None:
    source = copied("ex4_scores", tmp_path)
    for name in ("axl_anatomic", "axl_inference"):
        image = nib.load(source / f"{name}.nii")
        turned = np.asarray(image.dataobj)[:, :, ::-1]
        affine = image.affine @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, turned.shape[2] - 1], [0, 0, 0, 1]])
        save(source / f"{name}.nii", np.ascontiguousarray(turned), affine)
    slices = turned.shape[2]
    for order, first in (("file", 2), ("geometry", slices - 3)):
        options = ["--layer-order", order, "--json", tmp_path / "r.json"]
        assert mlseg("supervisely", "import", source, "-o", tmp_path / order, *options).code == 0
        label = report_of(tmp_path / "r.json")["imported"][0]["labels"][0]
        assert label["scores"]["0-0-1"][str(first)] == {"score": "0.80", "comment": None}


def test_overlaps_in_a_label_map_need_a_choice(mlseg: Any, tmp_path: Path) -> None:
    answer = mlseg("supervisely", "import", input_of("ex1_basic"), "-o", tmp_path / "out", "--format", "labelmap")
    assert answer.code == 3, "lung and tumor overlap, which one label map cannot hold"
    assert "left out: CTChest.nii.gz: " in answer.err
    assert "--overlap" in answer.err
    assert not (tmp_path / "out" / "CTChest.nii.gz").exists()
    more = ["--format", "labelmap", "--overlap", "combine", "--overwrite"]
    assert mlseg("supervisely", "import", input_of("ex1_basic"), "-o", tmp_path / "out", *more).code == 0
    assert len(mls.read(tmp_path / "out" / "CTChest.nii.gz").labels) == 5


def test_quiet_prints_what_was_left_out_and_nothing_else(mlseg: Any, tmp_path: Path) -> None:
    source = shifted_mask(tmp_path / "in")
    answer = mlseg("supervisely", "import", source, "-o", tmp_path / "out", "-q")
    assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)


def test_the_help_lists_every_format_and_exit_code(mlseg: Any) -> None:
    answer = mlseg("supervisely", "import", "--help")
    assert answer.code == 0
    assert supervisely_import.PROJECT in answer.out
    assert "Exit codes: 0 all is in, 3 something was left out" in answer.out


def test_other_commands_say_how_a_project_is_read(mlseg: Any, tmp_path: Path) -> None:
    project = tmp_path / "p"
    written(project, a_segmentation(), an_image())
    annotation = next(project.glob("*/ann/*.json"))
    for arguments in (["convert", "-i", project, "-o", tmp_path / "out.nrrd"], ["info", project], ["info", annotation]):
        done = mlseg(*arguments)
        assert done.code == 1
        assert f"mlseg supervisely import {project} -o OUT" in done.err
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.docx").write_text("x")
    assert "supervisely" not in mlseg("info", tmp_path / "other" / "x.docx").err
