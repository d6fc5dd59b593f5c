"""Reading a log as it grows: each look reads only what was appended since the one before."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import parse_json


class Event(NamedTuple):
    """Something that happened to a run."""

    do: str
    """What."""
    at: str
    """ISO 8601, UTC: sorts as it stands."""
    run_id: str
    fields: Mapping[str, Any]
    """All that its line says, these three included."""

    @property
    def time(self) -> datetime:
        """UTC."""
        return datetime.fromisoformat(self.at)


def event_of(line: str) -> Event | None:
    """Return what a line says; None where it was torn by a crash, taken out, or is empty."""
    if not line or line.isspace():
        return None
    try:
        fields = parse_json(line)
        at = datetime.fromisoformat(fields["at"]).astimezone(UTC).isoformat()
        if isinstance(fields["do"], str) and isinstance(fields["run_id"], str) and fields["run_id"]:
            return Event(fields["do"], at, fields["run_id"], fields)
    except (ValueError, LookupError, TypeError):
        pass
    return None


_TIME = 32
_HEAD, _MIDDLE = '{"do": "add", "at": "', '", "run_id": "'
_PLAIN = re.compile(rf'{re.escape(_HEAD)}.{{{_TIME}}}{re.escape(_MIDDLE)}(.{{36}})".*\}}\n|.*\n')
ADDED_AT = slice(len(_HEAD), len(_HEAD) + _TIME)
"""Where the time stands in a line that ``plain_adds`` knows."""


def plain_adds(text: str) -> list[str]:
    """Return, for each line, the run that it adds as this package writes it; empty for other lines.

    One expression over 100,000 lines takes a tenth of the time that parsing them takes.
    """
    return _PLAIN.findall(text)


def line_of(text: str, run_id: str) -> str:
    """Return the line that ``plain_adds`` found in a text."""
    inside = text.index(f"{_MIDDLE}{run_id}")
    return text[text.rfind("\n", 0, inside) + 1 : text.index("\n", inside)]


@dataclass
class _Part:
    """How far a part was read."""

    offset: int = 0
    """Bytes: the end of its last whole line."""
    size: int = 0
    modified: int = -1
    """Nanoseconds."""


class Tail:
    """The parts of one log, each read as far as it is whole."""

    def __init__(self, folder: Path) -> None:
        """Name the folder of the parts; it need not exist."""
        self.folder = folder
        self._parts: dict[str, _Part] = {}
        self._has_grown = False

    def read(self) -> tuple[bool, list[str]]:
        """Return whether all was read anew, and the whole lines since the last look: a text for each part, by name.

        All is read anew where lines were taken out of a part, which overwrites them in their place, or a part is gone.

        Raises:
            StoreError: A part can't be read.
        """
        listing = self._listing()
        anew = self._is_overwritten(listing)
        if anew:
            self._parts.clear()
        read = []
        for name, status in sorted(listing.items()):
            text = self._text_since(name, status)
            if text:
                read.append(text)
        return anew, read

    def still_says(self, text: str) -> bool:
        """Tell whether a text that was read still stands in a part.

        A part that lines were taken out of looks the same as one that was only appended to, where both happened between
        two looks. One that hasn't grown since it was first read needs no further look.

        Raises:
            StoreError: A part can't be read.
        """
        if not self._has_grown:
            return True
        wanted = text.encode()
        for name in self._listing():
            if wanted in _content(self.folder / name, 0):
                return True
        return False

    def _is_overwritten(self, listing: Mapping[str, os.stat_result]) -> bool:
        for name, part in self._parts.items():
            status = listing.get(name)
            if status is None or status.st_size < part.size:
                return True
            if status.st_size == part.size and status.st_mtime_ns != part.modified:
                return True
        return False

    def _text_since(self, name: str, status: os.stat_result) -> str:
        part = self._parts.setdefault(name, _Part())
        if (status.st_size, status.st_mtime_ns) == (part.size, part.modified):
            return ""
        content = _content(self.folder / name, part.offset)
        self._has_grown |= part.offset > 0
        # a line without an end is being written, or was torn by a crash
        end = content.rfind(b"\n") + 1
        part.offset += end
        # what was read may be more than what was listed: the next look then finds nothing new
        part.size, part.modified = status.st_size, status.st_mtime_ns
        return content[:end].decode("utf-8", "replace")

    def _listing(self) -> dict[str, os.stat_result]:
        found = {}
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".jsonl"):
                        found[entry.name] = entry.stat()
        except (FileNotFoundError, NotADirectoryError):  # nothing has happened yet, or the queue was deleted
            return {}
        except OSError as error:
            raise StoreError(f"{str(self.folder)!r} can't be read: {error.strerror or error}.") from error
        return found


def _content(file: Path, offset: int) -> bytes:
    try:
        with file.open("rb") as part:
            part.seek(offset)
            return part.read()
    except FileNotFoundError:  # the queue was deleted meanwhile
        return b""
    except OSError as error:
        raise StoreError(f"{str(file)!r} can't be read: {error.strerror or error}.") from error
