"""The buttons of the tool box: which tools there are, in which order, and why one cannot be used now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...errors import OptionError
from ...external.catalog import PROGRAM_TOOLS, program_class
from ...tools.catalog import tool_class
from ..session import Session

Tab = Literal["2d", "3d", "post"]

#: the tools of a tab in the order of their buttons
TABS: dict[str, tuple[str, ...]] = {
    "2d": (
        "add",
        "subtract",
        "lasso",
        "fill",
        "erase",
        "close",
        "paint",
        "wipe",
        "region_growing",
        "live_wire",
    ),
    "3d": ("threshold", "threshold_ul", "otsu", "grow_cut", "pick", *PROGRAM_TOOLS),
    "post": (
        "union",
        "intersection",
        "difference",
        "dilate",
        "erode",
        "open",
        "close_morphology",
        "fill_holes",
        "smooth",
        "islands",
        "margin",
        "hollow",
    ),
}
#: tools that look at the image
_NEED_IMAGE = frozenset(
    {"region_growing", "live_wire", "threshold", "threshold_ul", "otsu", "grow_cut", *PROGRAM_TOOLS}
)
#: tools that work without an active label
_WITHOUT_LABEL = frozenset({"threshold", "threshold_ul", "otsu", "grow_cut", *PROGRAM_TOOLS})


@dataclass(frozen=True)
class ToolEntry:
    """One button. ``key_action`` names the action whose key switches the tool; ``reason`` says why it is disabled."""

    name: str
    title: str
    key_action: str
    icon: str
    enabled: bool
    reason: str
    active: bool


def tab_of(name: str) -> Tab:
    """The tab of a tool. Raises OptionError for a tool that has no button."""
    tabs: tuple[Tab, ...] = ("2d", "3d", "post")
    for tab in tabs:
        if name in TABS[tab]:
            return tab
    raise OptionError("tool", name, f"one of {', '.join(each for tab in tabs for each in TABS[tab])}")


def title_of(name: str) -> str:
    """How a tool, or a program that is one, is called. Raises OptionError."""
    return str((program_class(name) if name in PROGRAM_TOOLS else tool_class(name)).title)


def entries(session: Session, tab: Tab, active: str) -> tuple[ToolEntry, ...]:
    """The buttons of a tab. Raises OptionError for an unknown tab."""
    if tab not in TABS:
        raise OptionError("tab", tab, tuple(TABS))
    made = []
    for name in TABS[tab]:
        reason = why_not(session, name)
        made.append(ToolEntry(name, title_of(name), f"tool:{name}", name, not reason, reason, name == active))
    return tuple(made)


def why_not(session: Session, name: str) -> str:
    """Why a tool cannot be used now; nothing where it can."""
    document = session.document
    if document is None:
        return "no segmentation is open"
    if name not in _WITHOUT_LABEL and session.active is None:
        return "no label is active; choose or add one"
    if name not in _NEED_IMAGE:
        return ""
    if session.image is None:
        return "this tool needs an image"
    found = session.image.geometry.differences(document.geometry, check_time=False)
    return f"the image does not lie on the segmentation's grid: {'; '.join(found)}" if found else ""
