"""Many small Parquet files of one folder -> one: what a long-lived process leaves by sealing every minute.

A merged file names in its metadata the files it replaces. So a crash before their deletion doubles nothing: readers
leave them out, and the next merge deletes them. The caller holds the lock of the spool.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pyarrow as pa

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import move_whole
from pytest_llmobs.storage.layout import SPOOL_SUFFIX
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.files.writer import MERGED_MARK, SMALL, FileWriter, sync


class SmallFile(Protocol):
    """A Parquet file whose footer was read."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def merged(self) -> frozenset[Path]:
        """Files whose rows it holds too."""


F = TypeVar("F", bound=SmallFile)


class FolderMerging(ABC, Generic[F]):
    """The small files of one folder, whatever their rows are."""

    def __init__(self, folder: Path, spool: Path) -> None:
        """Look at nothing yet.

        Args:
            folder: Where the files lie.
            spool: Where spool files of the same rows lie.
        """
        self._folder, self._spool = folder, spool

    @abstractmethod
    def open(self, path: Path) -> F:
        """Read the footer of a file.

        Raises:
            StoreError: It is damaged, or was written by a newer version.
        """

    @abstractmethod
    def read(self, file: F) -> pa.Table:
        """Return all that a file holds.

        Raises:
            StoreError: It is damaged.
            VanishedError: It is gone.
        """

    @abstractmethod
    def writer(self, path: Path, replaces: Iterable[Path]) -> FileWriter:
        """Begin a file that replaces others.

        Raises:
            OSError: The folder can't be written.
        """

    def merge(self, many: int) -> int:
        """Merge the small files where there are ``many`` of them, 2 at least; return how many files are gone.

        Raises:
            OSError: The disk refuses; nothing is lost.
        """
        deleted = self._delete_replaced()
        paths = self._small_files()
        if len(paths) < max(many, 2):
            return deleted
        files = list(self._readable(paths))
        while len(files) > 1:
            damaged = self._try_to_merge(files)
            if damaged is None:
                return deleted + self._delete_replaced()
            files.remove(damaged)
        return deleted

    def _small_files(self) -> list[Path]:
        paths: list[Path] = []
        for path in sorted(self._folder.glob("*.parquet")):
            # While its spool file is there, sealing may be about to write the same file again.
            being_sealed = (self._spool / f"{path.stem}{SPOOL_SUFFIX}").exists()
            if not being_sealed and path.stat().st_size < SMALL:
                paths.append(path)
        return paths

    def _try_to_merge(self, files: list[F]) -> F | None:
        """Merge files into a new one; return the first that turns out to be damaged, and then there is none."""
        token = os.urandom(3).hex()
        writer = self.writer(self._spool / f"merge-{token}.tmp", _replaced_by(files))
        try:
            for file in files:
                try:
                    table = self.read(file)
                except VanishedError:
                    raise
                except StoreError:
                    return file
                writer.add(table)
            writer.finish()
            # Named after the oldest of them, so that files sorted by name stay in order of time.
            oldest = files[0].path.stem.split(MERGED_MARK)[0]
            move_whole(writer.path, self._folder / f"{oldest}{MERGED_MARK}{token}.parquet")
            sync([self._folder])
        finally:
            writer.clean()
        return None

    def _delete_replaced(self) -> int:
        replaced: set[Path] = set()
        for file in self._readable(self._folder.glob(f"*{MERGED_MARK}*.parquet")):
            replaced |= file.merged
        deleted = 0
        for path in replaced:
            if path.exists():
                path.unlink()
                deleted += 1
        return deleted

    def _readable(self, paths: Iterable[Path]) -> Iterator[F]:
        """Open files, leaving out what is damaged or was written by a newer version: it is not ours to touch."""
        for path in paths:
            with suppress(StoreError):
                yield self.open(path)


def delete_leftovers(spool: Path) -> None:
    """Delete what a crash in the middle of a merge has left in a spool."""
    for leftover in spool.glob("merge-*.tmp"):
        leftover.unlink()


def _replaced_by(files: Iterable[SmallFile]) -> list[Path]:
    replaced: set[Path] = set()
    for file in files:
        replaced.add(file.path)
        # What a merged file replaced counts on: its spool files may come back after a power failure, and be sealed
        # again.
        replaced |= file.merged
    return sorted(replaced)
