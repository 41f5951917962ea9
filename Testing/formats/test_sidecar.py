"""The sidecar: what a target cannot hold comes back through it, and a wrong one never changes what is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import LossError
from MultiLabelSegLib.formats.registry import read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import write_segmentation
from MultiLabelSegLib.formats.sidecar import seal, sidecar_path
from Testing.formats.map_cases import OBLIQUE, STRAIGHT, a_map, differing, full_label, left_behind, overlapping


def read(path: Path, report: Report | None = None) -> Segmentation:
    """As a label map whatever the suffix."""
    return read_segmentation(path, format_id="labelmap", report=report)


def combined(path: Path, folds: int = 3, geometry: Geometry = OBLIQUE, frames: int = 1) -> Segmentation:
    mine = overlapping(folds, geometry, frames)
    write_segmentation(mine, path, format_id="labelmap", overlap="combine")
    return mine


@pytest.mark.parametrize("folds", [2, 3, 12])
@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".mhd", ".nrrd", ".gipl.gz"])
def test_combined_overlaps_are_taken_apart_exactly(tmp_path: Path, folds: int, suffix: str) -> None:
    path = tmp_path / f"größe {folds}{suffix}"
    mine = combined(path, folds, STRAIGHT if suffix == ".gipl.gz" else OBLIQUE)
    found = read(path)
    assert differing(mine, found) == []
    assert (found.uid, found.unlabeled_locked, found.properties) == ("1.2.3", True, {"n": 2})
    assert [group.properties for group in found.groups] == [{"reviewed": True}] * folds
    assert left_behind(tmp_path) == []


def test_combined_overlaps_of_several_frames_are_taken_apart_exactly(tmp_path: Path) -> None:
    mine = combined(tmp_path / "t.nii.gz", 3, frames=3)
    assert differing(mine, read(tmp_path / "t.nii.gz")) == []


def test_locks_flags_properties_and_times_survive_in_a_label_map(tmp_path: Path) -> None:
    geometry = Geometry(OBLIQUE.shape, OBLIQUE.ijk_to_lps, 2, (0.0, 1.5, 4.0))
    array = np.zeros(geometry.full_shape, np.uint16)
    array[1, 0, 0, 0] = 9
    labels = [full_label(9, "A"), full_label(65535, "B\n")]
    mine = Segmentation(geometry, [Group(array, labels, "G", {"list": [1, {"a": None}]})], properties={"p": 1.5})
    write_segmentation(mine, tmp_path / "m.nii.gz")
    found = read(tmp_path / "m.nii.gz")
    assert differing(mine, found) == []
    assert (found.geometry.time_bounds, found.properties) == ((0.0, 1.5, 4.0), {"p": 1.5})


def test_by_priority_covered_voxels_are_gone_but_groups_and_labels_stay(tmp_path: Path) -> None:
    report = Report()
    mine = overlapping(2)
    write_segmentation(mine, tmp_path / "m.nii.gz", overlap="priority", report=report)
    found = read(tmp_path / "m.nii.gz")
    assert [group.labels for group in found.groups] == [group.labels for group in mine.groups]
    assert [found.voxels(value) for value in (3, 900, 1003, 1900)] == [1, 4, 0, 1]
    assert any("3 voxels of label 1900 are covered" in str(note) for note in report.notes)


def test_split_files_hold_one_group_each(tmp_path: Path) -> None:
    mine = overlapping(3)
    result = write_segmentation(mine, tmp_path / "m.nii.gz", overlap="split-files")
    assert [path.name for path in result.main] == [f"m_group_{index}.nii.gz" for index in range(3)]
    for index, path in enumerate(result.main):
        part = read(path)
        assert part.groups[0].labels == mine.groups[index].labels
        assert np.array_equal(part.groups[0].array, mine.groups[index].array)
        assert part.groups[0].name == f"group {index}"


def test_auto_writes_none_where_nothing_is_lost_and_removes_a_stale_one(tmp_path: Path) -> None:
    path = tmp_path / "m.nii.gz"
    combined(path)
    assert sidecar_path(path).is_file()
    write_segmentation(a_map(), path, overwrite=True)
    assert not sidecar_path(path).exists()
    assert differing(a_map(), read(path)) == []


@pytest.mark.parametrize("name", ["m.nrrd", "m.seg.nrrd", "m.mitklabel.json", "m.nii.gz", "folder"])
def test_always_writes_one_beside_every_format_and_it_changes_nothing(tmp_path: Path, name: str) -> None:
    format_id = "label-folder" if name == "folder" else None
    result = write_segmentation(a_map(), tmp_path / name, format_id=format_id, sidecar="always")
    assert sidecar_path(result.main[0]).is_file()
    report = Report()
    assert differing(a_map(), read_segmentation(result.main[0], report=report)) == []
    assert not any("sidecar" in str(note) for note in report.notes)


def test_never_refuses_what_it_would_lose_with_the_list(tmp_path: Path) -> None:
    with pytest.raises(LossError) as error:
        write_segmentation(overlapping(2), tmp_path / "m.nii.gz", overlap="combine", sidecar="never")
    text = str(error.value)
    for part in ("2 groups", "names and properties of groups", "locks", "properties of the data set", "combined"):
        assert part in text
    assert list(tmp_path.iterdir()) == []


def test_never_writes_nothing_beside_when_nothing_is_lost(tmp_path: Path) -> None:
    write_segmentation(a_map(), tmp_path / "m.nii.gz", sidecar="never")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.label.txt", "m.nii.gz"]


def test_names_that_no_utf8_text_holds_survive_in_the_sidecar(tmp_path: Path) -> None:
    label = Label(1, "half \ud83e", description="\udfff")
    mine = Segmentation(STRAIGHT, [Group(np.zeros((1, *STRAIGHT.shape), np.uint8), [label])])
    write_segmentation(mine, tmp_path / "m.nii.gz")
    assert read(tmp_path / "m.nii.gz").labels == (label,)


@pytest.mark.parametrize("suffix", [".nii.gz", ".mhd", ".mha"])
def test_a_sidecar_of_other_voxels_is_ignored_with_a_note(tmp_path: Path, suffix: str) -> None:
    path, other = tmp_path / f"m{suffix}", tmp_path / f"o{suffix}"
    combined(path)
    write_segmentation(a_map(), other, format_id="labelmap")
    voxels = ".zraw" if suffix == ".mhd" else suffix
    path.with_name("m" + voxels).write_bytes(other.with_name("o" + voxels).read_bytes())
    if suffix == ".mhd":
        text = other.read_text().replace("o.zraw", "m.zraw")
        path.write_text(text)
    report = Report()
    found = read(path, report)
    assert np.array_equal(found.groups[0].array, a_map().groups[0].array)
    assert any("changed after" in str(note) for note in report.notes)


def test_voxels_that_change_behind_an_unchanged_header_are_noticed(tmp_path: Path) -> None:
    array = np.zeros((1, *OBLIQUE.shape), np.uint8)
    parts = []
    for name, place in (("a", 0), ("b", 7)):
        changed = array.copy()
        changed.reshape(-1)[place] = 1
        (tmp_path / name).mkdir()
        write_segmentation(Segmentation(OBLIQUE, [Group(changed, [full_label(1, "x")])]), tmp_path / name / "m.mhd")
        parts.append(tmp_path / name)
    assert (parts[0] / "m.mhd").read_bytes()[:40] == (parts[1] / "m.mhd").read_bytes()[:40]
    (parts[0] / "m.zraw").write_bytes((parts[1] / "m.zraw").read_bytes())
    (parts[0] / "m.mhd").write_bytes((parts[1] / "m.mhd").read_bytes())
    report = Report()
    read(parts[0] / "m.mhd", report)
    assert any("changed after" in str(note) for note in report.notes)


def _set(*keys: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        place: Any = body
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to

    return change


DAMAGE = {
    "newer": _set("version", to=2),
    "no version": _set("version", to=None),
    "true as version": _set("version", to=True),
    "another type": _set("type", to="x"),
    "main is no object": _set("main", to=3),
    "no document": lambda body: body.pop("document"),
    "document is a list": _set("document", to=[]),
    "extras are a list": _set("document", "extras", to=[1]),
    "uid is a number": _set("document", "uid", to=3),
    "lock is text": _set("document", "unlabeled_locked", to="no"),
    "properties are text": _set("document", "properties", to="p"),
    "times of another kind": _set("document", "time_bounds", to=["a", {}]),
    "times fall": _set("document", "time_bounds", to=[3, 1]),
    "no groups": _set("groups", to=[]),
    "one group less": lambda body: body["groups"].pop(),
    "groups are text": _set("groups", to="x"),
    "70000": _set("groups", 0, "labels", 0, "value", to=70000),
    "a value twice": _set("groups", 0, "labels", 0, "value", to=1003),
    "another value": _set("groups", 0, "labels", 0, "value", to=4444),
    "a name of another type": _set("groups", 0, "labels", 0, "name", to=7),
    "overlap is a list": _set("overlap", to=[1]),
    "combinations are a list": _set("overlap", "combinations", to=[1]),
    "a combination of 70000": _set("overlap", "combinations", to={"70000": [3, 1003]}),
    "a combination of nothing": _set("overlap", "combinations", to={"5": []}),
    "a negative combination": _set("overlap", "combinations", to={"-5": [3, 1003]}),
    "an endless combination": _set("overlap", "combinations", to={"9" * 30: [3, 1003]}),
    "a combination of texts": _set("overlap", "combinations", to={"2001": ["a", "b"]}),
    "a combination of lists": _set("overlap", "combinations", to={"2001": [[3], [4]]}),
    "a combination of unknown labels": _set("overlap", "combinations", to={"2001": [5, 6]}),
    "a combination is a number": _set("overlap", "combinations", to={"2001": 3}),
    "no combinations": lambda body: body["overlap"].pop("combinations"),
}


#: with a fitting seal, these are sidecars of other labels, which is no damage
_FORGED = [name for name in DAMAGE if name not in ("another value", "no combinations")]


@pytest.mark.parametrize(
    ("name", "is_forged"), [*((name, False) for name in DAMAGE), *((name, True) for name in _FORGED)]
)
def test_a_damaged_or_newer_sidecar_is_ignored_with_a_note(tmp_path: Path, name: str, is_forged: bool) -> None:
    path = tmp_path / "m.nii.gz"
    combined(path, 2)
    sidecar = sidecar_path(path)
    body = json.loads(sidecar.read_text(encoding="utf-8"))
    sidecar.unlink()
    plain = read(path)
    DAMAGE[name](body)
    if is_forged:
        body["seal"] = seal(body)
    sidecar.write_text(json.dumps(body), encoding="utf-8")
    report = Report()
    found = read(path, report)
    assert differing(plain, found) == []
    assert [str(note).startswith(str(sidecar)) for note in report.notes if "ignored" in str(note)] == [True]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\x00", b"[1]", b"null", b"[" * 100_000, b'{"a":' * 50_000, b"\0" * 100]
)
def test_what_is_no_json_is_ignored_with_a_note(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.nii.gz"
    combined(path, 2)
    sidecar_path(path).write_bytes(content)
    report = Report()
    assert len(read(path, report).groups) == 1
    assert any("sidecar is ignored" in str(note) for note in report.notes)


def test_a_folder_in_the_sidecars_place_stops_nothing(tmp_path: Path) -> None:
    write_segmentation(a_map(), tmp_path / "m.nii.gz")
    sidecar_path(tmp_path / "m.nii.gz").mkdir()
    assert differing(a_map(), read(tmp_path / "m.nii.gz")) == []


def test_changed_values_are_kept_in_the_sidecar(tmp_path: Path) -> None:
    write_segmentation(a_map(), tmp_path / "m.nii.gz", values={3: 1, 700: 300})
    body = json.loads(sidecar_path(tmp_path / "m.nii.gz").read_text(encoding="utf-8"))
    assert body["values"] == {"3": 1, "700": 300}
