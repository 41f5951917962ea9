"""How much memory cases need, as their headers say, and how much there is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterable
from math import prod
from pathlib import Path

from ..errors import MultiLabelSegError, OptionError
from ..formats.image_io import describe_image
from ..formats.image_suffixes import image_suffix
from ..formats.nrrd import read_header
from ..formats.report import Report

#: what a case takes beside its voxels: the interpreter, buffers, compression
BASE_BYTES = 80_000_000
#: bytes that a case takes for each byte of voxels: converting held 1.1 to 1.9 (Testing/benchmarks/bench_batch.py)
FACTOR = 2.0
#: tools make images of floating-point numbers beside the labels
_HEAVY = {"run": 8.0, "surface": 4.0, "stats": 4.0}
#: labels are held in two bytes at least
_LABEL_BYTES = 2
_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 1 << 10,
    "mi": 1 << 20,
    "gi": 1 << 30,
    "ti": 1 << 40,
}
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?)b?\s*", re.IGNORECASE)


def memory_size(text: str, option: str = "memory") -> int:
    """Bytes from text such as ``8G``, ``500MB`` or ``4GiB``. Raises OptionError."""
    found = _SIZE.fullmatch(text)
    unit = found.group(2).lower() if found else "?"
    if found is None or unit not in _UNITS or float(found.group(1)) == 0:
        raise OptionError(option, text, "a size such as 8G, 500M or 4GiB")
    return int(float(found.group(1)) * _UNITS[unit])


def estimated_memory(inputs: Iterable[str], command: str = "convert") -> int:
    """An estimate, in bytes, of what a case of ``command`` over these files and folders takes; headers alone are read.

    What cannot be read counts as nothing: its case will fail early.
    """
    return BASE_BYTES + int(_HEAVY.get(command, FACTOR) * sum(_voxel_bytes(Path(path)) for path in inputs))


def _voxel_bytes(path: Path) -> int:
    """The bytes of the voxels of all groups."""
    try:
        if path.is_dir():
            files = [file for file in path.rglob("*") if file.is_file()]
            images = [file for file in files if image_suffix(file)]
            # masks of a folder are held one at a time; slices are about as large in memory as on disk
            return max(map(_voxel_bytes, images), default=sum(file.stat().st_size for file in files))
        if path.name.lower().endswith(".mitklabel.json"):
            return _bytes_of_stack(path)
        if path.name.lower().endswith((".nrrd", ".nhdr")):
            header = read_header(path)
            return prod(header.sizes) * max(header.dtype.itemsize, _LABEL_BYTES)
        if image_suffix(path) is None:
            return path.stat().st_size
        described = describe_image(path, Report())
    except (OSError, MultiLabelSegError, ValueError, TypeError, AttributeError, KeyError):
        return 0
    return prod(described.geometry.full_shape) * max(described.dtype.itemsize, _LABEL_BYTES)


def _bytes_of_stack(path: Path) -> int:
    """A MITK stack: as many volumes as it has groups, whatever its images are split by."""
    groups = json.loads(path.read_text(encoding="utf-8"))["groups"]
    images = [file for file in path.parent.iterdir() if file.name.startswith(path.name[:-15]) and image_suffix(file)]
    return max(len(groups), 1) * _voxel_bytes(images[0]) if images else 0


def available_memory() -> int | None:
    """The memory of this machine, or what a container or a cluster's job was given of it, in bytes; None unknown."""
    found = [size for size in (_physical(), *_container_limits()) if size]
    return min(found) if found else None


def _physical() -> int | None:
    if sys.platform == "win32":
        return _windows_physical()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _container_limits() -> list[int]:
    """The bounds of the control groups that this process is in (Linux)."""
    found = []
    for name in _group_files():
        text = ""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = name.read_text(encoding="ascii").strip()
        # version 1 says "no bound" as a number near 2^63
        if text.isdigit() and 0 < int(text) < 1 << 60:
            found.append(int(text))
    return found


def _group_files() -> Iterable[Path]:
    root = Path("/sys/fs/cgroup")
    yield root / "memory.max"
    yield root / "memory" / "memory.limit_in_bytes"
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in groups:
        _, controllers, place = [*line.split(":", 2), "", ""][:3]
        place = place.strip("/")
        while place:
            if not controllers:
                yield root / place / "memory.max"
            elif "memory" in controllers.split(","):
                yield root / "memory" / place / "memory.limit_in_bytes"
            place = place.rpartition("/")[0]


def _windows_physical() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        """What GlobalMemoryStatusEx fills in."""

        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("physical", ctypes.c_ulonglong)] + [
            (f"other{number}", ctypes.c_ulonglong) for number in range(6)
        ]

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - there is none on other systems
    return int(status.physical) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def available_cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1
