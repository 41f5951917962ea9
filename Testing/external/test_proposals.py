"""The way in for everything outside: channels, frames, grids that differ, overlaps, values, and one undoable step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.edit import History
from MultiLabelSegLib.errors import ExternalToolError, ToolError
from MultiLabelSegLib.external.proposals import (
    Answer,
    AnswerLabel,
    AnswerLayer,
    LabelMap,
    Prompt,
    Request,
    layers_without_overlap,
    preview_of,
    propose_with,
    read_answer_map,
    request_of,
    work_folder,
    write_frame,
)
from MultiLabelSegLib.formats.image_io import read_image
from MultiLabelSegLib.tools.base import Scene
from MultiLabelSegLib.tools.confirm import confirm

GRID = Geometry.from_parts((3, 4, 5), (0.7, 0.8, 2.5), (-100.25, 33.1, 7.0))
WHOLE, CORE, ACTIVE = (
    AnswerLabel("whole", (1, 2, 3), 1),
    AnswerLabel("core", (2, 3), 2),
    AnswerLabel("active", (3,), 3),
)


def an_image(geometry: Geometry = GRID, first: int = 0) -> Image:
    return Image(np.arange(first, first + np.prod(geometry.full_shape)).reshape(geometry.full_shape), geometry)


def a_map(geometry: Geometry = GRID) -> LabelMap:
    array = np.zeros(geometry.shape, np.uint8)
    array[0, 0, :3] = (1, 2, 3)
    return LabelMap(array, geometry.with_time(1))


class Regions:
    """A predictor that finds three nested regions."""

    title = "Regions"

    def predict(self, request: Request, progress: object = None) -> Answer:
        maps = {t: a_map(request.geometry) for t in request.frames}
        return Answer(layers_without_overlap("Tumour", (WHOLE, CORE, ACTIVE), maps))


def test_nested_regions_become_labels_of_several_groups_in_one_undoable_step() -> None:
    document = Segmentation(GRID)
    scene = Scene(document, an_image())
    history = History(document)
    history.do(confirm(scene, propose_with(Regions(), scene, request_of(scene))).command)
    assert [group.name for group in document.groups] == ["Tumour 1", "Tumour 2", "Tumour 3"]
    assert {label.name: document.voxels(label.value) for label in document.labels} == {
        "whole": 3,
        "core": 2,
        "active": 1,
    }
    assert len(history.undo_titles) == 1
    history.undo()
    assert document.values == ()


def test_labels_without_overlap_share_a_group() -> None:
    layers = layers_without_overlap("x", (WHOLE, AnswerLabel("other", (4,), 4), CORE, AnswerLabel("last", (1,), 5)), {})
    assert [[label.name for label in layer.labels] for layer in layers] == [["whole", "other"], ["core", "last"]]


def test_numbers_that_no_label_explains_are_said() -> None:
    scene = Scene(Segmentation(GRID), an_image())
    answer = Answer((AnswerLayer("a", (AnswerLabel("one", (1,), 1),), {0: a_map()}),))
    preview = preview_of("x", scene, request_of(scene), answer)
    assert preview.notes == (
        "value 2 (1 voxels) is no label of the model",
        "value 3 (1 voxels) is no label of the model",
    )


def test_values_are_kept_where_they_are_free_and_differ_over_all_layers() -> None:
    layers = tuple(AnswerLayer(name, (AnswerLabel(name, (1,), 300),), {0: a_map()}) for name in ("a", "b"))
    scene = Scene(Segmentation(GRID), an_image())
    preview = preview_of("x", scene, request_of(scene), Answer(layers))
    assert [label.value for layer in preview.layers for label in layer.labels] == [300, 301]
    assert preview.frames[0].region.max() == 300


def test_a_label_of_the_same_name_is_the_target_of_confirming_into_same() -> None:
    group = Group(np.zeros(GRID.full_shape, np.uint8), [Label(9, "one")])
    scene = Scene(Segmentation(GRID, [group]), an_image(), 9)
    answer = Answer((AnswerLayer("a", (AnswerLabel("one", (1,), 1),), {0: a_map()}),))
    assert preview_of("x", scene, request_of(scene), answer).labels[0].target == 9


def test_channels_go_by_name_and_the_image_is_the_one_that_is_not_named() -> None:
    scene = Scene(Segmentation(GRID), an_image())
    other = an_image(first=1000)
    request = request_of(scene, ("T1", "T2"), {"T1": other})
    assert [(channel.name, channel.image) for channel in request.channels] == [("T1", other), ("T2", scene.image)]
    with pytest.raises(ToolError, match="no channel 'T3'; it has 'T1', 'T2'"):
        request_of(scene, ("T1", "T2"), {"T3": other})
    with pytest.raises(ToolError, match="needs an image for each of 'T1', 'T2', 'FLAIR'; there is none for 'FLAIR'"):
        request_of(scene, ("T1", "T2", "FLAIR"), {"T1": other})


def test_a_channel_on_another_grid_is_refused_or_interpolated_and_said() -> None:
    coarse = Geometry.from_parts((3, 4, 5), (1.4, 1.6, 5.0), GRID.origin)
    scene = Scene(Segmentation(GRID), an_image())
    with pytest.raises(ToolError, match=r"channel T2 does not lie on the grid of the first image: spacing"):
        request_of(scene, ("T1", "T2"), {"T2": an_image(coarse)})
    request = request_of(scene, ("T1", "T2"), {"T2": an_image(coarse)}, other_grid="resample")
    assert request.pixels(1, 0)[0, 0].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert "channel T2 was interpolated" in request.notes[0]


def test_a_result_on_a_crop_of_the_grid_is_placed_exactly() -> None:
    document = Segmentation(GRID)
    crop = GRID.cropped((1, 2, 1), (2, 2, 4))
    scene = Scene(document, an_image(crop))
    History(document).do(confirm(scene, propose_with(Regions(), scene, request_of(scene))).command)
    assert np.argwhere(document.mask("whole")).tolist() == [[0, 1, 2, 1], [0, 1, 2, 2], [0, 1, 2, 3]]


def test_labelled_voxels_outside_of_the_grid_are_counted() -> None:
    scene = Scene(Segmentation(GRID), an_image(GRID.cropped((0, 0, -2), (3, 4, 7))))
    preview = propose_with(Regions(), scene, request_of(scene))
    assert "2 labelled voxels lie outside" in preview.notes[0]


def test_a_result_on_another_lattice_is_refused_with_the_differences_or_resampled() -> None:
    fine = Geometry.from_parts((3, 4, 10), (0.35, 0.8, 2.5), GRID.origin)
    scene = Scene(Segmentation(GRID), an_image(fine))
    with pytest.raises(ToolError, match=r"does not lie on the segmentation's grid: size .*other_grid: resample"):
        propose_with(Regions(), scene, request_of(scene))
    preview = propose_with(Regions(), scene, request_of(scene, other_grid="resample"))
    assert preview.frames[0].region[0, 0].tolist() == [1, 1, 0, 0, 0]
    assert "resampled onto the segmentation's grid" in preview.notes[0]


def test_every_frame_of_a_dynamic_segmentation_goes_with_its_own_of_the_image() -> None:
    dynamic = GRID.with_time(3)
    scene = Scene(Segmentation(dynamic), an_image(dynamic), t=1, image_t=1)
    assert request_of(scene).frames == {1: 1}
    assert request_of(scene, frames="all").frames == {0: 0, 1: 1, 2: 2}
    assert request_of(scene).pixels(0, 1)[0, 0, 0] == 60


def test_a_static_segmentation_takes_the_frame_of_the_image_that_is_shown() -> None:
    scene = Scene(Segmentation(GRID), an_image(GRID.with_time(3)), image_t=2)
    assert request_of(scene, frames="all").frames == {0: 2}
    with pytest.raises(ToolError, match=r"no frame 7; it has 0\.\.\.2"):
        request_of(Scene(Segmentation(GRID), an_image(GRID.with_time(3)), image_t=7))


class Clicks:
    """A predictor that is led by points: each positive one is a voxel of the active label, a negative one is not."""

    title = "Clicks"

    def predict(self, request: Request, progress: object = None) -> Answer:
        array = np.zeros(request.geometry.shape, np.uint8)
        for prompt in request.prompts:
            ((i, j, k),) = prompt.points_ijk
            array[int(k), int(j), int(i)] = prompt.positive
        maps = {t: LabelMap(array, request.geometry) for t in request.frames}
        return Answer((AnswerLayer("", (AnswerLabel("clicked", (1,), 1),), maps),), into="active")


def test_a_model_that_is_led_by_prompts_goes_into_the_active_label_not_into_value_1() -> None:
    group = Group(np.zeros(GRID.full_shape, np.uint8), [Label(1, "other"), Label(7, "mine")])
    document = Segmentation(GRID, [group])
    scene = Scene(document, an_image(), 7)
    clicks = (
        Prompt("point", ((1, 2, 0),)),
        Prompt("point", ((4, 3, 2),)),
        Prompt("point", ((4, 3, 2),), positive=False),
    )
    request = replace(request_of(scene), prompts=clicks)
    History(document).do(confirm(scene, propose_with(Clicks(), scene, request)).command)
    assert (document.voxels(1), document.voxels(7)) == (0, 1)
    assert document.mask("mine")[0, 0, 2, 1]


def test_images_go_out_as_files_with_their_place_and_label_maps_come_back() -> None:
    with work_folder() as folder:
        path = write_frame(folder / "in" / "case.nii.gz", an_image().array[0].astype(np.float16), GRID)
        back = read_image(path)
        assert back.geometry.is_congruent(GRID, 1e-4, 1e-5)
        assert back.array.dtype == np.float32
        assert path.parent.parent.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_program_that_wrote_nothing_or_no_label_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExternalToolError, match=r"tool ended with 0: last words \| it wrote no case.nii.gz"):
        read_answer_map(tmp_path / "case.nii.gz", "tool", ("last words",))
    path = write_frame(tmp_path / "half.nii.gz", np.full(GRID.shape, 0.5, np.float32), GRID)
    with pytest.raises(ExternalToolError, match=r"its half.nii.gz a map of probabilities"):
        read_answer_map(path, "tool")
