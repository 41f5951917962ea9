"""Keys and numbers of what a Supervisely project holds: the same segmentation always gets the same ones."""

from __future__ import annotations

import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_NAMESPACE = uuid5(NAMESPACE_URL, "org.multilabelseg.supervisely")
_HEX = re.compile(r"[0-9a-f]{32}")


def key_of(*parts: str | int) -> str:
    """A uuid of 32 hexadecimal digits made from names and numbers alone, such as a document's uid and a value."""
    return uuid5(_NAMESPACE, "/".join(map(str, parts))).hex


def plain_key(found: Any) -> str:
    """A key as 32 lower-case hexadecimal digits, whether it was written with hyphens or not; empty when it is none."""
    text = found.lower().replace("-", "") if isinstance(found, str) else ""
    return text if _HEX.fullmatch(text) else ""


class KeyIds:
    """Gives out keys that nothing else in the project has, each with a number of its own.

    The SDK demands that the numbers of objects, figures, tags and volumes differ.
    """

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, int]] = {"tags": {}, "objects": {}, "figures": {}, "videos": {}}
        self._next = 1

    def take(self, kind: str, key: str) -> tuple[str, int]:
        """Key and number for a new ``objects``, ``figures``, ``tags`` or ``videos`` (volumes) entry.

        The key is ``key``, or one derived from it where that is taken, as when one segmentation is added twice.
        """
        wanted, copy = key, 1
        while any(key in known for known in self._ids.values()):
            copy += 1
            key = key_of(wanted, copy)
        number = self._next
        self._next += 1
        self._ids[kind][key] = number
        return key, number

    def mark(self) -> tuple[int, ...]:
        """Where ``back_to`` returns to."""
        return (self._next, *map(len, self._ids.values()))

    def back_to(self, mark: tuple[int, ...]) -> None:
        """Takes back what was given out since the mark."""
        self._next = mark[0]
        for known, length in zip(self._ids.values(), mark[1:], strict=True):
            while len(known) > length:
                known.popitem()

    def as_json(self) -> dict[str, dict[str, int]]:
        """The content of ``key_id_map.json``."""
        return self._ids
