"""Experiments as JSON files, one each, written whole or not at all.

Each key of a document begins a line, and the tables of trials come last. So what lists hundreds of experiments reads
the head of each, and leaves out what is most of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import write_whole
from pytest_llmobs.wording import known, nearest

SCHEMA_VERSION = 1
"""Written as ``schema``; a reader refuses what is newer."""
_KEY = "schema"
_TABLES = ("trials", "confirmation")
_ROWS = 500
"""Rows of a table that are written at once."""
_TABLE_LINES = ('"trials": ', '"confirmation": ')
"""How the lines of tables begin."""


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document in one step.

    Raises:
        StoreError: The disk refuses, or ``document`` holds what JSON has no form for.
    """
    try:
        write_whole(path, _pieces({_KEY: SCHEMA_VERSION, **document}))
    except (OSError, TypeError, ValueError) as error:
        raise StoreError(f"Can't write the experiment {str(path)!r}: {error}.") from error


def read(path: Path, *, head: bool = False) -> dict[str, Any]:
    """Return the document that ``write`` was given.

    Args:
        path: Its file.
        head: Leave the tables of trials out, where the file is written so that this saves reading them.

    Raises:
        StoreError: It is unreadable, or of a newer schema.
    """
    try:
        document = _read_object(path, head)
        version = document.pop(_KEY, 0)
    except (OSError, ValueError) as error:
        raise StoreError(
            f"The experiment {str(path)!r} can't be read: {error}. Delete it or restore it."
        ) from error
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise StoreError(
            f"The experiment {str(path)!r} was written by a newer version (schema {version!r}, this one reads up to "
            f"{SCHEMA_VERSION}). Upgrade pytest-llmobs."
        )
    return document


def _read_object(path: Path, head: bool) -> dict[str, Any]:
    if head:
        text = _head(path)
    else:
        text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("it holds no JSON object")
    return document


def _pieces(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the file's text: a line a key, a table in pieces, since the whole of a large one would be felt."""
    before = "{"
    # Sorting is stable: the keys stay in their order, but for the tables, which come last.
    for key, value in sorted(document.items(), key=lambda item: item[0] in _TABLES):
        yield f"{before}{_json(key)}: "
        if key in _TABLES:
            yield from _table(value)
        else:
            yield _json(value)
        before = ",\n"
    yield "}\n"


def _table(table: Mapping[str, Any]) -> Iterator[str]:
    rows: list[Any] = table["rows"]
    yield f'{{"columns": {_json(table["columns"])}, "rows": ['
    between = ""
    for start in range(0, len(rows), _ROWS):
        yield between
        yield _json(rows[start : start + _ROWS])[1:-1]
        between = ", "
    yield "]}"


def _json(value: Any) -> str:
    # Without indent, or Python's own encoder would do it: 10,000 trials would take seconds.
    return json.dumps(value, ensure_ascii=False)


def _head(path: Path) -> str:
    lines: list[str] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith(_TABLE_LINES):
                return "".join(lines).rstrip(",\n") + "}"
            lines.append(line)
    return "".join(lines)


def unknown(name: str, names: list[str]) -> StoreError:
    """Return the error for an experiment that nobody has written."""
    return StoreError(f"Unknown experiment {name!r}.{nearest(name, names)} {known(names)}")
