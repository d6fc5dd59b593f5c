"""What an erasure that was killed has known: once its runs are gone, nothing else says what was theirs.

A file below ``purges`` for as long as the erasure isn't complete. It holds ids and hashes, and no text of anybody's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_text, write_whole
from pytest_llmobs.retention.subjects import Person, Sought, Subject

PREFIX = "unfinished-"
_SETS = ("run_ids", "media", "texts", "replies")


def salted(text: str, salt: str) -> str:
    """Return the hash under which a file knows an id: who has the id can tell, and nobody can read it off."""
    return hashlib.sha256(f"{salt}:{text}".encode("utf-8", "surrogatepass")).hexdigest()


def keep(folder: Path, sought: Sought, salt: str) -> Path:
    """Write down what is sought, and return the file.

    Args:
        folder: ``purges`` below the store's root.
        sought: What is to go.
        salt: Random.

    Raises:
        StoreError: The disk refuses.
    """
    wire: dict[str, object] = {name: sorted(getattr(sought, name)) for name in _SETS}
    wire["examples"] = sorted(map(list, sought.examples))
    wire |= {"salt": salt, "subject": salted(_words(sought.subject), salt)}
    path = folder / f"{PREFIX}{salt[:12]}.json"
    try:
        make_private(folder)
        for half in folder.glob(f".{PREFIX}*.tmp"):  # of an erasure that was killed here: one runs at a time
            half.unlink(missing_ok=True)
        write_whole(path, json.dumps(wire), mode=PRIVATE)
    except OSError as error:
        raise StoreError(
            f"Can't write {str(path)!r}: {error.strerror or error}. Nothing was erased."
        ) from error
    return path


def read(folder: Path, subject: Subject) -> tuple[Sought | None, list[Path]]:
    """Return what unfinished erasures of the same subject have known, and their files; None where there is none."""
    sought, files = None, []
    for path, wire in _notes(folder):
        # with a salt of its own each: whoever sees two notes can't tell that they are one person's
        if wire.get("subject") != salted(_words(subject), str(wire.get("salt"))):
            continue
        sought = sought or Sought(subject)
        for name in _SETS:
            sought = replace(
                sought, **{name: getattr(sought, name) | frozenset(map(str, wire.get(name) or ()))}
            )
        pairs = frozenset((str(id), str(hash)) for id, hash in wire.get("examples") or ())
        sought = replace(sought, examples=sought.examples | pairs)
        files.append(path)
    return sought, files


def _notes(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(folder.glob(f"{PREFIX}*.json")):
        try:
            wire = parse_json(read_text(path))
        except (OSError, ValueError):  # another erasure has finished, or is just writing it
            continue
        if isinstance(wire, dict):
            yield path, wire


def _words(subject: Subject) -> str:
    if isinstance(subject, Person):
        return f"person {subject.user}"
    projects = "" if subject.projects is None else json.dumps(sorted(subject.projects))
    return f"older {projects}"
