"""A stream for the reader of tar files that goes forward only and counts every byte."""

from __future__ import annotations

from io import BufferedIOBase
from pathlib import Path

from ....errors import CorruptFileError, UnsupportedFormatError
from .guard import BLOCK, Meter

#: how far back one may always go: a header of a tar file
_LOOK_BACK = 512


class ForwardReader:
    """Stands between a decompressor and Python's reader of tar files, which seeks, but hardly ever back.

    A compressed stream that seeks back starts anew. Here only what was read last is kept. All bytes are counted, those
    that are skipped too, so that sizes may lie. Single reads beyond ``BLOCK`` are refused: only headers made to fill
    the memory are that long.
    """

    def __init__(self, path: Path, stream: BufferedIOBase, meter: Meter) -> None:
        self._path, self._stream, self._meter = path, stream, meter
        self._kept = b""  #: what was read from the stream last
        self._end = 0  #: where the stream is, just behind ``_kept``
        self._at = 0  #: where the reader is, within ``_kept`` or at its end

    def tell(self) -> int:
        """Bytes from the start."""
        return self._at

    def seek(self, position: int) -> int:
        """Goes to a place, or to the end when that comes first. Raises CorruptFileError for places that are gone."""
        while self._end < position and self._more(min(BLOCK, position - self._end)):
            pass
        if position < self._end - len(self._kept):
            raise CorruptFileError(self._path, f"damaged tar archive: it refers back to its byte {position}")
        self._at = min(position, self._end)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """``size`` bytes, fewer only at the end. Raises UnsupportedFormatError for oversized headers."""
        if not 0 <= size <= BLOCK:
            reason = f"a header of the tar archive takes {size} bytes; at most {BLOCK} are expected"
            raise UnsupportedFormatError(self._path, reason)
        start = len(self._kept) - (self._end - self._at)
        found = self._kept[start : start + size]
        self._at += len(found)
        while len(found) < size:
            piece = self._more(size - len(found))
            if not piece:
                break
            found += piece
            self._at = self._end
        return found

    def _more(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._meter.count_bytes(len(piece))
        self._end += len(piece)
        self._kept = piece if len(piece) >= _LOOK_BACK else (self._kept + piece)[-(_LOOK_BACK + len(piece)) :]
        return piece
