"""Where a store's files lie, and how one of them is replaced in one step: in an object store, or a mounted folder."""

from __future__ import annotations

import os
import platform
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from fnmatch import fnmatch
from pathlib import Path, PurePath

import pyarrow as pa
from pyarrow import fs

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.erasure.plans import Plan, writer_of
from pytest_llmobs.storage.parquet.damage import LeaveOut, VanishedError
from pytest_llmobs.storage.parquet.parts import Source
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.remote.filesystem import Entry
from pytest_llmobs.storage.remote.store import RemoteStore

_PLANS = "erasing"
_ALIVE = 900.0
"""Seconds since its plan was written for which an erasure on another machine counts as being at work."""


class RemotePlace(Place):
    """A store beyond this machine. It has no locks: one erasure at a time, and what it wrote is looked at again."""

    def __init__(self, store: RemoteStore) -> None:
        """Take a store."""
        self._store, self._remote = store, store.remote
        self.files = store.remote.files

    def begin(self) -> None:
        """Do nothing: nobody seals or merges there."""

    def path(self, key: str) -> Path:
        """Return the path of a key."""
        return Path(self._remote.path(key))

    def key(self, path: PurePath) -> str:
        """Return the path below the root."""
        if path.is_relative_to(self._remote.root):
            return path.relative_to(self._remote.root).as_posix()
        return path.as_posix()

    def keys(self, pattern: str) -> list[str]:
        """Return the keys that match a pattern."""
        folder = pattern.partition("/")[0]
        return [entry.key for entry in self._remote.entries(folder) if fnmatch(entry.key, pattern)]

    def sources(self, leave_out: LeaveOut) -> Sequence[Source]:
        """Return the files of runs, without those that were merged into another."""
        opened: list[RunsFile] = []
        for key in self.keys("runs/*/*.parquet"):
            path = self.path(key)
            try:
                opened.append(RunsFile.open(path, self.files, leave_out))
            except VanishedError:
                raise
            except StoreError as error:
                self._remote.probe_reading(key)  # a store that can't be reached is not one without runs
                leave_out(path, error)
        replaced: set[Path] = set()
        for file in opened:
            replaced |= file.merged
        return [file for file in opened if file.path not in replaced]

    def unsealed(self) -> Sequence[Source]:
        """Return none: spools are local."""
        return []

    def spools(self, *, feedback: bool) -> list[Path]:
        """Return none: spools are local."""
        return []

    def is_settled(self, key: str) -> bool:
        """Return True: what lies there was sealed elsewhere."""
        return True

    def signature(self, key: str) -> Hashable | None:
        """Return time of change and size."""
        try:
            info = self.files.get_file_info(self._remote.path(key))
        except (OSError, pa.ArrowException) as error:
            raise self._remote.failure("read", error) from error
        if info.type != fs.FileType.File:
            return None
        return info.mtime_ns, info.size

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Hold nothing (see ``announced``)."""
        yield

    def temporary(self, key: str) -> Path:
        """Return a path in the folder of what was fetched, which is gone with the process."""
        return self._store.layout.spool / f"erase-{os.urandom(6).hex()}.tmp"

    def replace(self, key: str, temporary: Path) -> None:
        """Upload the finished file under the same key: an object shows once it is whole."""
        self._remote.upload(temporary, key)
        temporary.unlink()

    def delete(self, key: str) -> None:
        """Delete a file.

        Raises:
            StoreError: It is refused.
        """
        if not self._remote.delete(key) and self.signature(key) is not None:
            raise StoreError(
                f"Can't delete {self._remote.path(key)!r}: {self._remote.shown!r} refuses. Allow it, and erase again."
            )

    def unfinished(self) -> Plan:
        """Return what erasures that were killed had set out to take."""
        plan = Plan()
        for entry in self._remote.entries(_PLANS, ".json"):
            text = self._remote.read(entry.key)
            if not self._may_be_at_work(entry.key, text):
                plan = plan.joined(Plan.read(text) or Plan())
        return plan

    @contextmanager
    def announced(self, plan: Plan) -> Iterator[None]:
        """Write the plan beside the runs, and refuse where another erasure has one there."""
        key = f"{_PLANS}/{os.urandom(6).hex()}.json"
        written = self._store.layout.spool / PurePath(key).name
        written.write_bytes(
            plan.written(host=platform.node(), process=os.getpid(), at=real.now().isoformat())
        )
        self._remote.upload(written, key)
        # Looked for after ours is there: of two that begin at once, each sees the other's, and both give way.
        others = [entry for entry in self._remote.entries(_PLANS, ".json") if entry.key != key]
        try:
            for entry in others:
                self._refuse_beside(entry)
        except StoreError:
            self._remote.delete(key)
            raise
        yield
        for entry in others:
            theirs = Plan.read(self._remote.read(entry.key)) or Plan()
            if theirs.run_ids <= plan.run_ids:
                self._remote.delete(entry.key)
        self._remote.delete(key)

    def _refuse_beside(self, entry: Entry) -> None:
        if self._may_be_at_work(entry.key, self._remote.read(entry.key)):
            raise StoreError(
                f"Another erasure is at work in {self._remote.shown!r}: {entry.key!r} is its plan. Wait for its end; "
                f"if it was killed, erase again {_ALIVE / 60:.0f} minutes after it began."
            )

    def _may_be_at_work(self, key: str, text: bytes) -> bool:
        writer = writer_of(text)
        if writer.get("host") == platform.node() and isinstance(writer.get("process"), int):
            return _lives(writer["process"])
        info = self.files.get_file_info(self._remote.path(key))
        if info.mtime is None:
            return False
        age = (real.now() - info.mtime.astimezone(UTC)).total_seconds()
        return bool(age < _ALIVE)


def _lives(process: int) -> bool:
    """Tell whether another process of this machine lives."""
    if process == os.getpid():  # an erasure of ours that failed
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
