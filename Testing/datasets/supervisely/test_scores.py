"""Scores and comments: cells that are wrong cost only themselves, layers find their frames, labels their classes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.datasets.supervisely.discovery.cases import Plane
from MultiLabelSegLib.datasets.supervisely.object_properties import CLASS_ID, NORMALS, SCORES, scores_of
from MultiLabelSegLib.datasets.supervisely.tables.scores import (
    ScoreTable,
    attach_scores,
    read_scores,
    score_table_text,
    tables_of,
)
from MultiLabelSegLib.errors import FormatError, OptionError

GOLDEN = Path(__file__).parents[2] / "golden" / "supervisely"
#: 4 slices along axl (k), 5 along cor (j), 6 along sag (i)
SHAPE = (4, 5, 6)


def table(folder: Path, text: str | bytes, layers_from: object = 1) -> ScoreTable:
    path = folder / "axl_score.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_scores(path, layers_from, "axl_score.csv")  # type: ignore[arg-type]


def remarks(found: ScoreTable) -> list[tuple[int | None, str]]:
    return [(remark.line, remark.reason) for remark in found.remarks]


def two_objects() -> Segmentation:
    """Class 1 has value 5, class 2 value 6; a third label has no class number, so its value is one."""
    array = np.zeros((1, *SHAPE), np.uint8)
    labels = [Label(5, "a", properties={CLASS_ID: 1}), Label(6, "b", properties={CLASS_ID: 2}), Label(7, "c")]
    return Segmentation(Geometry(SHAPE, np.eye(4)), [Group(array, labels)])


@pytest.mark.parametrize("case", ["ex4_scores", "ann_dataset_scores", "robust_map_csv"])
def test_scores_of_the_corpus_reach_the_objects_planes_and_frames_of_its_truth(case: str) -> None:
    truth = json.loads((GOLDEN / case / "truth.json").read_text())
    for volume in truth["volumes"]:
        path = GOLDEN / case / "input" / "dataset_name" / f"{volume['plane']}_score.csv"
        if not path.exists():
            continue
        x, y, z = volume["shape_ras"]
        labels = [
            Label(entry["value"], entry["class"], properties={CLASS_ID: entry["class_id"]})
            for entry in volume["objects"]
        ]
        group = Group(np.zeros((1, z, y, x), np.uint8), labels)
        segmentation = Segmentation(Geometry((z, y, x), np.eye(4)), [group])
        attach_scores(segmentation, read_scores(path), volume["plane"])
        for entry in volume["objects"]:
            assert scores_of(segmentation[entry["value"]]) == entry["scores"]


def test_the_empty_cell_of_the_corpus_is_reported_with_row_and_line() -> None:
    found = read_scores(GOLDEN / "robust_map_csv" / "input" / "dataset_name" / "axl_score.csv", shown="axl_score.csv")
    assert remarks(found) == [(3, "row 2: the cell of Label-1 is empty")]
    assert found.scores == {1: {2: "0.80"}, 4: {2: "0.90", 4: "0.60"}}


@pytest.mark.parametrize(
    "text",
    [
        "Layer,Label-2,Label-4\n3,0.8,0.9\n",
        "Layer, Label-2, Label-4\r\n3, 0.8, 0.9\r\n",
        "\ufefflayer;LABEL-2;label-4\n3;0,8;0,9\n",
        "Layer\tLabel-2\tLabel-4\n3\t0,8\t0.9\n",
        'sep=,\n"Layer","Label-2","Label-4"\n"3","0,8","0,9"\n\n,,\n',
        "# scores\nLabel-4,Layer,Label-2\n9e-1,3.0,.8\n",
        "Layer,Label-2,Label-4\n3,0.8,0.9\n".encode("utf-16"),
    ],
    ids=["plain", "blanks", "semicolons", "tabs", "quotes", "another order", "UTF-16"],
)
def test_ways_of_writing_a_table_that_mean_the_same(text: str | bytes, tmp_path: Path) -> None:
    found = table(tmp_path, text)
    assert found.scores == {2: {2: "0.80"}, 4: {2: "0.90"}}
    assert not found.remarks


def test_scores_have_two_decimals_as_python_rounds_them(tmp_path: Path) -> None:
    found = table(tmp_path, "Layer,Label-1\n1,0.125\n2,1\n3,0.055\n4,-0.5\n")
    assert found.scores == {1: {0: "0.12", 1: "1.00", 2: "0.06", 3: "-0.50"}}


@pytest.mark.parametrize("cell", ["nan", "inf", "1e999", "good", "1_0", "0x1"])
def test_a_cell_without_a_finite_number_costs_only_itself(cell: str, tmp_path: Path) -> None:
    found = table(tmp_path, f"Layer,Label-1,Label-2\n1,{cell},0.5\n2,0.25,0.75\n")
    assert found.scores == {1: {1: "0.25"}, 2: {0: "0.50", 1: "0.75"}}
    assert remarks(found) == [(2, f"row 1: the cell of Label-1 is no number: {cell!r}")]


def test_rows_that_cannot_be_placed_are_left_out_and_named(tmp_path: Path) -> None:
    found = table(tmp_path, "Layer,Label-1\nx,0.1\n,0.2\n1.5,0.3\n2,0,8\n0,0.4\n3,0.5\n")
    assert found.scores == {1: {2: "0.50"}}
    assert [line for line, _ in remarks(found)] == [2, 3, 4, 5, 6]
    assert "decimal comma" in remarks(found)[3][1]
    assert "layer 0 lies before the first, 1" in remarks(found)[4][1]


def test_of_two_rows_for_one_layer_the_last_counts_and_unknown_columns_are_noted(tmp_path: Path) -> None:
    found = table(tmp_path, "Layer,Label-1,Reader\n1,0.1,AB\n1,0.2,CD\n")
    assert found.scores == {1: {0: "0.20"}}
    assert remarks(found) == [
        (1, "the column 'Reader' is unknown and was passed over"),
        (3, "row 2: layer 1 occurs in line 2 already; this row counts"),
    ]


@pytest.mark.parametrize(("layers_from", "frames"), [(1, [0, 1]), (0, [0, 1, 2]), ("auto", [0, 1, 2])])
def test_layers_count_from_one_or_zero(layers_from: object, frames: list[int], tmp_path: Path) -> None:
    found = table(tmp_path, "Layer,Label-1\n0,0.1\n1,0.2\n2,0.3\n", layers_from)
    assert sorted(found.scores[1]) == frames


def test_without_a_layer_zero_auto_counts_from_one_and_other_answers_are_refused(tmp_path: Path) -> None:
    assert table(tmp_path, "Layer,Label-1\n1,0.2\n", "auto").scores == {1: {0: "0.20"}}
    with pytest.raises(OptionError, match="layers from"):
        table(tmp_path, "Layer,Label-1\n1,0.2\n", 2)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Layer,Score\n1,0.5\n", "Label-1\n0.5\n"])
def test_a_table_without_its_header_is_refused_by_name(text: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"axl_score\.csv: a header with 'Layer'"):
        table(tmp_path, text)


def test_comments_have_columns_of_their_own_or_one_for_the_row(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        'Layer,Label-1,Label-2,Comment-1,Comment\n1,0.1,0.2,"see, ""here""\nbelow",both\n'
        "2,,0.3,only this,\n3,,,,\n4,0.4,,,x\n",
    )
    assert found.comments == {1: {0: 'see, "here"\nbelow', 1: "only this", 3: "x"}, 2: {0: "both"}}
    # lines, not rows: the comment of the first row takes two
    assert [line for line, _ in remarks(found)] == [5, 5, 6]


@pytest.mark.parametrize(("plane", "slices"), [("axl", 4), ("cor", 5), ("sag", 6)])
def test_a_layer_beyond_the_slices_of_the_plane_is_reported_and_not_attached(
    plane: Plane, slices: int, tmp_path: Path
) -> None:
    segmentation = two_objects()
    found = table(tmp_path, f"Layer,Label-1\n{slices},0.1\n{slices + 1},0.2\n")
    changed, said = attach_scores(segmentation, found, plane)
    assert changed == (5,)
    assert scores_of(segmentation[5]) == {NORMALS[plane]: {str(slices - 1): {"score": "0.10", "comment": None}}}
    assert [(remark.path, remark.line) for remark in said] == [("axl_score.csv", 3)]
    assert f"layer {slices + 1} is left out: the volume has {slices} slices along {plane}" in said[0].reason


def test_scores_reach_every_object_of_a_class_and_a_class_without_object_is_reported(tmp_path: Path) -> None:
    segmentation = two_objects()
    segmentation.set_label(0, Label(8, "a", properties={CLASS_ID: 1}))
    found = table(tmp_path, "Layer,Label-1,Label-7,Label-5\n1,0.1,0.7,0.5\n")
    changed, said = attach_scores(segmentation, found, "axl")
    assert changed == (5, 7, 8)
    assert SCORES not in segmentation[6].properties
    assert [remark.reason for remark in said] == ["Label-5 is no object of this volume; its scores are left out"]


def test_by_geometry_a_file_that_ran_backwards_keeps_its_slices(tmp_path: Path) -> None:
    found = table(tmp_path, "Layer,Label-1\n1,0.1\n")
    for order, reversed_axis, frame in (("file", True, "0"), ("geometry", True, "3"), ("geometry", False, "0")):
        segmentation = two_objects()
        attach_scores(segmentation, found, "axl", order=order, reversed_axis=reversed_axis)  # type: ignore[arg-type]
        assert list(scores_of(segmentation[5])["0-0-1"]) == [frame]


def test_scores_without_a_plane_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="plane"):
        attach_scores(two_objects(), table(tmp_path, "Layer,Label-1\n1,0.1\n"), "")


def test_a_written_table_counts_layers_from_one_and_leaves_missing_cells_empty() -> None:
    scores = {4: {2: "0.90", 0: "0.10"}, 2: {2: "0.80"}}
    assert score_table_text(scores) == "Layer,Label-2,Label-4\n1,,0.10\n3,0.80,0.90\n"
    assert score_table_text(scores, {2: {2: "good"}}).splitlines()[0] == "Layer,Label-2,Label-4,Comment-2"


frames = st.dictionaries(st.integers(0, 30), st.integers(0, 100).map(lambda part: f"{part / 100:.2f}"), min_size=1)
comment_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
said = st.dictionaries(st.integers(0, 30), comment_texts.filter(lambda text: bool(text.strip())), min_size=1)


@given(st.dictionaries(st.integers(1, 9), frames, min_size=1), st.dictionaries(st.integers(1, 9), said))
def test_what_is_written_is_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, scores: dict, comments: dict
) -> None:
    path = tmp_path_factory.getbasetemp() / "written_score.csv"
    path.write_bytes(score_table_text(scores, comments).encode("utf-8"))
    found = read_scores(path)
    assert found.scores == scores
    assert found.comments == comments


def test_only_what_a_table_holds_goes_into_it() -> None:
    odd = {"0-0-1": {"1": {"score": "0.50", "comment": " "}, "-1": {"score": "0.1"}, "2": {"score": "bad"}}}
    assert tables_of([(3, odd)], "axl") == ({3: {1: "0.50"}}, {})
    assert tables_of([(3, odd)], "cor") == ({}, {})
