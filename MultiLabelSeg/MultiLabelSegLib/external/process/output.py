"""What a child prints: bytes cut into lines, cleaned, freed of secrets, the last ones kept."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable

#: lines kept for errors
KEPT = 40
#: a line longer than this is cut, so that a child that never ends its line cannot fill the memory
_LONGEST = 4000
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_LINE_END = re.compile(rb"\r\n|\n|\r")
#: progress bars draw themselves as ``label:  45%|####`` again and again on one line
_BAR = re.compile(r"(?<![\d.])(100|\d{1,2})(?:\.\d+)?%\|")
HIDDEN = "***"


def percent_of(line: str) -> float | None:
    """The fraction 0...1 that a progress bar in this line shows; None for a line without one."""
    found = _BAR.search(line)
    return None if found is None else int(found[1]) / 100


class OutputLines:
    """Takes the output of a child in pieces of bytes and gives its lines; may be read from any thread.

    Bytes that are no UTF-8 become U+FFFD, colours and cursor movements of terminals are dropped, every secret is
    replaced by ``***``. A carriage return ends a line too, as progress bars use it; such lines are not kept as last
    lines, which would otherwise hold nothing else.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # the longest first: a secret may be part of another
        self._secrets = tuple(sorted({secret for secret in secrets if secret}, key=len, reverse=True))
        self._rest = b""
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines that were not empty and no progress bar, the oldest first."""
        with self._lock:
            return tuple(self._kept)

    def feed(self, piece: bytes) -> list[str]:
        """The lines that this piece completes."""
        parts = _LINE_END.split(self._rest + piece)
        self._rest = parts.pop()
        if len(self._rest) > _LONGEST:
            parts.append(self._rest)
            self._rest = b""
        return [line for part in parts if (line := self._line(part))]

    def finish(self) -> list[str]:
        """What stands behind the last line end, as a line."""
        rest, self._rest = self._rest, b""
        line = self._line(rest)
        return [line] if line else []

    def add(self, line: str) -> None:
        """Keeps a line of our own, such as why the child was ended."""
        with self._lock:
            self._kept.append(self.hidden(line))

    def hidden(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def _line(self, raw: bytes) -> str:
        text = _ESCAPES.sub("", raw.decode("utf-8", "replace"))
        text = self.hidden("".join(mark if mark.isprintable() else " " for mark in text).strip())[:_LONGEST]
        if text and percent_of(text) is None:
            with self._lock:
                self._kept.append(text)
        return text
