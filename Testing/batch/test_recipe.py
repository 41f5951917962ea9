"""Recipes: what they may say, what is refused and how, and that running one is one undoable whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.batch.label_steps import LABEL_STEPS
from MultiLabelSegLib.batch.recipe import read_recipe, recipe_from
from MultiLabelSegLib.batch.running import run_recipe
from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import FormatError, MultiLabelSegError, ToolError
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.contour_store import ContourStore, update_from_slice
from MultiLabelSegLib.tools.slices import SliceOf

GEOMETRY = Geometry.from_parts((4, 8, 8), (1.0, 1.0, 2.0))


@pytest.fixture
def two_labels() -> Segmentation:
    array = np.zeros(GEOMETRY.full_shape, np.uint8)
    array[0, 1, 1:4, 1:4] = 1
    array[0, 1, 5:7, 5:7] = 2
    return Segmentation(GEOMETRY, [Group(array, [Label(1, "a"), Label(2, "b")])])


def run(segmentation: Segmentation, *steps: dict[str, Any], image: Image | None = None) -> Any:
    return run_recipe(recipe_from({"steps": list(steps)}), segmentation, image)


def test_the_documented_beginning_of_a_recipe_makes_group_label_stroke_and_lock() -> None:
    segmentation = Segmentation(Geometry.from_parts((20, 32, 32)))
    done = run(
        segmentation,
        {"do": "add_group", "name": "Bones"},
        {"do": "add_label", "group": 1, "name": "Femur", "value": 7, "color": "#ff0000", "locked": False},
        {
            "do": "paint",
            "label": "Femur",
            "plane": "axial",
            "slice": 12,
            "stroke_ijk": [[10, 10, 12], [20, 14, 12]],
            "diameter_mm": 6,
        },
        {"do": "lock", "label": 7},
    )
    label = segmentation["Femur"]
    assert (label.value, label.color, label.locked) == (7, (1.0, 0.0, 0.0), True)
    assert segmentation.group_index_of(7) == 1
    assert done.results[2].written == segmentation.voxels(7) > 28
    assert np.flatnonzero(segmentation.mask(7)[0].any(axis=(1, 2))).tolist() == [12]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"do": "pant"}, r"step 1 \(pant\): there is no step 'pant'; did you mean 'paint'"),
        ({"do": "paint", "diametr": 3}, r"step 1 \(paint\).*diametr.*did you mean 'diameter'"),
        ({"do": "paint", "diameter": 0}, r"step 1 \(paint\).*diameter: 0.*1 to 1000 pixels"),
        ({"do": "paint", "diameter": True}, "diameter: True.*whole number"),
        ({"do": "paint", "frame": -1}, "frame: -1"),
        ({"do": "paint", "label": 1.5}, "label: 1.5"),
        ({"do": "paint", "confirm": {"merg": 1}}, r"confirm\.merg.*did you mean 'merge'"),
        ({"do": "paint", "confirm": {"merge": "no"}}, "merge: 'no'.*merge, replace"),
        ({"do": "paint", "confirm": 3}, "confirm: 3"),
        ({"do": "rename", "name": "x"}, "label: None.*a value"),
        ({"do": "split", "label": 1, "connectivity": 7}, "connectivity: 7.*6, 18, 26"),
        ({"do": "split", "label": True}, r"step 1 \(split\).*label: True.*true and false are no numbers"),
        ({"do": "clear", "label": [2, True]}, r"step 1 \(clear\).*label.*no numbers"),
        ({"do": "remove_group", "group": False}, "group: False.*no numbers"),
        ({"do": "paint", "stroke_ijk": [[True, 1, 1]]}, "stroke_ijk.*no numbers"),
        ({"do": "otsu", "confirm": {"labels": [True]}}, "labels.*values of the preview"),
        ({"do": "otsu", "confirm": {"labels": 3}}, "labels: 3.*values of the preview"),
        ({"name": "x"}, 'expected an object with "do"'),
        (3, 'expected an object with "do"'),
    ],
)
def test_a_mistake_in_a_recipe_is_named_before_anything_is_done(step: Any, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        recipe_from({"steps": [step]})


@pytest.mark.parametrize("data", [[], {"steps": {}}, {"step": []}, {"steps": [], "stepps": 1}])
def test_what_is_no_recipe_is_refused(data: Any) -> None:
    with pytest.raises(ToolError, match="a recipe"):
        recipe_from(data)


def test_a_key_that_a_recipe_has_twice_is_refused_with_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{"steps": [{"do": "clear", "label": 1, "label": 2}]}')
    with pytest.raises(FormatError, match=r"r\.json.*the key 'label' is there 2 times in one object"):
        read_recipe(path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_file_that_is_no_json_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"r\.json"):
        read_recipe(tmp_path / "r.json")
    (tmp_path / "r.json").write_text(json.dumps({"steps": [{"do": "x"}]}))
    with pytest.raises(ToolError, match=r"r\.json: step 1"):
        read_recipe(tmp_path / "r.json")


def test_a_step_that_fails_takes_back_those_before_it(two_labels: Segmentation) -> None:
    before, labels = two_labels.groups[0].array.copy(), two_labels.labels
    with pytest.raises(ToolError, match=r"step 3 \(remove\).*no label.*did you mean 'b'"):
        run(two_labels, {"do": "clear", "label": 1}, {"do": "add_group"}, {"do": "remove", "label": "bb"})
    np.testing.assert_array_equal(two_labels.groups[0].array, before)
    assert two_labels.labels == labels
    assert len(two_labels.groups) == 1


def test_every_step_of_a_run_can_be_undone(two_labels: Segmentation) -> None:
    before, labels = two_labels.groups[0].array.copy(), two_labels.labels
    done = run(
        two_labels,
        {"do": "unlock", "label": "b"},
        {"do": "paint", "label": 1, "stroke_ijk": [[5, 5, 1]], "diameter": 4},
        {"do": "merge", "label": 1, "sources": [2], "remove": True},
        {"do": "add_label", "name": "c"},
    )
    assert [result.do for result in done.results] == ["unlock", "paint", "merge", "add_label"]
    while done.history.can_undo:
        done.history.undo()
    np.testing.assert_array_equal(two_labels.groups[0].array, before)
    assert two_labels.labels == labels


def test_a_tool_says_what_a_lock_kept(two_labels: Segmentation) -> None:
    done = run(two_labels, {"do": "paint", "label": 1, "stroke_ijk": [[6, 6, 1]], "diameter": 1})
    assert done.results[0].written == 0
    assert done.results[0].protected == {2: 1}


def test_the_last_label_that_was_named_or_added_stays_active(two_labels: Segmentation) -> None:
    dot = {"do": "paint", "stroke_ijk": [[0, 0, 0]], "diameter": 1}
    run(two_labels, {"do": "paint", "label": "b", "stroke_ijk": [[7, 7, 3]], "diameter": 1}, dot)
    assert two_labels.mask(2)[0, 0, 0, 0]
    run(two_labels, {"do": "unlock"}, {"do": "add_label", "name": "c"}, {"do": "lock", "label": "a"}, dot)
    assert two_labels.mask(3)[0, 0, 0, 0]


def test_a_tool_without_a_label_takes_the_only_one_and_refuses_to_choose_among_two(two_labels: Segmentation) -> None:
    with pytest.raises(ToolError, match=r"step 1 \(paint\): no label is active"):
        run(two_labels, {"do": "paint", "stroke_ijk": [[0, 0, 0]]})
    one = Segmentation(GEOMETRY)
    run(one, {"do": "add_label", "name": "x"}, {"do": "paint", "stroke_ijk": [[0, 0, 0]], "diameter": 1})
    assert one.voxels(1) == 1


def test_a_tool_that_acts_at_once_has_nothing_to_confirm(two_labels: Segmentation) -> None:
    with pytest.raises(ToolError, match=r'step 1 \(paint\): has no preview, so there is nothing to "confirm"'):
        run(two_labels, {"do": "paint", "label": 1, "stroke_ijk": [[0, 0, 0]], "confirm": {"merge": "replace"}})
    assert two_labels.voxels(1) == 9


def test_a_limit_of_intensity_needs_an_image_on_the_same_grid(two_labels: Segmentation) -> None:
    step = {"do": "paint", "label": 1, "stroke_ijk": [[0, 0, 0]], "diameter": 3, "intensity_lower": 5}
    with pytest.raises(ToolError, match="needs the image"):
        run(two_labels, step)
    other = Image(np.zeros((1, 4, 8, 8)), Geometry.from_parts((4, 8, 8)))
    with pytest.raises(ToolError, match="does not lie on the segmentation's grid: spacing"):
        run(two_labels, step, image=other)
    array = np.zeros(GEOMETRY.full_shape, np.int16)
    array[0, 0, 0, 1] = 5
    run(two_labels, step, image=Image(array, GEOMETRY))
    assert np.argwhere(two_labels.mask(1)[0, 0]).tolist() == [[0, 1]]


#: a step of each operation that works on the document of two labels, and what must be true afterwards
WORKING: dict[str, dict[str, Any]] = {
    "add_group": {"name": "g"},
    "remove_group": {"group": 0},
    "rename_group": {"group": 0, "name": "n"},
    "add_label": {"name": "new"},
    "add_instance": {"label": "a"},
    "rename": {"label": 1, "name": "z", "color": "red"},
    "lock": {},
    "unlock": {"group": 0},
    "show": {"label": ["a", "b"]},
    "hide": {"label": 2},
    "lock_unlabelled": {"locked": True},
    "clear": {"label": 1},
    "remove": {"label": [1, 2]},
    "merge": {"label": 1, "sources": "b"},
    "copy_to_group": {"label": 1},
    "move_to_group": {"label": 1, "group": 1},
    "change_value": {"label": 1, "value": 9},
    "split": {"label": 1},
    "set_folder": {"label": 1, "folder": "x/y"},
}


@pytest.mark.parametrize("name", LABEL_STEPS)
def test_every_label_operation_runs_and_undoes(two_labels: Segmentation, name: str) -> None:
    two_labels.insert_group(1, Group(np.zeros(GEOMETRY.full_shape, np.uint8), name="other"))
    arrays, labels = [group.array.copy() for group in two_labels.groups], two_labels.labels
    names = [group.name for group in two_labels.groups]
    done = run(two_labels, {"do": name, **WORKING[name]})
    if done.history.can_undo:
        done.history.undo()
    assert (two_labels.labels, [group.name for group in two_labels.groups]) == (labels, names)
    for group, array in zip(two_labels.groups, arrays, strict=True):
        np.testing.assert_array_equal(group.array, array)


def test_groups_are_named_by_index_or_by_a_name_that_only_one_has(two_labels: Segmentation) -> None:
    run(two_labels, {"do": "add_group", "name": "g"}, {"do": "add_label", "group": "g", "name": "x"})
    assert two_labels.group_index_of(two_labels["x"].value) == 1
    for group in ("none", 5, True):
        with pytest.raises(MultiLabelSegError, match="group"):
            run(two_labels, {"do": "add_label", "group": group})


def test_removing_a_label_takes_its_contours_along(two_labels: Segmentation) -> None:
    command = update_from_slice(Scene(two_labels, label=1), SliceOf(GEOMETRY, "axial", 1))
    assert command is not None
    History(two_labels).do(command)
    assert [contour.label for contour in ContourStore.of(two_labels).contours] == [1]
    run(two_labels, {"do": "remove", "label": 1})
    assert ContourStore.of(two_labels).contours == ()
