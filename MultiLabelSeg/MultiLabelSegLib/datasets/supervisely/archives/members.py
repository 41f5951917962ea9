"""The files in zip and tar archives, one after the other, block by block; nothing is unpacked here."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ....errors import CorruptFileError, FormatError, UnsupportedFormatError
from .forward_reader import ForwardReader
from .guard import BLOCK, Meter

if TYPE_CHECKING:
    from tarfile import TarFile, TarInfo
    from zipfile import ZipFile, ZipInfo

Kind = Literal["", "zip", "tar", "gz", "bz2", "xz", "7z", "rar"]

#: the longest first, so that ``.tar.gz`` is cut as a whole
ARCHIVE_SUFFIXES = (
    ".tar.bz2", ".tar.gz", ".tar.xz", ".tbz2", ".tar", ".tbz", ".tgz", ".txz", ".zip", ".rar", ".7z",
)  # fmt: skip
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
)
_TAR_MAGIC, _TAR_MAGIC_AT, _TAR_BLOCK = b"ustar", 257, 512
_REFUSED = "archives are not read; unpack it and import the folder, or pack it as zip or tar.gz"
_ENCRYPTED, _STRONGLY_ENCRYPTED = 0x1, 0x40


@dataclass(frozen=True)
class Member:
    """One entry of an archive that is no folder.

    ``blocks`` are its contents, to be read before the next member is asked for; with a ``fault`` there are none.
    Reading raises CorruptFileError for damage; where the member ``stands_alone``, the others are still whole.
    """

    name: str
    blocks: Iterator[bytes] = iter(())
    fault: str = ""
    stands_alone: bool = True


def archive_suffix(name: str) -> str:
    """The suffix, in lower case, by which a file name is that of an archive; empty when it is none."""
    return next((end for end in ARCHIVE_SUFFIXES if name.lower().endswith(end) and len(name) > len(end)), "")


def archive_kind(path: Path) -> Kind:
    """What an archive is, by its first bytes, and by its name where they do not tell; empty for anything else."""
    with path.open("rb") as file:
        start = file.read(_TAR_BLOCK)
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return "tar"
    by_suffix: dict[str, Kind] = {".zip": "zip", ".tar": "tar", ".7z": "7z", ".rar": "rar"}
    return by_suffix.get(archive_suffix(path.name), "")


def members(path: Path, meter: Meter) -> Iterator[Member]:
    """The files of a zip, tar, tar.gz, tar.bz2 or tar.xz archive.

    ``meter`` counts every byte that really comes out. Raises UnsupportedFormatError for other archives and for what the
    meter refuses, CorruptFileError for damaged ones.
    """
    kind = archive_kind(path)
    if kind in ("7z", "rar"):
        raise UnsupportedFormatError(path, f"{kind} {_REFUSED}")
    if path.stat().st_size == 0:
        raise CorruptFileError(path, "the archive is empty (0 bytes)")
    if not kind:
        raise CorruptFileError(path, "neither a zip nor a tar archive by its contents")
    return _zip_members(path, meter) if kind == "zip" else _tar_members(path, kind, meter)


def _damage() -> tuple[type[Exception], ...]:
    """What Python's own readers raise for damaged archives."""
    import lzma
    import tarfile
    import zipfile

    return (
        zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, struct.error, EOFError, OSError,
        ValueError, IndexError, OverflowError, RuntimeError,
    )  # fmt: skip


def _said(error: Exception) -> str:
    """What an exception says, without the file's whole path, which the report has already."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _zip_members(path: Path, meter: Meter) -> Iterator[Member]:
    import zipfile

    try:
        archive = zipfile.ZipFile(path)
    except _damage() as error:
        raise CorruptFileError(path, f"damaged or truncated zip archive: {_said(error)}") from None
    with archive:
        meter.count_files(len(archive.infolist()))
        for info in archive.infolist():
            # archivers on Windows write backslashes although the format has none; what follows a NUL counts, too
            name = info.orig_filename.replace("\\", "/")
            if name.endswith("/"):
                continue
            fault = _zip_fault(info)
            yield Member(name, fault=fault) if fault else Member(name, _zip_blocks(path, archive, info, meter))


def _zip_fault(info: ZipInfo) -> str:
    if info.flag_bits & (_ENCRYPTED | _STRONGLY_ENCRYPTED):
        return "encrypted with a password; an archive without one is expected"
    mode = info.external_attr >> 16
    if not stat.S_IFMT(mode) or stat.S_ISREG(mode):
        return ""
    return "a symbolic link; a file is expected" if stat.S_ISLNK(mode) else "no plain file (a device, pipe or folder)"


def _zip_blocks(path: Path, archive: ZipFile, info: ZipInfo, meter: Meter) -> Iterator[bytes]:
    size = 0
    try:
        with archive.open(info) as stream:
            while block := stream.read(BLOCK):
                meter.count_bytes(len(block))
                size += len(block)
                yield block
    except FormatError:
        raise
    except _damage() as error:
        raise CorruptFileError(path, f"cannot be unpacked: {_said(error)}") from None
    if size != info.file_size:
        raise CorruptFileError(path, f"damaged: {size} bytes came out, {info.file_size} are declared")


def _tar_members(path: Path, kind: Kind, meter: Meter) -> Iterator[Member]:
    import tarfile

    try:
        with ExitStack() as stack:
            forward = ForwardReader(path, stack.enter_context(_decompressed(path, kind)), meter)
            stream: Any = forward  # the type stubs want a ``write``, which a reader never calls
            archive: Any = stack.enter_context(tarfile.TarFile(fileobj=stream))
            while (info := archive.next()) is not None:
                archive.members = []  # they would add up in memory
                meter.count_files(1)
                if not info.isdir():
                    yield _tar_member(path, archive, info)
            _check_end(path, forward, archive.offset)
    except FormatError:
        raise
    except _damage() as error:
        raise CorruptFileError(path, f"damaged or truncated tar archive: {_said(error)}") from None


def _tar_member(path: Path, archive: TarFile, info: TarInfo) -> Member:
    if info.size < 0:
        raise CorruptFileError(path, f"damaged tar archive: the size of {info.name!r} is {info.size}")
    if info.issym():
        return Member(info.name, fault="a symbolic link; a file is expected")
    if info.islnk():
        return Member(info.name, fault="a hard link; a file is expected")
    if not info.isfile():
        return Member(info.name, fault="no plain file (a device or pipe)")
    if info.issparse():
        return Member(info.name, fault="stored as a sparse file; pack it without that option")
    return Member(info.name, _tar_blocks(path, archive, info), stands_alone=False)


def _tar_blocks(path: Path, archive: TarFile, info: TarInfo) -> Iterator[bytes]:
    stream = archive.extractfile(info)
    try:
        while stream is not None and (block := stream.read(BLOCK)):
            yield block
    except FormatError:
        raise
    except _damage() as error:
        raise CorruptFileError(path, f"damaged or truncated at the file {info.name!r}: {_said(error)}") from None


def _decompressed(path: Path, kind: Kind) -> BufferedIOBase:
    import bz2
    import gzip
    import lzma

    if kind == "gz":
        return gzip.open(path, "rb")
    if kind == "bz2":
        return bz2.open(path, "rb")
    return lzma.open(path, "rb") if kind == "xz" else path.open("rb")


def _check_end(path: Path, forward: ForwardReader, offset: int) -> None:
    """Where the reader of tar files stopped there must be the end: it takes a damaged header and a cut for one, too.

    The rest is read as well, because the checksum of a compressed stream follows its last byte.
    """
    forward.seek(offset)
    block = forward.read(_TAR_BLOCK)
    if len(block) < _TAR_BLOCK:
        raise CorruptFileError(path, f"truncated tar archive: it stops at byte {offset} without the mark of its end")
    if any(block):
        reason = f"damaged tar archive: the header at byte {offset} is unreadable, and what follows it is lost"
        raise CorruptFileError(path, reason)
    while block := forward.read(BLOCK):
        if block.count(0) != len(block):
            raise CorruptFileError(path, f"the tar archive ends at byte {offset}, but more data (another one?) follows")
