"""Where a store's files lie, and how one of them is replaced in one step: on this machine."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path, PurePath

from pyarrow.fs import FileSystem, LocalFileSystem

from pytest_llmobs.files import PRIVATE, make_private, move_whole
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.erasure.plans import Plan
from pytest_llmobs.storage.feedback.merging import merge_parts
from pytest_llmobs.storage.layout import SPOOL_SUFFIX, spool_files
from pytest_llmobs.storage.parquet.compaction import compact
from pytest_llmobs.storage.parquet.damage import LeaveOut
from pytest_llmobs.storage.parquet.files.writer import sync
from pytest_llmobs.storage.parquet.parts import Source
from pytest_llmobs.storage.spool.reading import SpoolFiles
from pytest_llmobs.storage.store import Store
from pytest_llmobs.storage.stored_runs import StoredRuns

_NONE_TO_MERGE = 1 << 40
_TEMPORARY, _PLAN = "erase-", "erasing-"


class Place(ABC):
    """The files of one store. A key is a file's path below the root, with slashes."""

    files: FileSystem
    """Reads them."""

    @abstractmethod
    def begin(self) -> None:
        """Finish what killed processes have left in the middle."""

    @abstractmethod
    def path(self, key: str) -> Path:
        """Return a key as ``files`` names it."""

    @abstractmethod
    def key(self, path: PurePath) -> str:
        """Return the key of a path."""

    @abstractmethod
    def keys(self, pattern: str) -> list[str]:
        """Return the keys that match a pattern such as ``runs/*/*.parquet``, sorted; hidden files are left out."""

    @abstractmethod
    def sources(self, leave_out: LeaveOut) -> Sequence[Source]:
        """Return what holds the runs, each once, sealed or not.

        Raises:
            VanishedError: A file is gone since the listing; look again.
        """

    @abstractmethod
    def unsealed(self) -> Sequence[Source]:
        """Return the runs in spool files, as far as they are written by now."""

    @abstractmethod
    def spools(self, *, feedback: bool) -> list[Path]:
        """Return the spool files of runs, or of feedback."""

    @abstractmethod
    def is_settled(self, key: str) -> bool:
        """Tell whether nobody is about to seal a spool file into this very file."""

    @abstractmethod
    def signature(self, key: str) -> Hashable | None:
        """Return what changes where a file is written anew; None where it is gone."""

    @abstractmethod
    def alone(self, key: str) -> AbstractContextManager[None]:
        """Keep others from merging, recovering and erasing near a file inside the ``with`` block."""

    @abstractmethod
    def temporary(self, key: str) -> Path:
        """Return where to write what will replace a file: on this machine."""

    @abstractmethod
    def replace(self, key: str, temporary: Path) -> None:
        """Put a finished file into the place of another one, in one step."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete a file."""

    @abstractmethod
    def unfinished(self) -> Plan:
        """Return what erasures that were killed had set out to take."""

    @abstractmethod
    def announced(self, plan: Plan) -> AbstractContextManager[None]:
        """Write a plan down before the ``with`` block; forget it, and those it covers, when the block ends well.

        Raises:
            StoreError: Another erasure is at work in a place without locks.
        """


class LocalPlace(Place):
    """A store on this machine."""

    def __init__(self, store: Store) -> None:
        """Take a store."""
        self._store, self._layout = store, store.layout
        self.files = LocalFileSystem()

    def begin(self) -> None:
        """Seal what dead processes have left; delete what merges have replaced, and what erasures have left."""
        layout = self._layout
        if not layout.root.is_dir():
            return
        layout.create()
        self._store.seal()
        with locks.exclusive(layout.spool / ".lock"):
            compact(layout, many=_NONE_TO_MERGE)
            _delete_temporary(layout.spool)
        if layout.feedback_spool.is_dir():
            with locks.exclusive(layout.feedback_spool / ".lock"):
                merge_parts(layout, many=_NONE_TO_MERGE)
                _delete_temporary(layout.feedback_spool)
        # A power failure would bring back what was deleted a moment ago: spool files would be sealed again.
        folders = (layout.spool, layout.feedback_spool, layout.feedback, *layout.runs.glob("project=*"))
        sync(filter(Path.is_dir, folders))

    def path(self, key: str) -> Path:
        """Return the path of a key."""
        return self._layout.root / key

    def key(self, path: PurePath) -> str:
        """Return the path below the root."""
        if path.is_relative_to(self._layout.root):
            return path.relative_to(self._layout.root).as_posix()
        return path.as_posix()

    def keys(self, pattern: str) -> list[str]:
        """Return the keys that match a pattern."""
        paths = sorted(self._layout.root.glob(pattern))
        return [self.key(path) for path in paths if not path.name.startswith(".")]

    def sources(self, leave_out: LeaveOut) -> Sequence[Source]:
        """Return the sealed files and the spool files."""
        return StoredRuns(self._layout, leave_out).sources(None)

    def unsealed(self) -> Sequence[Source]:
        """Return the runs that living processes have written."""
        return SpoolFiles(self._layout.spool).unsealed()

    def spools(self, *, feedback: bool) -> list[Path]:
        """Return the spool files of runs, or of feedback."""
        return spool_files(self._spool(feedback))

    def is_settled(self, key: str) -> bool:
        """Tell whether the spool file that a file was sealed from is gone."""
        spool = self._spool(_is_feedback(key))
        return not (spool / f"{PurePath(key).stem}{SPOOL_SUFFIX}").exists()

    def signature(self, key: str) -> Hashable | None:
        """Return inode, time of change and size."""
        try:
            status = self.path(key).stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Hold the lock that merging and recovering hold."""
        spool = self._spool(_is_feedback(key))
        make_private(spool)
        with locks.exclusive(spool / ".lock"):
            yield

    def temporary(self, key: str) -> Path:
        """Return a path in the spool."""
        return self._spool(_is_feedback(key)) / f"{_TEMPORARY}{os.urandom(6).hex()}.tmp"

    def replace(self, key: str, temporary: Path) -> None:
        """Rename the finished file."""
        target = self.path(key)
        move_whole(temporary, target)
        sync([target.parent])

    def delete(self, key: str) -> None:
        """Delete a file, and the folder of a project that has none left."""
        path = self.path(key)
        path.unlink(missing_ok=True)
        sync([path.parent])
        if path.parent.parent == self._layout.runs:
            with suppress(OSError):  # others are left, or come at this moment
                path.parent.rmdir()

    def unfinished(self) -> Plan:
        """Return what erasures that were killed had set out to take: nobody holds the locks of their plans."""
        plan = Plan()
        for path in self._plans():
            plan = plan.joined(_abandoned(path) or Plan())
        return plan

    @contextmanager
    def announced(self, plan: Plan) -> Iterator[None]:
        """Write the plan into the spool, locked for as long as this process lives."""
        path = self._layout.spool / f"{_PLAN}{os.urandom(6).hex()}.json"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
        locks.hold(descriptor)
        with ExitStack() as held:
            held.callback(locks.let_go, descriptor)
            with suppress(
                OSError
            ):  # a disk without locks: two erasures may then take the same, which does no harm
                locks.claim(descriptor)
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(plan.written())
            sync([path, path.parent])
            # Not where the block fails: then the plan stays, for the next erasure to finish.
            yield
            path.unlink(missing_ok=True)
        for other in self._plans():
            abandoned = _abandoned(other)
            if abandoned is not None and abandoned.run_ids <= plan.run_ids:
                other.unlink(missing_ok=True)

    def _plans(self) -> list[Path]:
        return sorted(self._layout.spool.glob(f"{_PLAN}*.json"))

    def _spool(self, is_feedback: bool) -> Path:
        if is_feedback:
            return self._layout.feedback_spool
        return self._layout.spool


def _is_feedback(key: str) -> bool:
    return key.startswith("feedback/")


def _delete_temporary(spool: Path) -> None:
    """Delete what was written in vain; whoever writes such a file holds the lock meanwhile."""
    for leftover in spool.glob(f"{_TEMPORARY}*.tmp"):
        leftover.unlink(missing_ok=True)


def _abandoned(path: Path) -> Plan | None:
    """Return the plan of an erasure that was killed, empty where that had taken nothing yet; None if it lives."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not _is_free(descriptor):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return Plan.read(file.read()) or Plan()
    finally:
        os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    try:
        return locks.claim(descriptor)
    except OSError:  # a disk without locks
        return True
