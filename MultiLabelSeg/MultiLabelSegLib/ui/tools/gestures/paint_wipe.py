"""Paint and Wipe: each move is written at once, the whole stroke is one step to undo."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, ClassVar

import numpy as np

from ....tools.base import Scene
from ....tools.paint import Brush
from ....tools.points import Point
from ....tools.slices import Plane, SliceOf
from ..feedback import Circle, Polyline
from ..view_events import Modifier, ViewEvent
from .base import NOTHING, Gesture, Shapes, inverts
from .context import ADDS, TAKES, Context, slice_shown
from .step import GestureStep

_OTHER = {"paint": "wipe", "wipe": "paint"}
#: corners of a brush that is shown as an ellipse
_CORNERS = 48


class _Stroke:
    """A stroke that is being drawn, perhaps through several slices."""

    def __init__(self, step: GestureStep, tool: str, scene: Scene) -> None:
        self.step, self.tool, self.scene = step, tool, scene
        self.runs: list[tuple[SliceOf, list[Point]]] = []
        self.written = 0
        self.touched: set[int] = set()
        self.was_protected = False


class BrushGesture(Gesture):
    """Draws with the brush. CTRL at the press makes Paint wipe and Wipe paint; CTRL+SHIFT+wheel changes its size."""

    scrolls: ClassVar[bool] = True

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._stroke: _Stroke | None = None
        self.hints = (f"CTRL: {_OTHER[name]}", "CTRL+SHIFT+wheel, [\u00a0and\u00a0]:\u00a0size")

    @property
    def is_busy(self) -> bool:
        """Whether a stroke is being drawn."""
        return self._stroke is not None

    # ---- mouse -------------------------------------------------------------------------------------------------
    def press(self, event: ViewEvent) -> None:
        """Begins a stroke with a dab."""
        self.end()
        tool = _OTHER[self.name] if inverts(event) else self.name
        step = self.context.open_step(tool.capitalize())
        self._stroke = _Stroke(step, tool, self.context.scene())
        self.move(event)

    def move(self, event: ViewEvent) -> None:
        """Draws on to the point; in another slice, which the wheel may bring, the stroke goes on with a dab there."""
        self.under_mouse = event
        stroke = self._stroke
        if stroke is None:
            return
        where = slice_shown(stroke.scene, event.plane, event.slice)
        if not stroke.runs or stroke.runs[-1][0] != where:
            stroke.runs.append((where, []))
        points = stroke.runs[-1][1]
        if points and _voxel(points[-1]) == _voxel(event.point_ijk):
            return
        points.append(event.point_ijk)
        self._draw(stroke, where, tuple(points[-2:]))

    def release(self, event: ViewEvent) -> None:
        """Ends the stroke at the point, if that is within the slice that was drawn in."""
        stroke = self._stroke
        if stroke is None:
            return
        if stroke.runs and event.plane == stroke.runs[-1][0].plane and event.slice == stroke.runs[-1][0].index:
            self.move(event)
        self.end()

    def wheel(self, event: ViewEvent) -> bool:
        """CTRL+SHIFT: the size of the brush."""
        if not {Modifier.CTRL, Modifier.SHIFT} <= event.modifiers:
            return False
        self.resize(event.wheel)
        return True

    # ---- the end -----------------------------------------------------------------------------------------------
    def end(self) -> None:
        """The stroke becomes one step to undo."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return
        protected: Counter[int] = Counter()
        try:
            if self.context.session.document is stroke.scene.segmentation:
                if stroke.was_protected:
                    protected = self._protected(stroke)
                if stroke.written and not self._is_ball():
                    for where in dict.fromkeys(where for where, _ in stroke.runs):
                        self.context.record(stroke.scene, where, stroke.touched, stroke.step.do)
        finally:
            stroke.step.close()
        self.context.say(self.context.told(stroke.written, protected))

    def cancel(self) -> None:
        """Takes the stroke back."""
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            stroke.step.take_back()
            self.context.say("the stroke was taken back")

    # ---- size --------------------------------------------------------------------------------------------------
    def resize(self, steps: int) -> None:
        """Makes the brush larger or smaller, by a pixel or a tenth at least. Stops at its smallest and largest."""
        options = self.context.options
        in_mm = options.get(self.name, "diameter_mm")
        if in_mm is None:
            size = options.get(self.name, "diameter")
            for _ in range(abs(steps)):
                by = max(1, round(size / 10))
                size = size + by if steps > 0 else size - by
            options.set(self.name, "diameter", min(max(size, 1), 1000))
        else:
            size = in_mm * 1.1**steps
            options.set(self.name, "diameter_mm", min(max(float(f"{size:.3g}"), 0.1), 10000.0))
        self.option_changed("diameter")

    # ---- what is shown -----------------------------------------------------------------------------------------
    def shapes(self, view: str, plane: Plane, index: int) -> Shapes:
        """The brush where it would paint, in the view under the mouse."""
        event = self.under_mouse
        if event is None or (event.view, event.plane, event.slice) != (view, plane, index):
            return NOTHING
        stroke = self._stroke
        tool = stroke.tool if stroke is not None else (_OTHER[self.name] if inverts(event) else self.name)
        scene = self.context.scene()
        where = SliceOf(scene.geometry, plane, index)
        color = ADDS if tool == "paint" else TAKES
        brush = self.context.tool(tool)
        width, height, (column, row) = _extent(brush, where, where.point_of(event.point_ijk))
        center = where.point_ijk(column, row)
        by_row, by_column = where.spacing
        if math.isclose(width * by_column, height * by_row, rel_tol=1e-6):
            return Shapes(circles=(Circle(center, width * by_column, color),))
        turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
        around = zip(np.cos(turn) * width / 2, np.sin(turn) * height / 2, strict=True)
        points = np.array([where.point_ijk(column + x, row + y) for x, y in around])
        return Shapes(lines=(Polyline(points, color, closed=True),))

    # ---- inside ------------------------------------------------------------------------------------------------
    def _is_ball(self) -> bool:
        return bool(self.context.options.get(self.name, "ball"))

    def _draw(self, stroke: _Stroke, where: SliceOf, points: tuple[Point, ...]) -> None:
        tool = self._brush(stroke.tool, where, points)
        if not _reaches(tool, where, points):
            return
        scene = stroke.scene
        command = stroke.step.do(tool.propose(scene).command(scene.segmentation))
        found = command.resolution
        if found.written:
            stroke.written += found.written
            stroke.touched.update(found.touched)
        stroke.was_protected = stroke.was_protected or bool(found.protected)

    def _brush(self, name: str, where: SliceOf, points: tuple[Point, ...]) -> Any:
        return self.context.tool(name, stroke_ijk=points, plane=where.plane, slice=where.index)

    def _protected(self, stroke: _Stroke) -> Counter[int]:
        """Voxels that locks kept, each once though dabs overlap: what was locked is as it was before the stroke."""
        found: Counter[int] = Counter()
        scene = stroke.scene
        for where, points in stroke.runs:
            tool = self._brush(stroke.tool, where, tuple(points))
            if _reaches(tool, where, tuple(points)):
                found.update(tool.propose(scene).command(scene.segmentation).resolution.protected)
        return found


def _voxel(point: Point) -> tuple[int, int, int]:
    i, j, k = point
    return math.floor(i + 0.5), math.floor(j + 0.5), math.floor(k + 0.5)


def _reaches(brush: Brush, where: SliceOf, points: tuple[Point, ...]) -> bool:
    """Whether any of a stroke's band may lie within the image: the mouse may leave it and come back."""
    flat = [where.point_of(point) for point in points]
    width, height, _ = _extent(brush, where, flat[0])
    for axis, (size, room) in enumerate(((width, where.shape[1]), (height, where.shape[0]))):
        places = [math.floor(point[axis] + 0.5) for point in flat]
        if brush.diameter_mm is None and not brush.ball:
            below, above = (brush.diameter - 1) // 2, brush.diameter // 2
        else:
            below = above = int(size / 2 + 1e-9)
        if max(places) + above < 0 or min(places) - below >= room:
            return False
    return True


def _extent(brush: Brush, where: SliceOf, at: tuple[float, float]) -> tuple[float, float, tuple[float, float]]:
    """Columns and rows that a dab measures across, and its centre: the brush snaps to pixels, as MITK's."""
    by_row, by_column = where.spacing
    column, row = math.floor(at[0] + 0.5), math.floor(at[1] + 0.5)
    if brush.diameter_mm is not None:
        return brush.diameter_mm / by_column, brush.diameter_mm / by_row, (column, row)
    if brush.ball:
        size = brush.diameter * min(where.geometry.spacing)
        return size / by_column, size / by_row, (column, row)
    off = 0.0 if brush.diameter % 2 else 0.5
    return brush.diameter, brush.diameter, (column + off, row + off)
