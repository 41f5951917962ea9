"""Bytes of the voxels of a file: one face for raw, gzip, zlib, bzip2 and text data, a chunk at a time."""

from __future__ import annotations

import bz2
import io
import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from ...errors import UnsupportedFormatError
from .codec_errors import ChecksumError, DamagedError, StreamError, StreamHeaderError, TruncatedError

#: bytes that are read from the file at a time
INPUT_BYTES = 1 << 18
#: DEFLATE stores at most 258 bytes in two bits, so no more than this per byte can come out
DEFLATE_EXPANSION = 1032

_SEPARATORS = bytes.maketrans(b",\t\r\n\v\f", b"      ")
_LONGEST_NUMBER = 1000


class ByteSource(ABC):
    """A stream of bytes from the position of a file on.

    ``limit`` is an upper bound of what can come, None where there is none: with it a reader refuses a header
    that promises terabytes before anything is allocated. ``items`` is the type of the items where the
    encoding decides it (text), None where the header does.
    """

    limit: int | None = None
    items: np.dtype[Any] | None = None

    @abstractmethod
    def read(self, size: int) -> bytes:
        """Up to ``size`` (> 0) bytes; empty only at the proper end. Raises StreamError."""


def remaining_bytes(file: BinaryIO) -> int | None:
    """Bytes from the position of ``file`` to its end, None when the file cannot seek."""
    try:
        here = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (OSError, io.UnsupportedOperation):
        return None
    return max(0, end - here)


class RawSource(ByteSource):
    """The bytes as they are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.limit = remaining_bytes(file)

    def read(self, size: int) -> bytes:
        return self._file.read(size)


@lru_cache(maxsize=1)
def fast_zlib() -> ModuleType:
    """``isal.isal_zlib`` where it is installed, else ``zlib``: the same face, three times the speed."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib
    return isal_zlib


class MemberSource(ByteSource):
    """Base of the compressed streams: members one after the other; zeros after a member are padding."""

    title = ""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pending = b""
        self._member: Any = None
        self._more_inside = False
        self._ended = False
        self._given = 0

    @abstractmethod
    def _begin(self, head: bytes) -> Any:
        """A decompressor for a member that begins with ``head``. Raises StreamHeaderError."""

    @abstractmethod
    def _decompress(self, size: int) -> bytes:
        """Up to ``size`` bytes out of ``_pending``, which is updated."""

    def read(self, size: int) -> bytes:
        while not self._ended:
            if self._member is None or self._member.eof:
                self._next_member()
                continue
            if not self._pending and not self._more_inside:
                self._pending = self._file.read(INPUT_BYTES)
                if not self._pending:
                    reason = f"the {self.title} data end early, after {self._given} bytes of content"
                    raise TruncatedError(None, reason)
            try:
                piece = self._decompress(size)
            except (zlib.error, fast_zlib().error, OSError, ValueError, EOFError) as error:
                raise self._explain(error) from error
            # a full piece may have left output inside although the input is used up
            self._more_inside = len(piece) == size
            if piece:
                self._given += len(piece)
                return piece
        return b""

    def _explain(self, error: Exception) -> StreamError:
        text = str(error)
        if "check" in text.lower():  # zlib: data check, length check; isal: CHECKSUM
            return ChecksumError(None, f"checksum or length of the {self.title} data differ: {text}")
        reason = f"the {self.title} data are damaged after {self._given} bytes of content: {text}"
        return DamagedError(None, reason)

    def _next_member(self) -> None:
        """Starts the next member, or notes the end."""
        if self._member is not None:
            self._pending = self._member.unused_data
            self._skip_padding()
            if self._ended:
                return
        while len(self._pending) < 3:
            more = self._file.read(INPUT_BYTES)
            if not more:
                break
            self._pending += more
        if self._member is None and len(self._pending) < 3:
            reason = f"no {self.title} data: {len(self._pending)} bytes are left in the file"
            raise TruncatedError(None, reason)
        self._member = self._begin(self._pending[:3])
        self._more_inside = False

    def _skip_padding(self) -> None:
        while True:
            self._pending = self._pending.lstrip(b"\0")
            if self._pending:
                return
            self._pending = self._file.read(INPUT_BYTES)
            if not self._pending:
                self._ended = True
                return


class GzipSource(MemberSource):
    """gzip members, or one zlib stream; the engine checks CRC-32 or Adler-32 at the end of each."""

    title = "gzip"

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        size = remaining_bytes(file)
        self.limit = None if size is None else size * DEFLATE_EXPANSION

    def _begin(self, head: bytes) -> Any:
        first = self._member is None
        if head[:2] == b"\x1f\x8b":
            return fast_zlib().decompressobj(31)
        if first and head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0:
            self.title = "zlib"
            return fast_zlib().decompressobj(15)
        found = head.hex(" ")
        if first:
            raise StreamHeaderError(None, f"neither gzip nor zlib data: they begin with the bytes {found}")
        raise StreamHeaderError(None, f"something other than zeros follows the {self.title} data: {found}")

    def _decompress(self, size: int) -> bytes:
        piece: bytes = self._member.decompress(self._pending, size)
        self._pending = self._member.unconsumed_tail
        return piece


class Bzip2Source(MemberSource):
    """bzip2 streams. There is no useful bound: a file of 45 bytes can hold 45 MB."""

    title = "bzip2"

    def _begin(self, head: bytes) -> Any:
        if head == b"BZh":
            return bz2.BZ2Decompressor()
        raise StreamHeaderError(None, f"not bzip2 data: {head.hex(' ')} where 42 5a 68 is expected")

    def _decompress(self, size: int) -> bytes:
        piece: bytes = self._member.decompress(self._pending, size)
        self._pending = b""  # this decompressor keeps what it has not used
        return piece


class TextSource(ByteSource):
    """Numbers as text between blanks, commas or line ends; they come as native float64."""

    items = np.dtype(np.float64)

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rest = b""
        self._ready = b""
        size = remaining_bytes(file)
        # a number and its separator take two characters at least; the last number needs no separator
        self.limit = None if size is None else (size + 1) // 2 * self.items.itemsize

    def read(self, size: int) -> bytes:
        while not self._ready:
            text = self._file.read(INPUT_BYTES)
            if not text and not self._rest:
                return b""
            words = self._rest + text.translate(_SEPARATORS)
            self._rest = b""
            if text:  # the last number may go on in the next piece
                words, _, self._rest = words.rpartition(b" ")
            if len(self._rest) > _LONGEST_NUMBER:
                raise DamagedError(None, f"no number: {self._rest[:40]!r} ... in the text data")
            self._ready = self._parse(words.split())
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def _parse(self, words: list[bytes]) -> bytes:
        if not words:
            return b""
        try:
            return np.array(words, dtype=np.bytes_).astype(self.items).tobytes()
        except ValueError as error:
            raise DamagedError(None, f"the text data hold something that is no number: {error}") from error


_SOURCES: dict[str, Callable[[BinaryIO], ByteSource]] = {
    "raw": RawSource,
    "gzip": GzipSource,
    "gz": GzipSource,
    "zlib": GzipSource,
    "bzip2": Bzip2Source,
    "bz2": Bzip2Source,
    "ascii": TextSource,
    "text": TextSource,
    "txt": TextSource,
}


def open_source(file: BinaryIO, encoding: str) -> ByteSource:
    """The bytes of the voxels from the position of ``file`` to its end.

    ``encoding``: raw | gzip, gz, zlib (told apart by content) | bzip2, bz2 | ascii, text, txt. Raises
    UnsupportedFormatError for any other.
    """
    source = _SOURCES.get(encoding.strip().lower())
    if source is None:
        known = ", ".join(_SOURCES)
        reason = f"data encoding {encoding!r} is not known; expected one of {known}"
        raise UnsupportedFormatError(None, reason)
    return source(file)
