"""Records of a journal file: each with its length and checksum, so that a torn end is known for what it is."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import CorruptFileError, FormatError

#: the first bytes of every journal file; the digit is the version of the format
MAGIC = b"MLSEG-JOURNAL-1\n"
#: kinds of records: about the session, structure (JSON), voxels of a box, and the end of a change that is complete
ABOUT, STRUCTURE, VOXELS, COMMIT = b"A", b"S", b"V", b"C"
_KINDS = ABOUT + STRUCTURE + VOXELS + COMMIT
_FRAME = struct.Struct("<cIQ")
_COMMIT = struct.Struct("<Qd")


@dataclass(frozen=True)
class Record:
    """One record that is complete; ``end`` is the offset in the file after it."""

    kind: bytes
    payload: bytes
    end: int


def framed(kind: bytes, payload: bytes) -> bytes:
    """A record's bytes: kind, checksum (CRC-32 of kind, length and payload), length, payload."""
    return _FRAME.pack(kind, _checksum(kind, payload), len(payload)) + payload


def framed_json(kind: bytes, data: Any) -> bytes:
    """A record of JSON. Raises TypeError and ValueError for what JSON cannot hold."""
    return framed(kind, json.dumps(data, separators=(",", ":"), default=_plain).encode("ascii"))


def framed_commit(step: int, time: float) -> bytes:
    """The record that makes everything before it count: number of the change, and when (seconds since 1970)."""
    return framed(COMMIT, _COMMIT.pack(step, time))


def parse_commit(payload: bytes) -> tuple[int, float]:
    """Number and time of a commit."""
    step, time = _COMMIT.unpack(payload)
    return int(step), float(time)


def read_records(path: Path) -> Iterator[Record]:
    """All complete records up to the first that is torn or damaged, which ends them without an error.

    Raises CorruptFileError for a file that does not begin as a journal does, FormatError when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
            if head != MAGIC:
                raise CorruptFileError(path, f"is no journal: begins with {head!r}, expected {MAGIC!r}")
            size = path.stat().st_size
            while (record := _next_record(file, size)) is not None:
                yield record
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None


def _next_record(file: BinaryIO, size: int) -> Record | None:
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    kind, checksum, length = _FRAME.unpack(head)
    # the length is checked before it is believed: a torn one may ask for any amount of memory
    if kind not in _KINDS or length > size - file.tell():
        return None
    payload = file.read(length)
    if len(payload) < length or _checksum(kind, payload) != checksum:
        return None
    return Record(kind, payload, file.tell())


def _checksum(kind: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(kind + struct.pack("<Q", len(payload))))


def _plain(value: Any) -> Any:
    """numpy's numbers as Python's. Raises TypeError for anything else."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{type(value).__name__} cannot be kept in a journal")
    return item()
