"""The real Slicer core loads what we write, voxel by voxel in the right place, and returns it to us without a loss."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from Testing.formats.slicer_cases import OBLIQUE, everything, load, notes_of, rich_segmentation, rows, save
from Testing.interop.slicer_client import SlicerClient, SlicerCrashed, SlicerRefused, SlicerSegment

pytestmark = pytest.mark.slicer_core
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slicer"


@pytest.fixture(scope="session")
def slicer_core() -> Iterator[SlicerClient]:
    """The real Slicer core, one process for all tests of this worker."""
    if find_spec("slicer") is None:
        pytest.skip("slicer-core is not installed")
    with SlicerClient() as client:
        yield client


def geometries() -> dict[str, np.ndarray]:
    """Affines into LPS mm: every axis order and flip, anisotropic, and oblique ones."""
    found = {"oblique and sheared": OBLIQUE}
    for name, axes in {"ijk": (0, 1, 2), "jki": (1, 2, 0), "kij": (2, 0, 1), "kji": (2, 1, 0)}.items():
        for signs in ((1, 1, 1), (-1, 1, 1), (1, -1, -1)):
            affine = np.eye(4)
            affine[:3, :3] = np.diag([0.7, 1.3, 5.0]) @ np.eye(3)[:, axes] * signs
            affine[:3, 3] = (-12.5, 33.25, 1000.125)
            found[f"{name} {signs}"] = affine
    turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
    oblique = np.eye(4)
    oblique[:3, :3] = turn * (0.9765625, 0.9765625, 2.5)
    oblique[:3, 3] = (-249.51171875, -450.51171875, -1000.5)
    return {**found, "oblique": oblique}


def blocks(affine: np.ndarray) -> Segmentation:
    """Two overlapping groups of unlike blocks, so that no axis can be taken for another."""
    first, second = np.zeros((1, 5, 6, 7), np.uint8), np.zeros((1, 5, 6, 7), np.uint8)
    first[0, 0:2, 1:4, 1:6] = 1
    first[0, 3, 5, 6] = 2
    second[0, 1:3, 2:5, 0:3] = 3
    groups = [Group(first, [Label(1, "one"), Label(2, "corner")], "a"), Group(second, [Label(3, "three")], "b")]
    return Segmentation(Geometry((5, 6, 7), affine), groups)


def sorted_rows(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(np.round(points, 6).T)]


def positions_lps(segmentation: Segmentation, value: int) -> np.ndarray:
    return segmentation.geometry.lps_from_ijk(np.argwhere(segmentation.mask(value)[0])[:, ::-1])


def assert_same_place(segmentation: Segmentation, segment: SlicerSegment, value: int) -> None:
    mine = positions_lps(segmentation, value)
    assert segment.positions_lps.shape == mine.shape
    np.testing.assert_allclose(sorted_rows(segment.positions_lps), sorted_rows(mine), atol=1e-9)


# ---- Slicer loads what we write ------------------------------------------------------------------------------------
@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("name", geometries())
def test_slicer_finds_every_voxel_in_its_place(
    slicer_core: SlicerClient, tmp_path: Path, name: str, crop: bool
) -> None:
    segmentation = blocks(geometries()[name])
    path = save(segmentation, tmp_path / "a.seg.nrrd", crop=crop)
    segments = slicer_core.load(path, save=tmp_path / "b.seg.nrrd")
    assert [segment.value for segment in segments] == [1, 2, 3]
    for segment in segments:
        assert_same_place(segmentation, segment, segment.value)
    assert everything(load(tmp_path / "b.seg.nrrd")) == everything(segmentation)


def test_slicer_finds_every_field(slicer_core: SlicerClient, tmp_path: Path) -> None:
    segmentation = rich_segmentation()
    tags = ["MultiLabelSeg.Group", "MultiLabelSeg.Locked", "TerminologyEntry"]
    segments = slicer_core.load(save(segmentation, tmp_path / "größe 1.seg.nrrd"), tags=tags)
    assert [segment.id for segment in segments] == [f"Segment_{value}" for value in (7, 300, 12, 8, 5, 99)]
    assert [segment.value for segment in segments] == [7, 300, 12, 8, 5, 99]
    assert [segment.layer for segment in segments] == [0, 0, 0, 1, 0, 0]  # empty ones join the first
    by_value = {segment.value: segment for segment in segments}
    for label in segmentation.labels:
        segment = by_value[label.value]
        assert segment.color == pytest.approx(label.color, abs=1e-7)
        assert segment.tags["MultiLabelSeg.Group"] == str(segmentation.group_index_of(label.value))
        assert segment.tags["MultiLabelSeg.Locked"] == str(int(label.locked))
        assert_same_place(segmentation, segment, label.value)
    assert by_value[7].name == 'Größe|x:\n"q"\\ 肝臓   '  # what no header can hold are blanks; a tag has the exact name
    entry = by_value[7].tags["TerminologyEntry"]
    assert entry is not None
    assert "~SCT^39607008^Lung~SCT^7771000^Left~" in entry
    assert by_value[99].positions_lps.shape == (1, 3)


def test_slicer_loads_values_up_to_65535_as_unsigned_short(slicer_core: SlicerClient, tmp_path: Path) -> None:
    array = np.array([[[[1, 255, 256, 32768, 65535, 0]]]], np.uint16)
    labels = [Label(value, f"n{value}") for value in (1, 255, 256, 32768, 65535)]
    segmentation = Segmentation(Geometry((1, 1, 6), np.eye(4)), [Group(array, labels)])
    path = save(segmentation, tmp_path / "a.seg.nrrd")
    segments = slicer_core.load(path, save=tmp_path / "b.seg.nrrd")
    assert [segment.value for segment in segments] == [1, 255, 256, 32768, 65535]
    assert all(segment.positions_lps.shape == (1, 3) for segment in segments)
    assert everything(load(tmp_path / "b.seg.nrrd")) == everything(segmentation)


# ---- ours -> Slicer -> ours ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("crop_by_us", [False, True])
@pytest.mark.parametrize("crop_by_slicer", [False, True])
def test_everything_survives_loading_and_saving_in_slicer(
    slicer_core: SlicerClient, tmp_path: Path, crop_by_us: bool, crop_by_slicer: bool
) -> None:
    segmentation = rich_segmentation()
    path = save(segmentation, tmp_path / "a.seg.nrrd", crop=crop_by_us)
    slicer_core.load(path, save=tmp_path / "b.seg.nrrd", crop=crop_by_slicer)
    assert everything(load(tmp_path / "b.seg.nrrd")) == everything(segmentation)
    assert notes_of(tmp_path / "b.seg.nrrd") == []


def test_groups_survive_although_slicer_merges_layers_and_renumbers(slicer_core: SlicerClient, tmp_path: Path) -> None:
    shape = (1, 2, 2, 2)
    arrays = [np.zeros(shape, np.uint8) for _ in range(3)]
    for index, array in enumerate(arrays):
        array.reshape(-1)[index] = 10 * (index + 1)
    groups = [Group(array, [Label(10 * (n + 1), f"n{n}")], f"g{n}") for n, array in enumerate(arrays)]
    segmentation = Segmentation(Geometry(shape[1:], OBLIQUE), groups)
    path = save(segmentation, tmp_path / "a.seg.nrrd")
    slicer_core.load(path, save=tmp_path / "b.seg.nrrd")
    header = (tmp_path / "b.seg.nrrd").read_bytes().partition(b"\n\n")[0]
    assert b"dimension: 3" in header  # one layer
    assert b"Segment2_LabelValue:=30" not in header
    assert everything(load(tmp_path / "b.seg.nrrd")) == everything(segmentation)


@pytest.mark.parametrize("high", [254, 255, 300, 65533, 65535])
@pytest.mark.parametrize("empty_first", [False, True])
def test_high_values_survive_although_slicer_counts_on_from_them_when_it_merges(
    slicer_core: SlicerClient, tmp_path: Path, high: int, empty_first: bool
) -> None:
    shape = (1, 1, 2, 3)
    first, second, third = (np.zeros(shape, np.uint16) for _ in range(3))
    first.reshape(-1)[0] = 0 if empty_first else high
    second.reshape(-1)[1:3] = (1, 2)
    third.reshape(-1)[3:5] = (3, 4)
    groups = [
        Group(first, [Label(high, "high")], "a"),
        Group(second, [Label(1, "one"), Label(2, "two")], "b"),
        Group(third, [Label(3, "three"), Label(4, "four")], "c"),
    ]
    segmentation = Segmentation(Geometry(shape[1:], OBLIQUE), groups)
    slicer_core.load(save(segmentation, tmp_path / "a.seg.nrrd"), save=tmp_path / "b.seg.nrrd")
    assert everything(load(tmp_path / "b.seg.nrrd")) == everything(segmentation)


def test_the_grid_survives_although_slicer_forgets_that_of_empty_segments(
    slicer_core: SlicerClient, tmp_path: Path
) -> None:
    array = np.zeros((1, 4, 5, 6), np.uint8)
    groups = [Group(array, [Label(3, "a"), Label(4, "b")], "A"), Group(array.copy(), name="B")]
    segmentation = Segmentation(Geometry((4, 5, 6), OBLIQUE), groups)
    slicer_core.load(save(segmentation, tmp_path / "a.seg.nrrd"), save=tmp_path / "b.seg.nrrd")
    assert b"sizes: 1 1 1" in (tmp_path / "b.seg.nrrd").read_bytes()
    assert everything(load(tmp_path / "b.seg.nrrd")) == everything(segmentation)


def test_groups_and_grid_survive_without_any_label(slicer_core: SlicerClient, tmp_path: Path) -> None:
    array = np.zeros((1, 4, 5, 6), np.uint8)
    groups = [Group(array, name="A", properties={"p": 1}), Group(array.copy(), name="B")]
    segmentation = Segmentation(Geometry((4, 5, 6), OBLIQUE), groups, unlabeled_locked=True, properties={"x": "y"})
    (placeholder,) = slicer_core.load(save(segmentation, tmp_path / "a.seg.nrrd"), save=tmp_path / "b.seg.nrrd")
    assert placeholder.name == "(no labels yet)"
    assert everything(load(tmp_path / "b.seg.nrrd")) == everything(segmentation)


@pytest.mark.parametrize("name", ["Segmentation", "SegmentationOverlapping", "layers", "cropped", "high_values"])
def test_files_of_slicer_survive_ours_and_slicer_again(slicer_core: SlicerClient, tmp_path: Path, name: str) -> None:
    segmentation = load(GOLDEN / f"{name}.seg.nrrd")
    before = slicer_core.load(GOLDEN / f"{name}.seg.nrrd", tags=["TerminologyEntry", "Segmentation.Status"])
    path = save(segmentation, tmp_path / "a.seg.nrrd")
    after = slicer_core.load(path, tags=["TerminologyEntry", "Segmentation.Status"], save=tmp_path / "b.seg.nrrd")
    for mine, theirs in zip(after, before, strict=True):
        assert (mine.id, mine.name, mine.layer, mine.tags) == (theirs.id, theirs.name, theirs.layer, theirs.tags)
        assert mine.color == pytest.approx(theirs.color, abs=1e-7)
        np.testing.assert_allclose(sorted_rows(mine.positions_lps), sorted_rows(theirs.positions_lps), atol=1e-8)
    again = load(tmp_path / "b.seg.nrrd")
    assert [group.labels for group in again.groups] == [group.labels for group in segmentation.groups]
    assert rows(again) == rows(segmentation)


texts = st.text(max_size=8)
properties = st.dictionaries(
    texts, texts | st.booleans() | st.integers(-9, 9) | st.lists(texts, max_size=2), max_size=3
)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    shape = draw(st.tuples(*[st.integers(1, 4)] * 3))
    values = draw(st.lists(st.integers(1, 65535), min_size=1, unique=True, max_size=6))
    number = draw(st.integers(1, 4))
    groups = []
    for index in range(number):
        mine = values[index::number]
        choices = st.sampled_from([0, *mine])
        voxels = draw(st.lists(choices, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        labels = [
            Label(
                value,
                draw(texts),
                locked=draw(st.booleans()),
                visible=draw(st.booleans()),
                tracking_id=draw(texts),
                properties=draw(properties),
            )
            for value in mine
        ]
        array = np.array(voxels, np.uint16).reshape(1, *shape)
        groups.append(Group(array, labels, draw(texts), draw(properties)))
    affine = draw(st.sampled_from(list(geometries().values())))
    return Segmentation(Geometry(shape, affine), groups, properties=draw(properties))


# a failure is not shrunk: each step of that asks Slicer, for minutes
@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(segmentation=segmentations(), crop=st.booleans())
def test_any_segmentation_survives_slicer(
    slicer_core: SlicerClient, tmp_path_factory: pytest.TempPathFactory, segmentation: Segmentation, crop: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = save(segmentation, folder / "a.seg.nrrd", crop=crop)
    slicer_core.load(path, save=folder / "b.seg.nrrd", crop=crop)
    assert everything(load(folder / "b.seg.nrrd")) == everything(segmentation)


# ---- what users do in Slicer ---------------------------------------------------------------------------------------
def after_steps(client: SlicerClient, folder: Path, segmentation: Segmentation, *steps: list[Any]) -> Segmentation:
    client.load(save(segmentation, folder / "a.seg.nrrd"), steps=steps, save=folder / "b.seg.nrrd")
    return load(folder / "b.seg.nrrd")


def test_a_new_name_and_color_count_and_nothing_else_changes(slicer_core: SlicerClient, tmp_path: Path) -> None:
    before = rich_segmentation()
    steps = [["rename", "Segment_7", "Neu"], ["color", "Segment_300", [0.25, 0.5, 0.75]]]
    after = after_steps(slicer_core, tmp_path, before, *steps)
    assert after[7] == before[7].with_(name="Neu")
    assert after[300] == before[300].with_(color=(0.25, 0.5, 0.75))
    assert after[12] == before[12]
    assert rows(after) == rows(before)


def test_a_new_terminology_counts(slicer_core: SlicerClient, tmp_path: Path) -> None:
    entry = "Context~SCT^1^Category~SCT^2^Type~^^~Anatomy~SCT^3^Region~^^"
    steps = [["tag", f"Segment_{value}", "TerminologyEntry", entry] for value in (7, 12)]
    after = after_steps(slicer_core, tmp_path, rich_segmentation(), *steps)
    for value in (7, 12):
        assert after[value].properties["segmented_property_type.meaning"] == "Type"
        assert after[value].properties["anatomic_region.[0].meaning"] == "Region"
        assert "segmented_property_type.modifier.[0].meaning" not in after[value].properties


@pytest.mark.parametrize("segment_id", ["Segment_7", "Segment_5", "Segment_8"])
def test_removing_a_segment_removes_its_label_only(slicer_core: SlicerClient, tmp_path: Path, segment_id: str) -> None:
    before = rich_segmentation()
    value = int(segment_id.removeprefix("Segment_"))
    after = after_steps(slicer_core, tmp_path, before, ["remove", segment_id])
    assert set(after.values) == set(before.values) - {value}
    assert [group.name for group in after.groups] == [group.name for group in before.groups]
    assert [group.properties for group in after.groups] == [group.properties for group in before.groups]
    assert (after.uid, after.properties, after.extras) == (before.uid, before.properties, before.extras)
    expected = [np.where(group.array == value, 0, group.array).ravel().tolist() for group in before.groups]
    assert rows(after) == expected


def test_a_segment_drawn_over_others_becomes_a_label_of_a_new_group(slicer_core: SlicerClient, tmp_path: Path) -> None:
    before = rich_segmentation()
    after = after_steps(slicer_core, tmp_path, before, ["add", "mine", "Segment_7", [0, 3, 0, 3, 0, 3]])
    assert rows(after)[:5] == rows(before)
    assert [group.name for group in after.groups] == [*(group.name for group in before.groups), ""]
    new = after["mine"]
    assert (new.value, new.locked, new.color) == (1, True, (1.0, 0.5, 0.25))
    assert after.voxels(1) == 64


def test_a_segment_drawn_beside_others_joins_the_group_of_its_layer(slicer_core: SlicerClient, tmp_path: Path) -> None:
    array = np.zeros((1, 3, 3, 3), np.uint8)
    array[0, 0, 0, 0] = 2
    before = Segmentation(Geometry((3, 3, 3), np.eye(4)), [Group(array, [Label(2, "a")], "mine")])
    after = after_steps(slicer_core, tmp_path, before, ["add", "new", "Segment_2", [1, 2, 1, 2, 1, 2]])
    assert [(group.name, group.values) for group in after.groups] == [("mine", (2, 3))]  # Slicer numbers it 2: taken
    assert after.voxels(2) == 1
    assert after.voxels(3) == 8


def test_a_segment_copied_from_another_of_our_files_gets_a_free_value(
    slicer_core: SlicerClient, tmp_path: Path
) -> None:
    other = save(rich_segmentation(), tmp_path / "other.seg.nrrd")
    array = np.zeros((1, 4, 5, 6), np.uint8)
    array[0, 1, 1, 1] = 7
    before = Segmentation(Geometry((4, 5, 6), OBLIQUE), [Group(array, [Label(7, "mine"), Label(1, "more")], "G")])
    after = after_steps(slicer_core, tmp_path, before, ["copy", "Segment_8", str(other)])
    assert after.uid == before.uid
    assert [label.name for label in after.labels] == ["mine", "more", "twin"]
    assert after["mine"].value == 7
    assert after.voxels(7) == 1
    assert after.voxels(after["twin"].value) == 8


# ---- the way to Slicer itself --------------------------------------------------------------------------------------
def test_a_refusal_is_told_and_a_crash_ends_no_test_run(slicer_core: SlicerClient, tmp_path: Path) -> None:
    with pytest.raises(SlicerRefused, match="Slicer does not load this"):
        slicer_core.load(tmp_path / "missing.seg.nrrd")
    path = tmp_path / "a.seg.nrrd"
    path.write_bytes(b"NRRD0004\ntype: unsigned char\n\n")  # Slicer dies of such a header
    with pytest.raises((SlicerRefused, SlicerCrashed)):
        slicer_core.load(path)
    assert len(slicer_core.load(GOLDEN / "full.seg.nrrd")) == 2
