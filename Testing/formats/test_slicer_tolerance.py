"""Files of Slicer that leave things out, or that others changed after us: read without losing a voxel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.formats.slicer_seg_nrrd import FORMAT
from Testing.formats.slicer_cases import (
    change_header,
    everything,
    load,
    notes_of,
    one_row,
    rich_segmentation,
    rows,
    save,
    seg_nrrd,
    segment,
)


# ---- tolerance -----------------------------------------------------------------------------------------------------
def test_without_segments_every_value_becomes_one(tmp_path: Path) -> None:
    segmentation = load(seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(0, 3, 5, 5)], {}))
    assert [(label.value, label.name) for label in segmentation.labels] == [(3, "Segment_3"), (5, "Segment_5")]
    assert rows(segmentation) == [[0, 3, 5, 5]]


@pytest.mark.parametrize(("dtype", "kind"), [(np.uint32, "unsigned int"), (np.int64, "long long int")])
def test_voxel_values_beyond_16_bits_get_others_and_are_told(tmp_path: Path, dtype: type, kind: str) -> None:
    layers = [one_row(1, 614454277, 0, 70000, dtype=dtype), one_row(0, 70000, 2, 0, dtype=dtype)]
    keys = {**segment(0, 1), **segment(1, 614454277, name="area"), **segment(2, 70000, 1), **segment(3, 2, 1)}
    path = seg_nrrd(tmp_path / "a.seg.nrrd", layers, keys, kind)
    segmentation = load(path)
    assert [group.values for group in segmentation.groups] == [(1, 5), (6, 2)]
    assert rows(segmentation) == [[1, 5, 0, 7], [0, 6, 2, 0]]
    assert segmentation["area"].properties["Slicer.LabelValue"] == 614454277
    assert "'area' 614454277 -> 5" in notes_of(path)[0]
    assert "without a segment' 70000 -> 7" in notes_of(path)[0]


def test_voxels_without_a_segment_stay_without_a_label(tmp_path: Path) -> None:
    segmentation = load(seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(0, 3, 5)], segment(0, 3)))
    assert segmentation.values == (3,)
    assert rows(segmentation) == [[0, 3, 5]]


def test_a_layer_without_segments_is_a_group_of_its_own(tmp_path: Path) -> None:
    layers = [one_row(1, 0), one_row(0, 0), one_row(4, 4)]
    segmentation = load(seg_nrrd(tmp_path / "a.seg.nrrd", layers, segment(0, 1)))
    assert rows(segmentation) == [[1, 0], [0, 0], [4, 4]]
    assert segmentation.values == (1,)


def test_voxels_without_a_segment_never_become_those_of_a_renumbered_label(tmp_path: Path) -> None:
    keys = {**segment(0, 1, 0), **segment(1, 1, 1)}
    path = seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 0, 2), one_row(1, 2, 3)], keys)
    segmentation = load(path)
    assert segmentation.values == (1, 4)
    assert rows(segmentation) == [[1, 0, 2], [4, 2, 3]]


def test_two_segments_of_the_same_voxels_are_two_labels(tmp_path: Path) -> None:
    path = seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 0)], {**segment(0, 1, name="a"), **segment(1, 1, name="b")})
    segmentation = load(path)
    assert rows(segmentation) == [[1, 0], [2, 0]]
    assert [label.name for label in segmentation.labels] == ["a", "b"]
    assert "segments that overlap others of their group were put into a new group: 'b'" in notes_of(path)


@pytest.mark.parametrize(
    "left_out", ["Segment0_Name", "Segment0_ID", "Segment0_Layer", "Segment0_LabelValue", "Segment0_Color"]
)
def test_missing_keys_have_slicers_defaults(tmp_path: Path, left_out: str) -> None:
    keys = {**segment(0, 1), "Segment0_Color": "1 0 0"}
    del keys[left_out]
    label = load(seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 0)], keys))[1]
    assert label.name == ("s0" if left_out == "Segment0_Name" else "n0")
    assert label.color == ((0.5, 0.5, 0.5) if left_out == "Segment0_Color" else (1.0, 0.0, 0.0))


def test_segments_after_a_gap_in_the_numbers_are_read(tmp_path: Path) -> None:
    keys = {**segment(0, 1), **segment(7, 2)}
    assert load(seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 2)], keys)).values == (1, 2)


def test_unknown_keys_become_properties_and_survive(tmp_path: Path) -> None:
    keys = {**segment(0, 1, Mood="good"), "Study": "x | y"}
    segmentation = load(seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 0)], keys))
    assert segmentation[1].properties["Slicer.Key.Mood"] == "good"
    assert segmentation.properties == {"Slicer.Key.Study": "x | y"}
    assert everything(load(save(segmentation, tmp_path / "b.seg.nrrd"))) == everything(segmentation)


def test_labelled_voxels_outside_of_the_reference_image_are_not_cut_off(tmp_path: Path) -> None:
    reference = "-1;0;0;-1;0;-1;0;0;0;0;1;0;0;0;0;1;0;1;0;0;0;0;"  # two voxels, from x = 1 on
    keys = {**segment(0, 1), "Segmentation_ConversionParameters": f"Reference image geometry|{reference}||&"}
    path = seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 0, 0)], keys)
    segmentation = load(path)
    assert rows(segmentation) == [[1, 0, 0]]
    assert segmentation.geometry.origin == (0, 0, 0)
    assert any("outside of the reference image" in note for note in notes_of(path))


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("1;2;3", ""),
        ("x;" * 22, ""),
        ("nan;" * 16 + "0;1;0;1;0;1;", ""),
        ("0;" * 16 + "0;1;0;1;0;1;", ""),
        ("-1;0;0;0;0;-1;0;0;0;0;1;0;0;0;0;1;0;5;0;-1;0;5;", ""),
        ("-1;0;0;0;0;-1;0;0;0;0;1;0;0;0;0;1;0;99999;0;99999;0;99999;", "too large to pad to"),
        ("-1;0;0;0;0;-1;0;0;0;0;1;0;0;0;0;1;0;" + "9" * 40 + ";0;0;0;0;", "too large to pad to"),
        ("-2;0;0;0;0;-2;0;0;0;0;2;0;0;0;0;1;0;9;0;9;0;9;", "another grid"),
        ("-1;0;0;1e300;0;-1;0;0;0;0;1;0;0;0;0;1;0;9;0;9;0;9;", "another grid|too large|outside"),
    ],
)
def test_an_impossible_reference_image_leaves_the_stored_grid(tmp_path: Path, reference: str, said: str) -> None:
    keys = {**segment(0, 1), "Segmentation_ConversionParameters": f"Reference image geometry|{reference}|x&"}
    path = seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 0)], keys)
    segmentation = load(path)
    assert rows(segmentation) == [[1, 0]]
    assert segmentation.geometry.shape == (1, 1, 2)
    notes = notes_of(path)
    assert any(part in note for part in said.split("|") for note in notes) if said else notes == []


# ---- after changes by others ---------------------------------------------------------------------------------------
def test_a_segment_with_a_value_that_ours_has_gets_another(tmp_path: Path) -> None:
    tags = "MultiLabelSeg.Value:5|MultiLabelSeg.Group:0|"
    keys = {**segment(0, 1, Tags=tags, name="a"), **segment(1, 2, Tags=tags, name="copy"), **segment(2, 5, name="new")}
    path = seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 2, 5)], keys)
    segmentation = load(path)
    assert [(label.name, label.value) for label in segmentation.labels] == [("a", 5), ("copy", 2), ("new", 6)]
    assert rows(segmentation) == [[5, 2, 6]]
    assert "'new' 5 -> 6" in notes_of(path)[0]


def test_groups_are_restored_from_a_merged_layer(tmp_path: Path) -> None:
    keys = {
        **segment(0, 1, Tags="MultiLabelSeg.Value:10|MultiLabelSeg.Group:1|MultiLabelSeg.GroupName:B|"),
        **segment(1, 2, Tags="MultiLabelSeg.Value:300|MultiLabelSeg.Group:0|MultiLabelSeg.GroupName:A|"),
        **segment(2, 3, Tags="MultiLabelSeg.Value:12|MultiLabelSeg.Group:1|MultiLabelSeg.GroupName:B|"),
    }
    path = seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 2, 3, 0)], keys)
    segmentation = load(path)
    assert [(group.name, group.values) for group in segmentation.groups] == [("A", (300,)), ("B", (10, 12))]
    assert rows(segmentation) == [[0, 300, 0, 0], [10, 0, 12, 0]]
    assert notes_of(path) == []


def test_segments_of_another_document_keep_what_they_are_but_not_their_group(tmp_path: Path) -> None:
    mine = "MultiLabelSeg.Uid:u|MultiLabelSeg.Group:1|MultiLabelSeg.GroupName:mine|"
    keys = {
        **segment(0, 1, 0, Tags=mine + "MultiLabelSeg.Value:7|"),
        **segment(1, 2, 0, Tags=mine + "MultiLabelSeg.Value:8|"),
        **segment(
            2, 1, 1, Tags="MultiLabelSeg.Uid:other|MultiLabelSeg.Group:1|MultiLabelSeg.Value:7|MultiLabelSeg.Locked:0|"
        ),
    }
    segmentation = load(seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 2), one_row(1, 1)], keys))
    assert [(group.name, group.values) for group in segmentation.groups] == [("mine", (7, 8)), ("", (1,))]
    assert not segmentation[1].locked


def test_voxels_in_a_file_of_their_own_are_read(tmp_path: Path) -> None:
    head, _, data = seg_nrrd(tmp_path / "a.seg.nrrd", [one_row(1, 0, 2)], segment(0, 1)).read_bytes().partition(b"\n\n")
    (tmp_path / "b.raw.gz").write_bytes(data)
    (tmp_path / "b.seg.nhdr").write_bytes(head + b"\ndata file: b.raw.gz\n")
    assert rows(load(tmp_path / "b.seg.nhdr")) == [[1, 0, 2]]
    assert FORMAT.matches(tmp_path / "b.seg.nhdr", head)


def test_a_placeholder_that_was_painted_is_a_label(tmp_path: Path) -> None:
    tags = "MultiLabelSeg.Placeholder:1|MultiLabelSeg.Group:0|MultiLabelSeg.GroupName:G|"
    for voxels, values in ((one_row(0, 1), (1,)), (one_row(0, 0), ())):
        segmentation = load(seg_nrrd(tmp_path / "a.seg.nrrd", [voxels], segment(0, 1, Tags=tags)))
        assert segmentation.values == values
        assert [group.name for group in segmentation.groups] == ["G"]
        assert rows(segmentation) == [voxels.ravel().tolist()]


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ("", None),
        ("Smoothing factor|0.5|text&Collapse labelmaps|1|text&", None),
        ("Smoothing factor|0.8|text&Collapse labelmaps|1|text&", "Smoothing factor|0.8|text&"),
        ("New one|7|text&", "New one|7|text&"),
    ],
)
def test_what_slicer_adds_by_itself_is_no_property(tmp_path: Path, parameters: str, kept: str | None) -> None:
    before = rich_segmentation()
    path = save(before, tmp_path / "a.seg.nrrd")
    change_header(path, "ConversionParameters:=", f"ConversionParameters:={parameters}")
    expected = {**before.properties, **({} if kept is None else {"Slicer.ConversionParameters": kept})}
    after = load(path)
    assert after.properties == expected
    assert load(save(after, tmp_path / "b.seg.nrrd")).properties == expected
