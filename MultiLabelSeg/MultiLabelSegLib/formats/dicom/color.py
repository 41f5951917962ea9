"""Colours as DICOM keeps them: CIELab, three 16 bit numbers (PS3.3 section C.10.7.1.1).

The reference white is D65, with which all common programs (dcmqi, MITK, Slicer) compute, although the standard means
that of printing, D50: with another white everyone would show other colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import mul

import numpy as np

_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_XYZ_TO_RGB = np.linalg.inv(_RGB_TO_XYZ).tolist()
_WHITE = _RGB_TO_XYZ.sum(axis=1)
_LINEAR_BELOW, _LINEAR_SLOPE = (6 / 29) ** 3, (29 / 6) ** 2 / 3


def cielab_from_rgb(color: Sequence[float]) -> list[int]:
    """The three numbers of a colour with channels within 0...1 (sRGB)."""
    rgb = np.asarray(color, np.float64)
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    ratio = _RGB_TO_XYZ @ linear / _WHITE
    x, y, z = np.where(ratio > _LINEAR_BELOW, np.cbrt(ratio), ratio * _LINEAR_SLOPE + 4 / 29)
    lab = np.array([(116 * y - 16) / 100, (500 * (x - y) + 128) / 255, (200 * (y - z) + 128) / 255])
    return [int(round(part)) for part in np.clip(lab, 0, 1) * 65535]


@lru_cache(maxsize=1024)
def rgb_from_cielab(lightness: int, a: int, b: int) -> tuple[float, float, float]:
    """Red, green, blue within 0...1 of three 16 bit numbers, rounded to 8 bits; what screens cannot show is limited."""
    y = (lightness / 65535 * 100 + 16) / 116
    parts = (y + (a / 65535 * 255 - 128) / 500, y, y - (b / 65535 * 255 - 128) / 200)
    ratio = [part**3 if part > 6 / 29 else (part - 4 / 29) / _LINEAR_SLOPE for part in parts]
    xyz = [one * white for one, white in zip(ratio, _WHITE.tolist(), strict=True)]
    linear = [min(max(sum(map(mul, row, xyz)), 0.0), 1.0) for row in _XYZ_TO_RGB]
    rgb = [1.055 * one ** (1 / 2.4) - 0.055 if one > 0.0031308 else 12.92 * one for one in linear]
    red, green, blue = (round(min(max(channel, 0.0), 1.0) * 255) / 255 for channel in rgb)
    return red, green, blue
