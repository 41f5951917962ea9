"""File names for labels: readable, unique on every file system, allowed everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ..core import Label

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_LONGEST = 100
#: names that Windows keeps for devices
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}


def safe_name(name: str) -> str:
    """The name without what file systems forbid; may be empty."""
    plain = _FORBIDDEN.sub("_", name).strip(" .")
    while len(plain.encode("utf-8", "replace")) > _LONGEST:
        plain = plain[:-1]
    return f"_{plain}" if plain.lower() in _RESERVED else plain


def name_key(name: str) -> str:
    """What is one and the same name on some file system: capitals and the parts of an accented letter do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def mask_names(labels: Iterable[Label], suffix: str) -> dict[int, str]:
    """Label value -> file name: the label's name, with its value where that is not enough to be unique."""
    named = [(label.value, safe_name(label.name)) for label in labels]
    counts: dict[str, int] = {}
    for _, name in named:
        counts[name_key(name)] = counts.get(name_key(name), 0) + 1
    taken: set[str] = set()
    result = {}
    for value, name in named:
        chosen = name if name and counts[name_key(name)] == 1 else f"{name or 'label'}_{value}"
        while name_key(chosen) in taken or (chosen != name and name_key(chosen) in counts):
            chosen += "_"
        taken.add(name_key(chosen))
        result[value] = chosen + suffix
    return result
