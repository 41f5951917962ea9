"""The one path by which everything is written: damage is found before the old file is touched, nothing is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.errors import FormatError, LossError, OptionError, UnsupportedFormatError, WriteError
from MultiLabelSegLib.formats.registry import formats, read_segmentation
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.saving import execute, plan_write, write_segmentation
from MultiLabelSegLib.formats.staging import Stage
from Testing.formats.map_cases import OBLIQUE, STRAIGHT, a_map, differing, left_behind, overlapping

#: an output of every writer, and the options that choose it
OUTPUTS: dict[str, dict[str, Any]] = {
    "m.nrrd": {},
    "m.seg.nrrd": {},
    "stack.nii.gz": {"options": {"Save strategy": "instance"}},
    "stack.nrrd": {"options": {"Save strategy": "group"}},
    "stack.mha": {"options": {"Save strategy": "instance", "Instance value": "binary"}},
    "map.nii.gz": {"format_id": "labelmap"},
    "map.nii": {"format_id": "labelmap"},
    "map.nrrd": {"format_id": "labelmap"},
    "map.mha": {"format_id": "labelmap"},
    "map.mhd": {"format_id": "labelmap"},
    "table.nii.gz": {"format_id": "labelmap", "options": {"label_table": "totalsegmentator"}},
    "map.dcm": {"options": {"synthetic": True}},
    "bits.dcm": {"options": {"synthetic": True, "encoding": "binary"}},
    "folder": {"format_id": "label-folder"},
    "folder2": {"format_id": "label-folder", "options": {"image_suffix": ".mha"}},
}


def write(path: Path, segmentation: Segmentation, **more: Any) -> Path:
    return write_segmentation(segmentation, path, **OUTPUTS[path.name], **more).main[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_writer_is_among_the_outputs() -> None:
    written = {found.id for found in formats() if found.writer}
    chosen = {plan_write(a_map(), Path(name), **how).format.id for name, how in OUTPUTS.items()}
    assert chosen == written


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_is_written_reads_back_the_same_and_nothing_else_is_left(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, a_map())
    format_id = OUTPUTS[name].get("format_id")
    assert differing(a_map(), read_segmentation(path, format_id=format_id)) == []
    assert left_behind(tmp_path) == []


def _flip(data: bytearray) -> None:
    data[-len(data) // 3] ^= 0x10


def _truncate(data: bytearray) -> None:
    del data[-3:]


def _rename(data: bytearray) -> None:
    data[:] = bytes(data).replace(b"Liver", b"River")


def _empty(data: bytearray) -> None:
    data.clear()


def spoiled(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytearray], None], kinds: tuple[str, ...]) -> list[Path]:
    """Lets every writer spoil the first staged file with one of these endings before it is verified."""
    done: list[Path] = []
    for found in formats():
        writer = found.writer

        def damaging(request: Any, writer: Any = writer) -> Path:
            written = writer(request)
            for final in request.stage.paths:
                data = bytearray(request.stage.staged(final).read_bytes())
                before = bytes(data)
                if not done and final.name.endswith(kinds):
                    spoil(data)
                    if data != before:
                        request.stage.staged(final).write_bytes(data)
                        done.append(final)
            return written

        monkeypatch.setitem(found.__dict__, "writer", damaging)
    return done


_IMAGES = (".nrrd", ".nii.gz", ".nii", ".mha", ".zraw", ".dcm")


@pytest.mark.parametrize("spoil", [_flip, _truncate, _empty])
@pytest.mark.parametrize("name", OUTPUTS)
def test_damaged_voxels_are_found_and_the_old_file_stays(
    tmp_path: Path, name: str, spoil: Callable[[bytearray], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Segmentation(OBLIQUE, [Group(np.ones((1, *OBLIQUE.shape), np.uint8), [Label(1, "old")])])
    write(tmp_path / name, old)
    before = contents(tmp_path)
    done = spoiled(monkeypatch, spoil, _IMAGES)
    with pytest.raises(WriteError, match="nothing was replaced"):
        write(tmp_path / name, a_map(), overwrite=True)
    assert done
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name not in ("m.nrrd", "m.seg.nrrd")])
def test_a_label_that_was_renamed_on_the_way_is_found(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = spoiled(monkeypatch, _rename, (".json", ".txt", ".dcm"))
    if name == "table.nii.gz":
        monkeypatch.setattr(
            "MultiLabelSegLib.formats.labelmap.extension_of", lambda *_: (0, b'<LabelTable><Label Key="1">x</Label>')
        )
    with pytest.raises(WriteError, match="nothing was replaced"):
        write(tmp_path / name, a_map())
    assert done or name == "table.nii.gz"
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("name", ["m.nrrd", "m.seg.nrrd"])
def test_a_label_that_was_renamed_in_a_header_is_found(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = spoiled(monkeypatch, _rename, (".nrrd",))
    with pytest.raises(WriteError, match="nothing was replaced"):
        write(tmp_path / name, a_map())
    assert done
    assert contents(tmp_path) == {}


def test_a_colour_that_was_changed_in_a_table_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def recolour(data: bytearray) -> None:
        data[:] = (
            bytes(data)
            .replace(b"  255     0     0", b"    0     0   255")
            .replace(b" 255    0    0", b"   0    0  255")
        )

    done = spoiled(monkeypatch, recolour, (".txt",))
    with pytest.raises(WriteError, match="colour"):
        write(tmp_path / "map.nii.gz", a_map())
    assert done


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / name, a_map())
    before = contents(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WriteError, match="No space left"):
        write(tmp_path / name, a_map(), overwrite=True)
    assert contents(tmp_path) == before
    assert left_behind(tmp_path) == []


def test_a_write_that_is_cancelled_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "map.nii.gz", a_map())
    before = contents(tmp_path)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stage, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "map.nii.gz", a_map(), overwrite=True)
    assert contents(tmp_path) == before


def test_a_plan_says_what_would_be_written_and_writes_nothing(tmp_path: Path) -> None:
    plan = plan_write(overlapping(3), tmp_path / "m.nii.gz", overlap="split-files")
    assert [part.path.name for part in plan.parts] == ["m_group_0.nii.gz", "m_group_1.nii.gz", "m_group_2.nii.gz"]
    assert "names and properties of groups" in plan.parts[0].kept_beside
    assert contents(tmp_path) == {}
    assert [path.name for path in execute(plan).main] == [part.path.name for part in plan.parts]


def test_one_existing_file_of_several_stops_all(tmp_path: Path) -> None:
    (tmp_path / "m_group_2.nii.gz").write_text("precious")
    with pytest.raises(FormatError, match=r"m_group_2\.nii\.gz: exists already"):
        write_segmentation(overlapping(3), tmp_path / "m.nii.gz", overlap="split-files")
    assert contents(tmp_path) == {"m_group_2.nii.gz": b"precious"}


@pytest.mark.parametrize("beside", ["m.label.txt", "m.nii.gz.mlseg.json"])
def test_files_beside_the_output_need_overwrite_too(tmp_path: Path, beside: str) -> None:
    (tmp_path / beside).write_text("precious")
    with pytest.raises(FormatError, match="exists already"):
        write_segmentation(overlapping(2), tmp_path / "m.nii.gz", overlap="combine")
    assert contents(tmp_path) == {beside: b"precious"}


def test_overlaps_are_refused_with_pairs_and_counts(tmp_path: Path) -> None:
    with pytest.raises(LossError) as error:
        write_segmentation(overlapping(2), tmp_path / "m.nii.gz")
    assert "the overlap of 3 'low 0' and 1003 'low 1' (1 voxels)" in error.value.losses
    assert "the overlap of 900 'high 0' and 1900 'high 1' (3 voxels)" in error.value.losses


def test_frames_that_a_format_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match="3 frames"):
        write_segmentation(a_map(STRAIGHT, frames=3), tmp_path / "m.gipl")
    assert contents(tmp_path) == {}


def test_turned_axes_that_a_format_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match="directions"):
        write_segmentation(a_map(), tmp_path / "m.gipl.gz")
    sheared = Geometry(STRAIGHT.shape, STRAIGHT.ijk_to_lps + np.eye(4)[[1, 0, 2, 3]] * [0.3, 0, 0, 0])
    with pytest.raises(UnsupportedFormatError, match="right angles|orthogonal|shear"):
        write_segmentation(a_map(sheared), tmp_path / "m.nii.gz")
    assert contents(tmp_path) == {}


def test_unknown_choices_name_the_possible_ones(tmp_path: Path) -> None:
    for wrong in ({"overlap": "guess"}, {"sidecar": "maybe"}, {"format_id": "x"}, {"options": {"label_table": "y"}}):
        with pytest.raises(OptionError, match="expected"):
            write_segmentation(a_map(), tmp_path / "m.nii.gz", **wrong)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="nowhere does not exist"):
        write_segmentation(a_map(), tmp_path / "nowhere" / "m.nrrd")


def test_a_folder_in_the_place_of_a_file_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "m.nii.gz" / "inner").mkdir(parents=True)
    with pytest.raises(FormatError, match=r"m\.nii\.gz"):
        write_segmentation(a_map(), tmp_path / "m.nii.gz", overwrite=True)
    assert (tmp_path / "m.nii.gz" / "inner").is_dir()
    assert left_behind(tmp_path) == []


def test_a_link_is_replaced_where_it_is_named_and_its_target_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "t.nrrd").write_text("precious")
    (tmp_path / "m.nrrd").symlink_to(tmp_path / "elsewhere" / "t.nrrd")
    write_segmentation(a_map(), tmp_path / "m.nrrd", overwrite=True)
    assert (tmp_path / "elsewhere" / "t.nrrd").read_text() == "precious"
    assert differing(a_map(), read_segmentation(tmp_path / "m.nrrd")) == []


def test_the_report_of_a_write_names_all_paths(tmp_path: Path) -> None:
    result = write_segmentation(overlapping(2), tmp_path / "m.nii.gz", overlap="combine", report=Report())
    names = sorted(path.name for path in result.paths)
    assert names == ["m.label.txt", "m.nii.gz", "m.nii.gz.mlseg.json"] == sorted(contents(tmp_path))
    body = json.loads((tmp_path / "m.nii.gz.mlseg.json").read_text(encoding="utf-8"))
    assert body["overlap"]["strategy"] == "combine"
