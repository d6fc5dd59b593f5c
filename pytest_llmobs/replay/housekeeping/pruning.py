"""Deleting what nobody asks for any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.housekeeping.inventory import Inventory, Recording, orphans, size_of


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What may go."""

    recordings: tuple[Recording, ...]
    """Of requests that nobody has asked."""
    texts: tuple[Path, ...]
    """Parts of requests that no recording refers to once those are gone."""
    size: int
    """Bytes of all of it."""

    @property
    def paths(self) -> list[Path]:
        """All files that may go."""
        return [*map(attrgetter("path"), self.recordings), *self.texts]

    @property
    def is_empty(self) -> bool:
        """True where nothing is left over."""
        return not self.recordings and not self.texts


def leftovers_of(folder: CassetteFolder, inventory: Inventory, used: Collection[str]) -> Leftovers:
    """Return what nobody asks for.

    Args:
        folder: Where it lies.
        inventory: Its files.
        used: The requests that were asked.
    """
    gone = orphans(inventory, used)
    needed: set[str] = set()
    for recording in inventory.recordings:
        if recording.request_id in used and recording.cassette is not None:
            needed.update(recording.cassette.texts)
    texts = []
    # one that can't be read may refer to any of them
    if not inventory.damaged:
        texts = [path for path in folder.text_files() if path.stem not in needed]
    size = sum(map(attrgetter("size"), gone)) + sum(map(size_of, texts))
    return Leftovers(recordings=tuple(gone), texts=tuple(texts), size=size)


def delete(leftovers: Leftovers) -> None:
    """Delete it, and folders that it leaves empty.

    Raises:
        CassetteError: The disk refuses.
    """
    for path in leftovers.paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CassetteError(f"Can't delete {str(path)!r}: {error.strerror or error}.") from error
    for folder in sorted({path.parent for path in leftovers.paths}, reverse=True):
        try:
            folder.rmdir()
        except OSError:  # it holds others
            continue
