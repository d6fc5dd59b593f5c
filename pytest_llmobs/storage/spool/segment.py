"""One spool file, locked for as long as its writer or its sealer lives."""

from __future__ import annotations

import io
import os
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_llmobs.clocks import real
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.layout import SPOOL_SUFFIX

TORN = b"\t\t\t\x18\n"
"""Ends the beginning of a line that the disk cut short; the line itself follows later. Too many tabs for a record."""
PATCH = b'{"patch":'
"""How a line begins that overrides what an earlier one says."""
_BUFFER = 1 << 17


class Segment:
    """An open, locked spool file. Everything goes through its descriptor, so a deleted folder loses nothing."""

    def __init__(self, path: Path, file: io.FileIO) -> None:
        """Wrap an open and locked file; use ``create`` or ``claim``."""
        self.path = path
        """Where it lies, or lay."""
        self.file = file
        """Unbuffered; ``file.write(line)`` is one ``write`` to the end."""
        self._descriptor: int | None = file.fileno()
        """The file's, until it is closed: the file object may be collected before this one."""
        self.started = real.seconds()
        """When this object was made, seconds on the monotonic clock."""
        self.exported = 0
        """Bytes from the beginning that were exported."""
        _alive.add(self)

    @classmethod
    def create(cls, folder: Path, label: str) -> Segment:
        """Make a new spool file named after the time, ``label``, the process and chance.

        Raises:
            OSError: The folder can't be written.
        """
        while True:
            path = folder / f"{_stem(label)}{SPOOL_SUFFIX}"
            segment = cls._open(path, os.O_CREAT | os.O_EXCL)
            # Somebody who recovers orphans may have caught the new file before it was locked: take another.
            if segment is not None:
                return segment

    @classmethod
    def claim(cls, path: Path) -> Segment | None:
        """Open and lock an orphan; None where its writer or another sealer lives, or where it is gone.

        Raises:
            OSError: It can't be opened.
        """
        try:
            return cls._open(path, 0)
        except FileNotFoundError:
            return None

    @classmethod
    def _open(cls, path: Path, flags: int) -> Segment | None:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | flags, 0o600)
        # closed by the segment: a file object that is collected before it would warn of what is no mistake
        segment = cls(path, io.FileIO(descriptor, "r+", closefd=False))
        try:
            owned = locks.claim(descriptor)
        except OSError as error:
            # Without locks a writer goes on, and nobody recovers what might belong to a living process.
            owned = locks.missing(error) and bool(flags & os.O_CREAT)
        if owned and not segment.deleted:
            return segment
        segment.close()
        return None

    @property
    def stem(self) -> str:
        """The name without suffix."""
        return self.path.name.removesuffix(SPOOL_SUFFIX)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return os.fstat(self.file.fileno()).st_size

    @property
    def deleted(self) -> bool:
        """True where nobody can find the file any more (its folder was removed); its descriptor still works."""
        return os.fstat(self.file.fileno()).st_nlink == 0

    def reader(self, start: int = 0) -> io.BufferedReader:
        """Return a reader from byte ``start``, with a position of its own (writers move the file's)."""
        return io.BufferedReader(_Positioned(self.file.fileno(), start), _BUFFER)

    def discard(self) -> None:
        """Delete the file and let go of it."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file and of its lock; somebody may have closed all descriptors already."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                self.file.close()
                os.close(descriptor)

    def __del__(self) -> None:
        self.close()


class _Positioned(io.RawIOBase):
    def __init__(self, descriptor: int, start: int) -> None:
        self._descriptor = descriptor
        self._position = start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count


def _stem(label: str) -> str:
    # The time comes first: files are read in the order of their names.
    parts = [real.now().strftime("%Y%m%dT%H%M%S")]
    if label:
        parts.append(quote(label, safe="")[:60])
    parts += [str(os.getpid()), os.urandom(3).hex()]
    return "-".join(parts)


_alive: weakref.WeakSet[Segment] = weakref.WeakSet()


def _close_inherited() -> None:
    # A forked child shares the opening: it would hold its parent's locks for as long as it lives.
    for segment in list(_alive):
        segment.close()


os.register_at_fork(after_in_child=_close_inherited)
