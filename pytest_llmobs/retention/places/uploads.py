"""The lists of what was uploaded: lines about images that are to go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_llmobs.files import parse_json
from pytest_llmobs.retention.places.lines import Logs
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory


class Uploads(Logs):
    """What lies in the store is listed by path; a path may name an image by the hash of its content."""

    name = "uploads"
    describe = "lines about erased images in the lists of what was uploaded"
    folders = ("uploads",)

    def logs(self, sought: Sought, territory: Territory) -> Sequence[Path]:
        """Return the lists, one a store."""
        return _lists(territory)

    def without(self, line: bytes, sought: Sought) -> bytes | None:
        """Return nothing in the place of a line about an image that goes; None to leave it."""
        try:
            file = parse_json(line)["file"]
        except (ValueError, LookupError, TypeError):
            return None
        if str(file).rpartition("/")[2] in sought.media:
            return b""
        return None


def uploaded_to(territory: Territory) -> list[str]:
    """Return the stores that this one was uploaded to, sorted: what they hold is not erased with it."""
    places = set()
    for path in _lists(territory):
        try:
            first = parse_json(path.read_bytes().partition(b"\n")[0])
            places.add(str(first["place"]))
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return sorted(places)


def _lists(territory: Territory) -> list[Path]:
    return sorted(territory.store.root.glob("uploads/*.jsonl"))
