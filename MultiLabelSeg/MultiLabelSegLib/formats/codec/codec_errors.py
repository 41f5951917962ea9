"""What can be wrong with the bytes of a file, as types; whoever knows the path adds it by ``errors_name``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

from ...errors import CorruptFileError


class StreamError(CorruptFileError):
    """Base: the voxels of a file cannot be read. ``path`` is None until ``errors_name`` adds it."""


class TruncatedError(StreamError):
    """The data end early."""


class StreamHeaderError(StreamError):
    """Not the compressed format that was expected, or something else follows its end."""


class DamagedError(StreamError):
    """The compressed data contradict themselves."""


class ChecksumError(StreamError):
    """The data decompress, but their checksum or length differs from what the file states."""


class ExcessError(StreamError):
    """There are more data than the header announces, or than the caller allows."""


class VoxelValueError(StreamError):
    """Voxels hold values that no label can have: negative, above 65535, not integral or not finite."""


@contextmanager
def errors_name(path: str | PathLike[str]) -> Iterator[None]:
    """Within this context every StreamError that names no file yet is raised again with ``path``."""
    try:
        yield
    except StreamError as error:
        if error.path is not None:
            raise
        raise type(error)(path, error.reason) from error.__cause__
