"""Uploading what a store has sealed: each file once, whatever crashed in between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet.file import MERGED_MARK, RunsFile
from pytest_llmobs.storage.remote.filesystem import RemoteFiles

_SEALED = ("media/*", "runs/*/*.parquet", "experiments/*.json")
"""What is uploaded; experiments last, so that whoever sees one finds its runs, and in them what they refer to."""


@dataclass(frozen=True)
class Uploaded:
    """What an upload came to."""

    files: int = 0
    size: int = 0
    """Bytes."""


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
        folder.mkdir(exist_ok=True)
        with locks.exclusive(folder / ".lock"):
            return _upload(layout, remote, _Journal(folder, remote.shown))
    except OSError as error:
        raise StoreError(f"Can't note in {str(folder)!r} what was uploaded: {error}.") from error


def _upload(layout: Layout, remote: RemoteFiles, journal: _Journal) -> Uploaded:
    done = Uploaded()
    for path in list(_waiting(layout, journal)):
        try:
            stamp = _stamp(path)
            if not _is_there_already(path, layout, journal):
                remote.upload(path, _key(path, layout))
                _replace_merged(path, layout, remote, journal)
                done = Uploaded(done.files + 1, done.size + stamp[0])
            journal.add(_key(path, layout), stamp)
        except FileNotFoundError:
            # Merged into another one since: that one is uploaded instead.
            continue
    return done


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
    """Return the keys of the files whose runs a merged file holds too."""
    if MERGED_MARK not in path.name:
        return []
    return [_key(replaced, layout) for replaced in RunsFile.open(path).merged]


def _is_there_already(path: Path, layout: Layout, journal: _Journal) -> bool:
    """Return True for a merged file all of whose runs were uploaded before they were merged."""
    keys = _replaced_keys(path, layout)
    return bool(keys) and journal.stamps.keys() >= set(keys)


def _replace_merged(path: Path, layout: Layout, remote: RemoteFiles, journal: _Journal) -> None:
    # Where deleting is refused, this package's readers still leave them out, by the merged file's metadata.
    for key in _replaced_keys(path, layout):
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
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                # Cut short by a crash: that file is uploaded again.
                continue
            if "file" in entry:
                self.stamps[entry["file"]] = (entry["size"], entry["changed"])

    def _append(self, entry: dict[str, object]) -> None:
        # Appended rather than written whole: an upload of thousands of files notes each at once.
        # A line that a crash has cut short must not swallow the next one.
        with self.path.open("a+b") as file:
            file.seek(0, 2)
            if file.tell():
                file.seek(-1, 2)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(entry).encode() + b"\n")
