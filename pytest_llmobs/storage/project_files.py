"""What somebody wrote down of projects: one JSON file each, below ``projects``; most projects have none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, locked, make_private, parse_json, read_text, write_whole
from pytest_llmobs.records.projects import ProjectNotes
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.storage.layout import Layout, unescape


def noted_projects(layout: Layout) -> list[str]:
    """Return the names of the projects of which something is written down, sorted."""
    return sorted(unescape(path.stem) for path in layout.projects.glob("[!.]*.json"))


def read_notes(layout: Layout, name: str) -> ProjectNotes | None:
    """Return what is written down of a project, or None.

    Raises:
        StoreError: The file is damaged.
    """
    return _read(layout.project(name))


def change_notes(
    layout: Layout, name: str, change: Callable[[ProjectNotes | None], ProjectNotes]
) -> ProjectNotes:
    """Write down something of a project; of two processes the second one changes what the first has written.

    Args:
        layout: The store's.
        name: The project's.
        change: Takes what there is, and returns what there shall be; what it raises is passed on.

    Raises:
        StoreError: The disk refuses, the file is damaged, or the notes hold what JSON has no form for.
    """
    layout.create()
    path = layout.project(name)
    make_private(path.parent)
    with locked(path):
        notes = change(_read(path))
        try:
            write_whole(path, json.dumps(to_wire(notes), ensure_ascii=False, indent=2) + "\n", mode=PRIVATE)
        except (OSError, TypeError, ValueError, RecursionError) as error:
            raise StoreError(f"Can't write down the project {name!r} in {str(path)!r}: {error}.") from error
    return notes


def _read(path: Path) -> ProjectNotes | None:
    try:
        return from_wire(ProjectNotes, parse_json(read_text(path)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(
            f"The project's file {str(path)!r} can't be read: {error}. Mend it, or remove it."
        ) from error
