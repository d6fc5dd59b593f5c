"""Which recordings were used: each session leaves a list, so that what nobody asks for any more is known.

One file an origin, below the store: pytest's last session, and each evaluation's. A later one replaces it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_text, write_whole

FOLDER = "cassettes"
"""Below the store's root."""
PYTEST = "pytest"
"""The origin of what tests used."""


@dataclass(frozen=True, kw_only=True)
class Uses:
    """What one origin used when it last ran."""

    origin: str
    """``pytest``, or an evaluation's name."""
    requests: frozenset[str]
    """``RecordingKey.request_id`` of whatever was asked; all repeats of a request count as used with it."""
    partial: str = ""
    """Why it used less than it would by itself (``-k was given``), in words; empty where it ran whole."""


def write_uses(store_folder: Path, uses: Uses) -> None:
    """Keep what was used, in place of what the same origin used before.

    Raises:
        OSError: The store can't be written.
    """
    folder = store_folder / FOLDER
    make_private(folder)
    document = {"origin": uses.origin, "partial": uses.partial, "requests": sorted(uses.requests)}
    path = folder / f"{quote(uses.origin, safe='')[:180]}.json"
    write_whole(path, json.dumps(document, indent=0, ensure_ascii=False), mode=PRIVATE, durable=False)


def note_uses(store_folder: Path, origin: str, requests: Collection[str], *, whole: bool) -> None:
    """Keep what an evaluation used; what it used before stays with it, unless it ran whole.

    Args:
        store_folder: The store's root.
        origin: The evaluation's suite.
        requests: What was asked.
        whole: True where it came to its end, over all examples.

    Raises:
        OSError: The store can't be written.
        StoreError: What it used before can't be read.
    """
    used = frozenset(requests)
    if not whole:
        for before in read_uses(store_folder):
            if before.origin == origin:
                used |= before.requests
    write_uses(store_folder, Uses(origin=origin, requests=used))


def read_uses(store_folder: Path) -> list[Uses]:
    """Return what each origin used when it last ran.

    Raises:
        StoreError: A file can't be read.
    """
    return list(_read(sorted((store_folder / FOLDER).glob("*.json"))))


def _read(paths: Iterable[Path]) -> Iterator[Uses]:
    for path in paths:
        try:
            document = parse_json(read_text(path))
            requests = frozenset(document["requests"])
            yield Uses(origin=document["origin"], requests=requests, partial=document["partial"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"Can't read {str(path)!r}, the list of recordings that were used: {error}. Delete it and run the "
                "tests once more with --llm-cassettes=reuse."
            ) from error
