"""JSON files for version control: a line a key, a line an entry, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.files import each_once, encodable, refuse_constant
from pytest_llmobs.files import parse_json as parse_plain_json
from pytest_llmobs.files import read_text as read_whole_text

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the object of one schema into that of the next."""

REMEDY = "Restore it from version control, or record a new one with --llm-update-baseline."
_MARKERS = ("<<<<<<< ", ">>>>>>> ", "=======")


def compact(value: Any) -> str:
    """Return JSON without line breaks; characters outside ASCII stay readable, halves of them are marked as lost."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "), allow_nan=False, default=str)
    return encodable(text)


def render_lines(wire: Mapping[str, Any], tables: Sequence[str]) -> str:
    """Return an object as JSON with a line a key, and a line an entry for the keys named in ``tables``."""
    lines = []
    for key, value in wire.items():
        if value and key in tables:
            lines.append(f"{compact(key)}: {_braced(map(_entry, value.items()))}")
        else:
            lines.append(_entry((key, value)))
    return _braced(lines) + "\n"


def _entry(entry: tuple[str, Any]) -> str:
    key, value = entry
    return f"{compact(key)}: {compact(value)}"


def _braced(entries: Iterable[str]) -> str:
    """Return an object of entries that have a line each."""
    return "{\n" + ",\n".join(entries) + "\n}"


def parse_json(content: str, where: str, upgrades: Sequence[Upgrade] = ()) -> dict[str, Any]:
    """Parse the JSON object of a file and bring it to the current schema.

    Args:
        content: The file's text.
        where: Its path, for messages.
        upgrades: The first turns schema 1 into 2, and so on; the current schema is their number plus one.

    Raises:
        BaselineError: Merge markers or broken JSON (both with the line), a key that is there twice, a number that is
            none, no object with a schema, or a newer schema.
    """
    _refuse_conflicts(content, where)
    wire = _parsed(content, where)
    schema = wire.get("schema")
    if type(schema) is not int or schema < 1:  # True is an int, and no schema
        raise BaselineError(f"{where} is no baseline: its schema is {schema!r}. {REMEDY}")
    if schema > len(upgrades) + 1:
        raise BaselineError(
            f"{where} has schema {schema}; this version of pytest-llmobs reads up to {len(upgrades) + 1}. Upgrade it."
        )
    for upgrade in upgrades[schema - 1 :]:
        wire = upgrade(wire)
    return wire


def _refuse_conflicts(content: str, where: str) -> None:
    # Not splitlines(): what a text holds, such as U+2028, stands as it is inside a JSON string and ends no line.
    for number, line in enumerate(content.split("\n"), 1):
        if line.startswith(_MARKERS):
            raise BaselineError(
                f"{where}, line {number}: an unresolved merge conflict ({line[:7]}). Each entry has a line of its own: "
                "keep the lines you want, delete the markers, and mind the commas."
            )


def _parsed(content: str, where: str) -> dict[str, Any]:
    """Return the object that a file holds; of any other JSON an empty one."""
    try:
        wire = parse_plain_json(content, object_pairs_hook=_each_once, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise BaselineError(f"{where}, line {error.lineno}: no valid JSON: {error.msg}. {REMEDY}") from error
    except ValueError as error:
        raise BaselineError(f"{where}: {str(error).rstrip('.')}. {REMEDY}") from error
    if not isinstance(wire, dict):
        return {}
    return wire


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of two lines that a merge has kept for one key, nobody knows which one counts."""
    try:
        return each_once(pairs)
    except ValueError as error:
        raise ValueError(f"{error}, as after a merge that kept both sides. Keep one of the lines.") from None


def read_text(path: Path) -> str | None:
    """Return a file's text, or None where there is no file.

    Raises:
        BaselineError: It can't be read, or is no UTF-8.
    """
    try:
        return read_whole_text(path)
    except FileNotFoundError:
        # it is there, and leads nowhere: no reason to go on as if nothing had been recorded
        if path.is_symlink():
            raise BaselineError(f"Can't read {str(path)!r}: it is a link to nowhere. {REMEDY}") from None
        return None
    except OSError as error:
        raise BaselineError(f"Can't read {str(path)!r}: {error.strerror or error}. {REMEDY}") from error
    except ValueError as error:
        raise BaselineError(f"Can't read {str(path)!r}: {error}. {REMEDY}") from error
