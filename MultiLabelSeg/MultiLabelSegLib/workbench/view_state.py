"""What all views of a canvas have in common, and who hears of a change of it; without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core import Geometry, Group, Segmentation
from ..signal import Signal
from ..ui.tools.view_events import ViewEventHandler
from .canvas_theme import THEMES, Colors
from .view_geometry import Triple
from .view_labels import LabelStyle


@dataclass
class ViewState:
    """``geometry`` is the grid along which views lie: the document's, without one the image's, None for neither.

    ``others`` are documents that are seen below ``document``; those of another grid are left out.
    ``is_drawing`` says that a 2D tool is on: crosshair, window and level, and maximising then rest.
    ``crosshair_moved`` is emitted with the new position and the view that it came from (None: no view).
    """

    geometry: Geometry | None = None
    document: Segmentation | None = None
    others: tuple[Segmentation, ...] = ()
    t: int = 0
    style: LabelStyle = "filled"
    opacity: float = 1.0
    shows_labels: bool = True
    shows_crosshair: bool = True
    crosshair_lps: Triple | None = None
    is_drawing: bool = False
    handler: ViewEventHandler | None = None
    colors: Colors = field(default_factory=lambda: THEMES["dark"])
    tool_text: tuple[str, ...] = ()
    crosshair_moved: Signal = field(default_factory=Signal)
    maximise_asked: Signal = field(default_factory=Signal)
    overlay_asked: Signal = field(default_factory=Signal)
    hovered: Signal = field(default_factory=Signal)

    def move_crosshair(self, point_lps: Triple, source: object = None) -> None:
        """Puts the crosshair somewhere; other views follow."""
        self.crosshair_lps = point_lps
        self.crosshair_moved.emit(point_lps, source)

    @property
    def groups_below(self) -> list[Group]:
        """The groups of the other documents that can be seen, the lowest first."""
        grid = self.geometry
        if grid is None:
            return []
        fitting = (other for other in self.others if other.geometry.is_congruent(grid, check_time=False))
        return [group for other in fitting for group in other.groups]

    def labels_at(self, point_ijk: Sequence[float]) -> tuple[tuple[int, str], ...]:
        """(value, name) of every label at a point (i, j, k), in the order of the groups; hidden ones too."""
        if self.document is None:
            return ()
        i, j, k = (int(coordinate + 0.5) if coordinate >= -0.5 else -1 for coordinate in point_ijk)
        depth, high, wide = self.document.geometry.shape
        if not (0 <= k < depth and 0 <= j < high and 0 <= i < wide):
            return ()
        found = []
        for group in self.document.groups:
            value = int(group.array[self.t, k, j, i])
            if value in group:
                found.append((value, group.label(value).name))
        return tuple(found)
