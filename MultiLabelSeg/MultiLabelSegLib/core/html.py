"""A segmentation as an HTML table for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .segmentation import Segmentation

_HEAD = "".join(f"<th style='text-align:left'>{title}</th>" for title in ("", "value", "name", "voxels", "ml", "lock"))


def segmentation_table(segmentation: Segmentation) -> str:
    """One row a label with a swatch of its colour, grouped; volumes in millilitres."""
    rows = []
    millilitres = segmentation.geometry.voxel_volume_mm3 / 1000
    for index, group in enumerate(segmentation.groups):
        title = escape(group.name or f"Group {index + 1}")
        rows.append(f"<tr><th colspan='6' style='text-align:left'>{title}</th></tr>")
        for label in group.labels:
            voxels = group.voxels(label.value)
            swatch = f"<span style='background:{label.hex_color};border:1px solid #888;padding:0 .6em'></span>"
            cells = (swatch, label.value, escape(label.name), f"{voxels:,}", f"{voxels * millilitres:,.2f}")
            lock = "locked" if label.locked else ""
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells, lock)) + "</tr>")
    caption = f"<caption>{escape(str(segmentation.geometry))}</caption>"
    return f"<table>{caption}<tr>{_HEAD}</tr>{''.join(rows)}</table>"
