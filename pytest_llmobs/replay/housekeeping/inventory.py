"""What lies in the folder of cassettes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.replay.cassette import Cassette
from pytest_llmobs.replay.folder import CassetteFolder


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One file of the folder."""

    path: Path
    size: int
    """Bytes."""
    cassette: Cassette | None = None
    """None where it can't be relied on."""
    problem: str = ""
    """Why not."""
    model: str = ""
    """The model that was asked; empty where the request names none."""

    @property
    def request_id(self) -> str:
        """Which request it answers, as its name says; see ``RecordingKey.request_id``."""
        return self.path.name.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """All files of the folder."""

    recordings: tuple[Recording, ...] = ()
    strangers: tuple[Path, ...] = field(default=())
    """Files that somebody put there."""
    leftovers: tuple[Path, ...] = ()
    """Files that killed processes left half written, or that somebody is writing now."""

    @property
    def damaged(self) -> list[Recording]:
        """Those that can't be relied on."""
        return [recording for recording in self.recordings if recording.problem]


def take_inventory(folder: CassetteFolder) -> Inventory:
    """Read every file of a folder.

    Raises:
        CassetteError: The folder can't be listed.
    """
    recordings: list[Recording] = []
    strangers: list[Path] = []
    leftovers: list[Path] = []
    for path in _files(folder.root):
        if folder.holds(path):
            recordings.append(_read(folder, path))
        elif folder.is_leftover(path):
            leftovers.append(path)
        elif not folder.is_text(path):
            strangers.append(path)
    return Inventory(recordings=tuple(recordings), strangers=tuple(strangers), leftovers=tuple(leftovers))


def _files(root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise CassetteError(f"Can't list {str(root)!r}: {error.strerror or error}.") from error

    for place, folders, names in os.walk(root, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            yield Path(place, name)


def _read(folder: CassetteFolder, path: Path) -> Recording:
    size = size_of(path)
    try:
        cassette = folder.read_file(path)
        return Recording(path=path, size=size, cassette=cassette, model=_model(folder, cassette))
    except CassetteError as error:
        return Recording(path=path, size=size, problem=str(error))


def size_of(path: Path) -> int:
    """Return the bytes of a file; 0 where it is gone, or is a link to what isn't there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _model(folder: CassetteFolder, cassette: Cassette) -> str:
    """Return the model that a request names.

    Raises:
        CassetteError: The request's own part of the cassette is elsewhere, and is gone.
    """
    body = cassette.request.get("body")
    if isinstance(body, str) and cassette.places:  # all of it is elsewhere
        body = folder.request_of(cassette).get("body")
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else ""


def orphans(inventory: Inventory, used: Collection[str]) -> list[Recording]:
    """Return the recordings of requests that nobody has used."""
    return [recording for recording in inventory.recordings if recording.request_id not in used]
