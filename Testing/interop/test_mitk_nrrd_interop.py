"""The real MITK loads what we write and finds everything; we find everything in what it saves again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.formats.base import ReadRequest, WriteRequest
from MultiLabelSegLib.formats.label_json import JsonRules, label_to_json
from MultiLabelSegLib.formats.mitk_nrrd import FORMAT
from MultiLabelSegLib.formats.options import make_options
from MultiLabelSegLib.formats.report import Report
from MultiLabelSegLib.formats.staging import Stage
from Testing.formats.mitk_truth import GOLDEN, NRRD_CASES
from Testing.formats.segmentations import segmentations
from Testing.interop.mitk_client import MitkClient, MitkRefused, MitkSegmentation

pytestmark = pytest.mark.mitk
FIELDS = ("name", "locked", "visible", "description", "tracking_id", "tracking_uid")
#: what MITK adds to every segmentation that it loads
MINTED = {"DICOM.0008.0060", "DICOM.0008.103E", "DICOM.0020.000E", "DICOM.0070.0084"}


def read(path: Path) -> Segmentation:
    assert FORMAT.reader is not None
    return FORMAT.reader(ReadRequest(path, FORMAT.read_options(), Report()))


def write(segmentation: Segmentation, path: Path, version: Any = "auto") -> Path:
    assert FORMAT.writer is not None
    with Stage(path) as stage:
        options = make_options(FORMAT.write_options, {"version": version})
        FORMAT.writer(WriteRequest(segmentation, path, stage, options))
        stage.commit()
    return path


def single_precision(value: Any) -> Any:
    """JSON as MITK holds it: bare numbers with a point have single precision."""
    if isinstance(value, float):
        return float(np.float32(value))
    return value


def assert_mitk_found(found: MitkSegmentation, expected: Segmentation) -> None:
    """MITK holds every value, name, colour, flag, text, property, group name and voxel, at the same place."""
    geometry = expected.geometry
    assert np.allclose(found.spacing, geometry.spacing)
    assert np.allclose(found.origin, geometry.origin)
    assert np.allclose(found.direction, geometry.direction, atol=1e-6)
    assert found.time_steps == geometry.time_steps
    if geometry.time_bounds is not None or geometry.time_steps > 1:
        bounds = geometry.bounds
        assert np.allclose(found.time_bounds, list(zip(bounds, bounds[1:], strict=False)))
    assert [group["name"] for group in found.groups] == [group.name for group in expected.groups]
    assert [group["values"] for group in found.groups] == [list(group.values) for group in expected.groups]
    for mine, theirs in zip(expected.groups, found.arrays, strict=True):
        assert np.array_equal(mine.array, theirs)
    for label in expected.labels:
        theirs = found.labels[label.value]
        assert {field: theirs[field] for field in FIELDS} == {field: getattr(label, field) for field in FIELDS}
        assert np.allclose(theirs["color"], label.color, rtol=0, atol=1e-6)
        assert theirs["opacity"] == pytest.approx(label.opacity, abs=1e-6)
        entry = label_to_json(label)
        native = {key: value for key, value in entry.items() if key not in (*FIELDS, "value", "color", "opacity")}
        assert theirs["properties"] == {key: single_precision(value) for key, value in native.items()}


@pytest.fixture
def a_rich_segmentation() -> Segmentation:
    """Overlapping and empty groups, every kind of property, odd names, locks, 3 frames of an oblique grid."""
    direction = np.array([[0.8, -0.36, 0.48], [0.6, 0.48, -0.64], [0.0, 0.8, 0.6]])
    geometry = Geometry.from_parts((4, 5, 6), (0.7, 1.5, 3.25), (-12.5, 33.25, 7.125), direction, 3, (0, 1.5, 4, 10))
    random = np.random.default_rng(5)
    first = random.choice([0, 1, 300], geometry.full_shape).astype(np.uint16)
    second = random.choice([0, 65535, 7], geometry.full_shape).astype(np.uint16)
    typed = {
        "text": 'some "text" \\ ü',
        "int": -42,
        "float": 0.75,
        "bool": True,
        "double": {"type": "DoubleProperty", "value": 1.25},
        "color": {"type": "ColorProperty", "value": [0.5, 0.25, 0.125]},
        "point": {"type": "Point3dProperty", "value": [1.0, 2.0, 3.0]},
        "slices": {"type": "TemporoSpatialStringProperty", "value": {"values": [{"t": 0, "value": "x", "z": 1}]}},
        "_meta": "kept in this format",
        "list": [1, {"a": None}],
        "big": 2**40,
        "none": None,
    }
    groups = [
        Group(
            first,
            [
                Label(
                    300,
                    'Leber "links" \\ äöü 肝臓 🫀',
                    (1, 0.2, 0),
                    0.25,
                    False,
                    False,
                    "id",
                    "1.2.3",
                    "two\nlines",
                    typed,
                ),
                Label(1, "", (0, 0, 0)),
            ],
            'Gruppe "α" / \\β',
            {"group property": 3, "more": [1]},
        ),
        Group(np.zeros(geometry.full_shape, np.uint8)),
        Group(second, [Label(65535, "top"), Label(7, "same"), Label(8, "same")]),
        Group(np.zeros(geometry.full_shape, np.uint8), [Label(9, "empty")], "only empty labels"),
    ]
    return Segmentation(geometry, groups, unlabeled_locked=True)


@pytest.mark.parametrize("version", [3, 4])
def test_mitk_finds_everything(
    mitk: MitkClient, a_rich_segmentation: Segmentation, tmp_path: Path, version: int
) -> None:
    path = write(a_rich_segmentation, tmp_path / "mit Blank und Ümlaut.nrrd", version)
    assert_mitk_found(mitk.load(path), a_rich_segmentation)


def test_mitk_reads_every_group_count_with_and_without_frames(mitk: MitkClient, tmp_path: Path) -> None:
    for frames in (1, 2):
        for count in (1, 2, 5):
            geometry = Geometry.from_parts((1, 3, 4), (1, 2, 3), time_steps=frames)
            groups = []
            for index in range(count):
                array = np.zeros(geometry.full_shape, np.uint16)
                array[-1, 0, index % 3] = index + 1
                groups.append(Group(array, [Label(index + 1, f"L{index}")]))
            segmentation = Segmentation(geometry, groups)
            assert_mitk_found(mitk.load(write(segmentation, tmp_path / "a.nrrd")), segmentation)


@given(segmentation=segmentations())
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_mitk_finds_everything_in_anything(mitk: MitkClient, tmp_path: Path, segmentation: Segmentation) -> None:
    found = mitk.load(write(segmentation, tmp_path / "a.nrrd"))
    assert_mitk_found(found, segmentation)


def test_what_mitk_saves_again_holds_everything_but_properties_of_groups(
    mitk: MitkClient, a_rich_segmentation: Segmentation, tmp_path: Path
) -> None:
    a_rich_segmentation.properties.update(
        {"my.prop": "text ü\n\\", "my_prop.b": "under", "number": 3, "DICOM.0010.0010": "Doe^Jane", "a\rb": None}
    )
    mitk.resave(write(a_rich_segmentation, tmp_path / "a.nrrd"), tmp_path / "b.nrrd")
    again = read(tmp_path / "b.nrrd")
    assert (again.uid, again.unlabeled_locked) == (a_rich_segmentation.uid, True)
    assert again.geometry.is_congruent(a_rich_segmentation.geometry)
    assert again.geometry.bounds == a_rich_segmentation.geometry.bounds
    for mine, theirs in zip(a_rich_segmentation.groups, again.groups, strict=True):
        assert np.array_equal(mine.array, theirs.array)
        assert theirs.labels == mine.labels
        assert theirs.name == mine.name
    added = {name for name in again.properties if name.startswith("MITK.IO.") or name in MINTED}
    kept = {name: value for name, value in again.properties.items() if name not in added}
    assert kept == a_rich_segmentation.properties


def test_mitk_reads_our_data_properties_as_its_own(mitk: MitkClient, tmp_path: Path) -> None:
    before = read(GOLDEN / "custom_properties" / "props.nrrd")
    before.properties.update({"my.prop": "text", "my_under.prop": "u", "number": 3, "DICOM.0010.0030": "19700101"})
    found = mitk.load(write(before, tmp_path / "a.nrrd")).properties
    golden = mitk.load(GOLDEN / "custom_properties" / "props.nrrd").properties
    assert {name: value for name, value in found.items() if name in golden} == golden
    assert (found["my.prop"], found["my.under.prop"], found["number"]) == ("text", "u", "3")
    assert found["DICOM.0010.0030"]["value"]["values"] == [{"t": 0, "value": "19700101", "z": 0}]


@pytest.mark.parametrize("case", NRRD_CASES)
def test_mitk_sees_no_difference_between_its_file_and_ours(mitk: MitkClient, case: str, tmp_path: Path) -> None:
    theirs = mitk.load(GOLDEN / case)
    ours = mitk.load(write(read(GOLDEN / case), tmp_path / "a.nrrd"))
    for name in ("groups", "time_bounds", "time_steps", "problems"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("spacing", "origin", "direction"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-9), name
    assert all(np.array_equal(a, b) for a, b in zip(ours.arrays, theirs.arrays, strict=True))
    for value, label in theirs.labels.items():
        mine = ours.labels[value]
        for numbers in ("color", "opacity"):
            assert np.allclose(mine.pop(numbers), label.pop(numbers), rtol=0, atol=1e-7)
        assert mine == label
    described = ("NRRD.", "ITK.", "label.", "layer", "modality")  # the header of a legacy file
    mints = {"DICOM.0020.000E"} if "DICOM_0020_000E" not in (GOLDEN / case).read_bytes().decode("latin-1") else set()
    kept = {
        name: value for name, value in theirs.properties.items() if not name.startswith(described) and name not in mints
    }
    assert {name: value for name, value in ours.properties.items() if name not in mints} == kept


def test_names_that_mean_something_to_mitk_do_no_harm(mitk: MitkClient, tmp_path: Path) -> None:
    names = [
        "modality", "x.modality", "org.mitk.multilabel.segmentation.version", "org_mitk_uid", "NRRD.space", "space",
        "a.org.mitk.multilabel.segmentation.version", "type", "sizes", "DICOM.0010.0010", "DICOM_0010_0010", "DICOM.x",
        "DICOM", "MITK.IO.reader", "layers", "label.000.00000", "mlseg.properties", "",
    ]  # fmt: skip
    segmentation = Segmentation(
        Geometry.from_parts((1, 2, 3)),
        [Group(np.ones((1, 2, 3), np.uint8), [Label(1, "one", properties={name: "99" for name in names})])],
        properties={name: "99" for name in names},
    )
    path = write(segmentation, tmp_path / "a.nrrd")
    assert_mitk_found(mitk.load(path, save=tmp_path / "b.nrrd"), segmentation)
    assert read(path).properties == segmentation.properties
    assert read(tmp_path / "b.nrrd").label(1) == segmentation.label(1)


@pytest.mark.parametrize(
    ("fields", "reads"),
    [
        ({}, True),
        ({"kinds": "list domain domain domain"}, True),
        ({"space": "right-anterior-superior"}, True),
        ({"type": "short"}, False),  # several groups must be uint16 for MITK; we are lenient
    ],
)
def test_mitk_and_we_read_the_same_variants(
    mitk: MitkClient, tmp_path: Path, fields: dict[str, str], reads: bool
) -> None:
    path = tmp_path / "a.nrrd"
    content = (GOLDEN / "overlap_groups" / "overlap.nrrd").read_bytes()
    head, body = content.split(b"\n\n", 1)
    lines = [line for line in head.decode().split("\n") if line.split(":")[0] not in fields]
    lines[1:1] = [f"{name}: {text}" for name, text in fields.items() if name == "type"]
    lines[4:4] = [f"{name}: {text}" for name, text in fields.items() if name == "space"]
    lines[7:7] = [f"{name}: {text}" for name, text in fields.items() if name == "kinds"]
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + body)
    mine = read(path)
    if reads:
        assert_mitk_found(mitk.load(path), mine)
    else:
        with pytest.raises(MitkRefused, match="incorrect pixel type"):
            mitk.load(path)


def test_where_mitk_wraps_a_value_we_refuse(mitk: MitkClient, tmp_path: Path) -> None:
    from MultiLabelSegLib.errors import CorruptFileError
    from MultiLabelSegLib.formats.label_json import label_from_json

    path = write(
        Segmentation(Geometry.from_parts((1, 2, 3)), [Group(np.zeros((1, 2, 3), np.uint8), [Label(4464, "x")])]),
        tmp_path / "a.nrrd",
    )
    path.write_bytes(path.read_bytes().replace(b'"value":4464', b'"value":70000'))
    assert list(mitk.load(path).labels) == [4464]
    with pytest.raises(CorruptFileError, match="70000"):
        read(path)
    with pytest.raises(CorruptFileError, match="70000"):
        label_from_json({"value": 70000}, "label", JsonRules())
