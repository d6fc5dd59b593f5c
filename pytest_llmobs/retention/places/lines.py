"""Lines of logs that others append to: they are overwritten where they stand, so that no line of others is lost."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory

Replacement = Callable[[bytes], bytes | None]
"""Takes a line without its end; returns what is to stand in its place, at most as long, or None to leave it."""


class Logs(ABC):
    """A place that is logs: lines of them go."""

    name: str

    @abstractmethod
    def logs(self, sought: Sought, territory: Territory) -> Sequence[Path]:
        """Return the logs, sorted."""

    @abstractmethod
    def without(self, line: bytes, sought: Sought) -> bytes | None:
        """Return what is to stand in the place of a line, as ``Replacement`` does."""

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the lines."""
        number, files = 0, []
        for path in self.logs(sought, territory):
            lines = matching(path, partial(self.without, sought=sought))
            if lines:
                number += lines
                files.append(territory.shown(path))
        if files:
            yield Finding(self.name, number, "line", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Overwrite them."""
        for path in self.logs(sought, territory):
            overwrite(path, partial(self.without, sought=sought))


def matching(path: Path, replacement: Replacement) -> int:
    """Return how many lines of a log are to be replaced; 0 where it is gone.

    Raises:
        StoreError: It can't be read.
    """
    return len(list(_replaced(path, replacement)))


def overwrite(path: Path, replacement: Replacement) -> None:
    """Replace lines of a log in place, filled up with blanks, which its readers skip.

    A file that is renamed over another one would lose what a living process, which has it open, appends meanwhile.

    Raises:
        StoreError: The disk refuses.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refused(path, error) from error
    try:
        # all are found before the first is written: a line is looked for by what it still says
        for start, line, new in list(_replaced(path, replacement)):
            os.pwrite(descriptor, new.ljust(len(line)), start)
        os.fsync(descriptor)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        os.close(descriptor)


def _replaced(path: Path, replacement: Replacement) -> Iterator[tuple[int, bytes, bytes]]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refused(path, error) from error
    start = 0
    for line in content.split(b"\n"):
        new = replacement(line) if line.strip() else None
        if new is not None and new.ljust(len(line)) != line:
            if len(new) > len(line):
                raise StoreError(f"{str(path)!r}: a line of {len(line)} bytes has no room for {len(new)}.")
            yield start, line, new
        start += len(line) + 1


def _refused(path: Path, error: OSError) -> StoreError:
    return StoreError(f"Can't take lines out of {str(path)!r}: {error.strerror or error}.")
