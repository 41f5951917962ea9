"""What an archive may do: limits on what comes out of it, and which names of its files are taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ....errors import UnsupportedFormatError

MEBIBYTE = 1 << 20
#: what is read from an archive in one piece; no part of one is ever held in memory beyond it
BLOCK = MEBIBYTE
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JUNK_NAMES = {".ds_store", "thumbs.db", "desktop.ini", "__macosx"}
_LONGEST_PART, _LONGEST_NAME = 255, 4096
_WAY_OUT = "if it is to be trusted, unpack it yourself and import the folder"


@dataclass(frozen=True)
class ArchiveLimits:
    """How much may come out of the archives of one input.

    ``max_bytes`` counts all archives together, as they really unpack and not as they declare. ``max_ratio`` compares
    what came out of one archive with its size on disk, once ``ratio_from_bytes`` came out: nearly empty masks shrink to
    a thousandth, honest data sets of them never by more. ``max_depth``: an archive in an archive has the depth 2.
    """

    max_bytes: int = 256 * 1024 * MEBIBYTE
    max_files: int = 200_000
    max_ratio: float = 1100.0
    ratio_from_bytes: int = 256 * MEBIBYTE
    max_depth: int = 4


class Meter:
    """Counts what really comes out of one archive, against the limits of the whole input.

    ``path`` is named in errors. ``bytes_before`` and ``files_before`` are what other archives of the input have taken.
    """

    def __init__(self, path: Path, limits: ArchiveLimits, bytes_before: int = 0, files_before: int = 0) -> None:
        self._path, self._limits = path, limits
        self._bytes_before, self._files_before = bytes_before, files_before
        self._size = max(1, path.stat().st_size)
        self.bytes = self.files = 0

    def count_files(self, number: int) -> None:
        """Takes note of more files. Raises UnsupportedFormatError once there are too many."""
        self.files += number
        if self._files_before + self.files > self._limits.max_files:
            reason = f"the archives of this input hold more than {self._limits.max_files} files; {_WAY_OUT}"
            raise UnsupportedFormatError(self._path, reason)

    def count_bytes(self, number: int) -> None:
        """Takes note of more bytes. Raises UnsupportedFormatError once there are too many."""
        self.bytes += number
        limits = self._limits
        if self._bytes_before + self.bytes > limits.max_bytes:
            reason = f"more than {amount(limits.max_bytes)} came out of the archives of this input; {_WAY_OUT}"
            raise UnsupportedFormatError(self._path, reason)
        if self.bytes > limits.ratio_from_bytes and self.bytes > limits.max_ratio * self._size:
            reason = (
                f"{amount(self.bytes)} came out of {amount(self._size)}, more than {limits.max_ratio:g} times as "
                f"much: it looks like an archive made to fill the disk; {_WAY_OUT}"
            )
            raise UnsupportedFormatError(self._path, reason)


def amount(number: int) -> str:
    """A number of bytes in words."""
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= size:
            return f"{number / size:.4g} {unit}"
    return f"{number} bytes"


def name_fault(name: str) -> str:
    """Why a name in an archive is refused; empty when it stays inside the folder that it is unpacked to.

    Parts that are only a dot are no fault: ``./a/b`` is a way to write ``a/b``.
    """
    if not name:
        return "the file has no name"
    if _CONTROL.search(name):
        return "the name holds control characters"
    if "\\" in name:
        return "the name holds a backslash, which leads to another folder on some systems"
    if name.startswith("/"):
        return "the name is an absolute path; one inside of the archive is expected"
    if _DRIVE.match(name):
        return "the name starts with a drive letter; a path inside of the archive is expected"
    parts = name.split("/")
    if ".." in parts:
        return "the name leads out of the archive (..)"
    if not [part for part in parts if part not in ("", ".")]:
        return "the name names no file"
    try:
        sizes = [len(part.encode("utf-8")) for part in parts]
    except UnicodeEncodeError:
        return "the name is no valid text"
    if max(sizes) > _LONGEST_PART or sum(sizes) + len(sizes) > _LONGEST_NAME:
        return f"the name is too long; at most {_LONGEST_PART} bytes between two slashes are expected"
    return ""


def plain_name(name: str) -> str:
    """A name without the parts that say nothing: ``./a//b`` is ``a/b``."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def printable(name: str) -> str:
    """A name for reports, whatever bytes it is made of."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", name.encode("utf-8", "backslashreplace").decode())


def is_junk(name: str) -> bool:
    """Whether a system put a file there, or a folder around it: ``.DS_Store``, ``__MACOSX``, ``._*`` and such."""
    return any(part.startswith("._") or part.lower() in _JUNK_NAMES for part in name.split("/"))
