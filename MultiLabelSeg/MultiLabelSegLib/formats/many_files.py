"""Many images of moderate size are as much work as one large image."""

from __future__ import annotations

from importlib import import_module

from ..compiled import use_kernels

#: a file of mostly zeros costs this much less than a volume that is scanned
_CHEAPER = 4


def expect_files(files: int, voxels: int) -> None:
    """Tells that ``files`` images of ``voxels`` voxels will be coded one after the other.

    Each alone may be too small for the compiled kernels, whose import takes more than half a second; together they may
    not be. Once numba is imported every job takes them.
    """
    if use_kernels(files * voxels // _CHEAPER):
        import_module("numba")
