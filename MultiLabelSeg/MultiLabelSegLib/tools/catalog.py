"""The one list of tools: by name, imported when asked for."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from typing import Any

from ..errors import OptionError
from .parameters import parameters_of

#: name in recipes -> (module, class), in the order of menus
_TOOLS = {
    "add": ("contour", "Add"),
    "subtract": ("contour", "Subtract"),
    "lasso": ("lasso", "Lasso"),
    "paint": ("paint", "Paint"),
    "wipe": ("paint", "Wipe"),
    "region_growing": ("region_growing", "RegionGrowing"),
    "fill": ("fill", "Fill"),
    "erase": ("fill", "Erase"),
    "close": ("fill", "Close"),
    "live_wire": ("live_wire", "LiveWire"),
    "interpolate_2d": ("interpolate_2d", "Interpolate2D"),
    "interpolate_3d": ("interpolate_3d", "Interpolate3D"),
    "threshold": ("threshold", "Threshold"),
    "threshold_ul": ("threshold", "UpperLowerThreshold"),
    "otsu": ("otsu", "Otsu"),
    "grow_cut": ("grow_cut", "GrowCut"),
    "pick": ("pick", "Pick"),
    "union": ("boolean", "Union"),
    "intersection": ("boolean", "Intersection"),
    "difference": ("boolean", "Difference"),
    "dilate": ("morphology", "Dilate"),
    "erode": ("morphology", "Erode"),
    "open": ("morphology", "Open"),
    "close_morphology": ("morphology", "CloseMorphology"),
    "fill_holes": ("morphology", "FillHoles"),
    "smooth": ("smooth", "Smooth"),
    "islands": ("islands", "Islands"),
    "margin": ("margin", "Margin"),
    "hollow": ("margin", "Hollow"),
    "mask_image": ("mask_image", "MaskImage"),
    "autocrop": ("autocrop", "Autocrop"),
    "resample": ("resample", "Resample"),
    "to_dynamic": ("frames", "ToDynamic"),
    "to_static": ("frames", "ToStatic"),
}


def tool_names() -> tuple[str, ...]:
    """The names of all tools."""
    return tuple(_TOOLS)


@lru_cache(maxsize=len(_TOOLS))
def tool_class(name: str) -> Any:
    """The class of a tool, a dataclass of its parameters. Raises OptionError that names the nearest tool."""
    if name not in _TOOLS:
        near = get_close_matches(name, _TOOLS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise OptionError("tool", name, f"one of {', '.join(_TOOLS)}{hint}")
    module, kind = _TOOLS[name]
    return getattr(import_module(f".{module}", __package__), kind)


def described(name: str) -> dict[str, Any]:
    """One tool: ``{"name", "title", "scope", "help", "parameters": [...]}``. Raises OptionError."""
    return described_class(tool_class(name))


def described_class(kind: Any) -> dict[str, Any]:
    """See ``described``; for a tool's class."""
    return {
        "name": kind.name,
        "title": kind.title,
        "scope": kind.scope,
        "help": (kind.__doc__ or "").strip(),
        "parameters": [info.as_json() for info in parameters_of(kind)],
    }
