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

    @property
    def request_id(self) -> str:
        """Which request it answers, as its name says; see ``RecordingKey.request_id``."""
        return self.path.name.partition("-")[0]

    @property
    def model(self) -> str:
        """The model that was asked; empty where the request names none."""
        body = self.cassette.request.get("body") if self.cassette is not None else None
        model = body.get("model") if isinstance(body, dict) else None
        return model if isinstance(model, str) else ""


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """All files of the folder."""

    recordings: tuple[Recording, ...] = ()
    strangers: tuple[Path, ...] = field(default=())
    """Files that no recording is made of: leftovers of killed processes, and what somebody put there."""

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
    for path in _files(folder.root):
        if folder.holds(path):
            recordings.append(_read(folder, path))
        elif not folder.is_text(path):
            strangers.append(path)
    return Inventory(recordings=tuple(recordings), strangers=tuple(strangers))


def _files(root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise CassetteError(f"Can't list {str(root)!r}: {error.strerror or error}.") from error

    for place, folders, names in os.walk(root, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            yield Path(place, name)


def _read(folder: CassetteFolder, path: Path) -> Recording:
    size = path.stat().st_size
    try:
        return Recording(path=path, size=size, cassette=folder.read_file(path))
    except CassetteError as error:
        return Recording(path=path, size=size, problem=str(error))


def orphans(inventory: Inventory, used: Collection[str]) -> list[Recording]:
    """Return the recordings of requests that nobody has used."""
    return [recording for recording in inventory.recordings if recording.request_id not in used]
