"""Dilate, erode, open, close and fill holes: labels grow, shrink and lose what is small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ..ops import morphology
from .labelwise import Labelwise, Mask, Spacing
from .parameters import parameter

_FLAT = {"3d": None, "axial": 0, "coronal": 1, "sagittal": 2}
Region = Literal["3d", "axial", "coronal", "sagittal"]


@dataclass(frozen=True, kw_only=True)
class _Element(Labelwise):
    """Base of the tools with an element."""

    radius: int = parameter(1, minimum=1, maximum=100, unit="voxels", help="radius of the element in voxels")
    radius_mm: float | None = parameter(
        None, minimum=0.001, maximum=1000, unit="mm", help="radius in mm instead of voxels, true on any spacing"
    )
    element: Literal["ball", "cross"] = parameter("ball", help="a ball, or a cross along the axes")
    region: Region = parameter("3d", help="in the volume, or in each slice of a plane by itself")

    def _element(self, spacing: Spacing) -> morphology.Element:
        if self.radius_mm is not None:
            return morphology.Element(float(self.radius_mm), spacing, self.element, _FLAT[self.region])
        return morphology.Element(self.radius, None, self.element, _FLAT[self.region])

    def result_name(self, name: str) -> str:
        """See ``Labelwise``: MITK's names, as "Dilate (r=2) Liver"."""
        size = f"{self.radius_mm:g} mm" if self.radius_mm is not None else f"{self.radius}"
        return f"{self._title()} (r={size}) {name}"

    def remarks(self, spacing: Spacing) -> tuple[str, ...]:
        """See ``Labelwise``."""
        if any(self._element(spacing).reach):
            return ()
        steps = " x ".join(f"{step:g}" for step in spacing[::-1])
        return (f"a radius of {self.radius_mm:g} mm reaches no other voxel on a grid of {steps} mm",)


@dataclass(frozen=True, kw_only=True)
class Dilate(_Element):
    """Grows labels by a radius. Beyond the image's border there is nothing."""

    name: ClassVar[str] = "dilate"
    title: ClassVar[str] = "Dilate"

    def margin(self, spacing: Spacing) -> tuple[int, int, int]:
        """See ``Labelwise``."""
        return self._element(spacing).reach

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        return morphology.dilate(mask, self._element(spacing))


@dataclass(frozen=True, kw_only=True)
class Erode(_Element):
    """Shrinks labels by a radius. Beyond the image's border everything counts as part of the label."""

    name: ClassVar[str] = "erode"
    title: ClassVar[str] = "Erode"

    def margin(self, spacing: Spacing) -> tuple[int, int, int]:
        """See ``Labelwise``: one shell of background stands for all that lies farther."""
        del spacing
        return 1, 1, 1

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        return morphology.erode(mask, self._element(spacing))


@dataclass(frozen=True, kw_only=True)
class Open(Erode):
    """Takes away what is thinner than the element: shrinks, then grows again."""

    name: ClassVar[str] = "open"
    title: ClassVar[str] = "Open"

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        return morphology.opened(mask, self._element(spacing))


@dataclass(frozen=True, kw_only=True)
class CloseMorphology(_Element):
    """Fills gaps that the element does not fit into: grows, then shrinks again. It never leaves the label's box."""

    name: ClassVar[str] = "close_morphology"
    title: ClassVar[str] = "Close"

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        return morphology.closed(mask, self._element(spacing))


@dataclass(frozen=True, kw_only=True)
class FillHoles(Labelwise):
    """Fills holes: background that no path of faces joins to the outside or to the image's border."""

    name: ClassVar[str] = "fill_holes"
    title: ClassVar[str] = "Fill holes"
    region: Region = parameter("3d", help="holes of the volume, or of each slice of a plane by itself")

    def shaped(self, mask: Mask, spacing: Spacing) -> Mask:
        """See ``Labelwise``."""
        del spacing
        return morphology.filled(mask, _FLAT[self.region])
