"""What is to be said about a file, as a line."""

from __future__ import annotations

from ..datasets.supervisely.discovery.cases import Remark


def line_of(remark: Remark) -> str:
    """A remark with the path and the line that it is about."""
    where = remark.path + (f", line {remark.line}" if remark.line else "")
    return f"{where}: {remark.reason}" if where else remark.reason
