"""A process's append-only log: of finished runs, or of feedback.

``append`` is one unbuffered ``write`` to the end of a file: the line is in the page cache before the caller goes on,
so it survives ``kill -9``. Threads need no lock, because the kernel appends whole lines one after another.
A forked child gets a file of its own. What the disk refuses stays in memory, bounded, and is tried again.
"""

from __future__ import annotations

import errno
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage import notices
from pytest_llmobs.storage.spool.segment import PATCH, TORN, Segment
from pytest_llmobs.wording import count, noun

BACKLOG = 16 << 20
"""Bytes of lines that wait in memory while the disk refuses them."""


class Watcher(Protocol):
    """Seals the files of a spool while they are written (see ``rotation.Rotator``)."""

    def start(self) -> None:
        """Begin to watch."""

    def stop(self) -> None:
        """Stop watching, and wait for a sealing that is under way."""


class Spool:
    """Where one process writes its finished runs, or feedback. Safe in threads, across forks, on a failing disk."""

    def __init__(
        self,
        folder: Path,
        seal: Callable[[Segment, bool], Any],
        *,
        label: str = "",
        record: str = "run",
        prepare: Callable[[], Any] = lambda: None,
        backlog: int = BACKLOG,
        warn: Callable[[str], None] = notices.warn,
        watch: Callable[[Spool], Watcher] | None = None,
        also: Callable[[], Any] = lambda: None,
    ) -> None:
        """Open a new spool file.

        Args:
            folder: Where spool files lie.
            seal: Turns a finished file into Parquet and discards it; gently, if the second argument is true.
            label: Part of the files' names.
            record: What messages call that which a line holds.
            prepare: Makes the folder; called before a file is made.
            backlog: Bytes that may wait in memory while the disk refuses them.
            warn: Tells the user, once, that the disk refuses; must not raise.
            watch: Makes what seals while the process lives, anew in each forked child; None seals in ``close`` alone.
            also: Called after something was sealed (recovers what dead processes and forked children left).
        """
        self.folder = folder
        self.lost = 0
        """Records that neither disk nor memory could take."""
        self.problem: str | None = None
        """What the user was warned of, or None."""
        self._seal, self._label, self._prepare, self._warn = seal, label, prepare, warn
        self._record = record
        self._limit, self._watch, self._also = backlog, watch, also
        self._closed = False
        self._reset()
        with self._lock:
            self._drain()
        _open_spools.add(self)

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._segment: Segment | None = None
        self._retired: list[Segment] = []
        self._write: Callable[[bytes], int | None] = _refuse
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._torn = False
        self._watcher: Watcher | None = None

    @property
    def path(self) -> Path | None:
        """The file that lines go to, or None where there is none (closed, just forked, or the disk refuses)."""
        if self._segment is None:
            return None
        return self._segment.path

    @property
    def waiting(self) -> int:
        """Lines that wait in memory for the disk."""
        return len(self._waiting)

    def append(self, line: bytes) -> None:
        """Keep one line, which ends in a newline. Never raises; a failing disk is reported once."""
        written = None
        try:
            written = self._write(line)
            if written == len(line):
                return
        except (OSError, ValueError):
            pass
        self._keep(line, bool(written))

    def rotate(self) -> None:
        """Start a new file; the one so far is sealed by ``seal_retired``."""
        with self._lock:
            segment = self._segment
            self._segment, self._write = None, _refuse
            if segment is not None:
                self._retired.append(segment)
            self._drain()

    def seal_retired(self, gently: bool = False) -> bool:
        """Seal what ``rotate`` has put aside; return False where there was nothing.

        Args:
            gently: Give way to the threads that do the application's work.
        """
        with self._lock:
            retired, self._retired = self._retired, []
        for segment in retired:
            self._finish(segment, gently)
        return bool(retired)

    def close(self) -> None:
        """Write what waits, and seal. Lines that come later go to a new file, which the next opening recovers."""
        self._closed = True
        if self._watcher is not None:
            self._watcher.stop()
        with self._lock:
            if self._waiting:
                self._drain()
            segment, self._segment, self._write = self._segment, None, _refuse
            self._lose(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            if segment is not None:
                self._retired.append(segment)
        if self.lost:
            self._warn(self.loss())
        if self.seal_retired():
            self.tend()

    def __del__(self) -> None:
        # Nobody can close it any more: its file is recovered as a dead process's is. What waits has this chance only.
        if getattr(self, "_waiting", ()):
            self._closed = True
            with self._lock:
                self._drain()
                self._lose(self._waiting)
            if self.lost:
                self._warn(self.loss())

    def tend(self) -> None:
        """Do what follows a sealing."""
        self._also()

    def loss(self) -> str:
        """Return how many records were lost, and why, for the user; empty where none was."""
        if not self.lost:
            return ""
        return (
            f"{count(self.lost, self._record)} of process {os.getpid()} {noun(self.lost, 'was', 'were')} lost: "
            f"{str(self.folder)!r} took no more until the end. Make room there, or make it writable, and run again."
        )

    def _lose(self, lines: Iterable[bytes]) -> None:
        # what only changes a run that was written is none
        self.lost += sum(not line.startswith(PATCH) for line in lines)

    @property
    def segment(self) -> Segment | None:
        """The file that lines go to, opened and locked, or None (see ``path``)."""
        return self._segment

    def _finish(self, segment: Segment, gently: bool) -> None:
        try:
            if segment.size == 0:
                segment.discard()
            else:
                self._seal(segment, gently)
        except Exception as error:
            self._report(
                f"Can't seal {str(segment.path)!r}: {error}. Nothing is lost: whatever opens the store next "
                "(a session, or the llmobs command) seals it."
            )
            segment.close()

    def _keep(self, line: bytes, torn: bool) -> None:
        """Queue what the hot path could not write, and write the queue as far as the disk allows."""
        with self._lock:
            self._torn |= torn
            if self._waiting_bytes + len(line) > self._limit:
                self._lose([line])
            else:
                self._waiting.append(line)
                self._waiting_bytes += len(line)
            self._drain()

    def _drain(self) -> None:
        """Open a file where there is none and write what waits. Holds the lock."""
        try:
            write = self._current().file.write
            tries = 4 + 2 * len(self._waiting)
            while self._torn or self._waiting:
                self._advance(write)
                tries -= 1
                if tries == 0:
                    raise OSError(errno.EIO, "the disk keeps taking parts of lines only")
            self._write = write
        except (OSError, ValueError, StoreError) as error:
            if isinstance(error, OSError) and error.errno == errno.EBADF and self._segment is not None:
                # Somebody closed all descriptors, as daemons do: the file is an orphan, the next opening recovers it.
                self._segment.close()
                self._segment = None
                self._drain()
                return
            # Everything goes through the queue until it is empty, so that the disk gets the lines in order.
            self._write = _refuse
            records = noun(2, self._record)
            self._report(
                f"{records.capitalize()} can't be stored in {str(self.folder)!r}: {_reason(error)}. "
                f"Calls and tests go on; up to {self._limit >> 20} MiB of {records} wait in memory and are lost "
                "if that stays so until the process ends."
            )

    def _advance(self, write: Callable[[bytes], int | None]) -> None:
        """Write the first line that waits, or before it the mark that ends a torn one.

        A line that was cut short is written anew: its rest could land behind another thread's line.
        """
        line = TORN if self._torn else self._waiting[0]
        self._torn = write(line) != len(line)
        if not self._torn and line is not TORN:
            self._waiting_bytes -= len(self._waiting.popleft())

    def _current(self) -> Segment:
        if self._segment is None:
            self._prepare()
            self._segment = Segment.create(self.folder, self._label)
            if self._watch is not None and self._watcher is None and not self._closed:
                self._watcher = self._watch(self)
                self._watcher.start()
        return self._segment

    def _report(self, message: str) -> None:
        if self.problem is None:
            self.problem = message
            self._warn(message)


def _refuse(line: bytes) -> int | None:
    raise ValueError("no file is open")


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")


_open_spools: weakref.WeakSet[Spool] = weakref.WeakSet()


def _after_fork() -> None:
    for spool in list(_open_spools):
        # The file, its lock and what waits belong to the parent.
        spool._reset()


os.register_at_fork(after_in_child=_after_fork)
