"""One session a reviewer and queue: two terminals of one person would answer the same item twice."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_llmobs.errors import ConflictError, StoreError
from pytest_llmobs.review.log.parts import make_below
from pytest_llmobs.storage import locks

REVIEWERS = "reviewers"
"""The folder of the locks, below the queue's."""


class ReviewerLock:
    """Held while a session is open; the kernel lets go of it with the process."""

    def __init__(self, folder: Path, file_name: str, reviewer: str, queue: str) -> None:
        """Take the lock.

        Args:
            folder: The queue's.
            file_name: The lock's, without its suffix.
            reviewer: For messages, as is ``queue``.
            queue: Its name.

        Raises:
            ConflictError: Another session of the reviewer's is open.
            StoreError: The disk refuses.
        """
        path = folder / REVIEWERS / f"{file_name}.lock"
        try:
            make_below(folder, REVIEWERS)
            self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"Can't write to {str(path.parent)!r}: {error.strerror or error}.") from error
        locks.hold(self._descriptor)
        if not self._is_free():
            self.release()
            raise ConflictError(
                f"{reviewer!r} reviews {queue!r} in another terminal already. Go on there, or quit it first; somebody "
                "else reviews under a name of their own (--reviewer NAME)."
            )

    def _is_free(self) -> bool:
        try:
            return locks.claim(self._descriptor)
        except OSError as error:
            if locks.missing(error):  # a disk without locks: claims keep others out all the same
                return True
            self.release()
            raise StoreError(f"Can't lock {REVIEWERS!r}: {error.strerror or error}.") from error

    def release(self) -> None:
        """Let another session begin."""
        locks.let_go(self._descriptor)
