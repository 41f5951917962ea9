"""A contact sheet: slices in three planes with a legend, as one PNG picture (drawn with pillow)."""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..core import Image, Label, Segmentation
from .slices import EDGES, PLANES, Picture, busiest_slices, draw_slice

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

_INK, _FAINT, _PAPER = (235, 238, 242), (150, 156, 166), (16, 18, 22)
_MARGIN, _TITLE, _ROW = 14, 26, 22
_LEGEND_WIDTH, _MOST_LABELS = 350, 60
#: looked for in this order; Linux, Windows, macOS
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "segoeui.ttf", "arial.ttf", "Arial Unicode.ttf", "Helvetica.ttc")


def sheet(
    segmentation: Segmentation, image: Image | None = None, title: str = "", per_plane: int = 1, height: int = 360
) -> PilImage:
    """A picture with ``per_plane`` slices of each plane (those that show most) and a legend of all labels."""
    chosen = {plane: busiest_slices(segmentation, plane, per_plane) for plane in PLANES}
    rows = []
    for number in range(per_plane):
        shown = [(plane, indices[number]) for plane, indices in chosen.items() if number < len(indices)]
        rows.append([draw_slice(segmentation, plane, index, image, height=height) for plane, index in shown])
    return _compose([row for row in rows if row], segmentation, title)


def png_bytes(picture: PilImage) -> bytes:
    """A picture as the bytes of a PNG file."""
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _compose(rows: list[list[Picture]], segmentation: Segmentation, title: str) -> PilImage:
    from PIL import Image as Pil
    from PIL import ImageDraw

    columns = max(len(row) for row in rows)
    width = max(picture.pixels.shape[1] for row in rows for picture in row)
    heights = [max(picture.pixels.shape[0] for picture in row) for row in rows]
    top = _MARGIN + (_TITLE if title else 0)
    picture_height = top + sum(height + _TITLE + _MARGIN for height in heights)
    legend = _legend_lines(segmentation)
    total_width = _MARGIN + columns * (width + _MARGIN) + _LEGEND_WIDTH
    total_height = max(picture_height, top + len(legend) * _ROW + _MARGIN)
    canvas = Pil.new("RGB", (total_width, total_height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    if title:
        draw.text((_MARGIN, _MARGIN - 2), _drawable(title), _INK, _font(17))
    y = top
    for row, height in zip(rows, heights, strict=True):
        for number, picture in enumerate(row):
            _place(canvas, draw, picture, _MARGIN + number * (width + _MARGIN), y)
        y += height + _TITLE + _MARGIN
    _draw_legend(draw, legend, _MARGIN + columns * (width + _MARGIN), top)
    return canvas


def _place(canvas: PilImage, draw: Any, picture: Picture, x: int, y: int) -> None:
    from PIL import Image as Pil

    draw.text((x, y), f"{picture.plane}  {picture.axis} = {picture.index}", _FAINT, _font(14))
    canvas.paste(Pil.fromarray(picture.pixels), (x, y + _TITLE - 4))
    left, above = EDGES[picture.plane]
    rows, columns = picture.pixels.shape[:2]
    draw.text((x + 5, y + _TITLE - 4 + rows // 2 - 8), left, _INK, _font(14))
    draw.text((x + columns // 2 - 4, y + _TITLE - 2), above, _INK, _font(14))


def _legend_lines(segmentation: Segmentation) -> list[tuple[str, Label | None, str]]:
    """(text, label or None for a group's title, volume)."""
    lines: list[tuple[str, Label | None, str]] = []
    millilitres = segmentation.geometry.voxel_volume_mm3 / 1000
    left = len(segmentation.labels)
    for index, group in enumerate(segmentation.groups):
        lines.append((_drawable(group.name) or f"Group {index + 1}", None, ""))
        for label in group.labels:
            if len(lines) >= _MOST_LABELS:
                return [*lines, (f"... and {left} more labels", None, "")]
            volume = group.voxels(label.value) * millilitres
            digits = 1 if volume >= 10 else 3
            lines.append((f"{label.value}  {_drawable(label.name)}", label, f"{volume:,.{digits}f} ml"))
            left -= 1
    return lines


def _draw_legend(draw: Any, lines: list[tuple[str, Label | None, str]], x: int, y: int) -> None:
    font, bold = _font(14), _font(15)
    for text, label, volume in lines:
        if label is None:
            draw.text((x, y), _fitted(draw, text, bold, _LEGEND_WIDTH - _MARGIN), _INK, bold)
        else:
            draw.rounded_rectangle((x, y + 2, x + 14, y + 16), 3, label.color_bytes)
            room = _LEGEND_WIDTH - _MARGIN - 24 - draw.textlength(volume, font) - 8
            draw.text((x + 22, y), _fitted(draw, text, font, room), _INK, font)
            draw.text((x + _LEGEND_WIDTH - _MARGIN - draw.textlength(volume, font), y), volume, _FAINT, font)
        y += _ROW


def _fitted(draw: Any, text: str, font: Any, room: float) -> str:
    """The text, shortened with an ellipsis where it is too wide."""
    if draw.textlength(text, font) <= room:
        return text
    while text and draw.textlength(text + "...", font) > room:
        text = text[:-1]
    return text + "..."


@lru_cache(maxsize=8)
def _font(size: int) -> Any:
    """A font of the system that has more than Latin letters, else pillow's own, which has ASCII alone."""
    from PIL import ImageFont

    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _drawable(text: str) -> str:
    """The text as the font can show it: without accents where pillow's own font is all there is."""
    text = "".join(mark if mark.isprintable() else " " for mark in text)
    if _font(14).getname()[0] != "Aileron":
        return text
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(mark if mark.isascii() else "?" for mark in plain if not unicodedata.combining(mark))
