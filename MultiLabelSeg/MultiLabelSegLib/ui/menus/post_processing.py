"""The post-processing tools as menu actions, with forms generated from their parameters; they run in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import OptionError
from ...tools.catalog import tool_class, tool_names
from ...tools.parameters import made_from
from ..field_making import NUMBERS, parameter_fields
from ..fields import Field
from ..session import Session
from .items import Action, Chosen, Given
from .post_running import PostRun

#: parameters that are set in another way or are for scripts alone
_SKIPPED = frozenset(("labels", "bounds"))
_ADVANCED = frozenset(("inside", "outside", "intensity_lower", "intensity_upper", "merge", "locks", "connectivity"))
#: tools on the whole segmentation, whatever is selected
WHOLE = ("autocrop", "resample", "to_dynamic", "to_static")
_BOOLEAN = ("union", "intersection", "difference")


def post_tools() -> tuple[str, ...]:
    """The tools that work on labels that are there already, in the order of menus."""
    return tuple(name for name in tool_names() if tool_class(name).scope == "post" and name not in WHOLE)


def tool_action(name: str) -> Action:
    """A tool as an action."""
    kind = tool_class(name)

    def fields(chosen: Chosen) -> tuple[Field, ...]:
        skip = _SKIPPED | ({"frames"} if chosen.document.geometry.time_steps == 1 else set())
        return parameter_fields(kind, skip=skip, advanced=_ADVANCED, labels=chosen.labels)

    def why_not(chosen: Chosen) -> str:
        return _why_not(name, chosen)

    def run(chosen: Chosen, given: Given) -> None:
        run_tool(chosen.session, name, chosen.values, given)

    return Action(f"tool:{name}", f"{kind.title}...", run, fields, why_not)


def _why_not(name: str, chosen: Chosen) -> str:
    frames = chosen.document.geometry.time_steps
    if name in _BOOLEAN and len(chosen.values) < 2:
        return "select two labels or more"
    if name == "mask_image" and chosen.session.image is None:
        return "there is no image"
    if name == "to_static" and frames == 1:
        return "the segmentation is static already"
    if name == "to_dynamic" and frames > 1:
        return "the segmentation is dynamic already"
    return ""


def run_tool(session: Session, name: str, values: tuple[int, ...], given: Given) -> None:
    """Runs a tool on labels in the background, and does what it proposes as one step to undo.

    When the document is changed meanwhile, it begins again. Raises OptionError for impossible parameters at once.
    """
    session.collect()
    session.need()
    PostRun(session, made_from(tool_class(name), _parameters(name, values, given))).start()


def _parameters(name: str, values: tuple[int, ...], given: Given) -> dict[str, Any]:
    known = {key: _typed(key, value) for key, value in _only_set(given).items()}
    if name not in WHOLE:
        known["labels"] = tuple(values)
    return known


def _only_set(given: Given) -> Mapping[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def _typed(key: str, value: Any) -> Any:
    """Three numbers that were typed as text. Raises OptionError."""
    if key not in NUMBERS or not isinstance(value, str):
        return tuple(value) if isinstance(value, list) else value
    try:
        return tuple(float(word) for word in value.replace(",", " ").split())
    except ValueError:
        raise OptionError(key, value, "three numbers, such as 1 1 2.5") from None
