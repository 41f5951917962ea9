"""Self-contained HTML pages: one file with pictures, tables and colours inside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from ..core import Segmentation

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --faint: #667085; --paper: #fbfbfc; --card: #fff; --line: #e3e6ec;
        --good: #12805c; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecf2; --faint: #98a2b3; --paper: #101216; --card: #181b21;
        --line: #2a2f39; --good: #4cc38a; --bad: #f97066; } }
body { font: 15px/1.55 system-ui, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--paper);
       margin: 0 auto; max-width: 1180px; padding: 2rem 1.5rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p.lead { color: var(--faint); margin-top: 0; max-width: 46rem; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line);
        border-radius: 8px; overflow: hidden; }
th, td { text-align: left; padding: .45rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--faint); font-size: .85rem; } tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table + table { margin-top: 1rem; }
code, pre { font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem;
      overflow-x: auto; }
img { max-width: 100%; border-radius: 8px; border: 1px solid var(--line); display: block; }
.swatch { display: inline-block; width: .9em; height: .9em; border-radius: 3px; vertical-align: -.1em;
          margin-right: .5em; border: 1px solid rgb(128 128 128 / .4); }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
tr.group td { font-weight: 600; background: color-mix(in srgb, var(--line) 45%, transparent); }
"""


def page(title: str, lead: str, sections: Sequence[str]) -> str:
    """A whole page from sections that are HTML already; ``title`` and ``lead`` are text."""
    body = "\n".join(sections)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>\n'
        f'<body><h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n{body}\n</body></html>\n'
    )


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it (HTML)."""
    return f"<h2>{escape(title)}</h2>\n" + "\n".join(parts)


def paragraph(text: str) -> str:
    """A paragraph of text."""
    return f"<p>{escape(text)}</p>"


def picture(png: bytes, text: str) -> str:
    """A PNG picture inside the page; ``text`` is its description."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escape(text, quote=True)}" src="data:image/png;base64,{data}">'


def code(text: str) -> str:
    """Text to be typed."""
    return f"<pre>{escape(text)}</pre>"


def verdict(good: bool, text: str) -> str:
    """A green or red word."""
    return f'<span class="{"good" if good else "bad"}">{escape(text)}</span>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table; cells are HTML already, heads are text; columns in ``numbers`` are right-aligned."""

    def cell(kind: str, column: int, text: str) -> str:
        return f"<{kind}{' class=number' if column in numbers else ''}>{text}</{kind}>"

    head = "".join(cell("th", column, escape(text)) for column, text in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(cell("td", column, text) for column, text in enumerate(row)) + "</tr>\n" for row in rows
    )
    return f"<table><tr>{head}</tr>\n{body}</table>"


def label_table(segmentation: Segmentation) -> str:
    """All labels with colour, value, name, voxels, volume and flags, under their groups."""
    millilitres = segmentation.geometry.voxel_volume_mm3 / 1000
    heads = ("<th>label</th>", *(f"<th class=number>{head}</th>" for head in ("value", "voxels", "ml")), "<th></th>")
    rows = [f"<tr>{''.join(heads)}</tr>"]
    for index, group in enumerate(segmentation.groups):
        rows.append(f'<tr class="group"><td colspan="5">{escape(group.name or f"Group {index + 1}")}</td></tr>')
        for label in group.labels:
            voxels = group.voxels(label.value)
            flags = ", ".join(["locked"] * label.locked + ["hidden"] * (not label.visible))
            swatch = f'<span class="swatch" style="background:{label.hex_color}"></span>'
            numbers = (str(label.value), f"{voxels:,}", f"{voxels * millilitres:,.2f}")
            cells = "".join(f"<td class=number>{number}</td>" for number in numbers)
            rows.append(f"<tr><td>{swatch}{escape(label.name)}</td>{cells}<td>{flags}</td></tr>")
    return "<table>" + "\n".join(rows) + "</table>"
