"""Results kept by what they were made from, so that the same question is not computed twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Geometry
from ..errors import FormatError, WriteError
from ..formats.image_io import read_label_array
from ..formats.image_write import write_label_image
from ..formats.staging import Stage
from .proposals import LabelMap

#: what all results together may take; the ones that were not used for longest go first
DEFAULT_LIMIT_BYTES = 2 << 30
_STEP = 1 << 24


def cache_folder() -> Path:
    """Where results are kept; ``MLSEG_CACHE_DIR`` names another folder."""
    given = os.environ.get("MLSEG_CACHE_DIR")
    if given:
        return Path(given) / "predictions"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "MultiLabelSeg" / "Cache"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches" / "MultiLabelSeg"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "multilabelseg"
    return base / "predictions"


class Key:
    """A hash over everything that decides a result: plain values, images with their place, files."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, **about: Any) -> Key:
        """Adds named values that JSON can hold."""
        self._hash.update(json.dumps(about, sort_keys=True).encode())
        return self

    def add_image(self, array: NDArray[Any], geometry: Geometry) -> Key:
        """Adds voxels, their type and shape, and where they lie."""
        self.add(shape=array.shape, type=array.dtype.str)
        self._hash.update(geometry.ijk_to_lps.tobytes())
        flat = np.ascontiguousarray(array).reshape(-1)
        for low in range(0, flat.size, _STEP):
            self._hash.update(flat[low : low + _STEP].view(np.uint8).data)
        return self

    def add_files(self, paths: Iterable[Path]) -> Key:
        """Adds files by name, size and time of change: weights have gigabytes, and training renews both."""
        for path in paths:
            try:
                about = path.stat()
            except OSError:
                continue
            self.add(name=str(path), size=about.st_size, changed=about.st_mtime_ns)
        return self

    def text(self) -> str:
        """The key."""
        return self._hash.hexdigest()


@dataclass(frozen=True)
class ResultCache:
    """Label maps by key, in files; a folder that cannot be written to or a damaged entry is as if nothing were kept."""

    folder: Path = field(default_factory=cache_folder)
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    def get(self, key: str) -> dict[int, LabelMap] | None:
        """The maps of a key, by frame; None where there are none."""
        entry = self.folder / key
        try:
            names = json.loads((entry / "frames.json").read_text(encoding="utf-8"))
            found: dict[int, LabelMap] = {}
            for text, name in names.items():
                array, geometry = read_label_array(entry / name)
                found[int(text)] = LabelMap(array[0], geometry)
            os.utime(entry / "frames.json")
        except (OSError, ValueError, AttributeError, TypeError, FormatError):
            return None
        return found

    def put(self, key: str, maps: Mapping[int, LabelMap]) -> bool:
        """Keeps maps by frame, and drops the oldest entries until all fit; answers whether they are kept."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        except OSError:
            return False
        try:
            names = {}
            for t, found in maps.items():
                names[str(t)] = f"frame_{t}.nrrd"
                with Stage(made / names[str(t)]) as stage:
                    path = made / names[str(t)]
                    write_label_image(stage, path, found.array, found.geometry, found.array.dtype)
                    stage.commit()
            (made / "frames.json").write_text(json.dumps(names), encoding="utf-8")
            shutil.rmtree(self.folder / key, ignore_errors=True)
            made.rename(self.folder / key)
        except (OSError, WriteError, FormatError):
            shutil.rmtree(made, ignore_errors=True)
            return False
        self._trim(key)
        return True

    def clear(self) -> int:
        """Removes everything that is kept; returns the bytes that this frees."""
        freed = self.size()
        for entry in self._entries():
            shutil.rmtree(entry, ignore_errors=True)
        return freed

    def size(self) -> int:
        """Bytes that are kept."""
        return sum(_size(entry) for entry in self._entries())

    def _entries(self) -> list[Path]:
        try:
            with os.scandir(self.folder) as entries:
                names = [
                    each.name for each in entries if each.is_dir() and (len(each.name) == 64 or each.name[0] == ".")
                ]
            return [self.folder / name for name in names]
        except OSError:
            return []

    def _trim(self, newest: str) -> None:
        entries = sorted(self._entries(), key=_used, reverse=True)
        total = 0
        for entry in sorted(entries, key=lambda path: path.name != newest):
            total += _size(entry)
            if total > self.limit_bytes and entry.name != newest:
                shutil.rmtree(entry, ignore_errors=True)


def _used(entry: Path) -> float:
    with contextlib.suppress(OSError):
        return (entry / "frames.json").stat().st_mtime
    return 0.0


def _size(entry: Path) -> int:
    total = 0
    with contextlib.suppress(OSError), os.scandir(entry) as files:
        total += sum(file.stat().st_size for file in files)
    return total
