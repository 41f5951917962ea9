"""The actions that keys can be bound to, and their default keys."""

from __future__ import annotations

from typing import NamedTuple

from ...errors import OptionError

_MODIFIERS = ("Meta", "Ctrl", "Alt", "Shift")
_NAMES = {"control": "Ctrl", "cmd": "Ctrl", "command": "Ctrl", "option": "Alt", "backtab": "Shift+Tab"}


class Binding(NamedTuple):
    """An action and the keys that run it; ``keys`` is empty where none do."""

    action: str
    title: str
    keys: str
    default: str


#: action -> its title and default keys
DEFAULTS: dict[str, tuple[str, str]] = {
    "tool:add": ("Add", "A"),
    "tool:subtract": ("Subtract", "S"),
    "tool:lasso": ("Lasso", "L"),
    "tool:paint": ("Paint", "P"),
    "tool:wipe": ("Wipe", "W"),
    "tool:region_growing": ("Region growing", "R"),
    "tool:fill": ("Fill", "F"),
    "tool:erase": ("Erase", "E"),
    "tool:close": ("Close", "C"),
    "tool:live_wire": ("Live wire", "V"),
    "tool:pick": ("Picking", "K"),
    "tool:threshold": ("Threshold", "T"),
    "tool:threshold_ul": ("UL threshold", "U"),
    "tool:otsu": ("Otsu", "O"),
    "tool:grow_cut": ("GrowCut", "G"),
    "tool:nnunet": ("nnU-Net", ""),
    "tool:totalsegmentator": ("TotalSegmentator", ""),
    "new_label": ("New label", "N"),
    "new_instance": ("New instance", "Shift+N"),
    "next_label": ("Next label", "Tab"),
    "previous_label": ("Previous label", "Shift+Tab"),
    "pick_label": ("Label under the mouse", "Q"),
    "smaller_brush": ("Smaller brush", "["),
    "larger_brush": ("Larger brush", "]"),
    "overlay": ("Labels on and off", "H"),
    "preferences": ("Preferences", "Ctrl+P"),
    "undo": ("Undo", "Ctrl+Z"),
    "redo": ("Redo", "Ctrl+Y"),
    "save": ("Save", "Ctrl+S"),
    "save_as": ("Save as", "Ctrl+Shift+S"),
    "next_task": ("Next task", "Ctrl+Alt+N"),
    "previous_task": ("Previous task", "Ctrl+Alt+P"),
    "next_undone_task": ("Next task that is not done", "Ctrl+Shift+N"),
    "previous_undone_task": ("Previous task that is not done", "Ctrl+Shift+P"),
    "load_task": ("Open task", "Ctrl+Alt+L"),
    "save_interim": ("Save interim result", "Ctrl+Alt+S"),
    "accept_task": ("Accept result, next task", "Ctrl+Alt+A"),
}


def normal_keys(text: str) -> str:
    """Keys in one spelling, as Qt has them: ``alt+ctrl+n`` is ``Ctrl+Alt+N``. Raises OptionError."""
    plain = text.strip()
    if not plain:
        return ""
    before, plus, _ = plain.rpartition("++") if plain.endswith("++") else ("", "", "")
    parts = [part.strip() for part in (before if plus else plain).split("+")] if plain != "+" else []
    words = [word for part in parts for word in _NAMES.get(part.lower(), part).split("+")]
    *held, last = [*words, "+"] if plus or plain == "+" else words
    modifiers = {word.capitalize() for word in held}
    if not last or modifiers - set(_MODIFIERS) or last.capitalize() in _MODIFIERS:
        raise OptionError("keys", text, "one key, with Ctrl, Alt and Shift before it")
    name = last.upper() if len(last) == 1 else last[0].upper() + last[1:]
    return "+".join([*(word for word in _MODIFIERS if word in modifiers), name])
