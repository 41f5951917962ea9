"""The compiled and the numpy engine find and write the same on volumes with long rows, blobs and noise."""

from __future__ import annotations

import numpy as np
import pytest

from MultiLabelSegLib.core import Box
from MultiLabelSegLib.edit.patch import VoxelPatch
from MultiLabelSegLib.edit.resolve_numpy import resolve_numpy
from MultiLabelSegLib.edit.rules import Found, Rules, Work, as_counts

pytest.importorskip("numba")


def volume(seed: int, shape: tuple[int, int, int], dtype: type, grain: int) -> np.ndarray:
    """Blocks of one value, ``grain`` voxels long, of which some are 0 and some at the end of the dtype's range."""
    rng = np.random.default_rng(seed)
    values = np.array([0, 0, 0, 1, 2, 3, 200, np.iinfo(dtype).max], dtype)
    coarse = rng.choice(values, (shape[0], shape[1], shape[2] // grain + 2))
    start = int(rng.integers(grain))
    return np.ascontiguousarray(coarse.repeat(grain, axis=2)[:, :, start : start + shape[2]])


def spread(found: Found) -> list[int]:
    return [found.values] * found.written if isinstance(found.values, int) else found.values.tolist()


CASES = [
    (shape, box, region_type, frame_type, grain)
    for shape, box in [
        ((3, 5, 129), Box.whole((3, 5, 129))),
        ((3, 5, 129), Box((1, 2, 5), (3, 5, 123))),
        ((2, 3, 64), Box((0, 1, 0), (2, 2, 64))),
        ((2, 2, 9), Box((0, 0, 8), (2, 2, 9))),
    ]
    for region_type in (np.uint8, np.uint16)
    for frame_type in (np.uint8, np.uint16)
    for grain in (1, 3, 8, 21, 70)
]


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("kind", ["swap", "one value", "clear", "blocked", "wide"])
def test_both_engines_agree(case: int, kind: str) -> None:
    from MultiLabelSegLib.edit.resolve_compiled import resolve_compiled, write_compiled

    shape, box, region_type, frame_type, grain = CASES[case]
    region, frame = volume(case, shape, region_type, grain), volume(case + 500, shape, frame_type, max(1, grain - 1))
    mapping = {"swap": {1: 2, 2: 1, 200: 0}, "one value": {3: 200}, "wide": {1: 300, 3: 2}}.get(kind, {1: 2, 2: 3})
    rows = np.iinfo(frame_type).max + 1
    writable, clears = np.ones(rows, np.bool_), np.zeros(rows, np.uint8)
    writable[[0, 3]] = kind in ("one value", "wide"), kind == "swap"
    clears[[2, 3]] = Rules.BLOCKED if kind == "blocked" else Rules.CLEAR
    rules = Rules(mapping, writable, clears if kind in ("clear", "blocked", "wide") else None)
    work = Work(region, box, frame, box)
    plain, quick = resolve_numpy(work, rules), resolve_compiled(work, rules)
    np.testing.assert_array_equal(plain.mask, quick.mask)
    assert spread(plain) == spread(quick)
    assert plain.gained == quick.gained
    assert as_counts(plain.lost) == quick.lost
    assert as_counts(plain.protected) == quick.protected
    if not quick.written:
        return
    patch = VoxelPatch(0, 0, box, quick.mask, quick.values, quick.gained)
    mine, other = (frame.astype(np.promote_types(frame_type, np.min_scalar_type(patch.top))) for _ in range(2))
    inverse = patch.write(mine)
    old, lost = write_compiled(other, box, quick.mask, quick.values, quick.written)
    np.testing.assert_array_equal(mine, other)
    assert inverse.counts == lost == quick.lost
    inverse.write(mine)
    np.testing.assert_array_equal(mine, frame)
    assert len(old) == quick.written
