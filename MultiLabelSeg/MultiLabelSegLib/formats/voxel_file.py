"""One face for the voxels of image files, whatever their header looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from ..compiled import use_kernels
from ..core import Geometry
from ..errors import CorruptFileError, FormatError, Remedy
from .codec.byte_source import DEFLATE_EXPANSION, ByteSource, open_source
from .codec.codec_errors import TruncatedError, errors_name
from .codec.gzip_stream import read_groups, read_into
from .codec.intervals import Intervals
from .codec.run_inflate import decode_runs

#: voxels that are converted at a time
_STEP = 1 << 21

_OUTSIDE = Remedy("allow_outside", "this must be allowed (--allow-outside)")


@dataclass(frozen=True)
class Stream:
    """A compressed stream that holds ``header_bytes`` bytes and then the voxels; it begins at a byte of the file."""

    container: Literal["gzip", "zlib"]
    file_offset: int = 0
    header_bytes: int = 0


@dataclass(frozen=True, eq=False)
class VoxelFile:
    """Where and how the voxels of an image lie in a file.

    ``path`` is the file with the voxels, ``named`` the one that the user named; ``opened`` gives the bytes of the
    voxels from the opened file. Voxels are ``dtype`` (byte order included) in C order (t, k, j, i); they mean
    ``slope * stored + inter``.
    """

    named: Path
    path: Path
    geometry: Geometry
    dtype: np.dtype[Any]
    opened: Callable[[BinaryIO], ByteSource]
    slope: float = 1.0
    inter: float = 0.0
    stream: Stream | None = None  #: where the voxels are compressed in one piece
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def is_scaled(self) -> bool:
        """Whether voxels mean something else than the stored numbers."""
        return (self.slope, self.inter) != (1.0, 0.0)

    def read_array(self) -> NDArray[Any]:
        """Voxels (t, k, j, i) of the file's type, or float64 where they are scaled.

        Raises FormatError (CorruptFileError for truncated, damaged and lying files).
        """
        with self._source() as source:
            dtype = source.items or self.dtype
            needed = self._expect_room(source)
            flat = np.empty(needed, np.uint8)

            def put(offset: int, piece: bytes) -> None:
                flat[offset : offset + len(piece)] = np.frombuffer(piece, np.uint8)

            read_into(source, needed, put)
        array = flat.view(dtype).reshape(self.geometry.full_shape)
        if not dtype.isnative:
            array = array.astype(dtype.newbyteorder("="))
        return array * self.slope + self.inter if self.is_scaled else array

    def check_size(self) -> None:
        """Raises TruncatedError when the header promises more voxels than the file can hold; allocates nothing."""
        with self._source() as source:
            self._expect_room(source)

    def _expect_room(self, source: ByteSource) -> int:
        """The bytes that the voxels take. Raises TruncatedError (no path) when the file cannot hold them."""
        needed = prod(self.geometry.full_shape) * (source.items or self.dtype).itemsize
        if source.limit is not None and needed > source.limit:
            reason = f"the header announces {needed} bytes of voxels, the file can hold {source.limit} at most"
            raise TruncatedError(None, reason)
        return needed

    def stream_bytes(self) -> bytes | None:
        """The compressed stream of label values of one or two bytes, for the compiled decoders.

        None where there is no such stream, where it cannot hold the voxels, and where compiled kernels are not used.
        Raises FormatError when the file cannot be read.
        """
        total, stream = prod(self.geometry.full_shape), self.stream
        if stream is None or self.is_scaled or self.dtype.kind not in "ui" or self.dtype.itemsize > 2:
            return None
        if not use_kernels(total):
            return None
        with named_errors(self.named), self.path.open("rb") as file:
            file.seek(stream.file_offset)
            data = file.read()
        return data if total * self.dtype.itemsize <= len(data) * DEFLATE_EXPANSION else None

    def decode_intervals(self, data: bytes) -> Intervals | None:
        """The label values of a stream (see ``stream_bytes``) as intervals, at the cost of its runs.

        None for streams that were not written as runs, are damaged, or hold negative values: an ordinary reader then
        says what they are.
        """
        if self.stream is None:
            return None
        total, size, big = prod(self.geometry.full_shape), self.dtype.itemsize, self.dtype.byteorder == ">"
        head, container = self.stream.header_bytes, self.stream.container
        found = decode_runs(data, total, size, header_bytes=head, container=container, big_endian=big).intervals
        negative = self.dtype.kind == "i" and found is not None and (found.values(0) >> (8 * size - 1)).any()
        return None if negative else found

    def read_labels(self) -> NDArray[Any]:
        """Label values (t, k, j, i), uint8 or uint16, never all of the file's bytes at once; for unscaled voxels.

        Raises FormatError; VoxelValueError (a CorruptFileError) for voxels that are no label values.
        """
        data = self.stream_bytes()
        intervals = None if data is None else self.decode_intervals(data)
        if intervals is not None:
            return intervals.array(0).reshape(self.geometry.full_shape)
        order = "big" if self.dtype.byteorder == ">" else "little"
        with self._source() as source:
            plain = np.dtype(self.dtype.str[1:])
            return read_groups(source, self.geometry.full_shape, 1, plain, order)[0]  # type: ignore[arg-type]

    @contextmanager
    def _source(self) -> Iterator[ByteSource]:
        with named_errors(self.named), self.path.open("rb") as file:
            yield self.opened(file)


def voxels_at(encoding: str, file_offset: int = 0, skip: int = 0) -> Callable[[BinaryIO], ByteSource]:
    """For ``opened``: bytes from ``file_offset`` on, decoded (raw, gzip, ascii), without the first ``skip``."""

    def opened(file: BinaryIO) -> ByteSource:
        file.seek(file_offset)
        source = open_source(file, encoding)
        if len(take(source, skip)) < skip:
            raise TruncatedError(None, f"the file ends before the voxels, which start at byte {skip}")
        return source

    return opened


def label_pieces(array: NDArray[Any], dtype: np.dtype[Any]) -> Iterator[bytes]:
    """The voxels in C order as bytes of ``dtype`` (byte order included), some megabytes at a time."""
    order = dtype if dtype.byteorder == ">" else dtype.newbyteorder("<")
    flat = np.ascontiguousarray(array).reshape(-1)
    for low in range(0, flat.size, _STEP):
        yield flat[low : low + _STEP].astype(order, copy=False).tobytes()


def is_gzip(path: Path) -> bool:
    """Whether a file begins as gzip files do, whatever its name. Raises OSError."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def take(source: ByteSource, size: int) -> bytes:
    """Exactly ``size`` bytes of a source, or fewer at its end."""
    parts, missing = [], size
    while missing > 0:
        piece = source.read(missing)
        if not piece:
            break
        parts.append(piece)
        missing -= len(piece)
    return b"".join(parts)


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Errors that do not know the file yet get its path; the system's own become typed ones."""
    try:
        with errors_name(path):
            yield
    except FormatError as error:
        if error.path is not None:
            raise
        raise type(error)(path, error.reason) from error.__cause__
    except MemoryError:
        raise CorruptFileError(path, "the header asks for more memory than there is") from None
    except OSError as error:
        raise FormatError(error.filename or path, f"cannot be read ({error.strerror or error})") from None


def inside_folder(header: Path, named: str, allow_outside: bool) -> Path:
    """The path of a file that a header names, relative to the header's folder or absolute.

    Raises FormatError when it leads out of the folder (unless allowed), also by way of a symbolic link, and when there
    is no such file.
    """
    if "\0" in named:
        raise FormatError(header, f"names the file {named!r}, which no file can be called")
    folder = header.parent.resolve()
    found = folder / named
    if "\\" in named and not found.exists():  # written on Windows
        found = folder / named.replace("\\", "/")
    if not allow_outside and not found.resolve().is_relative_to(folder):
        reason = f"names the file {named!r} outside of its folder; {_OUTSIDE}"
        raise FormatError(header, reason).offering(_OUTSIDE)
    if not found.is_file():
        raise FormatError(header, f"names the file {named!r}, which does not exist")
    return found
