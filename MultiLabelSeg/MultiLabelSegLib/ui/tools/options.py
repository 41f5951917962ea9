"""What the user set for each tool, kept while the program runs, and made into the tool's dataclass."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from ...errors import OptionError
from ...tools.catalog import tool_class
from ...tools.parameters import parameters_of

#: parameters of every tool that say where it may write; they are set once, for all tools
MASKING = ("intensity_lower", "intensity_upper", "inside", "outside")
#: parameters that mouse and view give
GIVEN = frozenset(
    {"stroke_ijk", "stroke_lps", "plane", "slice", "contour_ijk", "contour_lps", "contours_ijk", "contours_lps"}
    | {"point_ijk", "point_lps", "points_ijk", "points_lps", "points_slice", "level_lower", "level_upper"}
    | {"dx", "dy", "invert", "snap", "roi_ijk"}
)
#: tools that share what they have in common: CTRL makes the one the other
_SHARED = {"wipe": "paint", "subtract": "add"}
#: what a form begins with where the tool itself has no default
_FIRST: dict[tuple[str, str], Any] = {("margin", "margin_mm"): 5.0}
#: options that are no parameter of the tool, but of drawing with it: name -> default
DRAWING_OPTIONS: dict[str, dict[str, Any]] = {"lasso": {"auto_confirm": True}, "live_wire": {"auto_confirm": True}}


class ToolOptions:
    """Values by tool; what is not set has the tool's default."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Any]] = {}
        self._ready: dict[str, dict[str, Any]] = {}
        self.masking: dict[str, Any] = {}

    def names(self, tool: str) -> tuple[str, ...]:
        """The options of a tool, in their order, without masking."""
        infos = parameters_of(tool_class(tool))
        own = tuple(info.name for info in infos if info.name not in GIVEN and info.name not in MASKING)
        return (*own, *DRAWING_OPTIONS.get(tool, {}))

    def get(self, tool: str, name: str) -> Any:
        """The value of an option."""
        if name in MASKING:
            return self.masking.get(name, self._default(tool, name))
        for owner in (tool, _SHARED.get(tool, tool)):
            if name in self._values.get(owner, {}):
                return self._values[owner][name]
        return self._default(tool, name)

    def set(self, tool: str, name: str, value: Any) -> bool:
        """Sets an option of a tool; says whether that changes anything.

        Raises OptionError for an unknown option or a value that is not allowed; then all stays as it was.
        """
        known = (*self.names(tool), *MASKING)
        if name not in known:
            raise OptionError(name, value, f"one of the options {', '.join(known)}")
        value = tuple(value) if isinstance(value, list) else value
        if value == self.get(tool, name) and type(value) is type(self.get(tool, name)):
            return False
        if name in DRAWING_OPTIONS.get(tool, {}):
            if not isinstance(value, bool):
                raise OptionError(name, value, "true or false")
        else:
            self._check(tool, name, value)
        self._ready.clear()
        if name in MASKING:
            self.masking[name] = value
            return True
        shared = _SHARED.get(tool)
        owner = shared if shared is not None and name in self.names(shared) else tool
        self._values.setdefault(owner, {})[name] = value
        return True

    def reset(self, tool: str) -> None:
        """Takes the options of a tool back to its defaults; masking stays."""
        self._ready.clear()
        for owner in (tool, _SHARED.get(tool, tool)):
            self._values.pop(owner, None)

    def forget_labels(self, known: Container[object]) -> None:
        """Forgets options that name labels which there are no more."""
        held: list[dict[str, Any]] = [self.masking, *self._values.values()]
        for values in held:
            for name in ("inside", "outside", "labels"):
                if name in values and isinstance(values[name], tuple):
                    values[name] = tuple(key for key in values[name] if key in known)
        self._ready.clear()

    def tool(self, name: str, **given: Any) -> Any:
        """The tool as it is set, with what mouse and view give. Raises OptionError."""
        return tool_class(name)(**{**self._parameters(name), **given})

    def _parameters(self, name: str) -> dict[str, Any]:
        """All that is set, by name; kept at hand, for a brush asks at every move."""
        if name not in self._ready:
            drawing = DRAWING_OPTIONS.get(name, {})
            values = {each: self.get(name, each) for each in self.names(name) if each not in drawing}
            self._ready[name] = {**values, **self.masking}
        return self._ready[name]

    def _check(self, tool: str, name: str, value: Any) -> None:
        given = {name: value}
        if (tool, name) == ("otsu", "regions") and isinstance(value, int):  # regions that are gone cannot be kept
            kept = tuple(region for region in self.get(tool, "keep") if region <= value)
            self.tool(tool, **{**given, "keep": kept})
            self._values.setdefault(tool, {})["keep"] = kept
            return
        self.tool(tool, **given)

    def _default(self, tool: str, name: str) -> Any:
        drawing = DRAWING_OPTIONS.get(tool, {})
        if name in drawing:
            return drawing[name]
        for info in parameters_of(tool_class(tool)):
            if info.name == name:
                return _FIRST.get((tool, name), info.default)
        raise OptionError(name, None, f"one of the options {', '.join((*self.names(tool), *MASKING))}")
