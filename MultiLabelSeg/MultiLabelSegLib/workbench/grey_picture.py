"""The grey values of a slice as an image for Qt, in memory that is kept from picture to picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy import QtCore, QtGui

from ..compiled import use_kernels
from .view_labels import drawing_kernels


class GreyPicture:
    """``image`` is what is drawn, None for nothing; ``around`` the colour (CSS) that it has beside the volume."""

    def __init__(self) -> None:
        self.image: QtGui.QImage | None = None
        self.around = ""
        self._memory = np.zeros((0, 0), np.uint32)
        self._kept = QtGui.QImage()

    def clear(self) -> None:
        """Nothing to draw."""
        self.image = None

    def take(self, pixels: NDArray[np.uint8], ratio: float, around: str) -> None:
        """Copies pixels (lines, columns, 4), red, green, blue, alpha, ``ratio`` of them a point.

        Where none is half transparent, as in all pictures of one volume, the image is opaque, and Qt copies it without
        looking at its pixels; else it lets ``around`` be drawn below it.
        """
        self.around = around
        self.image = self._opaque(pixels) or _translucent(pixels)
        self.image.setDevicePixelRatio(ratio)

    def covers(self, whole: QtCore.QRect) -> bool:
        """Whether nothing of a rectangle is to be seen beside or through the image."""
        if self.image is None or self.image.hasAlphaChannel():
            return False
        ratio = self.image.devicePixelRatio()
        return bool(self.image.width() >= whole.width() * ratio and self.image.height() >= whole.height() * ratio)

    def _opaque(self, pixels: NDArray[np.uint8]) -> QtGui.QImage | None:
        high, wide = pixels.shape[:2]
        memory = pixels[::-1]  # as VTK holds it
        if not memory.flags.c_contiguous or not use_kernels(high * wide):
            return None
        if self._memory.shape != (high, wide):
            self._memory = np.zeros((high, wide), np.uint32)
            self._kept = QtGui.QImage(self._memory.data, wide, high, wide * 4, QtGui.QImage.Format_RGB32)
        colors, around = memory.view(np.uint32)[..., 0], QtGui.QColor(self.around).rgba()
        is_done = drawing_kernels().draw_grey(colors, around, self._memory)
        return self._kept if is_done else None


def _translucent(pixels: NDArray[np.uint8]) -> QtGui.QImage:
    high, wide = pixels.shape[:2]
    whole = np.ascontiguousarray(pixels)
    image = QtGui.QImage(whole.data, wide, high, wide * 4, QtGui.QImage.Format_RGBA8888)
    return image.convertToFormat(QtGui.QImage.Format_ARGB32_Premultiplied)
