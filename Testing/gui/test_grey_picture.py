"""Slicer's pixels as an image of Qt: the same with and without kernels, in memory that is used again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("qtpy")
from qtpy import QtCore, QtGui

from MultiLabelSegLib.workbench.grey_picture import GreyPicture

pytestmark = pytest.mark.qt
AROUND = "#102030"


def pixels_of(alphas: list[int], seed: int = 4) -> NDArray[np.uint8]:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (23, 31, 4)).astype(np.uint8)
    pixels[..., 3] = random.choice(alphas, (23, 31))
    return pixels[::-1]


def drawn(picture: GreyPicture) -> list[int]:
    """What is on the screen, 0xAARRGGBB."""
    screen = QtGui.QImage(31, 23, QtGui.QImage.Format_RGB32)
    painter = QtGui.QPainter(screen)
    if not picture.covers(QtCore.QRect(0, 0, 31, 23)):
        painter.fillRect(0, 0, 31, 23, QtGui.QColor(AROUND))
    assert picture.image is not None
    painter.drawImage(0, 0, picture.image)
    painter.end()
    return [screen.pixel(x, y) for y in range(23) for x in range(31)]


@pytest.mark.parametrize("alphas", [[255], [0, 255], [0, 100, 255]])
def test_both_engines_draw_the_same(alphas: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, found = pixels_of(alphas), []
    for engine in ("never", "always"):
        monkeypatch.setenv("MLSEG_KERNELS", engine)
        picture = GreyPicture()
        picture.take(pixels, 1.0, AROUND)
        found.append(drawn(picture))
    assert found[0] == found[1]
    flat = pixels.reshape(-1, 4).tolist()
    for (red, green, blue, alpha), pixel in zip(flat, found[1], strict=True):
        if alpha == 255:
            assert pixel == 255 << 24 | red << 16 | green << 8 | blue
        elif alpha == 0:
            assert pixel == 0xFF102030


def test_the_memory_is_used_again_and_the_next_picture_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", "always")
    kept = GreyPicture()
    for seed, alphas in ((1, [0, 255]), (2, [0, 255]), (3, [0, 7, 255]), (4, [255])):
        fresh, pixels = GreyPicture(), pixels_of(alphas, seed)
        kept.take(pixels, 1.0, AROUND)
        fresh.take(pixels, 1.0, AROUND)
        assert drawn(kept) == drawn(fresh)


def test_it_says_whether_anything_is_to_be_seen_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", "always")
    picture, whole = GreyPicture(), QtCore.QRect(0, 0, 31, 23)
    assert not picture.covers(whole)
    picture.take(pixels_of([0, 255]), 1.0, AROUND)
    assert picture.covers(whole)
    assert not picture.covers(QtCore.QRect(0, 0, 32, 23))
    picture.take(pixels_of([0, 255]), 2.0, AROUND)
    assert not picture.covers(whole)
    assert picture.covers(QtCore.QRect(0, 0, 15, 11))
    picture.take(pixels_of([100, 255]), 1.0, AROUND)
    assert not picture.covers(whole)
    picture.clear()
    assert not picture.covers(whole)
