"""What an erasure leaves behind: counts and hashes of files, and nothing by which anybody is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_text, write_whole
from pytest_llmobs.retention.subjects import Person, Sought, Subject
from pytest_llmobs.retention.unfinished import salted

FOLDER = "purges"
SCHEMA = 1
_HIDDEN = "(hidden)"


@dataclass(frozen=True)
class FileChange:
    """One file that was rewritten or deleted."""

    path: str
    before: str | None
    """SHA-256 of its content, 64 hex digits; None where nobody knows it any more."""
    after: str | None
    """The same of what is there now; None where it is gone."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One erasure, finished or not."""

    started: datetime
    """UTC."""
    finished: datetime
    sought: Sought
    erased: Mapping[str, int]
    """Place -> how many of what it holds."""
    files: Sequence[FileChange]
    held: int = 0
    """Runs that a legal hold keeps."""
    remaining: Mapping[str, int] = field(default_factory=dict)
    """What was found afterwards -> in how many files."""
    commits: Sequence[str] = ()
    """Hashes of the commits of git that still hold something: a later purge names them, too."""
    complete: bool = True


def write_receipt(folder: Path, receipt: Receipt, salt: str) -> Path:
    """Write a receipt, and return its file.

    Args:
        folder: ``purges`` below the store's root.
        receipt: What happened.
        salt: Random, the receipt's own.

    Raises:
        StoreError: The disk refuses.
    """
    path = folder / f"{receipt.finished.strftime('%Y%m%dT%H%M%S')}-{salt[:6]}.json"
    text = json.dumps(receipt_wire(receipt, salt), ensure_ascii=False, indent=1)
    try:
        make_private(folder)
        write_whole(path, f"{text}\n", mode=PRIVATE)
    except OSError as error:
        raise StoreError(
            f"What was to go is erased, and the receipt can't be written to {str(path)!r}: {error.strerror or error}."
        ) from error
    return path


def receipt_wire(receipt: Receipt, salt: str) -> dict[str, Any]:
    """Return a receipt as JSON; where a path names the person or what was theirs, the name is hidden."""
    return {
        "schema": SCHEMA,
        "started": receipt.started.isoformat(),
        "finished": receipt.finished.isoformat(),
        "subject": _subject(receipt.sought, salt),
        "erased": dict(receipt.erased),
        "held": receipt.held,
        "remaining": dict(receipt.remaining),
        "commits": list(receipt.commits),
        "complete": receipt.complete,
        "files": list(_files(receipt.files, receipt.sought)),
    }


def commits_named(folder: Path, subject: Subject) -> set[str]:
    """Return the hashes of the commits that earlier receipts of the same person name."""
    hashes: set[str] = set()
    if not isinstance(subject, Person):
        return hashes
    for path in sorted(folder.glob("2*.json")):
        try:
            wire = parse_json(read_text(path))
            whose = wire["subject"]
            if whose.get("person") == salted(subject.user, str(whose.get("salt"))):
                hashes.update(map(str, wire["commits"]))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):  # damaged: it proves nothing
            continue
    return hashes


def _subject(sought: Sought, salt: str) -> dict[str, Any]:
    subject = sought.subject
    if isinstance(subject, Person):
        return {"person": salted(subject.user, salt), "salt": salt, "keys": list(subject.keys)}
    projects = None if subject.projects is None else list(subject.projects)
    return {"before": subject.before.isoformat(), "projects": projects}


def _files(changes: Iterable[FileChange], sought: Sought) -> Iterable[dict[str, Any]]:
    for change in sorted(changes, key=lambda change: change.path):
        yield {**asdict(change), "path": hidden(change.path, sought)}


def hidden(path: str, sought: Sought) -> str:
    """Return a path without the parts that name the person, an image, or an example of theirs."""
    parts = []
    for part in path.split("/"):
        names = sought.mentions(part) or part in sought.media
        if sought.person is not None and sought.person.user.lower() in part.lower():
            names = True
        parts.append(_HIDDEN if names else part)
    return "/".join(parts)
