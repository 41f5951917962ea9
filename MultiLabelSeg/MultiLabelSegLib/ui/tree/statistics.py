"""The table of statistics: worked out in the background, shown, sorted, saved as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from ...core import Event
from ...errors import ToolError, WriteError
from ...formats.staging import Stage
from ...host.base import Level, Progress
from ...tools.statistics import QUARTILES, StatisticsTable
from ...tools.statistics import statistics as measured
from ..frozen import frozen
from ..session import Session
from ..topics import Emit, Topic
from ..work import Work

#: column -> title and decimals (None: text or a whole number)
_COLUMNS: dict[str, tuple[str, int | None]] = {
    "frame": ("Frame", None),
    "group_name": ("Group", None),
    "value": ("Value", None),
    "name": ("Label", None),
    "voxels": ("Voxels", None),
    "volume_ml": ("Volume (ml)", 3),
    "surface_area_mm2": ("Surface (mm²)", 1),
    "mean": ("Mean", 2),
    "sd": ("SD", 2),
    "minimum": ("Minimum", 2),
    "maximum": ("Maximum", 2),
    "median": ("Median", 2),
    "centroid_lps_x": ("Left (mm)", 1),
    "centroid_lps_y": ("Posterior (mm)", 1),
    "centroid_lps_z": ("Superior (mm)", 1),
}


class Statistics:
    """See the module. ``table`` is what was worked out last; ``is_outdated`` says that labels changed since."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit
        self.table: StatisticsTable | None = None
        self.is_outdated = False
        self._work: Work | None = None
        session.events.connect(self._on_event)

    def compute(
        self, values: Sequence[int] | None = None, frames: Literal["current", "all"] = "current", area: bool = True
    ) -> Work:
        """Measures labels (all unless given) in the background; STATISTICS tells when the table is there.

        Intensities are measured where the image lies on the grid. Raises ToolError without a document.
        """
        scene = self._session.scene()
        document, image = frozen(scene.segmentation), scene.image
        if image is not None and not image.geometry.is_congruent(document.geometry, check_time=False):
            self._session.tell(Level.INFO, "The image lies on another grid; intensities are left out")
            image = None
        wanted = None if values is None else tuple(values)
        current = self._session.image_t if image is not None else scene.t
        shown: Literal["all"] | int = "all" if frames == "all" else current
        self.cancel()

        def work(_progress: Progress) -> StatisticsTable:
            return measured(document, image, wanted, shown, QUARTILES, area)

        self._work = self._session.run(work, self._done)
        self.is_outdated = False
        return self._work

    def cancel(self) -> None:
        """Gives up what is being worked out."""
        if self._work is not None:
            self._work.cancel()

    def columns(self) -> tuple[str, ...]:
        """The titles of the columns."""
        return tuple(_COLUMNS[name][0] for name in self._names())

    def rows(self) -> list[tuple[Any, ...]]:
        """The cells, rounded for reading; None where there is nothing to say. ``csv`` has all digits."""
        if self.table is None:
            return []
        names = self._names()
        return [tuple(_rounded(name, row[name]) for name in names) for row in self.table.as_rows()]

    def values(self) -> tuple[int, ...]:
        """The label of each row."""
        return () if self.table is None else tuple(row.value for row in self.table.rows)

    def csv(self) -> str:
        """The whole table as comma-separated text, numbers in full. Raises ToolError before it is made."""
        if self.table is None:
            raise ToolError("there are no statistics yet; compute them first")
        return self.table.as_csv()

    def save_csv(self, path: Path, overwrite: bool = False) -> None:
        """Writes ``csv`` to a file. Raises WriteError."""
        text = self.csv()
        if path.exists() and not overwrite:
            raise WriteError(path, "exists already; overwriting must be asked for")
        with Stage(path) as stage:
            stage.file(path).write_text(text, encoding="utf-8", newline="")
            stage.commit()

    def _names(self) -> list[str]:
        present = () if self.table is None else self.table.columns
        return [name for name in _COLUMNS if name in present]

    def _done(self, table: StatisticsTable) -> None:
        self.table = table
        for note in table.notes:
            self._session.tell(Level.INFO, note)
        self._emit(Topic.STATISTICS)

    def _on_event(self, event: Event) -> None:
        if self.table is not None and not self.is_outdated and event.kind != "properties":
            self.is_outdated = True
            self._emit(Topic.STATISTICS)


def _rounded(name: str, value: Any) -> Any:
    digits = _COLUMNS[name][1]
    return round(value, digits) if digits is not None and value is not None else value
