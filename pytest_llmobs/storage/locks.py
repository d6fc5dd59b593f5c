"""Locks that die with their holder.

``flock`` belongs to the open file, not to the process's number: the kernel drops it when the last descriptor of
that opening is closed, ``kill -9`` included. So a lock is never stale, and nobody needs to guess whether a process
lives.

Why not ``files.locked``, which guards files that people commit: that one's lock lies in the temporary folder, so it
holds on one machine only, and importing it takes 61 ms. A store may lie on a disk that several machines share: its
locks lie in it, do without where the disk has none, are claimed without waiting, and a forked child lets go of them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_llmobs.clocks import real

_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
_POLL = 0.02
"""Seconds between two attempts: ``flock`` itself could wait, but not only for so long."""


def claim(descriptor: int) -> bool:
    """Lock an open file without waiting; return False where somebody else holds it.

    Raises:
        OSError: The file system has no locks (see ``missing``), or the descriptor is closed.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def missing(error: OSError) -> bool:
    """Return True where ``error`` means that the file system has no locks at all."""
    return error.errno in _NO_LOCKS_HERE


@contextmanager
def exclusive(path: Path, timeout: float = 300.0) -> Iterator[None]:
    """Hold the lock file ``path`` inside the ``with`` block, waiting for whoever holds it.

    Goes on without the lock after ``timeout`` seconds, and where the file system has no locks: it only saves two
    processes from looking at the same orphans, each of which has a lock of its own.

    Raises:
        OSError: The lock file can't be made.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    hold(descriptor)
    try:
        _wait(descriptor, real.seconds() + timeout)
        yield
    finally:
        let_go(descriptor)


def hold(descriptor: int) -> None:
    """Keep an open file of which a forked child must let go: it would hold the lock for as long as it lives."""
    _held.add(descriptor)


def let_go(descriptor: int) -> None:
    """Close a file that ``hold`` was given, and so drop its lock; once, and in the process that opened it alone."""
    if descriptor in _held:
        _held.discard(descriptor)
        os.close(descriptor)


def _wait(descriptor: int, end: float) -> None:
    try:
        while not claim(descriptor) and real.seconds() < end:
            time.sleep(_POLL)
    except OSError as error:
        if not missing(error):
            raise


_held: set[int] = set()


def _release_inherited() -> None:
    # A forked child shares the opening: it would hold the lock for as long as it lives.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_release_inherited)
