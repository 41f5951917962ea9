"""Archives for tests, honest and hostile, made from ``{name: contents}``."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

FILES = {"CT.nii.gz": b"volume", "CT/lung.nii.gz": b"mask one", "CT/deep/notes.txt": b"x" * 5000}
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_TAR_MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}


def make_zip(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip archive, its names exactly as given."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, contents in files.items():
            archive.writestr(zipfile.ZipInfo(name), contents, method)
    return path


def make_tar(path: Path, files: Mapping[str, bytes], mode: str = "w") -> Path:
    """A tar archive; ``mode`` as of ``tarfile.open``."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, contents in files.items():
            archive.addfile(tar_entry(name, len(contents)), io.BytesIO(contents))
    return path


def make_archive(path: Path, files: Mapping[str, bytes]) -> Path:
    """An archive of the kind that the suffix says."""
    if path.name.endswith(".zip"):
        return make_zip(path, files)
    suffix = next(end for end in sorted(_TAR_MODES, key=len, reverse=True) if path.name.endswith(end))
    return make_tar(path, files, _TAR_MODES[suffix])


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in files.items():
            archive.writestr(name, contents)
    return buffer.getvalue()


def tar_entry(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """The header of one entry."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info


def tar_of_entries(path: Path, entries: list[tarfile.TarInfo], good: Mapping[str, bytes]) -> Path:
    """A tar archive of entries without contents, with some honest files after them."""
    with tarfile.open(path, "w") as archive:
        for entry in entries:
            archive.addfile(entry)
        for name, contents in good.items():
            archive.addfile(tar_entry(name, len(contents)), io.BytesIO(contents))
    return path


def patch_zip_entry(path: Path, name: str, flags: int | None = None, size: int | None = None) -> None:
    """Changes the flags or the declared size of a file, in its own header and in the directory."""
    data = bytearray(path.read_bytes())
    for signature, flag_at, size_at, name_at in ((b"PK\x03\x04", 6, 22, 30), (b"PK\x01\x02", 8, 24, 46)):
        start = data.find(signature)
        while bytes(data[start + name_at : start + name_at + len(name)]) != name.encode():
            start = data.find(signature, start + 1)
            assert start >= 0, name
        if flags is not None:
            struct.pack_into("<H", data, start + flag_at, flags)
        if size is not None:
            struct.pack_into("<I", data, start + size_at, size)
    path.write_bytes(bytes(data))
