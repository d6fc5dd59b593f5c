"""Items of review queues: those of erased runs are closed as purged, and name no run any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pytest_llmobs.files import parse_json
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.places.lines import matching, overwrite
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory

PURGED = "purged"
"""What a line says in the place of the item's."""


class QueueItems:
    """The logs of all queues."""

    name = "queues"
    describe = "items of review queues; closed as purged"
    folders = ("queues",)

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the items, counted by their lines that add them."""
        number, files = 0, []
        for part in _parts(territory):
            lines = matching(part, partial(_closed, sought=sought))
            if lines:
                number += matching(part, partial(_closed, sought=sought, do="add"))
                files.append(territory.shown(part))
        if files:
            yield Finding(self.name, number, "item", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Overwrite their lines."""
        for part in _parts(territory):
            overwrite(part, partial(_closed, sought=sought))


def _parts(territory: Territory) -> list[Path]:
    return sorted(territory.store.root.glob("queues/*/items/*.jsonl"))


def _closed(line: bytes, sought: Sought, do: str = "") -> bytes | None:
    """Return what stands in the place of a line about a run that is to go; of other lines, and of other kinds, None."""
    text = line.decode("utf-8", "replace")
    if not sought.mentions(text):
        return None
    try:
        event = parse_json(text)
        kind, at = event["do"], event["at"]
    except (ValueError, LookupError, TypeError):  # torn by a crash
        return None if do else b""
    if do and kind != do:
        return None
    # one line an item says that there was one; what else happened to it goes
    if kind != "add":
        return b""
    return json.dumps({"do": PURGED, "at": at}).encode()
