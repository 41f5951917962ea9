"""Reading NIfTI files: .nii and .nii.gz, told apart by their bytes, and pairs of .hdr and .img."""

from __future__ import annotations

from pathlib import Path

from ...core import Geometry
from ...errors import FormatError, UnsupportedFormatError
from ..codec.byte_source import ByteSource, open_source
from ..codec.codec_errors import TruncatedError
from ..report import Report
from ..voxel_file import Stream, VoxelFile, is_gzip, named_errors, take, voxels_at
from .extensions import Extension, parse_extensions
from .geometry import geometry_of
from .header import NiftiHeader, header_bytes_needed, parse_header


def read_header(path: Path) -> NiftiHeader:
    """The header of a file. Raises FormatError (CorruptFileError, UnsupportedFormatError)."""
    return _read_start(path, with_extensions=False)[0]


def read_extensions(path: Path) -> list[Extension]:
    """The header extensions of a file as (code, bytes), padding included; empty when there are none.

    Code 0 is anyone's (TotalSegmentator's class map), 4 AFNI's XML, 6 a comment, 32 CIFTI. Raises FormatError.
    """
    header, block = _read_start(path, with_extensions=True)
    with named_errors(path):
        return parse_extensions(block, header.byteorder)


def describe_nifti(path: Path, report: Report | None = None) -> VoxelFile:
    """Geometry and place of the voxels of a file; the voxels stay unread. Notes name the file.

    Of a pair either file may be named. Raises FormatError (CorruptFileError, UnsupportedFormatError).
    """
    head, voxels = _pair(path)
    header = read_header(head)
    if header.is_single and voxels != head:
        voxels = head
    elif not header.is_single and voxels == head:
        raise UnsupportedFormatError(path, "its voxels lie in another file; such pairs are named .hdr and .img")
    encoding = _encoding(voxels)
    return VoxelFile(
        named=path,
        path=voxels,
        geometry=_noted_geometry(header, path, report or Report()),
        dtype=header.dtype,
        opened=voxels_at(encoding, skip=header.vox_offset),
        stream=Stream("gzip", header_bytes=header.vox_offset) if encoding == "gzip" else None,
        slope=header.slope,
        inter=header.inter,
        metadata={"descrip": header.descrip} if header.descrip else {},
    )


def read_geometry(path: Path, report: Report | None = None) -> Geometry:
    """The geometry of a file, its voxels unread. Raises FormatError."""
    return describe_nifti(path, report).geometry


def _pair(path: Path) -> tuple[Path, Path]:
    """The file with the header and the one with the voxels; the same one for .nii."""
    name = path.name
    for suffix, other in ((".hdr", ".img"), (".hdr.gz", ".img.gz")):
        for head, voxels in ((suffix, other), (suffix.upper(), other.upper())):
            if name.endswith(head):
                return path, path.with_name(name[: -len(head)] + voxels)
            if name.endswith(voxels):
                return path.with_name(name[: -len(voxels)] + head), path
    return path, path


def _encoding(path: Path) -> str:
    with named_errors(path):
        return "gzip" if is_gzip(path) else "raw"


def _read_start(path: Path, with_extensions: bool) -> tuple[NiftiHeader, bytes]:
    """The header, and the bytes between it and the voxels where they are asked for."""
    with named_errors(path), path.open("rb") as file:
        source = open_source(file, _encoding(path))
        header, size = _header_of(source)
        between = max(header.vox_offset - size, 0) if with_extensions else 0
        block = take(source, between)
        if len(block) < between and header.is_single:
            raise TruncatedError(None, f"the file ends before the voxels, which start at byte {header.vox_offset}")
        return header, block


def _header_of(source: ByteSource) -> tuple[NiftiHeader, int]:
    start = take(source, 4)
    needed = header_bytes_needed(start)
    raw = start if needed is None else start + take(source, needed - 4)
    if needed is not None and len(raw) < needed:
        raise TruncatedError(None, f"the file ends within the header, after {len(raw)} of {needed} bytes")
    return parse_header(raw), len(raw)


def _noted_geometry(header: NiftiHeader, path: Path, report: Report) -> Geometry:
    """The geometry; its notes name the file."""
    found = Report()
    try:
        geometry = geometry_of(header, found)
    except FormatError as error:
        raise type(error)(path, error.reason) from None
    for note in found.notes:
        report.note(note.reason, path)
    return geometry
