"""Which views are shown, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PaneName = Literal["axial", "coronal", "sagittal", "volume"]
LayoutName = Literal["four up", "conventional", "one big", "axial only", "volume only"]
PANES: tuple[PaneName, ...] = ("axial", "coronal", "sagittal", "volume")


@dataclass(frozen=True)
class Cell:
    """Where a pane stands: row, column, and over how many of them."""

    pane: PaneName
    row: int
    column: int
    rows: int = 1
    columns: int = 1


#: "conventional" is Slicer's: 3D above three slices; "one big" is axial with the others beside it
LAYOUTS: dict[LayoutName, tuple[Cell, ...]] = {
    "four up": (Cell("axial", 0, 0), Cell("sagittal", 0, 1), Cell("coronal", 1, 0), Cell("volume", 1, 1)),
    "conventional": (
        Cell("volume", 0, 0, 1, 3),
        Cell("axial", 1, 0),
        Cell("coronal", 1, 1),
        Cell("sagittal", 1, 2),
    ),
    "one big": (
        Cell("axial", 0, 0, 3, 3),
        Cell("sagittal", 0, 3),
        Cell("coronal", 1, 3),
        Cell("volume", 2, 3),
    ),
    "axial only": (Cell("axial", 0, 0),),
    "volume only": (Cell("volume", 0, 0),),
}
