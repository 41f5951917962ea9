"""Telling that a program failed for want of a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ExternalToolError

#: what programs say who reach no network
_OFFLINE = re.compile(
    r"ConnectionError|Failed to establish a new connection|Max retries exceeded|name resolution|ConnectTimeout|"
    r"Network is unreachable|URLError|ProxyError",
    re.IGNORECASE,
)
SAID = "this machine is offline, or the server cannot be reached"


@contextmanager
def offline_said(about: str) -> Iterator[None]:
    """Puts ``SAID`` and one sentence before the last lines of a program that failed so. Raises ExternalToolError."""
    try:
        yield
    except ExternalToolError as error:
        if not any(_OFFLINE.search(line) for line in error.last_lines):
            raise
        raise ExternalToolError(error.command, error.exit_code, (f"{SAID}; {about}", *error.last_lines)) from None
