"""The tools that are outside programs, by the name that recipes call them; imported when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import OptionError

_TOOLS = {
    "nnunet": ("nnunet.tool", "NnUNet"),
    "totalsegmentator": ("totalsegmentator.tool", "TotalSegmentator"),
}
#: names in the order of menus
PROGRAM_TOOLS = tuple(_TOOLS)


def program_class(name: str) -> Any:
    """The class of such a tool, a dataclass of its parameters. Raises OptionError."""
    if name not in _TOOLS:
        raise OptionError("tool", name, PROGRAM_TOOLS)
    module, kind = _TOOLS[name]
    return getattr(import_module(f".{module}", __package__), kind)
