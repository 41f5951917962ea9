"""Coverage-guided fuzzing of the two gzip readers against zlib, by hand: needs `atheris`.

    python Testing/fuzz/fuzz_inflate.py CORPUS_FOLDER -max_len=400 -max_total_time=600

The sparse inflater's kernels run as plain Python, so that atheris sees their branches, on arrays that refuse negative
indices, which compiled code would not notice. The first byte of an input says what the others are: a gzip file, or raw
DEFLATE that gets the right header and, where zlib can read it, the right checksum, so that damage reaches the decoder.
An empty corpus is filled with files of every level and strategy first.
"""

from __future__ import annotations

import io
import random
import struct
import sys
import warnings
import zlib
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent))

import atheris
import numpy as np
from fuzz_run_inflate import Guarded  # imports the codecs instrumented and with the compiler switched off

with atheris.instrument_imports(include=["MultiLabelSegLib.formats.codec"]):
    from MultiLabelSegLib.formats.codec import inflate_kernels, sparse_inflate, sparse_inflate_kernels, stretch_kernels
    from MultiLabelSegLib.formats.codec.byte_source import open_source
    from MultiLabelSegLib.formats.codec.codec_errors import StreamError

CAPACITY, CANARY = 1 << 13, 0xA5
HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


def guarded_numpy() -> SimpleNamespace:
    """numpy for the kernels, with new arrays that refuse negative indices."""
    names = dict(vars(np))
    names["zeros"] = lambda *arguments: np.zeros(*arguments).view(Guarded)
    names["empty"] = lambda *arguments: np.empty(*arguments).view(Guarded)
    return SimpleNamespace(**names)


class GuardedInflater(sparse_inflate.Inflater):
    """An inflater whose buffer goes on with canaries behind the capacity."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = np.zeros(CAPACITY + 1024, np.uint8).view(Guarded)
        self._buffer[CAPACITY:] = CANARY

    def check(self) -> None:
        assert (self._buffer[CAPACITY:] == CANARY).all(), "written behind the capacity"
        self.clear()
        assert not self._buffer[:CAPACITY].any(), "the stretches do not cover what was written"


def by_zlib(data: bytes) -> bytes | None:
    """What zlib makes of a file, by gzip's rules for members and padding; None where it refuses."""
    out, first = b"", True
    while first or data:
        first = False
        judge = zlib.decompressobj(31)
        try:
            out += judge.decompress(data, CAPACITY + 1 - len(out))
        except zlib.error:
            return None
        if not judge.eof or len(out) > CAPACITY:
            return None
        data = judge.unused_data.lstrip(b"\0")
    return out


def as_file(data: bytes) -> bytes:
    """The file that an input stands for."""
    kind, body = data[0] & 3, data[1:]
    if kind == 0:
        return body
    judge = zlib.decompressobj(-15)
    try:
        content = judge.decompress(body, CAPACITY)
    except zlib.error:
        content = b""
    used = len(body) - len(judge.unused_data)
    member = HEAD + body[:used] + struct.pack("<II", zlib.crc32(content), len(content))
    return member + (b"", bytes(3), member)[kind - 1]


def by_stream(data: bytes) -> bytes | None:
    """What the reader in chunks makes of a file; None where it refuses."""
    source, parts, size = open_source(io.BytesIO(data), "gzip"), [], 0
    try:
        while size <= CAPACITY and (piece := source.read(397)):
            parts.append(piece)
            size += len(piece)
    except StreamError:
        return None
    return b"".join(parts) if size <= CAPACITY else None


def one_input(data: bytes) -> None:
    """Inflates one input by both readers; fails when zlib sees anything else in it."""
    if not data:
        return
    file = as_file(data)
    expected = by_zlib(file)
    try:
        found = INFLATER.inflate(file, CAPACITY)
        content = found.buffer[: found.size].tobytes()
    except StreamError:
        content = None
    INFLATER.check()
    assert content == expected, "the sparse inflater differs from zlib"
    if file[:2] == HEAD[:2]:  # else it may be a zlib stream, which only this reader takes
        assert by_stream(file) == expected, "the reader in chunks differs from zlib"


def fill(folder: Path) -> None:
    """Files of every level and strategy, of contents with stretches of zeros, periods and noise."""
    chance = random.Random(1)
    for number in range(160):
        parts = []
        for _ in range(chance.randrange(1, 6)):
            period = bytes(chance.randrange(256) for _ in range(chance.choice((1, 1, 2, 3, 7))))
            parts += [bytes(chance.choice((0, 3, 60, 70, 300, 1500))), period * chance.randrange(1, 90)]
        content = b"".join(parts)
        strategy = chance.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE))
        whole = number % 4 == 0
        coder = zlib.compressobj(chance.choice((0, 1, 6, 9)), zlib.DEFLATED, 31 if whole else -15, 9, strategy)
        half = len(content) // 2 if number % 3 else len(content)
        data = coder.compress(content[:half]) + coder.flush(zlib.Z_SYNC_FLUSH) + coder.compress(content[half:])
        (folder / f"seed{number}").write_bytes(bytes([0 if whole else number % 4]) + data + coder.flush())
    flags = bytes([2 | 4 | 8 | 16])
    head = HEAD[:3] + flags + HEAD[4:] + b"\x06\0ML\x02\0ab" + b"name.nii\0comment\0"
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    (folder / "header").write_bytes(b"\0" + head + b"\x03\0" + bytes(8))


INFLATER = GuardedInflater()

if __name__ == "__main__":
    warnings.simplefilter("ignore")  # 64-bit words overflow on purpose
    stretch_kernels.np = guarded_numpy()
    for module in (inflate_kernels, sparse_inflate_kernels):
        module.np = guarded_numpy()
        # smaller tables are filled faster, and send more codes the way of the long ones
        module.TABLE_BITS, module._TABLE_MASK = 7, np.uint64(127)
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        fill(corpus)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
