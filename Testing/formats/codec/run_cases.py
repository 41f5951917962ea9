"""Contents for the run coder: groups made of stretches, and masks of every awkward kind."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

#: lengths around everything that DEFLATE and the coder treat specially
AWKWARD = [
    *range(1, 40),
    *range(255, 263),
    *range(513, 520),
    774,
    775,
    4095,
    4096,
    4097,
    8191,
    16383,
    16385,
    20000,
    70000,
]


@dataclass(frozen=True)
class Stretches:
    """Groups of ``total`` voxels as they lie in a file: ``itemsize`` bytes a value, interleaved, behind a header."""

    groups: tuple[np.ndarray, ...]
    itemsize: int
    header: bytes = b""

    @property
    def total(self) -> int:
        return self.groups[0].size

    @property
    def content(self) -> bytes:
        return self.header + interleaved(self.groups, self.itemsize)


def interleaved(groups: Sequence[np.ndarray], itemsize: int) -> bytes:
    """The bytes that MITK writes for groups of equal size."""
    return np.stack([group.reshape(-1).astype(f"<u{itemsize}") for group in groups], axis=-1).tobytes()


def random_stretches(seed: int, count: int, longest: int = 20000) -> Iterator[Stretches]:
    """One to five groups of random stretches of zeros, small and large values, with headers of up to 400 bytes."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        total = int(rng.integers(1, 50 if number % 3 == 0 else longest))
        itemsize = int(rng.integers(1, 3))
        groups = []
        for _ in range(int(rng.integers(1, 6))):
            parts = int(rng.integers(1, 40))
            top = int(rng.choice([2, 256, 65536][: 1 + itemsize]))
            lengths = rng.multinomial(total, np.ones(parts) / parts)
            group = np.repeat(rng.integers(0, top, parts), lengths)
            groups.append(group.astype(np.uint8 if top <= 256 and number % 2 else np.uint16))
        header = rng.integers(0, 256, int(rng.integers(0, 400)) * (number % 2)).astype(np.uint8).tobytes()
        yield Stretches(tuple(groups), itemsize, header)


def random_runs(rng: np.random.Generator, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Up to 20 sorted runs within ``total`` voxels; some touch each other or the ends."""
    ends = np.unique(rng.integers(0, total + 1, 2 * int(rng.integers(0, 20))))
    ends = ends[: len(ends) // 2 * 2].astype(np.int64)
    return ends[::2], ends[1::2]


def mask(start: np.ndarray, stop: np.ndarray, total: int, value: int, dtype: str) -> bytes:
    """The bytes of a mask, built voxel by voxel."""
    voxels = np.zeros(total, dtype)
    for low, high in zip(start, stop, strict=True):
        voxels[low:high] = value
    return voxels.tobytes()


def judged_by_zlib(data: bytes, wbits: int, most: int) -> bytes | None:
    """What zlib makes of exactly one stream of at most ``most`` bytes; None when it rejects it or something follows."""
    coder = zlib.decompressobj(wbits)
    try:
        content = coder.decompress(data, most + 1)
        if not coder.eof and len(content) <= most:
            content += coder.decompress(coder.unconsumed_tail, 1)
    except zlib.error:
        return None
    return content if coder.eof and not coder.unused_data and len(content) <= most else None


def damaged(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """``data`` with up to eight bits, bytes or pieces changed, lost, added or taken from other streams."""
    found = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
        if not found:
            break
        at, kind = chance.randrange(len(found)), chance.randrange(8)
        if kind == 0:
            found[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            found[at] = chance.randrange(256)
        elif kind == 2:
            del found[at:]
        elif kind == 3:
            found[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        elif kind == 4:
            del found[at : at + chance.randrange(1, 9)]
        elif kind == 5:
            other = chance.choice(others)
            low = chance.randrange(len(other))
            found[at : at + chance.randrange(40)] = other[low : low + chance.randrange(40)]
        elif kind == 6:  # headers of blocks and their code lengths
            found[min(len(found) - 1, 10 + chance.randrange(40))] ^= 1 << chance.randrange(8)
        else:
            found[at : at + chance.randrange(1, 9)] = chance.choice((b"\0", b"\xff")) * chance.randrange(1, 9)
    return bytes(found)


def with_right_trailer(data: bytes, container: str) -> bytes:
    """The stream with checksum and length of whatever its DEFLATE data give, so that damage goes deeper."""
    coder = zlib.decompressobj(-15)
    try:
        content = coder.decompress(data[10 if container == "gzip" else 2 :], 1 << 20)
    except zlib.error:
        return data
    if not coder.eof:
        return data
    body = data[: len(data) - len(coder.unused_data)]
    if container == "zlib":
        return body + struct.pack(">I", zlib.adler32(content))
    return body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
