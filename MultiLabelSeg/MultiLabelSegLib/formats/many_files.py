"""Many images of moderate size are as much work as one large image."""

from __future__ import annotations

from importlib import import_module

from ..compiled import use_kernels

#: a file of mostly zeros costs this much less to read than a volume that is scanned
_READ = 4
#: and to write and verify, where what lies around a label is known beforehand
_WRITTEN = 24


def expect_files(files: int, voxels: int, written: bool = False) -> None:
    """Tells that ``files`` images of ``voxels`` voxels will be read, or ``written``, one after the other.

    Each alone may be too small for the compiled kernels, whose import takes more than half a second and a hundred
    megabytes; together they may not be. Once numba is imported every job takes them.
    """
    if use_kernels(files * voxels // (_WRITTEN if written else _READ)):
        import_module("numba")
