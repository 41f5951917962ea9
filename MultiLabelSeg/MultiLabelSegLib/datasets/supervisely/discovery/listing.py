"""The files of a folder by their names, without following links out of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ....errors import DatasetError
from ..archives.guard import is_junk
from .cases import Remark
from .names import join


@dataclass
class Listing:
    """``names``: every file below a folder, relative to it and written with ``/``; ``left_out``: what is not listed."""

    names: list[str] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)


def list_files(root: Path) -> Listing:
    """Lists a folder and all folders in it. What systems leave behind (.DS_Store, __MACOSX...) is passed over.

    A link to a file inside of the root counts as that file's copy. Links to folders, links that lead out of the root,
    folders that may not be read and things that are no files are named in ``left_out``. Raises DatasetError when the
    root itself is no folder that can be read.
    """
    if not root.is_dir():
        raise DatasetError(f"{root}: found {'a file' if root.exists() else 'nothing'}, expected a folder")
    listing = Listing()
    real_root = root.resolve()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder if folder else root) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise DatasetError(
                    f"{root}: cannot be listed ({error.strerror}), expected a readable folder"
                ) from error
            listing.left_out.append(Remark(folder, f"the folder cannot be read: {error.strerror}"))
            continue
        waiting += _take(found, folder, real_root, listing)
    listing.names.sort()
    return listing


def _take(entries: list[os.DirEntry[str]], folder: str, real_root: Path, listing: Listing) -> list[str]:
    """Adds the files of one folder to the listing; returns the folders in it."""
    folders = []
    for entry in entries:
        name = join(folder, entry.name)
        if is_junk(name):
            continue
        if entry.is_symlink():
            reason = _fault_of_link(Path(entry.path), real_root)
            if reason:
                listing.left_out.append(Remark(name, reason))
            else:
                listing.names.append(name)
        elif entry.is_dir(follow_symlinks=False):
            folders.append(name)
        elif entry.is_file(follow_symlinks=False):
            listing.names.append(name)
        else:
            listing.left_out.append(Remark(name, "is neither a file nor a folder"))
    return folders


def _fault_of_link(link: Path, real_root: Path) -> str:
    """Why a link is not followed; empty for one to a file inside of the root."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "is a link to something that does not exist"
    if not target.is_relative_to(real_root):
        return "is a link that leads out of the data set: put a copy of the file in its place"
    if target.is_dir():
        return "is a link to a folder of the same data set: its files are imported from there"
    return "" if target.is_file() else "is a link to something that is neither a file nor a folder"
