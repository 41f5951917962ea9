"""Importing whole inputs: one bad file never stops the others, every file is named once, nothing is changed."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import MultiLabelSegLib as mls
from MultiLabelSegLib.core import Image
from MultiLabelSegLib.datasets.supervisely.importing.data_sets import import_data_set
from MultiLabelSegLib.datasets.supervisely.importing.options import ImportOptions
from MultiLabelSegLib.datasets.supervisely.importing.report import ImportReport
from MultiLabelSegLib.datasets.supervisely.importing.targets import FileTarget, ProjectTarget
from MultiLabelSegLib.datasets.supervisely.object_properties import scores_of
from MultiLabelSegLib.errors import DatasetError, OptionError
from MultiLabelSegLib.formats.report import Cancelled
from Testing.datasets.supervisely.archive_cases import SUFFIXES, make_archive, make_zip
from Testing.datasets.supervisely.golden_cases import ROOT
from Testing.datasets.supervisely.imported import assert_every_file_is_named, input_of, tree_hash
from Testing.datasets.supervisely.test_case_reader import AFFINE, SIZE, boxes, save
from Testing.datasets.supervisely.test_discovery_properties import FOLDERS, LAYOUTS, STEMS


def imported(source: Path, **options: Any) -> ImportReport:
    """The report of an import into a folder ``out`` beside the input, which stays as it was."""
    before = tree_hash(source)
    report = import_data_set(source, FileTarget(source.parent / "out"), ImportOptions(**options))
    assert tree_hash(source) == before
    if source.is_dir():
        assert_every_file_is_named(source, report.as_json())
    return report


def outcome(report: ImportReport) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The classes of the imported volumes, and the reasons of what was left out."""
    classes = {entry.source: sorted(label["class"] for label in entry.labels) for entry in report.imported}
    return classes, {remark.path: remark.reason for remark in report.left_out}


def tree(root: Path, **files: Any) -> Path:
    """A folder of files: arrays become NIfTI images, texts text; ``a__b_nii`` is ``a/b.nii``."""
    for key, content in files.items():
        place(root, key.replace("__", "/"), content)
    return root


def place(root: Path, name: str, content: Any) -> None:
    """One file."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, np.ndarray):
        save(path, content)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content)


def a_data_set(root: Path, **more: Any) -> Path:
    """Two volumes by name, one with two masks, and one by plane with a semantic mask."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in {
        "CT.nii": volume(), "CT/lung.nii": boxes(1, 2), "CT/liver.nii": boxes(0, 0, 1), "MR.nii": volume(),
        "knee/axl_anatomic.nii": volume(), "knee/axl_inference.nii": boxes(1, 4),
        "knee/cls_color_map.txt": "1 Femur 255 0 0\n", "knee/axl_score.csv": "Layer,Label-1\n2,0.5\n", **more,
    }.items():  # fmt: skip
        place(root, name, content)
    return root


WHOLE = {"CT.nii": ["liver", "lung", "lung"], "MR.nii": [], "knee/axl_anatomic.nii": ["Femur", "Segment_4"]}


def volume() -> np.ndarray:
    return np.arange(120, dtype=np.int16).reshape(SIZE)


def nifti_bytes(array: np.ndarray, affine: np.ndarray = AFFINE, **fields: Any) -> bytes:
    image = nib.Nifti1Image(array, affine)
    for name, value in fields.items():
        image.header[name] = value
    return image.to_bytes()


def sheared() -> bytes:
    shear = np.eye(4)
    shear[0, 1] = 0.5
    image = nib.Nifti1Image(volume(), None)
    image.set_sform(AFFINE @ shear, 2)
    return image.to_bytes()


def placeless() -> bytes:
    image = nib.Nifti1Image(volume(), None)
    image.set_sform(None, 0)
    image.set_qform(None, 0)
    return image.to_bytes()


#: name of a fault -> (contents as .nii, what the reason says)
FAULTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "truncated": (lambda: nifti_bytes(volume())[:-20], "20 bytes|ends|truncated|expected"),
    "header only": (lambda: nifti_bytes(volume())[:200], ""),
    "sheared": (sheared, "shear|right angles"),
    "four frames": (lambda: nifti_bytes(np.zeros((*SIZE, 4), np.int16)), "frames|4D|time"),
    "two dimensions": (lambda: nifti_bytes(np.zeros((6, 5), np.int16)), "2 axes"),
    "empty": (lambda: b"", "empty|nothing"),
    "garbage": (lambda: bytes(range(256)) * 9, ""),
    "text": (lambda: b"hello, this is no image", ""),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(600), ""),
    "gzip of nothing": (lambda: gzip.compress(b""), ""),
}


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "name", ["bad", "CT/bad", "knee/cor_anatomic", "knee/axl_inference_2"], ids=["volume", "mask", "plane", "instance"]
)
def test_one_bad_file_is_named_and_never_stops_the_others(name: str, fault: str, suffix: str, tmp_path: Path) -> None:
    content, words = FAULTS[fault]
    data = content() if suffix == ".nii" else gzip.compress(content())
    source = a_data_set(tmp_path / "in", **{name + suffix: data})
    classes, reasons = outcome(imported(source, mask_mode="semantic"))
    assert classes == WHOLE
    assert list(reasons) == [name + suffix]
    assert not words or any(word in reasons[name + suffix] for word in words.split("|")), reasons
    assert str(tmp_path) not in reasons[name + suffix]


def test_a_truncated_gzip_costs_only_itself(tmp_path: Path) -> None:
    data = gzip.compress(nifti_bytes(np.random.default_rng(0).integers(0, 3, SIZE, np.uint8)))
    for keep in (30, len(data) // 2, len(data) - 4):
        source = a_data_set(tmp_path / str(keep) / "in", **{"CT/cut.nii.gz": data[:keep], "cut.nii.gz": data[:keep]})
        classes, reasons = outcome(imported(source))
        assert classes == WHOLE
        assert sorted(reasons) == ["CT/cut.nii.gz", "cut.nii.gz"]


@pytest.mark.parametrize("name", ["MR.nii", "CT/lung.nii", "CT.nii", "knee/axl_inference.nii", "knee/axl_score.csv"])
def test_a_file_that_may_not_be_read_costs_only_itself(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_data_set(tmp_path / "in")
    opened = Path.open

    def denied(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == source / name:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    def read(path: Path) -> bytes:
        with path.open("rb") as file:
            return bytes(file.read())

    before = tree_hash(source)
    monkeypatch.setattr(Path, "open", denied)
    monkeypatch.setattr(Path, "read_bytes", read)
    report = import_data_set(source, FileTarget(tmp_path / "out"))
    monkeypatch.undo()
    assert tree_hash(source) == before
    assert_every_file_is_named(source, report.as_json())
    classes, reasons = outcome(report)
    assert "Permission denied" in reasons[name]
    assert set(WHOLE) - {name} == set(classes)


def test_a_volume_that_says_no_place_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    """With qform and sform both 0 other programs disagree about where the voxels lie."""
    source = a_data_set(tmp_path / "in", **{"bad.nii": placeless(), "CT/bad.nii": placeless()})
    report = imported(source)
    classes, reasons = outcome(report)
    assert {name: classes[name] for name in WHOLE} == WHOLE
    told = {**reasons, **{note.path: note.reason for note in report.notes}}
    assert "orientation" in told["bad.nii"]
    assert "CT/bad.nii" in reasons


def test_a_volume_whose_masks_all_fail_is_imported_without_objects(tmp_path: Path) -> None:
    source = tree(tmp_path / "in")
    place(source, "CT.nii", volume())
    place(source, "CT/lung.nii", b"x")
    place(source, "CT/liver.nii", b"")
    classes, reasons = outcome(imported(source))
    assert classes == {"CT.nii": []}
    assert sorted(reasons) == ["CT/liver.nii", "CT/lung.nii"]


def test_what_belongs_to_a_bad_volume_is_named_with_it(tmp_path: Path) -> None:
    source = a_data_set(tmp_path / "in", **{"CT.nii": b"", "knee/axl_anatomic.nii": sheared()})
    report = imported(source)
    _, reasons = outcome(report)
    assert reasons["CT/lung.nii"] == "its volume CT.nii could not be imported"
    assert reasons["knee/axl_score.csv"] == "its volume knee/axl_anatomic.nii could not be imported"
    assert reasons["knee/cls_color_map.txt"] == "is the colour map of volumes that could not be imported"
    assert [entry.source for entry in report.imported] == ["MR.nii"]


def test_too_little_memory_for_one_volume_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from MultiLabelSegLib.datasets.supervisely.importing import cases as import_cases

    def scarce(case: Any, *arguments: Any, **options: Any) -> Any:
        if case.source == "CT.nii":
            raise MemoryError
        return read(case, *arguments, **options)

    read = import_cases.read_case
    monkeypatch.setattr(import_cases, "read_case", scarce)
    classes, reasons = outcome(imported(a_data_set(tmp_path / "in")))
    assert sorted(classes) == ["MR.nii", "knee/axl_anatomic.nii"]
    assert reasons["CT.nii"] == "there is not enough memory for it"
    assert "CT/lung.nii" in reasons


# ---- what the SDK loses or stops at ---------------------------------------------------------------------------------
def test_equal_names_in_different_folders_are_kept_apart(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for folder, word in (("A", "lung"), ("B", "liver"), ("C/deep", "brain")):
        place(source, f"{folder}/CT.nii.gz", volume())
        place(source, f"{folder}/CT/{word}.nii.gz", boxes(1))
    classes, reasons = outcome(imported(source))
    assert classes == {"A/CT.nii.gz": ["lung"], "B/CT.nii.gz": ["liver"], "C/deep/CT.nii.gz": ["brain"]}
    assert reasons == {}
    assert (tmp_path / "out" / "C" / "deep" / "CT.nrrd").is_file()


def test_class_names_may_hold_plane_words(tmp_path: Path) -> None:
    source = tmp_path / "in"
    words = ["spinal_cord", "coronary", "cortex", "corpus", "sagittal_sinus", "score", "axl", "axillary"]
    place(source, "CT.nii", volume())
    for number, word in enumerate(words):
        array = np.zeros(SIZE, np.uint8)
        array.flat[number] = 1
        place(source, f"CT/{word}.nii", array)
    classes, reasons = outcome(imported(source))
    assert (classes, reasons) == ({"CT.nii": sorted(words)}, {})


def test_upper_case_planes_and_other_separators_are_understood(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for number, (name, mask) in enumerate(
        [("AXL_anatomic", "AXL_inference"), ("cor-Anatomic", "cor-ANN"), ("knee.sag.anatomical", "knee.sag.mask")]
    ):
        place(source, f"{number}/{name}.nii", volume())
        place(source, f"{number}/{mask}.nii", boxes(1))
    report = imported(source)
    assert [(entry.layout, entry.objects) for entry in report.imported] == [("by-plane", 1)] * 3
    assert report.left_out == []


def test_folders_called_converted_are_imported(tmp_path: Path) -> None:
    source = tmp_path / "converted_2024"
    place(source, "converted/CT.nii", volume())
    place(source, "converted/CT/lung.nii", boxes(1))
    assert outcome(imported(source)) == ({"converted/CT.nii": ["lung"]}, {})


def test_a_folder_that_is_called_like_its_volume_does_not_make_masks_of_volumes(tmp_path: Path) -> None:
    source = tmp_path / "CT"
    place(source, "CT.nii", volume())
    place(source, "MR.nii", volume())
    assert outcome(imported(source)) == ({"CT.nii": [], "MR.nii": []}, {})


def test_a_stray_table_and_a_readme_beside_the_map_stop_nothing(tmp_path: Path) -> None:
    source = a_data_set(
        tmp_path / "in",
        **{"results.csv": "a,b\n1,2\n", "knee/README.txt": "how to\nread this\n", "knee/zz.txt": "", "x.json": "{}"},
    )
    classes, reasons = outcome(imported(source))
    assert classes == WHOLE
    assert sorted(reasons) == ["knee/README.txt", "knee/zz.txt", "results.csv", "x.json"]


def test_files_that_belong_to_nothing_are_named(tmp_path: Path) -> None:
    more = {
        "knee/cor_inference.nii": boxes(1), "knee/inference.nii": boxes(1), "knee/cor_score.csv": "Layer,Label-1\n1,1",
        "scan.nrrd": "NRRD0004", "set.7z": b"7z\xbc\xaf'\x1c", "CT/deep/more.nii": b"", "notes.docx": b"x",
    }  # fmt: skip
    classes, reasons = outcome(imported(a_data_set(tmp_path / "in", **more)))
    assert classes == WHOLE
    assert sorted(reasons) == sorted(more)


def test_scores_reach_every_item_of_a_data_set(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for item, score in (("one", "0.1"), ("two", "0.2"), ("deep/three", "0.3")):
        place(source, f"{item}/axl_anatomic.nii", volume())
        place(source, f"{item}/axl_inference.nii", boxes(3))
        place(source, f"{item}/axl_score.csv", f"Layer, Label-3 ,Label-9\n 2 , {score}, \n")
    report = imported(source)
    found = {entry.source.rpartition("/")[0]: entry.labels[0]["scores"] for entry in report.imported}
    assert found == {
        item: {"0-0-1": {"1": {"score": score, "comment": None}}}
        for item, score in (("one", "0.10"), ("two", "0.20"), ("deep/three", "0.30"))
    }
    assert scores_of(mls.read(tmp_path / "out" / "two" / "axl_anatomic.nrrd").labels[0]) == found["two"]


def test_a_probability_map_is_left_out_and_not_made_into_thousands_of_objects(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).random(SIZE).astype(np.float32)
    classes, reasons = outcome(imported(a_data_set(tmp_path / "in", **{"CT/prob.nii": noise})))
    assert classes == WHOLE
    assert list(reasons) == ["CT/prob.nii"]


def test_colours_are_the_same_in_every_run_and_in_every_case(tmp_path: Path) -> None:
    colors = []
    for run in ("1", "2"):
        source = tmp_path / run / "in"
        for case in ("A", "B"):
            place(source, f"{case}.nii", volume())
            place(source, f"{case}/{'spleen' if case == 'A' else 'lung'}.nii", boxes(1, 2))
            place(source, f"{case}/liver.nii", boxes(0, 0, 0, 1))
        found = [(label["class"], label["color"]) for entry in imported(source).imported for label in entry.labels]
        assert len(set(found)) == 3
        assert len({color for _, color in found}) == 3
        colors.append(found)
    assert colors[0] == colors[1]


# ---- several layouts, archives, projects ----------------------------------------------------------------------------
def test_layouts_may_be_mixed_in_one_input(tmp_path: Path) -> None:
    classes, reasons = outcome(imported(a_data_set(tmp_path / "in")))
    assert (classes, reasons) == (WHOLE, {})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_archives_give_what_their_folder_gives(suffix: str, tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "in")
    files = {f"set/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in folder.rglob("*.*")}
    archive = make_archive(tmp_path / f"archive{suffix}", files)
    target = FileTarget(tmp_path / "from archive")
    before = tree_hash(archive)
    found = import_data_set(archive, target)
    assert tree_hash(archive) == before
    assert outcome(found) == (WHOLE, {})
    expected = imported(folder)
    for mine, theirs in zip(found.imported, expected.imported, strict=True):
        assert (mine.files, mine.labels) == (theirs.files, theirs.labels)
        assert mls.read(mine.output).groups[0].array.tobytes() == mls.read(theirs.output).groups[0].array.tobytes()


def test_archives_beside_folders_and_in_archives_are_unpacked_elsewhere(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "data")
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    inner = make_zip(tmp_path / "inner.zip", files).read_bytes()
    source = a_data_set(tmp_path / "in")
    make_zip(source / "more.zip", {"inner.zip": inner, "broken.zip": b"PK\x03\x04"})
    place(source, "damaged.zip", inner[: len(inner) // 2])
    before = tree_hash(source)
    report = import_data_set(source, FileTarget(tmp_path / "out"))
    assert tree_hash(source) == before
    classes, reasons = outcome(report)
    assert classes == {**WHOLE, **{f"more/inner/{name}": found for name, found in WHOLE.items()}}
    assert sorted(reasons) == ["damaged.zip", "more/broken.zip"]


def test_no_temporary_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    import_data_set(input_of("ex1_nested_zip"), FileTarget(tmp_path / "out"))
    with pytest.raises(Cancelled):
        import_data_set(input_of("ex1_nested_zip"), FileTarget(tmp_path / "other"), progress=lambda *_: True)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "other").exists()


def test_cancelling_leaves_a_project_unmade(tmp_path: Path) -> None:
    texts: list[str] = []

    def stop(_fraction: float, text: str) -> bool:
        texts.append(text)
        return len(texts) > 1

    with pytest.raises(Cancelled), ProjectTarget(tmp_path / "p") as target:
        import_data_set(a_data_set(tmp_path / "in"), target, progress=stop)
    assert texts == ["CT.nii", "MR.nii"]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_progress_goes_from_0_to_1(tmp_path: Path) -> None:
    fractions: list[float] = []
    import_data_set(
        a_data_set(tmp_path / "in"), FileTarget(tmp_path / "out"), progress=lambda done, _: fractions.append(done)
    )
    assert fractions == [0, 1 / 3, 2 / 3, 1]


# ---- existing volumes -----------------------------------------------------------------------------------------------
EXISTING = ROOT / "ann_project_mapping"


def annotations(root: Path, **files: Any) -> Path:
    """A copy of the annotations of two data sets, without the mapping, and with more files."""
    for path in (EXISTING / "input" / "dataset_name").rglob("*"):
        if path.is_file() and path.name != "mapping.json":
            place(root, path.relative_to(EXISTING / "input" / "dataset_name").as_posix(), path.read_bytes())
    for name, content in files.items():
        place(root, name, content)
    return root


def counts(report: ImportReport) -> dict[str, int]:
    return {entry.source: entry.objects for entry in report.imported}


ALL_FOUR = {f"dataset_name_{n}/{plane}_anatomic.nrrd": 3 - (plane == "cor") for n in (1, 2) for plane in ("axl", "cor")}


@pytest.mark.parametrize("existing", ["existing_project", "existing.json"])
def test_whole_projects_are_matched_folder_by_folder_without_a_mapping(existing: str, tmp_path: Path) -> None:
    """Where the SDK keeps the masks of the last folder only."""
    report = imported(annotations(tmp_path / "in"), existing=EXISTING / existing)
    assert counts(report) == ALL_FOUR
    assert report.left_out == []


def test_an_empty_target_data_set_means_the_whole_project_and_a_full_one_only_itself(tmp_path: Path) -> None:
    listed = json.loads((EXISTING / "existing.json").read_text())
    empty = next(entry["id"] for entry in listed["datasets"] if not entry["volumes"])
    first = next(entry["id"] for entry in listed["datasets"] if entry["name"] == "dataset_name_1")
    existing = EXISTING / "existing.json"
    assert counts(imported(annotations(tmp_path / "in"), existing=existing, dataset_id=empty)) == ALL_FOUR
    report = imported(annotations(tmp_path / "again" / "in"), existing=existing, dataset_id=first)
    assert counts(report) == {name: count for name, count in ALL_FOUR.items() if name.startswith("dataset_name_1")}
    assert {remark.path.partition("/")[0] for remark in report.left_out} == {"dataset_name_2"}


def test_an_id_that_no_listed_data_set_has_is_refused_and_those_listed_are_named(tmp_path: Path) -> None:
    source = annotations(tmp_path / "in")
    with pytest.raises(
        OptionError, match=r"dataset_id: 4711 is not allowed; .*existing\.json lists: .*\d+ \(dataset_name_1\)"
    ):
        imported(source, existing=EXISTING / "existing.json", dataset_id=4711)
    assert counts(imported(source, existing=EXISTING / "existing_project", dataset_id=4711)) == ALL_FOUR


def test_an_annotation_without_a_plane_is_no_volume_where_volumes_exist_already(tmp_path: Path) -> None:
    mask = (EXISTING / "input/dataset_name/dataset_name_1/axl_inference_1.nii").read_bytes()
    source = annotations(tmp_path / "in", **{"odd/knee_mask.nii": mask})
    report = imported(source, existing=EXISTING / "existing.json")
    assert counts(report) == ALL_FOUR
    assert "lacks the plane" in outcome(report)[1]["odd/knee_mask.nii"]
    assert "odd/knee_mask.nii" not in {note.path for note in report.notes}
    given = tmp_path / "m.json"
    given.write_text('{"dataset_name_1/axl_inference_1.nii": 100}')
    report = imported(
        annotations(tmp_path / "again" / "in", **{"odd/knee_mask.nii": mask}),
        existing=EXISTING / "existing.json",
        mapping=given,
    )
    assert list(counts(report)) == ["dataset_name_1/axl_anatomic.nrrd"]
    assert outcome(report)[1]["odd/knee_mask.nii"] == f"is not in the mapping {given}"


def test_a_mapping_from_elsewhere_goes_before_the_one_in_the_input(tmp_path: Path) -> None:
    source = annotations(tmp_path / "in", **{"mapping.json": '{"axl_inference_1.nii": 7}'})
    given = tmp_path / "other.json"
    given.write_text('{"dataset_name_1/axl_inference_1.nii": 100, "dataset_name_1/gone.nii": 100, "x": "y"}')
    report = imported(source, existing=EXISTING / "existing_project", mapping=given)
    (entry,) = report.imported
    assert (entry.source, entry.files) == (
        "dataset_name_1/axl_anatomic.nrrd", ("dataset_name_1/axl_inference_1.nii", "cls_color_map.txt")
    )  # fmt: skip
    _, reasons = outcome(report)
    assert reasons["mapping.json"] == "another mapping was given"
    assert reasons["dataset_name_2/axl_inference_1.nii"] == f"is not in the mapping {given}"
    told = [note.reason for note in report.notes if note.path == str(given)]
    assert any("gone.nii" in reason for reason in told)
    assert any("'x'" in reason or '"x"' in reason for reason in told)


def test_a_mapping_within_the_input_may_be_given_by_its_path_and_is_no_stray_file(tmp_path: Path) -> None:
    text = '{"dataset_name_1/axl_inference_1.nii": 100}'
    source = annotations(tmp_path / "in", **{"deep/my map.json": text, "mapping.json": "{}"})
    report = imported(source, existing=EXISTING / "existing.json", mapping=source / "deep" / "my map.json")
    assert list(counts(report)) == ["dataset_name_1/axl_anatomic.nrrd"]
    assert "deep/my map.json" in report.imported[0].files
    assert "deep/my map.json" not in outcome(report)[1]
    assert "mapping.json" in outcome(report)[1]


def test_a_mapping_may_name_files_without_plane_or_type_words(tmp_path: Path) -> None:
    mask = (EXISTING / "input/dataset_name/dataset_name_1/axl_inference_1.nii").read_bytes()
    other = (EXISTING / "input/dataset_name/dataset_name_2/axl_inference_1.nii").read_bytes()
    files = {"one.nii": mask, "set/two.nii": other, "mapping.json": '{"one.nii": 100, "set/two.nii": 110}'}
    source = tmp_path / "in"
    for name, content in files.items():
        place(source, name, content)
    report = imported(source, existing=EXISTING / "existing_project")
    assert list(counts(report)) == ["dataset_name_1/axl_anatomic.nrrd", "dataset_name_2/axl_anatomic.nrrd"]
    assert [entry.files for entry in report.imported] == [("one.nii", "mapping.json"), ("set/two.nii", "mapping.json")]
    assert report.left_out == []


def test_an_existing_volume_of_which_no_annotation_can_be_used_is_not_imported_again(tmp_path: Path) -> None:
    text = '{"dataset_name_1/axl_inference_1.nii": 110, "dataset_name_1/axl_score.csv": 110}'
    more = {"mapping.json": text, "dataset_name_1/axl_score.csv": "Layer,Label-1\n1,0.5\n"}
    report = imported(annotations(tmp_path / "in", **more), existing=EXISTING / "existing.json")
    assert report.imported == []
    reasons = outcome(report)[1]
    assert "another grid" in reasons["dataset_name_1/axl_inference_1.nii"]
    assert reasons["dataset_name_1/axl_score.csv"].startswith("no annotation of dataset_name_2/axl_anatomic.nrrd")
    assert reasons["cls_color_map.txt"] == "is the colour map of volumes that could not be imported"
    assert not (tmp_path / "out").exists()


def test_a_mapping_of_nothing_useful_is_named(tmp_path: Path) -> None:
    source = annotations(tmp_path / "in", **{"mapping.json": '{"axl_gone.nii": 100, "b.nii": 0}'})
    report = imported(source, existing=EXISTING / "existing.json")
    assert report.imported == []
    assert outcome(report)[1]["mapping.json"] == "none of the annotations that it maps could be imported"


def test_annotations_without_existing_volumes_are_named_with_what_is_missing(tmp_path: Path) -> None:
    report = imported(annotations(tmp_path / "in"))
    assert report.imported == []
    assert all("--existing" in remark.reason for remark in report.left_out if remark.path.endswith(".nii"))


def test_volumes_and_annotations_for_existing_ones_are_imported_together(tmp_path: Path) -> None:
    source = a_data_set(annotations(tmp_path / "in"))
    report = imported(source, existing=EXISTING / "existing_project")
    assert counts(report) == {**ALL_FOUR, "CT.nii": 3, "MR.nii": 0, "knee/axl_anatomic.nii": 2}


def test_layers_of_files_without_a_plane_have_no_direction_and_their_table_is_named(tmp_path: Path) -> None:
    mask = (EXISTING / "input/dataset_name/dataset_name_1/axl_inference_1.nii").read_bytes()
    listed = json.loads((EXISTING / "existing.json").read_text())
    for dataset in listed["datasets"]:
        for number, entry in enumerate(dataset["volumes"]):
            entry["name"] = f"scan{number}.nrrd"
    existing = tmp_path / "existing.json"
    existing.write_text(json.dumps(listed))
    source = tmp_path / "in"
    for name, content in {
        "one.nii": mask, "one.csv": "Layer,Label-1\n1,0.5\n", "mapping.json": '{"one.nii": 100, "one.csv": 100}'
    }.items():  # fmt: skip
        place(source, name, content)
    for order in ("file", "geometry"):
        report = imported(source, existing=existing, layer_order=order)
        assert [entry.files for entry in report.imported] == [("one.nii", "mapping.json")]
        assert "plane" in outcome(report)[1]["one.csv"]
        for path in (tmp_path / "out").rglob("*.nrrd"):
            path.unlink()


def test_a_mapping_needs_existing_volumes() -> None:
    with pytest.raises(OptionError, match=r"option mapping: 'm\.json' is not allowed; .*as existing"):
        ImportOptions(mapping=Path("m.json"))
    with pytest.raises(OptionError, match="option dataset_id: 7 is not allowed; .*as existing"):
        ImportOptions(dataset_id=7)


def test_an_input_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such folder or file"):
        import_data_set(tmp_path / "no", FileTarget(tmp_path / "out"))


# ---- any tree -------------------------------------------------------------------------------------------------------
GOOD = {
    "volume": nifti_bytes(np.arange(12, dtype=np.int16).reshape(3, 2, 2)),
    "mask": nifti_bytes(np.array([[[0, 1], [2, 1]]] * 3, np.uint8)),
    "other grid": nifti_bytes(np.ones((2, 2, 2), np.uint8)),
    "damaged": nifti_bytes(np.ones((3, 2, 2), np.uint8))[:-3],
    "empty": b"",
}
TEXTS = {
    ".csv": [b"Layer,Label-1\n1,0.5\n", b"a,b\n", b"", b"Layer,Label-7\n99,x\n"],
    ".txt": [b"1 Femur 255 0 0\n", b"# none\n", b"\xff\xfe\x00", b"1 A 1 2 3\n2 B 400 0 0\n"],
    ".json": [b'{"axl_mask.nii": 100}', b"[]", b"{", b'{"CT.nii": "x"}'],
    ".zip": [b"PK\x03\x04broken", b""],
    "": [b"x"],
}
NIFTI = st.builds(
    lambda parts, stem, end, kind: ("/".join([*parts, stem + end]), kind if end == ".nii" else f"{kind} gz"),
    FOLDERS, STEMS, st.sampled_from([".nii", ".nii", ".nii.gz", ".NII.GZ"]), st.sampled_from(sorted(GOOD)),
)  # fmt: skip
OTHERS = st.sampled_from(sorted(TEXTS)).flatmap(
    lambda end: st.tuples(
        st.builds(lambda parts, stem: "/".join([*parts, stem + end]), FOLDERS, STEMS), st.sampled_from(TEXTS[end])
    )
)
FILES = st.lists(st.one_of(NIFTI, NIFTI, OTHERS), min_size=1, max_size=9)


def make(root: Path, files: list[tuple[str, Any]]) -> Path:
    """The files of a drawn tree; a name that another one needs as folder, or has already, is passed over."""
    root.mkdir()
    for name, content in files:
        data = content
        if isinstance(content, str):
            data = gzip.compress(GOOD[content[:-3]]) if content.endswith(" gz") else GOOD[content]
        path = root / name
        if not path.exists() and all(not parent.is_file() for parent in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return root


@given(FILES, LAYOUTS, st.booleans(), st.booleans())
def test_whatever_a_tree_holds_every_file_is_named_once_and_nothing_is_changed(
    files: list[tuple[str, Any]], layout: Any, with_existing: bool, as_project: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = make(Path(folder) / "in", files)
        before = tree_hash(source)
        options = ImportOptions(layout=layout, existing=EXISTING / "existing.json" if with_existing else None)
        out = Path(folder) / "out"
        if as_project:
            with ProjectTarget(out) as target:
                report = import_data_set(source, target, options)
        else:
            report = import_data_set(source, FileTarget(out), options)
        assert tree_hash(source) == before
        assert_every_file_is_named(source, report.as_json())
        outputs = [entry.output for entry in report.imported]
        assert len(outputs) == len({str(path).casefold() for path in outputs})
        assert all(path.exists() for path in outputs)
        assert out.exists() == bool(outputs)
        assert json.loads(report.text())["imported"] == report.as_json()["imported"]


def test_an_image_of_a_volume_is_what_nibabel_reads(tmp_path: Path) -> None:
    """The volume beside a segmentation has the file's numbers, its axes turned to R, A, S."""
    from MultiLabelSegLib.datasets.supervisely.masks.volumes import read_volume

    affine = np.array([[0, 0, -2.0, 9], [-1.25, 0, 0, 4.5], [0, 0.5, 0, -7], [0, 0, 0, 1]])
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "CT.nii.gz", volume(), affine)
    import_data_set(tmp_path / "in", FileTarget(tmp_path / "out", volumes=True))
    found: Image = read_volume(tmp_path / "out" / "CT.volume.nrrd")
    expected = nib.as_closest_canonical(nib.load(tmp_path / "in" / "CT.nii.gz"))
    assert np.array_equal(found.array[0].T, np.asarray(expected.dataobj))
    np.testing.assert_allclose(found.geometry.ijk_to_ras, expected.affine, atol=1e-6)
