"""Coverage-guided fuzzing of the run decoder against zlib, by hand: needs `atheris`.

    python Testing/fuzz/fuzz_run_inflate.py CORPUS_FOLDER -max_len=600 -max_total_time=600

The kernels run as plain Python, so that atheris sees their branches, and on arrays that refuse negative indices, which
compiled code would not notice. An input is three bytes (size of a voxel, of the header, number of voxels) and raw
DEFLATE. An empty corpus is filled with streams of our coder and of zlib first.
"""

from __future__ import annotations

import os
import random
import sys
import warnings
import zlib
from pathlib import Path
from typing import Any

os.environ["NUMBA_DISABLE_JIT"] = "1"
os.environ["MLSEG_KERNELS"] = "never"
sys.path.insert(0, str(Path(__file__).parents[2] / "MultiLabelSeg"))

import atheris  # noqa: E402
import numpy as np  # noqa: E402

with atheris.instrument_imports(include=["MultiLabelSegLib.formats.codec"]):
    from MultiLabelSegLib.formats.codec import inflate_kernels, run_deflate_kernels, run_inflate_kernels
    from MultiLabelSegLib.formats.codec.intervals import intervals_of

SIZES = (1, 2, 4, 6)


class Guarded(np.ndarray):
    """An array that refuses negative indices."""

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, int | np.integer) and at < 0:
            raise IndexError(f"negative index {at}")
        return super().__getitem__(at)

    def __setitem__(self, at: Any, value: Any) -> None:
        if isinstance(at, int | np.integer) and at < 0:
            raise IndexError(f"negative index {at}")
        super().__setitem__(at, value)


def one_input(data: bytes) -> None:
    """Decodes one input; fails when zlib sees anything else in it."""
    if len(data) < 4:
        return
    size, header_bytes, total, body = SIZES[data[0] & 3], data[1] % 20, data[2] * 3, data[3:]
    words = np.zeros(len(body) // 8 + 3, np.uint64)
    words.view(np.uint8)[: len(body)] = np.frombuffer(body, np.uint8)
    header, voxel = np.zeros(header_bytes, np.uint8), np.full(size, -1, np.int64)
    numbers = (8 * len(body), total * size, size.bit_length() - 1 if size & (size - 1) == 0 else -1)
    status, bit, start, items = run_inflate_kernels.decode(
        words.view(Guarded), *map(np.int64, numbers), header.view(Guarded), voxel.view(Guarded), np.int64(1024)
    )
    judge, most = zlib.decompressobj(-15), header_bytes + total * size
    try:
        content = judge.decompress(body, most + 1)
        if not judge.eof and len(content) <= most:
            content += judge.decompress(judge.unconsumed_tail, 1)
    except zlib.error:
        content = b""
    right = judge.eof and len(content) == most
    if status == inflate_kernels.OK:
        assert right, "accepted, but not by zlib"
        assert content == header.tobytes() + np.repeat(items, np.diff(start, append=total), axis=0).tobytes()
        assert len(judge.unused_data) == len(body) - (int(bit) + 7) // 8
    else:
        assert not right or status == inflate_kernels.NOT_RUNS, f"zlib accepts it, status {status}"


def fill(folder: Path) -> None:
    """Streams of our coder and of zlib, of voxels of every size."""
    chance, rng = random.Random(1), np.random.default_rng(1)
    for number in range(200):
        size, third = SIZES[number & 3], chance.randrange(1, 256)
        group = np.repeat(rng.integers(0, 256, 5), rng.multinomial(3 * third, np.ones(5) / 5)).astype(np.uint8)
        found = intervals_of([group] * (size // 2 or 1), min(size, 2))
        assert found is not None
        head = bytes(chance.randrange(4) for _ in range(chance.randrange(20) if number % 2 else 0))
        content = head + np.repeat(found.items, np.diff(found.start, append=found.total), axis=0).tobytes()
        strategy = chance.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE))
        coder = zlib.compressobj(chance.choice((0, 1, 9)), zlib.DEFLATED, -15, 9, strategy)
        body = coder.compress(content) + coder.flush()
        if not head:
            none = np.full(size, -1, np.int64)
            body = run_deflate_kernels.encode(found.start, found.items, found.total, none).tobytes() + b"\3\0"
        (folder / f"seed{number}").write_bytes(bytes([number & 3, len(head), third]) + body)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # 64-bit words overflow on purpose
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        fill(corpus)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
