"""Figures drawn on one slice of a volume: bitmaps, rectangles and polygons as voxels.

Pixels are the voxels of the slice: columns and rows are x and y (axial), x and z (coronal), y and z (sagittal), not
flipped; so Supervisely's own export of volumes has it.
"""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .annotation import PLANES

#: what is drawn; other shapes have no inside
DRAWN = ("bitmap", "rectangle", "polygon")
_LARGEST_PNG = 1 << 28
_MOST_PIXELS = 1 << 28


class FigureError(Exception):
    """A figure is not what it should be; the message says in which way."""


def slice_of(frame: NDArray[Any], plane: str, index: Any) -> NDArray[Any]:
    """One slice (rows, columns) of a frame (k, j, i) = (z, y, x) as a view. Raises FigureError."""
    axis = 2 - PLANES[plane][1]
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < frame.shape[axis]:
        raise FigureError(f"slice {index!r:.20} of the {plane} plane; the volume has 0...{frame.shape[axis] - 1}")
    place: list[Any] = [slice(None)] * 3
    place[axis] = index
    view: NDArray[Any] = frame[tuple(place)]
    return view


def draw(pixels: NDArray[Any], shape: str, geometry: Any) -> None:
    """Sets the pixels (rows, columns) that a figure covers to 1. Raises FigureError for what cannot be drawn."""
    if not isinstance(geometry, Mapping):
        raise FigureError("it has no geometry")
    if shape == "bitmap":
        _draw_bitmap(pixels, geometry)
    elif shape == "rectangle":
        _draw_rectangle(pixels, _points(geometry, "exterior"))
    elif shape == "polygon":
        _draw_polygon(pixels, geometry)
    else:
        raise FigureError(f"a figure of the shape {shape!r:.40} has no voxels; {', '.join(DRAWN)} have")


def _draw_bitmap(pixels: NDArray[Any], geometry: Mapping[str, Any]) -> None:
    bitmap = geometry.get("bitmap")
    if not isinstance(bitmap, Mapping) or not isinstance(bitmap.get("data"), str):
        raise FigureError("bitmap.data: expected text")
    origin = bitmap.get("origin")
    if not isinstance(origin, list) or len(origin) != 2 or not all(type(number) is int for number in origin):
        raise FigureError(f"bitmap.origin: found {origin!r:.40}, expected two whole numbers")
    mask = _decoded(bitmap["data"])
    column, row = origin
    bottom, right = row + mask.shape[0], column + mask.shape[1]
    if row < 0 or column < 0 or bottom > pixels.shape[0] or right > pixels.shape[1]:
        size = f"{mask.shape[1]} x {mask.shape[0]} pixels at {origin}"
        raise FigureError(f"a bitmap of {size} leaves its slice of {pixels.shape[1]} x {pixels.shape[0]}")
    pixels[row:bottom, column:right][mask] = 1


def _decoded(text: str) -> NDArray[np.bool_]:
    """The mask in base64 of zlib of a PNG: where it is not transparent, or not black if it is grey."""
    from PIL import Image as Pictures

    try:
        inflater = zlib.decompressobj()
        png = inflater.decompress(base64.b64decode(text, validate=True), _LARGEST_PNG)
        with Pictures.open(io.BytesIO(png), formats=("PNG",)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise FigureError(f"a bitmap of {picture.width} x {picture.height} pixels")
            plain = picture.convert("RGBA") if picture.mode == "P" else picture
            array = np.asarray(plain)
    except (binascii.Error, zlib.error, OSError, ValueError, SyntaxError, Pictures.DecompressionBombError) as error:
        raise FigureError(f"bitmap.data cannot be decoded ({error!s:.100})") from None
    if array.ndim == 3:
        array = array[..., 3] if array.shape[2] == 4 else array[..., 0]
    return np.asarray(array != 0)


def _points(geometry: Mapping[str, Any], part: str) -> list[tuple[float, float]]:
    """The points (column, row) of an outline. Raises FigureError."""
    points = geometry.get("points")
    found = points.get(part) if isinstance(points, Mapping) else None
    return _pairs(found, f"points.{part}")


def _pairs(found: Any, where: str) -> list[tuple[float, float]]:
    if not isinstance(found, list):
        raise FigureError(f"{where}: expected an array of points")
    pairs = []
    for point in found:
        fits = isinstance(point, list) and len(point) == 2
        if not fits or not all(isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) < 1e6 for n in point):
            raise FigureError(f"{where}: found {point!r:.40}, expected two numbers")
        pairs.append((float(point[0]), float(point[1])))
    return pairs


def _draw_rectangle(pixels: NDArray[Any], points: list[tuple[float, float]]) -> None:
    if len(points) != 2:
        raise FigureError(f"a rectangle of {len(points)} points; expected two corners")
    columns, rows = (sorted(int(round(point[axis])) for point in points) for axis in (0, 1))
    if rows[0] < 0 or columns[0] < 0 or rows[1] >= pixels.shape[0] or columns[1] >= pixels.shape[1]:
        raise FigureError(f"a rectangle {points} leaves its slice of {pixels.shape[1]} x {pixels.shape[0]}")
    pixels[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = 1


def _draw_polygon(pixels: NDArray[Any], geometry: Mapping[str, Any]) -> None:
    """Inside and outline of the exterior, without the inside of the holes."""
    from PIL import Image as Pictures
    from PIL import ImageDraw

    exterior = _points(geometry, "exterior")
    if len(exterior) < 3:
        raise FigureError(f"a polygon of {len(exterior)} points; expected three at least")
    columns, rows = zip(*exterior, strict=True)
    if min(exterior[0] + (*columns, *rows)) < 0 or max(columns) >= pixels.shape[1] or max(rows) >= pixels.shape[0]:
        raise FigureError(f"a polygon leaves its slice of {pixels.shape[1]} x {pixels.shape[0]}")
    picture = Pictures.new("L", (pixels.shape[1], pixels.shape[0]))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(round(x), round(y)) for x, y in exterior], fill=1, outline=1)
    points = geometry["points"]
    holes = points.get("interior")
    for hole in holes if isinstance(holes, list) else ():
        corners = [(round(x), round(y)) for x, y in _pairs(hole, "points.interior")]
        if len(corners) > 2:
            pen.polygon(corners, fill=0, outline=0)
    pixels[np.asarray(picture) != 0] = 1


__all__ = ["DRAWN", "FigureError", "draw", "slice_of"]
