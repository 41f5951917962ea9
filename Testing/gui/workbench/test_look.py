"""What is chosen is seen, in the dark and in the light; texts keep clear of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from MultiLabelSegLib.core import Group, Label, Segmentation
from MultiLabelSegLib.core.surface import Surface
from MultiLabelSegLib.edit import operations
from MultiLabelSegLib.ui.qt.tool_box import in_two_lines
from Testing.gui.workbench.cases import Bench

pytestmark = [pytest.mark.qt, pytest.mark.slicer_core]


def colors_of(widget: Any) -> Any:
    """The pixels of a widget, (row, column, 3)."""
    from qtpy import QtGui

    image = widget.grab().toImage().convertToFormat(QtGui.QImage.Format_RGB32)
    high, wide = image.height(), image.width()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(high, image.bytesPerLine() // 4, 4)[:, :wide, :3]
    return pixels[..., ::-1].astype(int)


def contrast(one: Any, other: Any) -> float:
    """The contrast of two colours after WCAG 2: 1 for equal ones, 21 for black on white."""

    def light(color: Any) -> float:
        shares = np.asarray(color, float) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05

    brighter, darker = max(light(one), light(other)), min(light(one), light(other))
    return brighter / darker


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_chosen_mode_and_tab_and_tool_stand_out_in_both_themes(a_window: Any, theme: str) -> None:
    a_window.set_theme("light" if theme == "dark" else "dark")
    a_window.settle()
    a_window.set_theme(theme)
    panel = a_window.panel
    panel.sections["interpolation"].set_open(True)
    a_window.presenter.interpolation.set_mode("2d")
    a_window.presenter.tools.toggle("paint")
    a_window.settle()
    modes = panel.interpolation.modes
    chosen, other = (np.median(colors_of(modes[name]).reshape(-1, 3), axis=0) for name in ("2d", "3d"))
    assert np.abs(chosen - other).max() > 60
    accent = a_window.palette().color(a_window.palette().ColorRole.Highlight)
    accent_rgb = np.array([accent.red(), accent.green(), accent.blue()])
    for name, is_on in (("paint", True), ("wipe", False)):
        border = colors_of(panel.tools.buttons[name])[1, 10:-10]
        assert bool((np.abs(border - accent_rgb).max(axis=1) < 12).all()) is is_on
    tabs = panel.tools.tabs
    line = colors_of(tabs)[-2]
    first = tabs.tabRect(0)
    assert (np.abs(line[first.left() + 4 : first.right() - 4] - accent_rgb).max(axis=1) < 12).all()
    assert not (np.abs(line[first.right() + 4 :] - accent_rgb).max(axis=1) < 12).any()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_texts_can_be_read(a_window: Any, theme: str) -> None:
    """4.5 is what WCAG 2 asks of small text."""
    a_window.set_theme(theme)
    a_window.settle()
    palette = a_window.palette()
    role = palette.ColorRole

    def rgb(name: Any) -> tuple[int, int, int]:
        color = palette.color(name)
        return color.red(), color.green(), color.blue()

    for text, ground in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.ButtonText, role.Button),
        (role.PlaceholderText, role.Window),
    ):
        assert contrast(rgb(text), rgb(ground)) >= 4.5, (text, ground)
    assert contrast(rgb(role.HighlightedText), rgb(role.Highlight)) >= 3.9


def test_what_a_gesture_did_is_said_once(a_window: Any, views: Any) -> None:
    a_window.presenter.labels.activate(2)
    views.key("P")
    views.drag("axial", [(20, 20, 6), (24, 20, 6)])
    assert "voxels written" in a_window.statusBar().currentMessage()
    assert not a_window.panel.note.widget.isVisible()


def test_the_same_words_are_said_again_and_not_of_what_was_undone(a_window: Any, views: Any) -> None:
    a_window.presenter.labels.activate(2)
    views.key("P")
    status = a_window.statusBar()
    for at in (12, 36):
        status.clearMessage()
        views.click("axial", (at, 20, 6))
        assert status.currentMessage().endswith("voxels written")
    views.key("Ctrl+Z")
    assert status.currentMessage() == ""


def test_how_to_begin_a_contour_is_not_said_once_it_is_begun(a_window: Any, views: Any) -> None:
    views.key("L")
    views.click("axial", (20, 20, 6))
    assert "double click begins" in a_window.presenter.tools.note
    views.double_click("axial", (20, 20, 6))
    assert a_window.presenter.tools.is_drawing
    assert a_window.presenter.tools.note == ""
    views.key("Escape")


def test_only_the_view_under_the_mouse_tells_the_keys_of_a_tool(a_window: Any, views: Any) -> None:
    views.key("P")
    views.move("axial", (24, 20, 6))
    a_window.settle()
    under = {view.name: view._painter.is_under_mouse for view in a_window.canvas.views}
    assert under["axial"]
    assert not under["coronal"]
    assert not under["sagittal"]


def test_text_in_a_corner_ends_before_the_letter_in_the_middle(a_window: Any, views: Any) -> None:
    """Of a narrow view, too: the letter stands in the middle, 8 points from the edge."""
    from MultiLabelSegLib.workbench.view_paint import wrapped

    a_window.resize(900, 760)
    view = a_window.canvas.view("axial")
    views.key("L")
    views.move("axial", (24, 20, 6))
    a_window.settle()
    tools, metrics = a_window.presenter.tools, view.fontMetrics()
    room = max(80, view.width() // 2 - 16 - metrics.height())
    lines = [part for line in tools.texts() for part in wrapped(line, view.font().toString(), room, 3)]
    assert len(lines) > 2
    assert max(metrics.horizontalAdvance(line) for line in lines) <= room
    assert lines[0] == "Lasso"


def test_the_buttons_of_a_preview_are_scrolled_into_sight(a_window: Any) -> None:
    a_window.resize(1000, 520)
    a_window.presenter.tools.toggle("otsu")
    a_window.presenter.tools.propose()
    a_window.settle()
    confirm, scroll = a_window.panel.preview.confirm, a_window._scroll
    assert scroll.verticalScrollBar().maximum() > 0
    assert confirm.isVisible()
    assert not confirm.visibleRegion().isEmpty()
    assert confirm.visibleRegion().boundingRect().height() == confirm.height()


def test_a_list_of_contours_is_as_high_as_its_contours(a_window: Any, views: Any) -> None:
    a_window.presenter.labels.activate(2)
    a_window.presenter.interpolation.set_mode("3d")
    a_window.panel.sections["interpolation"].set_open(True)
    a_window.settle()
    contours = a_window.panel.interpolation.contours
    assert not contours.isVisible()
    views.key("A")
    for k in (3, 8):
        views.show("axial", k)
        views.drag("axial", [(12, 12, k), (30, 12, k), (30, 30, k), (12, 30, k)])
    a_window.settle()
    assert contours.isVisible()
    assert contours.count() == 2
    assert contours.height() < 3 * max(18, contours.sizeHintForRow(0)) + 4
    assert not a_window.panel.interpolation.confirm.visibleRegion().isEmpty()


def test_surfaces_are_smooth_to_the_eye_and_keep_their_size(a_window: Any) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    from MultiLabelSegLib.core import Geometry
    from MultiLabelSegLib.tools.surface import SMOOTHING, polygon_models
    from MultiLabelSegLib.workbench.render_surfaces import poly_data

    k, j, i = np.ogrid[:8, :40, :40]
    ball = (i - 20) ** 2 + (j - 20) ** 2 + (5 * (k - 3.5)) ** 2 < 15**2  # slices 5 mm apart
    from MultiLabelSegLib.core import Group, Label, Segmentation

    document = Segmentation(
        Geometry.from_parts((8, 40, 40), (1.0, 1.0, 5.0), (-20.0, -20.0, -17.5)),
        [Group(ball.astype(np.uint8)[np.newaxis], [Label(1, "Ball", (1.0, 0.0, 0.0))])],
    )
    surface: Surface = polygon_models(document, smoothing=SMOOTHING)[0]
    stepped, smooth = (poly_data(surface, is_smoothed) for is_smoothed in (False, True))

    def radii(data: Any) -> Any:
        return np.linalg.norm(vtk_to_numpy(data.GetPoints().GetData()), axis=1)

    def steepness(data: Any) -> float:
        """Mean angle between the normals and the directions from the middle: 0 for a perfect ball."""
        points = vtk_to_numpy(data.GetPoints().GetData())
        normals = vtk_to_numpy(data.GetPointData().GetNormals())
        return float(np.abs((points * normals).sum(axis=1) / np.linalg.norm(points, axis=1)).mean())

    assert smooth.GetNumberOfPoints() == stepped.GetNumberOfPoints() == len(surface.points)
    np.testing.assert_allclose(vtk_to_numpy(stepped.GetPoints().GetData()), surface.points, atol=1e-4)
    assert radii(smooth).mean() == pytest.approx(radii(stepped).mean(), rel=0.03)
    assert 1 - steepness(smooth) < 0.7 * (1 - steepness(stepped))


def test_a_long_word_is_broken_at_a_capital() -> None:
    assert in_two_lines("TotalSegmentator") == "Total\nSegmentator"
    assert in_two_lines("Region growing") == "Region\ngrowing"
    assert in_two_lines("GrowCut") == "GrowCut"


@pytest.mark.parametrize("layout", ["conventional", "one big", "four up"])
def test_a_small_window_keeps_its_panel_and_shows_whole_slices(a_window: Any, layout: str) -> None:
    from MultiLabelSegLib.ui.qt.panel import MINIMUM_WIDTH

    a_window.resize(1000, 640)
    for name in ("one big", layout):
        a_window.canvas.set_layout(name)
        a_window.settle()
    assert a_window.width() <= 1000
    assert a_window.panel.widget.width() >= MINIMUM_WIDTH
    for view in a_window.canvas.views:
        frame = view.frame
        assert frame is not None
        assert frame.mm == pytest.approx(frame.fitted().mm), view.name
    view = a_window.canvas.view("axial")
    view.set_frame(view.frame.zoomed(2.0, 10.0, 10.0))
    zoomed = view.frame
    a_window.resize(1100, 700)
    a_window.settle()
    assert view.frame.center == zoomed.center  # what the user has chosen stays
    assert view.frame.mm < view.frame.fitted().mm


def test_a_narrow_strip_above_a_view_leaves_the_millimetres_out(a_window: Any) -> None:
    pane = next(each for each in a_window.canvas.findChildren(type_of_panes()) if each.view.name == "axial")
    a_window.canvas.maximise("axial")
    a_window.settle()
    assert "mm" in pane.position.text()
    a_window.canvas.maximise(None)
    a_window.resize(900, 640)
    a_window.canvas.set_layout("conventional")
    a_window.settle()
    text = pane.position.text()
    assert "mm" not in text
    assert pane.position.fontMetrics().horizontalAdvance(text) <= pane.position.width()


def type_of_panes() -> Any:
    """The class of a view with its strip; importing it needs Qt."""
    from MultiLabelSegLib.workbench.canvas_header import SlicePane

    return SlicePane


def colour_at(bench: Bench, point_ijk: tuple[float, float, float]) -> tuple[int, int, int]:
    """What the axial view shows of a voxel: red, green, blue."""
    view = bench.canvas.view("axial")
    x, y = (round(place) for place in view.point_of_ijk(point_ijk))
    red, green, blue = (int(part) for part in view.pixels()[y, x][:3])
    return red, green, blue


def test_other_open_segmentations_are_seen_below_unless_the_selected_one_is_wanted_alone(bench: Bench) -> None:
    """As in MITK: Spleen of the first document shows through a second one, which is drawn on in the usual way."""
    bench.presenter.preferences.set("outline", False)
    bench.show("axial", 6)
    spleen, free = (42, 4, 6), (14, 5, 6)
    green, grey = colour_at(bench, spleen), colour_at(bench, free)
    first, session = bench.presenter.session.current, bench.presenter.session
    geometry = bench.document.geometry
    over = Segmentation(geometry, [Group(np.zeros(geometry.full_shape, np.uint8), [Label(1, "Over", (1.0, 0.0, 1.0))])])
    session.add_document(over, "second", image_id=bench.image_id)
    bench.work()
    assert colour_at(bench, spleen) == green

    bench.tool("paint", diameter=3)
    bench.draw("axial", [free[:2]], 6)
    magenta = colour_at(bench, free)
    assert magenta[1] < grey[1] < magenta[0]
    bench.key("P")

    bench.presenter.preferences.set("selection_mode", True)
    bench.work()
    assert colour_at(bench, spleen) == grey
    assert colour_at(bench, free) == magenta
    bench.presenter.preferences.set("selection_mode", False)
    first.history.do(operations.change_labels(first.document, (2,), title="Hide", visible=False))
    bench.work()
    assert colour_at(bench, spleen) == grey

    bench.presenter.data.select_segmentation(first.id)
    bench.key("Ctrl+Z")
    assert colour_at(bench, spleen) == green
    assert colour_at(bench, free) == magenta
    bench.presenter.data.close(discard=True)
    bench.work()
    assert colour_at(bench, spleen) == grey
    bench.presenter.preferences.set("outline", True)
