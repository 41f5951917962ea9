"""Statistics of labels, frame by frame: size, place, surface and intensities, as rows, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..core import Box, Geometry, Image, Segmentation
from ..core.label_index import Extent
from ..core.naming import display_names, group_title
from ..core.run_statistics import RunStatistics
from ..core.runs import RunTable, scan
from ..errors import GeometryError, OptionError, ToolError
from ..ops.progress import Progress, parts, told
from ..ops.statistics import Intensities, intensities_of, measure_at_once
from ..ops.surface_area import count_exits, surface_areas
from ..ops.threshold import IntensityRange, intensity_range, scalars
from .choice import operands
from .masking import LabelKey

QUARTILES = (5.0, 25.0, 75.0, 95.0)


@dataclass(frozen=True)
class LabelStatistics:
    """One label in one frame. Volumes in mm3 and ml, ``box`` and centroid in voxels, area in mm2.

    Box, centroid, area and intensities are None where the label has no voxels; the area also where none was asked for,
    intensities also without an image.
    """

    t: int
    group: int
    group_name: str
    value: int
    name: str
    voxels: int
    volume_mm3: float
    box: Box | None = None
    centroid_ijk: tuple[float, float, float] | None = None
    centroid_lps: tuple[float, float, float] | None = None
    surface_area_mm2: float | None = None
    intensities: Intensities | None = None

    @property
    def volume_ml(self) -> float:
        """The volume in millilitres."""
        return self.volume_mm3 / 1000


@dataclass(frozen=True)
class StatisticsTable:
    """All rows, frame by frame and in the order of the labels; ``notes`` say what the user should know."""

    rows: tuple[LabelStatistics, ...]
    percentiles: tuple[float, ...] = ()
    with_area: bool = False
    with_intensities: bool = False
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of ``as_rows`` and ``as_csv``."""
        names = ["frame", "group", "group_name", "value", "name", "voxels", "volume_mm3", "volume_ml"]
        names += [f"{axis}_{end}" for axis in "ijk" for end in ("first", "last")]
        names += [*(f"centroid_{axis}" for axis in "ijk"), *(f"centroid_lps_{axis}" for axis in "xyz")]
        names += ["surface_area_mm2"] if self.with_area else []
        if self.with_intensities:
            names += ["mean", "sd", "minimum", "maximum", "median"]
            names += [f"percentile_{percent:g}" for percent in self.percentiles]
        return tuple(names)

    def as_rows(self) -> list[dict[str, Any]]:
        """The rows as plain data by column; None where there is nothing to say."""
        return [dict(zip(self.columns, self._cells(row), strict=True)) for row in self.rows]

    def _cells(self, row: LabelStatistics) -> list[Any]:
        cells: list[Any] = [row.t, row.group, row.group_name, row.value, row.name]
        cells += [row.voxels, row.volume_mm3, row.volume_ml]
        cells += [None] * 6 if row.box is None else [end for axis in row.box.inclusive_ijk() for end in axis]
        cells += row.centroid_ijk or [None] * 3
        cells += row.centroid_lps or [None] * 3
        cells += [row.surface_area_mm2] if self.with_area else []
        if self.with_intensities:
            cells += self._intensities(row.intensities)
        return cells

    def _intensities(self, found: Intensities | None) -> list[Any]:
        if found is None:
            return [None] * (5 + len(self.percentiles))
        return [found.mean, found.deviation, found.minimum, found.maximum, found.median, *found.percentiles]

    def as_csv(self) -> str:
        """The rows as comma-separated text with a line of names first; numbers in full, nothing where None."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if cell is None else cell for cell in self._cells(row)] for row in self.rows)
        return text.getvalue()

    def as_json(self) -> str:
        """``{"percentiles": [...], "notes": [...], "labels": [rows]}`` as text."""
        told = {"percentiles": list(self.percentiles), "notes": list(self.notes), "labels": self.as_rows()}
        return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def statistics(
    segmentation: Segmentation,
    image: Image | None = None,
    labels: Sequence[LabelKey] | LabelKey | None = None,
    frames: Literal["all"] | int | Sequence[int] = "all",
    percentiles: Sequence[float] = QUARTILES,
    surface_area: bool = True,
    progress: Progress | None = None,
) -> StatisticsTable:
    """The statistics of labels (values or names; all unless given) in frames (all, one, or several by number).

    A static segmentation of an image with several frames is measured in each of them; an image of one frame serves all
    frames. Each group is looked at once a frame, whatever the number of labels. ``percentiles`` are per cent.
    ``progress`` is called with the share that is done; what it raises ends the work.

    Raises GeometryError for an image of another grid, ToolError for frames that do not match or are not there and for
    images of colours, OptionError for impossible percentiles, UnknownLabelError, LabelError.
    """
    percents = _percents(percentiles)
    keys = "all" if labels is None else labels if isinstance(labels, (int, str)) else tuple(labels)
    wanted = tuple(dict.fromkeys(value for values in operands(segmentation, keys) for value in values))
    count = _frame_count(segmentation.geometry, image)
    rows: list[LabelStatistics] = []
    measured: dict[int, _Frame] = {}
    for t, part in parts(_frames(frames, count), progress):
        held = t if segmentation.geometry.time_steps > 1 else 0
        if held not in measured:  # of a static segmentation the same for all frames of the image
            measured = {held: _Frame(segmentation, wanted, held, surface_area)}
        pixels = None if image is None else image.array[t if len(image.array) > 1 else 0]
        rows += measured[held].rows(t, pixels, percents, part)
    notes = tuple(
        f"{group_title(group.name, index)} holds voxels without a label: values {', '.join(map(str, strays))}"
        for index, group in enumerate(segmentation.groups)
        if (strays := group.undeclared_values())
    )
    return StatisticsTable(tuple(rows), percents, surface_area, image is not None, notes)


def _percents(percentiles: Sequence[float]) -> tuple[float, ...]:
    for percent in percentiles:
        if isinstance(percent, bool) or not 0 <= percent <= 100:
            raise OptionError("percentiles", percent, "numbers from 0 to 100")
    return tuple(dict.fromkeys(float(percent) for percent in percentiles))


def _frame_count(geometry: Geometry, image: Image | None) -> int:
    """How many frames can be measured. Raises GeometryError, ToolError for an image that does not belong here."""
    if image is None:
        return geometry.time_steps
    found = image.geometry.differences(geometry, check_time=False)
    if found:
        raise GeometryError(f"the image does not lie on the segmentation's grid: {'; '.join(found)}")
    scalars(image.array)
    theirs = len(image.array)
    if 1 not in (theirs, geometry.time_steps) and theirs != geometry.time_steps:
        raise ToolError(f"the image has {theirs} frames, the segmentation {geometry.time_steps}")
    return max(theirs, geometry.time_steps)


def _frames(frames: Literal["all"] | int | Sequence[int], count: int) -> Sequence[int]:
    if frames == "all":
        return range(count)
    listed = [frames] if isinstance(frames, int) else list(frames)
    for t in listed:
        if isinstance(t, bool) or not isinstance(t, (int, np.integer)):
            raise OptionError("frames", t, "all, or frames by number from 0")
        if not 0 <= t < count:
            raise ToolError(f"there is no frame {t}; there are 0...{count - 1}")
    return [int(t) for t in listed]


class _Frame:
    """The labels of one frame of the segmentation; what does not hang on the image is measured once."""

    def __init__(self, segmentation: Segmentation, wanted: Sequence[int], t: int, area: bool) -> None:
        self._geometry, self._t, self._area = segmentation.geometry, t, area
        homes = [segmentation.group_index_of(value) for value in wanted]
        self._groups = {index: segmentation.group(index) for index in dict.fromkeys(homes)}
        self._order = list(zip(homes, wanted, strict=True))
        self._values = {
            index: np.array([value for home, value in self._order if home == index], np.int64) for index in self._groups
        }
        self._tables: dict[int, RunTable] = {}
        self._areas: dict[int, dict[int, float]] = {}

    def rows(
        self, t: int, pixels: NDArray[Any] | None, percents: tuple[float, ...], progress: Progress | None
    ) -> list[LabelStatistics]:
        """The rows as those of frame ``t``, with the intensities of ``pixels`` (k, j, i)."""
        found: dict[int, LabelStatistics] = {}
        limits = None if pixels is None else intensity_range(pixels)
        for (index, group), part in parts(list(self._groups.items()), progress):
            names, title = display_names(group.labels), group_title(group.name, index)
            intensities: dict[int, Intensities | None] = {}
            if pixels is None or limits is None:
                extents = self._from_index(index)
            else:
                extents, intensities = self._with_image(index, scalars(pixels), limits, percents, part)
            for value in self._values[index].tolist():
                row = LabelStatistics(t, index, title, value, names[value], 0, 0.0)
                if value in extents:
                    row = self._filled(row, extents[value], intensities.get(value))
                found[value] = row
        return [found[value] for _, value in self._order]

    def _filled(self, row: LabelStatistics, extent: Extent, intensities: Intensities | None) -> LabelStatistics:
        k, j, i = extent.centroid_kji
        x, y, z = self._geometry.lps_from_ijk((i, j, k)).tolist()
        return replace(
            row,
            voxels=extent.voxels,
            volume_mm3=extent.voxels * self._geometry.voxel_volume_mm3,
            box=extent.box,
            centroid_ijk=(i, j, k),
            centroid_lps=(x, y, z),
            surface_area_mm2=self._area_of(row.group, row.value) if self._area else None,
            intensities=intensities,
        )

    def _area_of(self, index: int, value: int) -> float:
        if index not in self._areas:
            exits = count_exits(self._groups[index].array[self._t], self._values[index])
            areas = surface_areas(exits, self._geometry.ijk_to_lps[:3, :3].T[::-1])
            self._areas[index] = dict(zip(self._values[index].tolist(), areas.tolist(), strict=True))
        return self._areas[index][value]

    def _from_index(self, index: int) -> dict[int, Extent]:
        known = self._groups[index].index
        found = {value: known.extent(value, self._t) for value in self._values[index].tolist()}
        return {value: extent for value, extent in found.items() if extent is not None}

    def _with_image(
        self,
        index: int,
        pixels: NDArray[Any],
        limits: IntensityRange,
        percents: tuple[float, ...],
        progress: Progress | None,
    ) -> tuple[dict[int, Extent], dict[int, Intensities | None]]:
        """Extents and intensities of the labels that have voxels: in one pass, or along their runs."""
        frame, values = self._groups[index].array[self._t], self._values[index]
        known = measure_at_once(frame, pixels, values, limits, percents)
        if known is not None:
            kept = known.voxels > 0
            columns = (part[kept] for part in (known.voxels, known.lower, known.upper, known.sums))
            intensities = dict(zip(values.tolist(), known.intensities, strict=True))
            return _extents(RunStatistics(values[kept], *columns)), intensities
        if index not in self._tables:
            self._tables[index] = scan(frame)
        table, flat = self._tables[index], np.ascontiguousarray(pixels).reshape(-1)
        wanted = set(values.tolist())
        extents = {value: extent for value, extent in _extents(table.statistics()).items() if value in wanted}
        todo = told(list(extents), progress)
        return extents, {value: intensities_of(flat, *table.runs_of(value), limits, percents) for value in todo}


def _extents(found: RunStatistics) -> dict[int, Extent]:
    columns = (found.values, found.voxels, found.lower, found.upper, found.sums)
    return {
        value: Extent(voxels, Box((low[0], low[1], low[2]), (high[0], high[1], high[2])), (sums[0], sums[1], sums[2]))
        for value, voxels, low, high, sums in zip(*(column.tolist() for column in columns), strict=True)
    }
