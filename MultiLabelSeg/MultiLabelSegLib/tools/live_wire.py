"""Live wire: anchors joined along edges of the image. The lasso's editor draws it with a ``WireConnector``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..core import Image
from ..errors import ToolError
from ..ops.live_wire import CostMap, Pixel, Wires, cost_map
from .base import Draft, Scene, Scope
from .contour import Contoured, Mode, filled
from .contour_trace import XY, Trace
from .parameters import parameter
from .points import points_of
from .slices import SliceOf

#: slices whose costs are kept
_KEPT = 8


class WireMaps:
    """The cost maps of the slices that were worked on last, made when they are first asked for."""

    def __init__(self) -> None:
        self._maps: dict[tuple[Any, ...], tuple[Image, CostMap]] = {}

    def get(self, scene: Scene, where: SliceOf) -> CostMap:
        """The costs of a slice of the scene's image. Raises ToolError without an image."""
        pixels = where.take(scene.pixels())
        image = scene.image
        assert image is not None
        key = id(image), scene.t, scene.image_t, where.plane, where.index
        found = self._maps.pop(key, None)
        if found is None or found[0] is not image:
            found = image, cost_map(pixels, where.spacing)
        self._maps[key] = found  # the newest is the last; the image is kept so that its id stays its own
        while len(self._maps) > _KEPT:
            del self._maps[next(iter(self._maps))]
        return found[1]


class WireConnector:
    """Joins anchors along edges; the rest of the contour repels.

    With ``dynamic`` (MITK: while the control key is held) costs are trained with the contour so far.
    """

    def __init__(self, costs: CostMap, dynamic: bool = False) -> None:
        self._costs = costs
        self.dynamic = dynamic
        self._last: tuple[tuple[Any, ...], Wires] | None = None

    def snapped(self, point: XY) -> XY:
        """The strongest gradient next to the point."""
        row, column = self._costs.snapped(*self._pixel(point))
        return float(column), float(row)

    def between(self, one: XY, other: XY, drawn: Sequence[XY]) -> tuple[XY, ...]:
        """The pixels of the cheapest way, without its ends. Moving the far end on costs next to nothing.

        Raises ToolError for a point outside of the slice.
        """
        start, target = self._pixel(one), self._pixel(other)
        avoid = tuple(self._pixel(point) for point in drawn)
        key = start, avoid, self.dynamic
        if self._last is None or self._last[0] != key:
            costs = self._costs.trained(avoid) if self.dynamic else self._costs
            self._last = key, Wires(costs, start, avoid)
        way = self._last[1].way_to(target)[1:-1].tolist()
        return tuple((float(column), float(row)) for row, column in way)

    def _pixel(self, point: XY) -> Pixel:
        column, row = (int(np.floor(place + 0.5)) for place in point)
        rows, columns = self._costs.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise ToolError(f"the point in column {column}, row {row} is outside of the slice of {columns} x {rows}")
        return row, column


@dataclass(frozen=True, kw_only=True)
class LiveWire(Contoured):
    """Adds what a contour along edges encloses to the active label, or subtracts it.

    The points of the contour are anchors; the way from the last to the first follows edges too.
    """

    name: ClassVar[str] = "live_wire"
    title: ClassVar[str] = "Live wire"
    scope: ClassVar[Scope] = "2d"
    mode: Mode = parameter("add", help="whether the contour adds to the active label or subtracts from it")
    snap: bool = parameter(True, help="move the first anchor to the strongest edge next to it")
    dynamic: bool = parameter(False, help="prefer edges like those that the contour has followed so far")

    def propose(self, scene: Scene) -> Draft:
        """See ``Tool``. Raises ToolError."""
        scene.active_label()
        where, trace = self.traced(scene, WireMaps())
        polygon: NDArray[np.float64] = np.array(trace.points())
        return self.draft(scene, where, *filled(where, polygon), self.mode)

    def traced(self, scene: Scene, maps: WireMaps) -> tuple[SliceOf, Trace]:
        """The slice, and the closed contour along the edges. Raises ToolError."""
        anchors = points_of(scene, self.contour_ijk, self.contour_lps, "contour", 2)
        where = self.slice_of(scene, anchors)
        connector = WireConnector(maps.get(scene, where), self.dynamic)
        listed: list[XY] = [(float(x), float(y)) for x, y in where.flattened(anchors)]
        if self.snap:
            listed[0] = connector.snapped(listed[0])
        trace = Trace()
        for anchor in listed:
            last = trace.anchors[-1] if trace.parts else anchor
            drawn = [point for point in trace.points() if point not in (last, anchor)]
            trace = trace.with_anchor(anchor, connector.between(last, anchor, drawn) if trace.parts else ())
        return where, Trace(trace.parts, closed=True).rejoined(connector, len(listed) - 1)
