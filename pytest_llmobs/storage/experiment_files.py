"""Experiments as JSON files, one each, written whole or not at all.

Each key of a document begins a line, and those with trials come last. So what lists hundreds of experiments reads
the head of each, and leaves out what is most of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, each_once, encodable, parse_json, read_bytes, write_whole
from pytest_llmobs.wording import known, nearest_beginning

SCHEMA_VERSION = 1
"""Written as ``schema``; a reader refuses what is newer."""
_KEY = "schema"
_TABLES = ("trials", "confirmation")
"""Keys of tables; the second is version 0.1's."""
_WITH_TRIALS = (*_TABLES, "looks")
"""Keys without which a head is read."""
_ROWS = 500
"""Rows of a table that are written at once."""
_SEAL, _END = b', "checksum": "', b'"}\n'
"""Around a document's checksum, which ends it: a flipped bit could turn a red build green, and show nowhere."""


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document in one step, readable by its owner alone.

    Raises:
        StoreError: The disk refuses, or ``document`` holds what JSON has no form for.
    """
    try:
        write_whole(path, _sealed(_pieces({_KEY: SCHEMA_VERSION, **document})), mode=PRIVATE)
    except (OSError, TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"Can't write the experiment {str(path)!r}: {error}.") from error


def read(path: Path, *, head: bool = False, where: str = "") -> dict[str, Any]:
    """Return the document that ``write`` was given.

    Args:
        path: Its file.
        head: Leave trials out, those of further looks too, where the file is written so that this saves reading them.
        where: What messages call the file; by default its path.

    Raises:
        FileNotFoundError: There is none (any more).
        StoreError: It is unreadable, or of a newer schema.
    """
    where = where or str(path)
    try:
        document = _read_object(path, head)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unreadable(where, error.strerror or error) from error
    except ValueError as error:
        raise unreadable(where, error) from error
    document.pop("checksum", None)  # of a document without tables, whose head is all of it
    version = document.pop(_KEY, 0)
    if type(version) is not int:
        raise unreadable(where, f"its schema is {version!r}")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"The experiment {where!r} was written by a newer version (schema {version!r}, this one reads up to "
            f"{SCHEMA_VERSION}). Upgrade pytest-llmobs."
        )
    return document


def mentions(path: Path, text: str) -> bool:
    """Tell whether a text (ASCII, without quotes) stands in a document, which need not be parsed for that.

    Raises:
        FileNotFoundError: There is none (any more).
        StoreError: It is unreadable.
    """
    try:
        return text.encode() in read_bytes(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unreadable(str(path), error.strerror or error) from error


def unreadable(where: str, reason: object) -> StoreError:
    """Return the error for a document that is damaged."""
    return StoreError(f"The experiment {where!r} can't be read: {reason}. Delete it or restore it.")


def _read_object(path: Path, head: bool) -> dict[str, Any]:
    if head:
        document = parse_json(_head(path))
    else:
        content, is_as_written = _unsealed(read_bytes(path))
        hooks: dict[str, Any] = {}
        if not is_as_written:  # somebody else has written it, or changed it
            hooks["object_pairs_hook"] = each_once
        document = parse_json(content.decode("utf-8-sig"), **hooks)
    if not isinstance(document, dict):
        raise ValueError("it holds no JSON object")
    return document


def _sealed(pieces: Iterable[str]) -> Iterator[bytes]:
    """Yield the pieces of an object, and as its last key the checksum of all that stands before that line."""
    checksum = 0
    for piece in pieces:
        encoded = encodable(piece).encode()
        checksum = crc32(encoded, checksum)
        yield encoded
    yield _SEAL + b"%08x" % checksum + _END


def _unsealed(content: bytes) -> tuple[bytes, bool]:
    """Return a document without its checksum, and whether it has one, which then holds.

    Raises:
        ValueError: It doesn't hold.
    """
    before, seal, checksum = content.rpartition(_SEAL)
    if not seal or len(checksum) != 8 + len(_END):
        return content, False
    if checksum != b"%08x" % crc32(before) + _END:
        raise ValueError("it is not as it was written: its checksum doesn't hold")
    return before + b"}", True


def _pieces(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the file's text but for its end: a line a key, trials in pieces, since many would be felt."""
    before = "{"
    # Sorting is stable: the keys stay in their order, but for those with trials, which come last.
    for key, value in sorted(document.items(), key=lambda item: item[0] in _WITH_TRIALS):
        yield f"{before}{_json(key)}: "
        if key in _TABLES:
            yield from _table(value)
        elif key in _WITH_TRIALS:
            yield from _list(value)
        else:
            yield _json(value)
        before = ",\n"


def _table(table: Mapping[str, Any]) -> Iterator[str]:
    rows: list[Any] = table["rows"]
    yield f'{{"columns": {_json(table["columns"])}, "rows": ['
    between = ""
    for start in range(0, len(rows), _ROWS):
        yield between
        yield _json(rows[start : start + _ROWS])[1:-1]
        between = ", "
    yield "]}"


def _list(values: Iterable[Any]) -> Iterator[str]:
    yield "["
    between = ""
    for value in values:
        yield between + _json(value)
        between = ", "
    yield "]"


def _json(value: Any) -> str:
    # Without indent, or Python's own encoder would do it: 10,000 trials would take seconds.
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    """Return a value without numbers that JSON has no form for, such as NaN in an example's metadata."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_finite, value))
    return value


def _head(path: Path) -> str:
    """Return the text of a document without its trials."""
    content = read_bytes(path)
    for key in _WITH_TRIALS:
        end = content.find(f'\n"{key}": '.encode())
        if end >= 0:
            content = content[:end].rstrip(b",\r\n") + b"}"
    return content.decode("utf-8-sig")


def unknown(name: str, names: list[str]) -> StoreError:
    """Return the error for an experiment that nobody has written."""
    return StoreError(f"Unknown experiment {name!r}.{nearest_beginning(name, names)} {known(names)}")
