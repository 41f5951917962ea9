"""Margin and hollow: labels grown or shrunk by millimetres, or made into shells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ..errors import ToolError
from ..ops.distance import within
from ..ops.morphology import shell
from .labelwise import Labelwise, Mask, Spacing
from .parameters import parameter


@dataclass(frozen=True, kw_only=True)
class Margin(Labelwise):
    """Grows labels by mm, or shrinks them by a negative margin, equally in all directions."""

    name: ClassVar[str] = "margin"
    title: ClassVar[str] = "Margin"
    margin_mm: float = parameter(
        minimum=-1000, maximum=1000, unit="mm", help="how far to grow; negative to shrink; between voxel centres"
    )

    def margin(self, spacing: Spacing) -> tuple[int, int, int]:
        """See ``Labelwise``."""
        return reach_of(self.margin_mm, spacing) if self.margin_mm > 0 else (1, 1, 1)

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        if self.margin_mm >= 0:
            return within(mask, spacing, self.margin_mm)
        return ~within(~mask, spacing, -self.margin_mm)

    def result_name(self, name: str) -> str:
        """See ``Labelwise``."""
        return f"Margin ({self.margin_mm:+g} mm) {name}"

    def remarks(self, spacing: Spacing) -> tuple[str, ...]:
        """See ``Labelwise``."""
        return too_thin(self.margin_mm, spacing)


@dataclass(frozen=True, kw_only=True)
class Hollow(Labelwise):
    """Makes labels into shells of a thickness. A label that is cut off by the image has no wall there."""

    name: ClassVar[str] = "hollow"
    title: ClassVar[str] = "Hollow"
    thickness_mm: float = parameter(3.0, minimum=0.001, maximum=1000, unit="mm", help="thickness of the shell")
    side: Literal["inside", "outside", "both"] = parameter(
        "inside", help="the shell lies inside of the label's border, outside of it, or half on both sides"
    )

    def margin(self, spacing: Spacing) -> tuple[int, int, int]:
        """See ``Labelwise``."""
        k, j, i = reach_of(self._widths[1], spacing)
        return k + 1, j + 1, i + 1

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        return shell(mask, spacing, *self._widths)

    def result_name(self, name: str) -> str:
        """See ``Labelwise``."""
        return f"Hollow ({self.thickness_mm:g} mm) {name}"

    def remarks(self, spacing: Spacing) -> tuple[str, ...]:
        """See ``Labelwise``. Raises ToolError for a shell that is thinner than every voxel: nothing would be left."""
        thick = max(self._widths)
        reached = reach_of(thick, spacing)
        if not any(reached):
            raise ToolError(f"a shell of {thick:g} mm is thinner than the voxels of {_grid(spacing)}")
        walls = [f"{axis} ({step:g} mm)" for axis, step, by in zip("kji", spacing, reached, strict=True) if not by]
        return (f"the shell has no wall across {', '.join(walls)}: {thick:g} mm are too thin",) if walls else ()

    @property
    def _widths(self) -> tuple[float, float]:
        """Millimetres inwards and outwards."""
        thick = float(self.thickness_mm)
        return {"inside": (thick, 0.0), "outside": (0.0, thick), "both": (thick / 2, thick / 2)}[self.side]


def reach_of(millimetres: float, spacing: Spacing) -> tuple[int, int, int]:
    """Whole voxels along k, j, i within a distance."""
    k, j, i = (int(millimetres / step * (1 + 1e-9)) for step in spacing)
    return k, j, i


def too_thin(millimetres: float, spacing: Spacing) -> tuple[str, ...]:
    """Says so where a distance reaches no other voxel along any axis."""
    if any(reach_of(abs(millimetres), spacing)):
        return ()
    return (f"{abs(millimetres):g} mm reach no other voxel on a grid of {_grid(spacing)}",)


def _grid(spacing: Spacing) -> str:
    return " x ".join(f"{step:g}" for step in spacing[::-1]) + " mm"
