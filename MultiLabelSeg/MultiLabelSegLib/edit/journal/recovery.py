"""After a crash: which journals are left, and the documents that they hold."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Segmentation
from ...errors import CorruptFileError, FormatError
from .file_lock import FileLock
from .pieces import CopiedPiece, unpacked
from .records import ABOUT, COMMIT, STRUCTURE, VOXELS, parse_commit, read_records
from .store import FOLDER_PREFIX, LOCK_NAME, generations
from .structure import DocumentState

#: seconds that a folder without anything complete is left alone
_YOUNG_SECONDS = 60.0


@dataclass(frozen=True)
class Recoverable:
    """A document that a session left behind. ``changed`` is when it was changed last, ``changes`` how often.

    ``about`` is what the session said of it. ``is_torn`` tells that a last, incomplete change is lost.
    """

    folder: Path
    path: Path
    started: datetime
    changed: datetime
    changes: int
    end: int
    is_torn: bool
    about: Mapping[str, Any] = field(default_factory=dict)

    def discard(self) -> None:
        """Removes the journal for good."""
        shutil.rmtree(self.folder, ignore_errors=True)


def find_recoverable(root: Path, problems: list[FormatError] | None = None) -> list[Recoverable]:
    """The documents that ended sessions left in the folder of journals, the latest first.

    Sessions that still run, here or in another process, are not among them. Folders of ended ones that hold nothing
    complete are removed; files that cannot be read stay and are told to ``problems``. Raises FormatError when the
    folder itself cannot be read.
    """
    found = []
    wrong: list[FormatError] = [] if problems is None else problems
    try:
        folders = [path for path in root.glob(FOLDER_PREFIX + "*") if path.is_dir()]
    except OSError as error:
        raise FormatError(root, f"cannot be read ({error.strerror or error})") from None
    for folder in folders:
        try:
            with FileLock(folder / LOCK_NAME):
                known = len(wrong)
                entry = _newest_complete(folder, wrong)
                # a young folder may be that of a session that is just about to lock it
                if entry is None and len(wrong) == known and time.time() - folder.stat().st_mtime > _YOUNG_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
        except OSError as error:
            wrong.append(FormatError(folder, f"cannot be read ({error.strerror or error})"))
            continue
        if entry is not None:
            found.append(entry)
    return sorted(found, key=lambda entry: entry.changed, reverse=True)


def recover(entry: Recoverable) -> Segmentation:
    """The document exactly as it was after the last change that was written completely.

    The journal stays until it is discarded. Raises CorruptFileError naming the file when it contradicts itself,
    FormatError when it cannot be read.
    """
    state = DocumentState()
    try:
        for record in read_records(entry.path):
            if record.end > entry.end:
                break
            if record.kind == STRUCTURE:
                state.apply(json.loads(record.payload))
            elif record.kind == VOXELS:
                _place(state, unpacked(record.payload))
        return state.segmentation()
    except CorruptFileError as error:
        raise CorruptFileError(entry.path, error.reason) from None
    except ValueError as error:
        raise CorruptFileError(entry.path, f"a record of the structure is no JSON ({error})") from None


def _newest_complete(folder: Path, wrong: list[FormatError]) -> Recoverable | None:
    for path in generations(folder):
        try:
            entry = _described(folder, path)
        except FormatError as error:
            wrong.append(error)
            continue
        if entry is not None:
            return entry
    return None


def _described(folder: Path, path: Path) -> Recoverable | None:
    """What a journal file holds; None when no change in it is complete."""
    about: dict[str, Any] = {}
    end = commits = 0
    last = 0.0
    for record in read_records(path):
        if record.kind == ABOUT:
            about = _parsed_about(path, record.payload)
        elif record.kind == COMMIT:
            end, commits = record.end, commits + 1
            last = parse_commit(record.payload)[1]
    if not commits:
        return None
    is_torn = end < path.stat().st_size
    if not about:
        raise CorruptFileError(path, "the record about the session is missing")
    started = _moment(about.pop("started"))
    return Recoverable(folder, path, started, _moment(last), commits, end, is_torn, about)


def _parsed_about(path: Path, payload: bytes) -> dict[str, Any]:
    try:
        about = dict(json.loads(payload))
        _moment(about["started"])
    except (ValueError, TypeError, KeyError, OverflowError, OSError) as error:
        raise CorruptFileError(path, f"the record about the session is not what it should be ({error!r})") from None
    return about


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _place(state: DocumentState, piece: CopiedPiece) -> None:
    group = state.groups.get(piece.key)
    if group is None:
        raise CorruptFileError(None, f"voxels of group {piece.key}, which there is not")
    frames, k, j, i = group.array.shape
    if piece.t >= frames or any(high > size for high, size in zip(piece.box.upper, (k, j, i), strict=True)):
        reach = f"frame {piece.t}, {piece.box}"
        raise CorruptFileError(None, f"voxels of {reach} do not fit a group (t, k, j, i) {group.array.shape}")
    if piece.values.itemsize > group.array.itemsize:
        group.array = group.array.astype(np.uint16)
    group.array[piece.t][piece.box.slices] = piece.values
