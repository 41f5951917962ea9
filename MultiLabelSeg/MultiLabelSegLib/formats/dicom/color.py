"""Colours as DICOM keeps them: CIELab, three 16 bit numbers (PS3.3 section C.10.7.1.1).

The reference white is D65, with which all common programs (dcmqi, MITK, Slicer) compute, although the standard means
that of printing, D50: with another white everyone would show other colours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
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


def rgb_from_cielab(numbers: Sequence[int]) -> tuple[float, float, float]:
    """Red, green, blue within 0...1, rounded to 8 bits; colours that screens cannot show are limited."""
    lightness, a, b = np.asarray(numbers, np.float64) / 65535 * (100, 255, 255) - (0, 128, 128)
    y = (lightness + 16) / 116
    parts = np.array([y + a / 500, y, y - b / 200])
    ratio = np.where(parts > 6 / 29, parts**3, (parts - 4 / 29) / _LINEAR_SLOPE)
    linear = np.clip(np.linalg.solve(_RGB_TO_XYZ, ratio * _WHITE), 0, 1)
    rgb = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    red, green, blue = (float(round(channel * 255) / 255) for channel in np.clip(rgb, 0, 1))
    return red, green, blue
