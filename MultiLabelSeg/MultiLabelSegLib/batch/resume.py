"""The journal of a batch: what is done, line by line, so that the rest can be done later.

Every result is one line of JSON, appended and flushed to disk before it counts. A line that an interruption has torn
off is passed over; nothing that was written is changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import FormatError
from .isolation_trace import content_hash
from .jobs import CaseResult, Job, Status

if TYPE_CHECKING:
    from ..edit.journal.file_lock import FileLock

JOURNAL_NAME = "mlseg-batch.jsonl"
_TYPE, _VERSION = "org.multilabelseg.batch", 1
#: how the first line begins, if it was not torn off even before
_HEAD = b'{"type": "org.multilabelseg.batch"'


@dataclass(frozen=True)
class Record:
    """What the journal says about a job: the last time that it was done, or that it failed if it never was."""

    status: Status
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """What is to be done with a job: ``skip`` it, do it (``replace``: over its own old output), or ``refuse`` it."""

    skip: str = ""
    refuse: str = ""
    replace: bool = False


class Journal:
    """The journal of the batches that write to one place; one process at a time holds it.

    Raises FormatError when it cannot be written to, is another kind of file, or another batch holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock: FileLock | None = _locked(path)
            self.moment, self._records, torn = _read(path)
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            if torn:
                os.write(self._handle, b"\n")
        except BlockingIOError:
            raise FormatError(path, "another batch is at work here; its journal is in use") from None
        except OSError as error:
            raise FormatError(path, f"cannot be written to ({error.strerror or error})") from None
        if not self.moment:
            self.moment = datetime.now(timezone.utc).isoformat(timespec="seconds")
            self._append({"type": _TYPE, "version": _VERSION, "began": self.moment})

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)
        if self._lock is not None:
            self._lock.release()

    def record(self, job: Job) -> Record | None:
        """What is known of a job; None when it was never reached."""
        return self._records.get(job.key)

    def __len__(self) -> int:
        return len(self._records)

    def append(self, result: CaseResult) -> None:
        """Keeps a result; it is on disk when this returns. Raises FormatError when it cannot be written."""
        line = {
            "key": result.job.key,
            "case": result.job.name,
            "status": result.status,
            "seconds": round(result.seconds, 3),
            "reason": result.reason,
            "inputs": dict(result.inputs),
            "outputs": dict(result.outputs),
        }
        self._append(line)
        _keep(self._records, result.job.key, Record(result.status, result.inputs, result.outputs))

    def _append(self, line: Mapping[str, Any]) -> None:
        data = json.dumps(line, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            while data:
                data = data[os.write(self._handle, data) :]
            os.fsync(self._handle)
        except OSError as error:
            raise FormatError(self.path, f"cannot be written to ({error.strerror or error})") from None


def journal_path(jobs: Sequence[Job]) -> Path:
    """Where the journal lies unless the user says otherwise: in the folder that all outputs share."""
    folders = [str(Path(job.output).parent) for job in jobs]
    try:
        return Path(os.path.commonpath(folders)) / JOURNAL_NAME
    except ValueError:
        # on several drives of Windows
        return Path(folders[0]) / JOURNAL_NAME


def verdict(job: Job, record: Record | None) -> Verdict:
    """What to do with a job of a resumed batch; compares the contents of its files with those of the journal."""
    if record is None or record.status != "done":
        return Verdict()
    now = {path: content_hash(path) for path in record.outputs}
    missing = [path for path, digest in now.items() if not digest]
    changed = [path for path, digest in now.items() if digest and digest != record.outputs[path]]
    if changed:
        if job.overwrite:
            return Verdict()
        return Verdict(refuse=f"{changed[0]}: was changed after this batch wrote it; --overwrite replaces it")
    if missing:
        return Verdict(replace=True)
    for path, digest in record.inputs.items():
        if content_hash(path) != digest:
            return Verdict(replace=True)
    return Verdict(skip="done before, and verified")


def _locked(path: Path) -> FileLock | None:
    """The journal's lock; None where the file system knows no locks."""
    from ..edit.journal.file_lock import FileLock

    try:
        return FileLock(path)
    except BlockingIOError:
        raise
    except OSError as error:
        if path.exists() and os.access(path, os.W_OK):
            return None
        raise error


def _read(path: Path) -> tuple[str, dict[str, Record], bool]:
    """The moment of the first batch, the last record of each job, and whether the last line was torn off.

    Raises FormatError for a file of another kind.
    """
    data = path.read_bytes() if path.exists() else b""
    moment = ""
    records: dict[str, Record] = {}
    for number, line in enumerate(data.split(b"\n")):
        entry = _parsed(line)
        if number == 0 and data:
            if not (line.startswith(_HEAD) or _HEAD.startswith(line)):
                raise FormatError(path, "is no journal of a batch; choose another place with --journal")
            if entry is not None and entry.get("version") != _VERSION:
                raise FormatError(path, f"is a journal of version {entry.get('version')}; expected {_VERSION}")
        if entry is None:
            continue
        moment = moment or str(entry.get("began", ""))
        if entry.keys() >= {"key", "status", "inputs", "outputs"}:
            _keep(records, entry["key"], Record(entry["status"], entry["inputs"], entry["outputs"]))
    return moment, records, bool(data) and not data.endswith(b"\n")


def _keep(records: dict[str, Record], key: str, record: Record) -> None:
    """Puts in a result. A failure takes nothing back: what was done before counts as long as its files are the same.

    A batch that is started again without ``--resume`` fails at outputs that exist, and those are good.
    """
    known = records.get(key)
    if known is None or known.status != "done" or record.status == "done":
        records[key] = record


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
