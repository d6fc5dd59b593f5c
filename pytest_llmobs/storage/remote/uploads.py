"""Uploading what a store has sealed: each file once, whatever crashed in between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import make_private, open_private, read_bytes
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.feedback.parts import Part
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.files.writer import MERGED_MARK
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.remote.filesystem import RemoteFiles

_SEALED = ("media/*", "runs/*/*.parquet", "feedback/*.parquet", "experiments/*.json")
"""What is uploaded; experiments last, so that whoever sees one finds its runs, and in them what they refer to."""


@dataclass(frozen=True)
class Uploaded:
    """What an upload came to."""

    files: int = 0
    size: int = 0
    """Bytes."""
    problems: Sequence[str] = ()
    """Files that were not uploaded because they are damaged, and why."""


def upload(layout: Layout, remote: RemoteFiles) -> Uploaded:
    """Upload every sealed file that isn't there yet, and note each in the local store once it is there.

    A crash between the two uploads a file again under the same name, which changes nothing.

    Args:
        layout: The local store's.
        remote: Where the files go.

    Raises:
        StoreError: It broke off, or the local store can't be written. Nothing is lost; call it again.
    """
    if not layout.root.is_dir():
        return Uploaded()
    try:
        folder = layout.root / "uploads"
        make_private(folder)
        with locks.exclusive(folder / ".lock"):
            return _upload(layout, remote, _Journal(folder, remote.shown))
    except OSError as error:
        raise StoreError(f"Can't note in {str(folder)!r} what was uploaded: {error}.") from error


def _upload(layout: Layout, remote: RemoteFiles, journal: _Journal) -> Uploaded:
    files = size = 0
    problems = []
    for path in list(_waiting(layout, journal)):
        try:
            stamp = _stamp(path)
            replaced = _replaced_keys(path, layout)
        except (FileNotFoundError, VanishedError):
            # Merged into another one since: that one is uploaded instead.
            continue
        except StoreError as error:
            # What it replaces isn't known, and there its runs might show twice.
            problems.append(f"{error} It was not uploaded.")
            continue
        try:
            if not replaced or not journal.stamps.keys() >= set(replaced):
                remote.upload(path, _key(path, layout))
                _delete_replaced(replaced, remote, journal)
                files, size = files + 1, size + stamp[0]
        except FileNotFoundError:
            continue
        journal.add(_key(path, layout), stamp)
    return Uploaded(files, size, problems)


def _waiting(layout: Layout, journal: _Journal) -> Iterator[Path]:
    for pattern in _SEALED:
        for path in sorted(layout.root.glob(pattern)):
            if path.name.startswith("."):
                continue
            try:
                if journal.stamps.get(_key(path, layout)) != _stamp(path):
                    yield path
            except FileNotFoundError:
                continue


def _key(path: Path, layout: Layout) -> str:
    return path.relative_to(layout.root).as_posix()


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _replaced_keys(path: Path, layout: Layout) -> list[str]:
    """Return the keys of the files whose runs, or feedback, a merged file holds too."""
    if MERGED_MARK not in path.name:
        return []
    file: Part | RunsFile
    if path.parent == layout.feedback:
        file = Part.open(path)
    else:
        file = RunsFile.open(path)
    return [_key(replaced, layout) for replaced in file.merged]


def _delete_replaced(keys: Sequence[str], remote: RemoteFiles, journal: _Journal) -> None:
    # Where deleting is refused, this package's readers still leave them out, by the merged file's metadata.
    for key in keys:
        if key in journal.stamps:
            remote.delete(key)


class _Journal:
    """What of a store has been uploaded to one place: a line a file, the last of a file wins."""

    def __init__(self, folder: Path, place: str) -> None:
        self.path = folder / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.jsonl"
        self.stamps: dict[str, tuple[int, int]] = {}
        """Key -> size in bytes and time of the last change, nanoseconds."""
        if self.path.exists():
            self._read()
        else:
            self._append({"place": place})

    def add(self, key: str, stamp: tuple[int, int]) -> None:
        self.stamps[key] = stamp
        self._append({"file": key, "size": stamp[0], "changed": stamp[1]})

    def _read(self) -> None:
        # Not splitlines(): a name may hold what that takes for the end of a line.
        for line in read_bytes(self.path).split(b"\n"):
            try:
                entry = json.loads(line)
                if "file" in entry:
                    self.stamps[str(entry["file"])] = (int(entry["size"]), int(entry["changed"]))
            except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
                # Cut short by a crash, or damaged: that file is uploaded again.
                continue

    def _append(self, entry: dict[str, object]) -> None:
        # Appended rather than written whole: an upload of thousands of files notes each at once.
        # A line that a crash has cut short must not swallow the next one.
        with open(self.path, "a+b", opener=open_private) as file:
            file.seek(0, 2)
            if file.tell():
                file.seek(-1, 2)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(entry).encode() + b"\n")
