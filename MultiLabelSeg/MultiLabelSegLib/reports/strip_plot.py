"""A plot as SVG inside a page: one row a label, one mark a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_ROW, _NAME, _WIDTH, _RADIUS = 22, 190, 760, 4


def strip_plot(
    title: str, marks: Mapping[str, Sequence[tuple[str, float]]], limits: tuple[float, float] | None = None
) -> str:
    """Marks with the name of their case, in rows with the name of their label; a line stands at each row's median.

    ``limits`` are the ends of the axis; without them it runs from 0 (or the lowest) to the highest.
    """
    every = [value for row in marks.values() for _, value in row]
    low, high = limits or (min([0.0, *every]), max([*every, 1e-9]))
    scale = (_WIDTH - 2 * _RADIUS) / (high - low)

    def x(value: float) -> float:
        return _NAME + _RADIUS + (value - low) * scale

    height = _ROW * (len(marks) + 1)
    parts = [_axis(title, low, high, height, x(low), x(high))]
    for number, (name, row) in enumerate(marks.items()):
        y = _ROW * number + _ROW / 2
        parts.append(f'<text x="0" y="{y + 4:.0f}">{escape(_short(name))}</text>')
        parts.append(f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y:.0f}" y2="{y:.0f}" class="rule"/>')
        for case, value in row:
            told = f"<title>{escape(case)}: {value:.4g}</title>"
            parts.append(f'<circle cx="{x(value):.1f}" cy="{y:.0f}" r="{_RADIUS}">{told}</circle>')
        if row:
            middle = x(_median([value for _, value in row]))
            parts.append(
                f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y - 8:.0f}" y2="{y + 8:.0f}" class="median"/>'
            )
    whole = _NAME + _WIDTH + 10
    return (
        f'<h3>{escape(title)}</h3><svg class="strip" viewBox="0 0 {whole} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}">{_STYLE}{"".join(parts)}</svg>'
    )


_STYLE = (
    "<style>.strip{width:100%;font:12px system-ui,sans-serif}.strip text{fill:var(--ink)}"
    ".strip circle{fill:#3b82f6;fill-opacity:.55}.strip .rule{stroke:var(--line)}"
    ".strip .median{stroke:var(--ink);stroke-width:2}</style>"
)


def _axis(title: str, low: float, high: float, height: int, left: float, right: float) -> str:
    y = height - 6
    ends = f'<text x="{left:.0f}" y="{y}">{low:.3g}</text>'
    return ends + f'<text x="{right:.0f}" y="{y}" text-anchor="end">{high:.3g} {escape(title)}</text>'


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"
