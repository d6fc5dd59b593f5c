"""Sealing while the process lives: a background thread watches size and age, the hot path knows nothing of it."""

from __future__ import annotations

import importlib
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.spool.writer import Spool


@dataclass(frozen=True)
class Rotation:
    """When a long-lived process seals what it has written so far."""

    max_bytes: int = 64 << 20
    """Size of the spool file."""
    max_age: float = 60.0
    """Seconds since the spool file was begun."""
    interval: float = 1.0
    """Seconds between two looks at size and age."""


class Rotator:
    """The thread that rotates one spool and seals what was put aside, one look later.

    It ends with its spool, which it doesn't keep alive: a service that makes a client a request has no thread too many.
    """

    def __init__(
        self,
        spool: Spool,
        rotation: Rotation,
        *,
        export: Callable[[Segment], Any] = lambda segment: None,
        clock: Callable[[], float] = real.seconds,
    ) -> None:
        """Prepare the thread; ``start`` starts it.

        Args:
            spool: What is rotated.
            rotation: When.
            export: Called with the file at every look while it is written.
            clock: Seconds, the clock of ``Segment.started``.
        """
        # No event: its lock may be held where the garbage collector comes upon the spool, and isn't reentrant.
        self._stop: SimpleQueue[None] = SimpleQueue()
        self._spool = weakref.ref(spool, lambda gone: self._stop.put(None))
        self._rotation, self._export, self._clock = rotation, export, clock
        self._thread = threading.Thread(target=self._watch, name="llmobs-seal", daemon=True)

    def start(self) -> None:
        """Start watching; without effect where the interpreter is shutting down and starts no threads."""
        try:
            # Arrow needs this module, which can't be imported any more once the interpreter is on its way out.
            importlib.import_module("concurrent.futures.thread")
            self._thread.start()
        except RuntimeError:
            return

    def stop(self) -> None:
        """Stop watching, and wait for a sealing that is under way."""
        self._stop.put(None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def look(self) -> None:
        """Seal what the last look put aside, then put the current file aside if it is due.

        A thread that was in the middle of its write has until the next look to finish it.
        """
        spool = self._spool()
        if spool is None:
            return
        if spool.seal_retired(gently=True):
            spool.tend()
        segment = spool.segment
        if segment is None or segment.size == 0:
            return
        old = self._clock() - segment.started >= self._rotation.max_age
        self._export(segment)
        # A deleted file still takes lines, but nobody would find them if this process were killed.
        if old or segment.size >= self._rotation.max_bytes or segment.deleted:
            spool.rotate()

    def _watch(self) -> None:
        while not self._is_stopped():
            try:
                self.look()
            except Exception:
                # The next look tries again; the thread must outlive a disk that fails for a while.
                continue

    def _is_stopped(self) -> bool:
        """Wait for the next look; return True where there is none to come."""
        try:
            self._stop.get(timeout=self._rotation.interval)
        except Empty:
            return False
        return True
