"""What keeps a store in order: sealing spool files, recovering what dead processes have left, merging small files."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Protocol

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.notices import OnceForEachPath
from pytest_llmobs.storage.parquet.arrow import load_arrow
from pytest_llmobs.storage.spool.recovery import recover
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.tracing import first_use

_MOST_SEALED = 1000
"""So many files wait to be taken note of at most: where nobody does, the oldest are forgotten."""


class Exporter(Protocol):
    """Sends finished runs elsewhere as well, off the path of the calls that made them. Raises nothing."""

    def send(self, segment: Segment) -> None:
        """Send what was added to a spool file since the last time."""

    def finish(self, segment: Segment) -> None:
        """Send the rest of a spool file that is about to be deleted, with what its patches say."""


class Upkeep:
    """Seals, recovers and merges the files of one store. What fails is told once, stays, and is tried again."""

    def __init__(self, layout: Layout, notices: OnceForEachPath, exporter: Exporter | None) -> None:
        """Take care of a store.

        Args:
            layout: The store's.
            notices: Takes what can't be recovered or read.
            exporter: Gets every run before its spool file is deleted; None for none.
        """
        self._layout, self._notices, self._exporter = layout, notices, exporter
        self._sealed: deque[Path] = deque(maxlen=_MOST_SEALED)

    def take_sealed(self) -> list[Path]:
        """Return the Parquet files that were made since the last time, whoever asked for it."""
        files = []
        while self._sealed:
            files.append(self._sealed.popleft())
        return files

    def seal(self, segment: Segment, gently: bool = False) -> int:
        """Turn a locked spool file into Parquet and delete it; return the number of runs.

        Args:
            segment: The file, locked by the caller; it is closed afterwards.
            gently: Give way to the threads that do the application's work.

        Raises:
            OSError: The disk refuses; the spool file is still there.
        """
        with first_use.alone():
            # An app in production keeps the allocator that it would have without us.
            load_arrow(frugal=not gently)
            from pytest_llmobs.storage.spool.sealing import seal

        sealed = seal(segment, self._layout, warn=self._notices.warn, gently=gently, last=self._export_rest)
        self._sealed += sealed.files
        return sealed.rows

    def recover(self) -> dict[str, int]:
        """Seal what dead processes have left in the spool; return the number of runs of each file that was sealed."""
        return recover(self._layout.spool, self.seal, self._tell)

    def merge_small_files(self) -> None:
        """Merge the small Parquet files of each project that has many."""
        with first_use.alone():
            from pytest_llmobs.storage.parquet.compaction import compact

        try:
            with locks.exclusive(self._layout.spool / ".lock"):
                compact(self._layout)
        except (OSError, StoreError) as error:
            self._tell(self._layout.runs, error)

    def _export_rest(self, segment: Segment) -> None:
        if self._exporter is not None:
            self._exporter.finish(segment)

    def _tell(self, path: Path, error: Exception) -> None:
        message = f"Can't recover the runs in {str(path)!r}: {error}. They stay there for the next attempt."
        self._notices.tell(path, message)
