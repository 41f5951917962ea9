"""One case of ``mlseg audit``: measures it and draws its thumbnails."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Image, Segmentation
from ..datasets.audit.measuring import measured
from ..datasets.case_files import Case
from ..errors import MultiLabelSegError
from ..reports.sheet import png_bytes
from ..reports.slices import PLANES, body_view, draw_slice

_HEIGHT, _GAP = 110, 4


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The facts of a case as JSON."""
    images = [Path(path) for path in question["images"]]
    facts, segmentation = measured(Case(question["case"], Path(question["path"])), images)
    if segmentation is not None and question["pictures"] and not facts.is_empty:
        picture = base64.b64encode(_thumbnails(segmentation, images, facts.image_faults)).decode("ascii")
        facts = replace(facts, picture=picture)
    return facts.to_json()


def _thumbnails(segmentation: Segmentation, images: Sequence[Path], faults: Sequence[str]) -> bytes:
    """Three planes beside each other through the busiest place, as a PNG; over the first image where it fits."""
    from PIL import Image as Pil

    image = None if faults or not images else _image(images[0])
    shown = []
    for plane in PLANES:
        index = _busy_slice(segmentation, PLANES.index(plane))
        shown.append(draw_slice(segmentation, plane, index, image, height=_HEIGHT).pixels)
    width = sum(pixels.shape[1] for pixels in shown) + _GAP * (len(shown) - 1)
    canvas = Pil.new("RGB", (width, max(pixels.shape[0] for pixels in shown)), (24, 26, 30))
    x = 0
    for pixels in shown:
        canvas.paste(Pil.fromarray(pixels), (x, 0))
        x += pixels.shape[1] + _GAP
    return png_bytes(canvas)


def _image(path: Path) -> Image | None:
    from ..formats.image_io import read_image

    try:
        return read_image(path)
    except MultiLabelSegError:
        return None


def _busy_slice(segmentation: Segmentation, axis: int) -> int:
    """The slice of the turned array that meets the boxes of most labels; the middle one of several."""
    view = body_view(segmentation.geometry)
    original = view.order[axis]
    size = segmentation.geometry.shape[original]
    score = np.zeros(size, np.int64)
    for group in segmentation.groups:
        for value in group.index.values(0):
            box = group.index.loose_box(value, 0)
            if box is not None:
                score[box.lower[original] : box.upper[original]] += 1
    best = np.flatnonzero(score == score.max())
    index = int(best[len(best) // 2])
    return size - 1 - index if view.flips[axis] else index
