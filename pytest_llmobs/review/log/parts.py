"""Append-only logs: a folder of JSON lines, one file a process, so that any number write without a lock."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import open_private, parse_json, read_bytes


class LogPart:
    """The file to which one process appends."""

    def __init__(self) -> None:
        """Choose no name yet: a forked child gets one of its own."""
        self._process = 0
        self._name = ""

    def append(self, folder: Path, lines: Iterable[Mapping[str, Any]]) -> None:
        """Append lines in one write, to the end of this process's file in a folder.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        if self._process != os.getpid():
            self._process = os.getpid()
            self._name = f"{self._process}-{secrets.token_hex(6)}.jsonl"
        text = "".join(map(_line, lines))
        try:
            with open(folder / self._name, "ab", buffering=0, opener=open_private) as file:
                file.write(text.encode())
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"Can't write to {str(folder)!r}: {error.strerror or error}.") from error


def events_of(folder: Path) -> list[dict[str, Any]]:
    """Return everything that happened, in its order.

    Raises:
        StoreError: A part can't be read.
    """
    events: list[tuple[str, str, int, dict[str, Any]]] = []
    for part in sorted(folder.glob("*.jsonl")):
        for number, event in enumerate(_lines(part)):
            events.append((event["at"], part.name, number, event))
    events.sort(key=lambda entry: entry[:3])
    return list(map(itemgetter(3), events))


def _line(event: Mapping[str, Any]) -> str:
    return f"{json.dumps(event, ensure_ascii=False)}\n"


def _lines(part: Path) -> Iterator[dict[str, Any]]:
    try:
        content = read_bytes(part)
    except FileNotFoundError:  # the queue was deleted meanwhile
        return
    except OSError as error:
        raise StoreError(f"{str(part)!r} can't be read: {error}.") from error
    for line in content.split(b"\n"):
        try:
            event = parse_json(line)
            datetime.fromisoformat(event["at"])
            if event["do"] and event["run_id"]:
                yield event
        except (ValueError, LookupError, TypeError):
            continue  # torn by a crash, or the empty end of the file
