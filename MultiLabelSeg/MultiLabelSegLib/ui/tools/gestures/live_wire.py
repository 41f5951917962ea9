"""Live wire: the lasso with anchors that are joined along edges of the image."""

from __future__ import annotations

from typing import Any

from ....ops.live_wire import CostMap
from ....tools.contour_trace import Connector
from ....tools.lasso_editor import LassoEditor
from ....tools.live_wire import WireConnector, WireMaps
from ....tools.slices import SliceOf
from ...frozen import Latest
from ..view_events import ViewEvent
from .base import inverts
from .context import Context, slice_shown
from .lasso import LassoGesture


class LiveWireGesture(LassoGesture):
    """As the lasso. CTRL while moving prefers edges like those that the contour has followed so far."""

    hints: tuple[str, ...] = (*LassoGesture.hints, "CTRL: edges as before")

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context, name)
        self._maps = WireMaps()
        self._connector: WireConnector | None = None
        #: the costs of the slice under the mouse, made in the background before a contour begins there
        self._ahead: tuple[tuple[Any, ...], CostMap | None] = ((), None)
        self._looking = Latest(context.session.host.run)

    def connector(self, where: SliceOf) -> Connector:
        """Along the edges of the slice. Raises ToolError without an image."""
        scene = self.context.scene()
        key, ready = self._ahead
        costs = ready if ready is not None and key == self._key(where) else self._maps.get(scene, where)
        self._connector = WireConnector(costs, bool(self.context.options.get(self.name, "dynamic")))
        return self._connector

    def closing(self, editor: LassoEditor, event: ViewEvent) -> tuple[tuple[float, float], ...]:
        """Straight, as MITK shows it: at every move of the mouse it would be another way. The end follows edges."""
        first = editor.trace.anchors[0]
        return (editor.where.point_of(event.point_ijk), first)

    def modified(self, event: ViewEvent) -> None:
        """CTRL trains the costs with the contour."""
        if self._connector is not None:
            self._connector.dynamic = inverts(event) or bool(self.context.options.get(self.name, "dynamic"))

    def hover(self, event: ViewEvent) -> None:
        """The way to the mouse follows the modifier too."""
        super().hover(event)
        self.modified(event)
        scene = self.context.scene()
        where = slice_shown(scene, event.plane, event.slice)
        key = self._key(where)
        if self._ahead[0] == key or scene.image is None:
            return
        self._ahead = (key, None)

        def found(costs: CostMap) -> None:
            if self._ahead[0] == key:
                self._ahead = (key, costs)

        # without an answer the costs are made when they are needed, and what is wrong is told then
        self._looking.start(scene, lambda at, _progress: WireMaps().get(at, where), found, lambda _error: None)

    def _key(self, where: SliceOf) -> tuple[Any, ...]:
        session = self.context.session
        return session.image, session.image_t, where.plane, where.index
