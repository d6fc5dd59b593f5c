"""Which Parquet files there are, and their footers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.parquet.damage import LeaveOut, VanishedError, unreadable
from pytest_llmobs.storage.parquet.files.writer import MERGED_MARK
from pytest_llmobs.storage.parquet.parallel import Threads
from pytest_llmobs.storage.parquet.runs_file import RunsFile

PATIENCE = 5
"""So often a listing is repeated because files vanish, before giving up."""
_KEPT = 2000
"""Row groups whose footers are kept; each takes about 50 KB."""

_Signature = tuple[int, int, int]


class Footers:
    """Opens the files of a store; what was read of a footer is kept for as long as its file stays as it is."""

    def __init__(self, leave_out: LeaveOut | None = None) -> None:
        """Keep nothing yet.

        Args:
            leave_out: Takes the files that can't be read, and later the parts of others; by default that is an error.
        """
        self._leave_out = leave_out
        self._lock = threading.Lock()
        self._kept: OrderedDict[Path, tuple[_Signature, RunsFile]] = OrderedDict()

    def open_all(self, folders: Sequence[Path], *, for_conditions: bool = False) -> list[RunsFile]:
        """Open the files of some projects, oldest first, without those that were merged into another.

        Args:
            folders: The projects'.
            for_conditions: See ``RunsFile.open``.

        Raises:
            StoreError: A file is unreadable or of a newer schema, and nobody takes it.
            VanishedError: A file is gone since the listing; look again.
        """
        paths = self.find(folders, for_conditions=for_conditions)
        return self.open_each(paths, for_conditions=for_conditions)

    def find(self, folders: Sequence[Path], *, for_conditions: bool = False) -> list[Path]:
        """Return the files of some projects, oldest first, without those that were merged into another.

        Raises:
            StoreError: A merged file is unreadable or of a newer schema, and nobody takes it.
            VanishedError: A merged file is gone since the listing; look again.
        """
        paths = _listed(folders)
        replaced: set[Path] = set()
        merged = [path for path in paths if MERGED_MARK in path.name]
        for file in self.open_each(merged, for_conditions=for_conditions):
            replaced |= file.merged
        return [path for path in paths if path not in replaced]

    def open_each(self, paths: Sequence[Path], *, for_conditions: bool = False) -> list[RunsFile]:
        """Open some files.

        Raises:
            StoreError: A file is unreadable or of a newer schema, and nobody takes it.
            VanishedError: A file is gone since the listing; look again.
        """
        # Side by side, but without threads for what is known already.
        opened = {path: self._known(path) for path in paths}
        missing = [path for path, file in opened.items() if file is None]
        opened.update(zip(missing, self._opened(missing, for_conditions), strict=True))
        return [file for file in opened.values() if file is not None]

    def _known(self, path: Path) -> RunsFile | None:
        """Return a file whose footer was read before and that is as it was."""
        kept = self._kept.get(path)
        if kept is None or kept[0] != _signature(path):
            return None
        return kept[1]

    def _opened(self, paths: Sequence[Path], for_conditions: bool) -> list[RunsFile | None]:
        open_one = partial(self._open_or_leave_out, for_conditions)
        with closing(Threads()) as threads:
            return threads.map(open_one, paths)

    def _open_or_leave_out(self, for_conditions: bool, path: Path) -> RunsFile | None:
        try:
            return self._open(path, for_conditions)
        except VanishedError:
            raise
        except StoreError as error:
            if self._leave_out is None:
                raise
            self._leave_out(path, error)
            return None

    def _open(self, path: Path, for_conditions: bool) -> RunsFile:
        signature = _signature(path)
        file = RunsFile.open(path, leave_out=self._leave_out, for_conditions=for_conditions)
        with self._lock:
            self._kept[path] = (signature, file)
            self._kept.move_to_end(path)
            while len(self._kept) > 1 and sum(kept.part_count for _, kept in self._kept.values()) > _KEPT:
                self._kept.popitem(last=False)
        return file


def _signature(path: Path) -> _Signature:
    """Return what changes where a file is written anew."""
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return status.st_ino, status.st_mtime_ns, status.st_size


def _listed(folders: Sequence[Path]) -> list[Path]:
    """Return the Parquet files of some folders.

    While files are merged, one listing may miss both what is deleted and what replaces it; of two that agree, the
    second has begun when everything that replaces what the first one missed was there.
    """
    paths = _list_once(folders)
    for _ in range(PATIENCE):
        again = _list_once(folders)
        if again == paths:
            break
        paths = again
    # A name begins with the time, whatever the project.
    paths.sort(key=lambda path: path.name)
    return paths


def _list_once(folders: Sequence[Path]) -> list[Path]:
    paths: list[Path] = []
    for folder in folders:
        try:
            paths += sorted(path for path in folder.iterdir() if path.name.endswith(".parquet"))
        except (FileNotFoundError, NotADirectoryError):
            continue
    return paths
