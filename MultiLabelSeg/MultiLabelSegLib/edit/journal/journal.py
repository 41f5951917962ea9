"""The autosave journal: every change of a document is written to disk in the background.

The editing thread never writes and never compresses. It copies a small changed box and hands it over; a large one
(and all of the document, when a journal begins) is copied by the worker, a few megabytes at a time and only while the
history is at rest. What was changed in between belongs to the same change then: what is recovered is always the state
after a complete command.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...core import Box, Event
from ...errors import WriteError
from ...signal import Signal
from ..history import History
from .pieces import CopiedPiece, Piece
from .records import STRUCTURE, VOXELS, framed, framed_json
from .store import SessionStore
from .tracking import Dirt, Tracker, delta_json

#: bytes of changed boxes that the editing thread copies itself
COPY_BYTES = 4 << 20
#: bytes of copies that may wait for the worker
QUEUE_BYTES = 64 << 20
#: bytes that a journal may grow by, beside twice its first state, until a new one is begun
GROWTH_BYTES = 64 << 20
#: seconds after a failure until a new journal is tried
RETRY_SECONDS = 30.0
_IDLE_SECONDS = 1.0

_Work = Callable[[SessionStore], None]


class Journal:
    """Keeps the document of a history on disk until it is saved.

    ``root`` is the folder of all sessions' journals (on a local disk); ``about`` is JSON that is shown when a recovery
    is offered, such as the paths of image and segmentation. With ``unsaved`` the document is written at once, else
    with its first change. Several journals, of one document too, do not touch each other.

    A journal that cannot be written (a full disk) never raises: ``failed`` tells the error once, in the editing
    thread, editing goes on, and a new journal is tried later.
    """

    def __init__(
        self,
        history: History,
        root: Path,
        about: Mapping[str, Any] | None = None,
        *,
        unsaved: bool = False,
        growth_bytes: int = GROWTH_BYTES,
    ) -> None:
        self.failed = Signal()
        #: seconds that the editing thread was held at most by one call
        self.longest_wait = 0.0
        self._history, self._growth = history, growth_bytes
        self._tracker = Tracker(history.segmentation)
        self._store = SessionStore(root, about or {})
        self._state = threading.Condition()
        self._queue: deque[_Work] = deque()
        self._queued_bytes = 0
        self._live: dict[tuple[int, int, Box], Piece] = {}
        self._is_changing = self._is_closing = False
        self._needs_base, self._is_broken = True, False
        self._broken_at = 0.0
        self._asked = self._committed = 0
        self._problem: WriteError | None = None
        self._is_told = False
        self._disconnect = [
            history.segmentation.changed.connect(self._on_event),
            history.changing.connect(self._on_changing),
            history.settled.connect(self._on_settled),
        ]
        self._worker = threading.Thread(target=self._run, name="journal", daemon=True)
        self._worker.start()
        if unsaved:
            self._flush(whole=True)

    @property
    def problem(self) -> WriteError | None:
        """The first failure; None while there was none."""
        return self._problem

    @property
    def folder(self) -> Path | None:
        """The session's folder; None before the first change was written."""
        return self._store.folder

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until every change so far can be recovered; False when that failed or took longer (seconds)."""
        with self._state:
            self._state.wait_for(lambda: self._is_broken or self._committed >= self._asked, timeout)
            return not self._is_broken and self._committed >= self._asked

    def saved(self) -> None:
        """The document was saved: what is on disk is removed; the next change begins anew."""
        with self._state:
            self._drop_work()
            self._needs_base = True
            self._committed = self._asked
            self._queue.append(SessionStore.clear)
            self._state.notify_all()
        self._tracker.take()

    def close(self, *, keep: bool = False, timeout: float = 30.0) -> None:
        """Ends the journal and removes it from disk; with ``keep`` it is completed and stays, to be offered again."""
        for disconnect in self._disconnect:
            disconnect()
        if keep:
            self.wait(timeout)
        with self._state:
            if not keep:
                self._drop_work()
            self._is_closing = True
            self._state.notify_all()
        self._worker.join(timeout)
        self._store.close(keep)

    # ---- the editing thread ------------------------------------------------------------------------------------
    def _on_changing(self) -> None:
        started = time.perf_counter()
        with self._state:
            self._is_changing = True
        self.longest_wait = max(self.longest_wait, time.perf_counter() - started)

    def _on_settled(self) -> None:
        self._flush()

    def _on_event(self, event: Event) -> None:
        self._tracker.note(event)
        if not self._is_changing:
            # somebody changes the document beside its history
            self._flush()

    def _flush(self, whole: bool = False) -> None:
        started = time.perf_counter()
        try:
            if whole or self._tracker.has_news:
                self._hand_over()
        except Exception as error:  # whatever it is, editing must go on; it is told once
            with self._state:
                self._break(error)
                self._queue.append(SessionStore.abandon)
        finally:
            with self._state:
                self._is_changing = False
                self._state.notify_all()
        self.longest_wait = max(self.longest_wait, time.perf_counter() - started)
        if self._problem is not None and not self._is_told:
            self._is_told = True
            self.failed.emit(self._problem)

    def _hand_over(self) -> None:
        with self._state:
            if self._is_broken:
                if time.monotonic() - self._broken_at < RETRY_SECONDS:
                    self._tracker.take()
                    return
                self._is_broken, self._needs_base = False, True
            if self._needs_base or self._store.size > 2 * self._store.base + self._growth:
                self._begin()
            else:
                self._add(self._tracker.take())

    def _begin(self) -> None:
        """A new generation with the whole document; whatever waited is part of it."""
        dirt = self._tracker.take_all()
        self._drop_work()
        self._needs_base = False
        self._queue.append(SessionStore.begin)
        self._enqueue(dirt, small=False)

    def _add(self, dirt: Dirt) -> None:
        if not dirt:
            return
        if self._live:
            void = dirt.regridded
            self._live = {at: piece for at, piece in self._live.items() if not void and piece.key in dirt.keys}
        small = dirt.nbytes <= min(COPY_BYTES, QUEUE_BYTES - self._queued_bytes)
        if not small and sum(piece.nbytes for piece in self._live.values()) > 2 * self._document_bytes():
            # large changes come faster than the disk takes them
            self._begin()
        else:
            self._enqueue(dirt, small)

    def _enqueue(self, dirt: Dirt, small: bool) -> None:
        if dirt.delta:
            self._queue.append(partial(_write_structure, dirt.delta))
        if small:
            for piece in dirt.pieces:
                self._queue.append(partial(_write_voxels, piece.copied()))
            self._queued_bytes += dirt.nbytes
        else:
            self._live.update({(piece.key, piece.t, piece.box): piece for piece in dirt.pieces})
        self._asked += 1

    def _document_bytes(self) -> int:
        return sum(group.array.nbytes for group in self._history.segmentation.groups)

    def _drop_work(self) -> None:
        self._queue.clear()
        self._live.clear()
        self._queued_bytes = 0

    # ---- the worker --------------------------------------------------------------------------------------------
    def _run(self) -> None:
        while True:
            with self._state:
                ready = self._state.wait_for(self._has_work, _IDLE_SECONDS if self._store.needs_sync else None)
                if self._is_closing and not self._queue:
                    return
                work, step = self._next_work() if ready else ([SessionStore.sync], None)
            try:
                for task in work:
                    task(self._store)
            except Exception as error:  # as above: a disk, memory, a property that JSON cannot hold
                self._store.abandon()
                self._break(error)
            else:
                self._done(step)

    def _has_work(self) -> bool:
        can_copy = bool(self._live) and not self._is_changing
        can_commit = not self._live and self._committed < self._asked
        return bool(self._queue or can_copy or can_commit or self._is_closing)

    def _next_work(self) -> tuple[list[_Work], int | None]:
        """What to do next, and the change that is complete with it. The state is locked."""
        work = list(self._queue)
        self._queue.clear()
        self._queued_bytes = 0
        if not work and self._live and not self._is_changing:
            work = [partial(_write_voxels, self._live.pop(next(iter(self._live))).copied())]
        if self._live or self._committed >= self._asked:
            return work, None
        return [*work, partial(_commit, self._asked)], self._asked

    def _done(self, step: int | None) -> None:
        if step is not None:
            with self._state:
                self._committed = max(self._committed, step)
                self._state.notify_all()

    def _break(self, error: Exception) -> None:
        """Gives up this journal for a while; what it held complete stays."""
        with self._state:
            self._drop_work()
            self._asked = self._committed
            self._is_broken, self._broken_at = True, time.monotonic()
            if self._problem is None:
                reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
                self._problem = WriteError(self._store.folder, f"the autosave journal cannot be written ({reason})")
            self._state.notify_all()


def _write_structure(delta: dict[str, Any], store: SessionStore) -> None:
    store.write(framed_json(STRUCTURE, delta_json(delta)))


def _write_voxels(piece: CopiedPiece, store: SessionStore) -> None:
    store.write(framed(VOXELS, piece.packed()))


def _commit(step: int, store: SessionStore) -> None:
    store.commit(step)
