"""The files below a folder by their names; links are followed, but never in a circle."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .archive_guard import is_junk, printable
from .cases import Remark


@dataclass
class FolderFiles:
    """Files by name (relative, written with ``/``), and what there is besides and why it was not taken."""

    files: dict[str, Path] = field(default_factory=dict)
    left_out: list[Remark] = field(default_factory=list)


def folder_files(root: Path) -> FolderFiles:
    """All plain files below a folder, links to files and folders too; junk of systems is dropped.

    Links in a circle, broken links, devices, unreadable folders and names that are no text are left out with a reason.
    """
    found = FolderFiles()
    waiting: list[tuple[Path, str, tuple[Path, ...]]] = [(root, "", (root.resolve(),))]
    while waiting:
        folder, prefix, above = waiting.pop()
        for entry in _entries(folder, prefix, found):
            name = prefix + entry.name
            if is_junk(name):
                continue
            if name != printable(name):
                found.left_out.append(Remark(printable(name), "the name is no valid text"))
            elif _is_folder(entry):
                real = Path(entry.path).resolve()
                if real in above:
                    found.left_out.append(Remark(name, "a link to a folder that holds it"))
                else:
                    waiting.append((Path(entry.path), name + "/", (*above, real)))
            elif fault := _file_fault(entry):
                found.left_out.append(Remark(name, fault))
            else:
                found.files[name] = Path(entry.path)
    found.left_out.sort(key=lambda remark: remark.path)
    return found


def _entries(folder: Path, prefix: str, found: FolderFiles) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError as error:
        found.left_out.append(Remark(prefix or ".", f"the folder cannot be read: {error.strerror or error}"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file_fault(entry: os.DirEntry[str]) -> str:
    """Why an entry is no file to read; empty for those that are."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        return f"a broken link ({error.strerror or error})" if entry.is_symlink() else f"{error.strerror or error}"
    return "" if stat.S_ISREG(mode) else "no plain file (a device, pipe or socket)"
