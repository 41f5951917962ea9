"""The live wire tool and its connector: along edges, closed along edges, edited like the lasso, refused, on a chest."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from MultiLabelSegLib.errors import ToolError
from MultiLabelSegLib.ops.contour import fill_polygon
from MultiLabelSegLib.tools.lasso_editor import LassoEditor
from MultiLabelSegLib.tools.live_wire import LiveWire, WireConnector, WireMaps
from MultiLabelSegLib.tools.slices import SliceOf
from Testing.tools.slice_cases import KIDNEY, LIVER, a_scene, chest, empty, run

SHAPE = (3, 64, 128)


@pytest.fixture(params=["always", "never"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLSEG_KERNELS", request.param)
    return str(request.param)


def inside() -> np.ndarray:
    """A disk of 20 mm around (row 32, column 64) in slice 1; the grid has .5 mm columns and 1 mm rows."""
    rows, columns = np.ogrid[:64, :128]
    found = np.zeros(SHAPE, np.bool_)
    found[1] = np.hypot(rows - 32, (columns - 64) * 0.5) < 20
    return found


def image() -> np.ndarray:
    return (inside() * 300 + np.random.default_rng(0).normal(0, 10, SHAPE)).astype(np.int16)


ANCHORS = ((24.0, 32.0, 1.0), (64.0, 12.0, 1.0), (103.0, 32.0, 1.0))


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def test_three_anchors_on_its_edge_are_enough_for_a_disk_for_the_closing_way_follows_it_too(engine: str) -> None:
    command, new = run(a_scene(image=image(), shape=SHAPE), LiveWire(contour_ijk=ANCHORS))
    assert dice(new == LIVER, inside()) > 0.96
    assert command.title == "Add to Liver"
    plain = np.count_nonzero(inside()) / 2
    assert np.count_nonzero(new == LIVER) > 1.5 * plain, "a straight closing line would leave half of it out"


def test_subtracting_and_locks_are_those_of_the_contour_tools(engine: str) -> None:
    frame = empty(SHAPE)
    frame[1] = LIVER
    frame[1, :, 60:70] = KIDNEY
    _, new = run(a_scene(frame, image()), LiveWire(contour_ijk=ANCHORS, mode="subtract"))
    assert (new[1, :, 60:70] == KIDNEY).all()
    assert dice(new[1] == 0, inside()[1] & (frame[1] == LIVER)) > 0.95
    frame[1, :, :] = KIDNEY
    command, new = run(a_scene(frame, image()), LiveWire(contour_ijk=ANCHORS))
    np.testing.assert_array_equal(new, frame)
    assert command.resolution.protected[KIDNEY] > 1000


def test_the_first_anchor_snaps_to_the_edge() -> None:
    scene = a_scene(image=image(), shape=SHAPE)
    near = ((64.0, 11.0, 1.0), *ANCHORS[1:])
    where, snapped = LiveWire(contour_ijk=near).traced(scene, WireMaps())
    _, plain = LiveWire(contour_ijk=near, snap=False).traced(scene, WireMaps())
    strength = WireMaps().get(scene, where).strength
    (x0, y0), (x1, y1) = snapped.anchors[0], plain.anchors[0]
    assert strength[int(y0), int(x0)] > strength[int(y1), int(x1)]
    assert max(abs(x0 - x1), abs(y0 - y1)) <= 1


def test_costs_of_a_slice_are_made_once() -> None:
    scene, maps = a_scene(image=image(), shape=SHAPE), WireMaps()
    one, other = (SliceOf(scene.geometry, "axial", index) for index in (1, 2))
    first = maps.get(scene, one)
    assert maps.get(scene, one) is first
    assert maps.get(scene, other) is not first
    assert maps.get(a_scene(image=image(), shape=SHAPE), one) is not first
    for index in range(40):
        maps.get(scene, SliceOf(scene.geometry, "coronal", index))
    assert maps.get(scene, one) is not first, "only the last few are kept"


def test_the_contour_does_not_run_along_itself(engine: str) -> None:
    scene = a_scene(image=image(), shape=SHAPE)
    _, trace = LiveWire(contour_ijk=ANCHORS).traced(scene, WireMaps())
    points = trace.points()
    assert len(set(points)) == len(points)
    assert trace.closed


def test_the_wire_is_edited_like_the_lasso(engine: str) -> None:
    scene = a_scene(image=image(), shape=SHAPE)
    where = SliceOf(scene.geometry, "axial", 1)
    editor = LassoEditor(where, WireConnector(WireMaps().get(scene, where)), auto_confirm=False)
    editor.double_click(ANCHORS[0], "axial")
    editor.press(ANCHORS[1], "axial")
    editor.release()
    line = editor.line_to((100.0, 32.0, 1.0), "axial")
    assert line[0] == (64, 12)
    assert len(line) > 30, "shown along the edge"
    assert len(editor.closing_line((100.0, 32.0, 1.0), "axial")) > 20
    editor.double_click(ANCHORS[2], "axial")
    drawn = editor.trace
    # pulled inwards and back: the ways next to the anchor are sought again, the others stay
    editor.press(ANCHORS[1], "axial")
    editor.move((64.0, 25.0, 1.0), "axial")
    pulled = editor.trace
    assert pulled.parts[2] == drawn.parts[2]
    assert pulled.parts[0] != drawn.parts[0]
    assert len(set(pulled.points())) == len(pulled.points())
    editor.move(ANCHORS[1], "axial")
    editor.release()
    bottom = (64.0, 52.0, 1.0)
    assert editor.press(bottom, "axial", modifier=True)
    editor.release()
    assert len(editor.trace.parts) == 4
    made = editor.confirm()
    _, new = run(scene, made)
    assert dice(new == LIVER, inside()) > 0.95


def test_two_anchors_make_a_contour_where_the_edge_does(engine: str) -> None:
    scene = a_scene(image=image(), shape=SHAPE)
    _, new = run(scene, LiveWire(contour_ijk=(ANCHORS[0], ANCHORS[2])))
    # the way back must not be the way there, so the two enclose something
    assert np.count_nonzero(new == LIVER) > 50


def test_dynamic_costs_stay_on_the_kind_of_edge_that_was_followed(engine: str) -> None:
    pixels = np.zeros(SHAPE)
    pixels[:, :, 40:] += 100
    pixels[:, :, 48:] += 900
    pixels += np.random.default_rng(0).normal(0, 2, SHAPE)
    scene = a_scene(image=pixels, shape=SHAPE)
    where = SliceOf(scene.geometry, "axial", 1)
    costs = WireMaps().get(scene, where)
    drawn = [(40.0, float(row)) for row in range(20)]
    plain = WireConnector(costs).between((40, 20), (40, 60), drawn)
    trained = WireConnector(costs, dynamic=True).between((40, 20), (40, 60), drawn)
    assert max(x for x, _ in plain) >= 46
    assert max(x for x, _ in trained) <= 42
    _, trace = LiveWire(contour_ijk=ANCHORS, dynamic=True).traced(scene, WireMaps())
    assert trace.closed


def test_what_cannot_be_is_refused() -> None:
    scene = a_scene(image=image(), shape=SHAPE)
    cases = [
        ({}, "a contour needs points"),
        ({"contour_ijk": ANCHORS[:1]}, "at least 2 points, found 1"),
        ({"contour_ijk": (*ANCHORS, (128.0, 5.0, 1.0))}, "column 128, row 5 is outside of the slice of 128 x 64"),
        ({"contour_ijk": ANCHORS, "slice": 3}, "axial slice 3 is outside of the image"),
    ]
    for fields, said in cases:
        with pytest.raises(ToolError, match=said):
            LiveWire(**fields).propose(scene)
    with pytest.raises(ToolError, match="needs the image"):
        LiveWire(contour_ijk=ANCHORS).propose(a_scene(shape=SHAPE))
    with pytest.raises(ToolError, match="no label is active"):
        LiveWire(contour_ijk=ANCHORS).propose(a_scene(image=image(), shape=SHAPE, label=None))


@pytest.mark.parametrize("plane", ["axial", "sagittal"])
def test_on_a_real_chest_eight_anchors_outline_the_lung(plane: str) -> None:
    scene = chest("right lung")
    lung = scene.values() == scene.label
    flat = lung[20] if plane == "axial" else lung[:, :, 84]
    labelled, many = ndimage.label(flat)
    sizes = np.bincount(labelled.reshape(-1))[1:]
    region = ndimage.binary_fill_holes(labelled == 1 + int(np.argmax(sizes)))
    edge = np.argwhere(region & ~ndimage.binary_erosion(region))
    steps = np.array([1.0, 1.0] if plane == "axial" else [10.0, 3.05])
    middle = edge.mean(axis=0)
    angles = np.arctan2(*((edge - middle) * steps).T)
    picked = [edge[np.argmin(np.abs(angles - angle))] for angle in np.linspace(-np.pi, np.pi, 8, endpoint=False)]
    if plane == "axial":
        contour = tuple((float(column), float(row), 20.0) for row, column in picked)
    else:
        contour = tuple((84.0, float(column), float(row)) for row, column in picked)
    where, trace = LiveWire(contour_ijk=contour, plane=plane).traced(scene, WireMaps())
    (top, left), block = fill_polygon(np.array(trace.points()), where.shape)
    found = np.zeros(where.shape, np.bool_)
    found[top : top + block.shape[0], left : left + block.shape[1]] = block
    assert dice(found, region) > 0.9, dice(found, region)
    before = scene.values().copy()
    command, new = run(scene, LiveWire(contour_ijk=contour, plane=plane))
    assert (before[new != before] == 0).all()
    assert command.resolution.protected
