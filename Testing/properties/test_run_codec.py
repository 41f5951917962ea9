"""Any groups of any stretches, with any values: coder and decoder are inverse, and zlib agrees with both."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MultiLabelSegLib.core.runs import RunTable, scan
from MultiLabelSegLib.formats.codec.intervals import intervals_of
from MultiLabelSegLib.formats.codec.run_deflate import encode_groups, gzip_mask, gzip_member
from MultiLabelSegLib.formats.codec.run_inflate import Status, decode_runs, difference

ENGINES = ["always", "never"]
stretches = st.lists(st.tuples(st.integers(1, 700), st.integers(0, 65535)), min_size=1, max_size=30)


@st.composite
def groups(draw: st.DrawFn) -> list[np.ndarray]:
    """One to four groups of the size of the first."""
    first = np.concatenate([np.full(length, value, np.uint16) for length, value in draw(stretches)])
    found = [first]
    for _ in range(draw(st.integers(0, 3))):
        other = np.concatenate([np.full(length, value, np.uint16) for length, value in draw(stretches)])
        found.append(np.resize(other, first.size))
    return found


def both_engines(check, *arguments: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for engine in ENGINES:
            patch.setenv("MLSEG_KERNELS", engine)
            check(*arguments)


@given(groups(), st.binary(max_size=400))
def test_coding_and_decoding_are_inverse(arrays: list[np.ndarray], header: bytes) -> None:
    def check() -> None:
        data = b"".join(gzip_member(encode_groups(arrays, 2), header))
        assert gzip.decompress(data) == header + np.stack(arrays, axis=-1).astype("<u2").tobytes()
        want = intervals_of(arrays, 2)
        assert want is not None
        assert difference(data, want, header) is None
        found = decode_runs(data, arrays[0].size, 2, groups=len(arrays), header_bytes=len(header))
        if found.intervals is not None:
            assert found.header == header
            for number, array in enumerate(arrays):
                assert np.array_equal(found.intervals.array(number), array)
        else:
            assert found.status is Status.NOT_RUNS

    both_engines(check)


@given(stretches, st.tuples(st.integers(1, 7), st.integers(1, 7)), st.sampled_from([np.uint8, np.uint16]))
def test_every_label_of_a_scan_becomes_its_mask(
    parts: list[tuple[int, int]], plane: tuple[int, int], dtype: type
) -> None:
    flat = np.concatenate([np.full(length, value % np.iinfo(dtype).max, dtype) for length, value in parts])
    volume = np.resize(flat, (flat.size // (plane[0] * plane[1]) + 1, *plane))

    def check() -> None:
        table: RunTable = scan(volume)
        statistics = table.statistics()
        assert statistics.voxels.sum() == np.count_nonzero(volume)
        for row, value in enumerate(table.values[:4].tolist()):
            data = b"".join(gzip_mask(b"", *table.runs(row), volume.size, value, 2))
            assert gzip.decompress(data) == ((volume == value) * np.uint16(value)).astype("<u2").tobytes()

    both_engines(check)
