"""Figures on single slices become voxels of their object: bitmaps, rectangles, polygons."""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pictures

from Testing.datasets.supervisely.project_cases import (
    KEYS,
    a_mask,
    figure,
    foreign_project,
    nrrd_bytes,
    only_item,
    voxels_xyz,
)

NORMALS = {"sagittal": (1, 0, 0), "coronal": (0, 1, 0), "axial": (0, 0, 1)}


def bitmap(pixels: NDArray[Any], column: int, row: int, mode: str = "grey") -> dict[str, Any]:
    """A bitmap as Supervisely packs it."""
    grey = pixels.astype(np.uint8) * 255
    picture = Pictures.fromarray(grey)
    if mode == "alpha":
        picture = Pictures.fromarray(np.dstack([np.full_like(grey, 255)] * 3 + [grey]))
    elif mode == "palette":
        picture = picture.convert("P")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", **({"transparency": 0} if mode == "palette" else {}))
    data = base64.b64encode(zlib.compress(buffer.getvalue())).decode()
    return {"bitmap": {"origin": [column, row], "data": data}, "shape": "bitmap", "geometryType": "bitmap"}


def points(*exterior: tuple[float, float], holes: Any = ()) -> dict[str, Any]:
    return {"points": {"exterior": [list(point) for point in exterior], "interior": holes}}


def plane(name: str, index: Any, *figures: dict[str, Any]) -> dict[str, Any]:
    normal = dict(zip("xyz", NORMALS[name], strict=True))
    return {"name": name, "normal": normal, "slices": [{"index": index, "figures": list(figures)}]}


def flat(number: int, owner: int, shape: str, geometry: Any) -> dict[str, Any]:
    return figure(number, owner, geometry) | {"geometryType": shape}


def project(folder: Path, *planes: dict[str, Any]) -> Path:
    return foreign_project(folder / "p", ["A", "B"], planes=list(planes))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # two pixels side by side, at column 1 and 2 of row 3
        ("axial", [(1, 3, 2), (2, 3, 2)]),
        ("coronal", [(1, 2, 3), (2, 2, 3)]),
        ("sagittal", [(2, 1, 3), (2, 2, 3)]),
    ],
)
@pytest.mark.parametrize("mode", ["grey", "alpha", "palette"])
def test_columns_and_rows_of_a_bitmap_are_axes_of_the_volume(
    mode: str, name: str, expected: list[tuple[int, int, int]], tmp_path: Path
) -> None:
    drawn = bitmap(np.array([[1, 1, 0]]), 1, 3, mode)
    item = only_item(project(tmp_path, plane(name, 2, flat(0, 0, "bitmap", drawn))))
    assert voxels_xyz(item.segmentation(), 1) == expected
    assert item.left_out == []


def test_a_rectangle_has_its_corners_inside(tmp_path: Path) -> None:
    item = only_item(project(tmp_path, plane("axial", 0, flat(0, 1, "rectangle", points((4, 2), (3, 1))))))
    found = item.segmentation()
    assert voxels_xyz(found, 2) == [(3, 1, 0), (3, 2, 0), (4, 1, 0), (4, 2, 0)]
    assert found.voxels(1) == 0


def test_a_polygon_has_its_outline_inside_and_its_holes_outside(tmp_path: Path) -> None:
    hole = [[[2, 2], [3, 2], [3, 3], [2, 3]]]
    outline = points((1, 1), (4, 1), (4, 4), (1, 4), holes=hole)
    item = only_item(project(tmp_path, plane("axial", 1, flat(0, 0, "polygon", outline))))
    found = item.segmentation()
    assert found.voxels(1) == 16 - 4
    assert (2, 2, 1) not in voxels_xyz(found, 1)
    assert {(1, 1, 1), (4, 4, 1), (1, 4, 1)} <= set(voxels_xyz(found, 1))


def test_figures_on_slices_and_a_mask_are_one_label(tmp_path: Path) -> None:
    planes = [plane("axial", 0, flat(1, 0, "rectangle", points((0, 0), (0, 0)))),
              plane("sagittal", 5, flat(2, 0, "rectangle", points((4, 3), (4, 3))))]  # fmt: skip
    mask = {0: nrrd_bytes(a_mask((2, 2, 2)))}
    item = only_item(foreign_project(tmp_path / "p", ["A"], [figure(0, 0)], mask, planes=planes))
    assert voxels_xyz(item.segmentation(), 1) == [(0, 0, 0), (2, 2, 2), (5, 4, 3)]
    assert voxels_xyz(item.segmentation(), 1) == [(0, 0, 0), (2, 2, 2), (5, 4, 3)], "nothing is left from before"


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        (plane("axial", 4, flat(0, 0, "rectangle", points((0, 0), (1, 1)))), "slice 4 of the axial plane"),
        (plane("axial", -1, flat(0, 0, "rectangle", points((0, 0), (1, 1)))), "slice -1 of the axial plane"),
        (plane("axial", None, flat(0, 0, "rectangle", points((0, 0), (1, 1)))), "slice None of the axial plane"),
        (plane("axial", 0, flat(0, 0, "rectangle", points((0, 0), (6, 1)))), "leaves its slice of 6 x 5"),
        (plane("axial", 0, flat(0, 0, "rectangle", points((0, 0)))), "expected two corners"),
        (plane("axial", 0, flat(0, 0, "polygon", points((0, 0), (1, 1)))), "expected three at least"),
        (plane("axial", 0, flat(0, 0, "polygon", points((0, 0), (9, 1), (1, 1)))), "leaves its slice"),
        (plane("axial", 0, flat(0, 0, "polygon", {"points": {"exterior": [[0, 0], ["x", 1], [1, 1]]}})), "two numbers"),
        (plane("axial", 0, flat(0, 0, "polygon", {"points": 5})), "expected an array of points"),
        (plane("axial", 0, flat(0, 0, "polyline", points((0, 0), (1, 1)))), "has no voxels"),
        (plane("axial", 0, flat(0, 0, "bitmap", bitmap(np.ones((2, 2)), 5, 0))), "leaves its slice of 6 x 5"),
        (plane("axial", 0, flat(0, 0, "bitmap", {"bitmap": {"origin": [0, 0], "data": "AAAA"}})), "cannot be decoded"),
        (plane("axial", 0, flat(0, 0, "bitmap", {"bitmap": {"origin": [0], "data": "AAAA"}})), "two whole numbers"),
        (plane("axial", 0, flat(0, 0, "bitmap", None) | {"geometry": 5}), "it has no geometry"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_named(drawn: dict[str, Any], reason: str, tmp_path: Path) -> None:
    item = only_item(project(tmp_path, drawn, plane("coronal", 0, flat(1, 1, "rectangle", points((0, 0), (0, 0))))))
    found = item.segmentation()
    assert [found.voxels(value) for value in (1, 2)] == [0, 1]
    (remark,) = item.left_out
    assert remark.reason.startswith(f"figure {KEYS[10]} of 'A' is left out: ")
    assert reason in remark.reason


def test_a_bitmap_that_unpacks_to_gigabytes_is_refused_by_what_it_announces(tmp_path: Path) -> None:
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    picture = header + zlib.crc32(header[12:]).to_bytes(4, "big") + b"\x00\x00\x00\x00IDAT" + b"\x35\xaf\x06\x1e"
    data = base64.b64encode(zlib.compress(picture)).decode()
    bomb = {"bitmap": {"origin": [0, 0], "data": data}}
    item = only_item(project(tmp_path, plane("axial", 0, flat(0, 0, "bitmap", bomb))))
    assert item.segmentation().voxels(1) == 0
    assert "bitmap" in item.left_out[0].reason
