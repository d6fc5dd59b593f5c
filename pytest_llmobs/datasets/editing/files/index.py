r"""Where each example of a JSON Lines file lies, so that one is changed without a look at the others.

The index of a file lies in the store; it is a cache, which anybody may delete. It holds the SHA-256 of the file, and is
trusted for those bytes alone: whoever edits the file by hand makes it worthless, as does a program that is killed
between writing the file and its index.

Behind a line of JSON come two blocks and a checksum: what a version is worked out from (a line an example, sorted by
id), the offsets of the examples' lines (8 bytes each, in the same order), and which ids are derived (a byte each).
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_bytes, write_whole
from pytest_llmobs.records.examples import Example, canonical_json

_SCHEMA = 1
_CHECKSUM = 32
"""Bytes of a SHA-256."""
WORTHWHILE = 1 << 16
"""Bytes of a file from which on it has an index: a smaller one is read faster than its index is written."""


@dataclass
class Index:
    """One line an example, sorted by id."""

    rows: list[bytes]
    """``Example.content`` as canonical JSON: id, hashes and splits."""
    starts: array[int]
    """Offsets of the examples' lines in the file."""
    derived: bytearray
    """1 where the file leaves the id to us."""

    @classmethod
    def of(cls, examples: Mapping[str, tuple[Example, int, bool]]) -> Index:
        """Return the index of examples, given each with the offset of its line and whether its id is derived."""
        ordered = sorted(examples)
        index = cls([], array("Q"), bytearray())
        for id in ordered:
            example, start, is_derived = examples[id]
            index.rows.append(row_of(example))
            index.starts.append(start)
            index.derived.append(is_derived)
        return index

    def position(self, id: str) -> int | None:
        """Return the number of an example's line in the index, or None."""
        number = self._where(id)
        if number < len(self.rows) and id_of(self.rows[number]) == id:
            return number
        return None

    def beginning(self, prefix: str) -> Iterator[int]:
        """Yield the numbers of the examples whose id begins so."""
        number = self._where(prefix)
        while number < len(self.rows) and id_of(self.rows[number]).startswith(prefix):
            yield number
            number += 1

    def put(self, example: Example, start: int) -> None:
        """Enter an example, whose id is written in the file."""
        number = self._where(example.id)
        row = row_of(example)
        if number < len(self.rows) and id_of(self.rows[number]) == example.id:
            self.rows[number], self.starts[number], self.derived[number] = row, start, 0
        else:
            self.rows.insert(number, row)
            self.starts.insert(number, start)
            self.derived.insert(number, 0)

    def remove(self, id: str) -> None:
        """Strike an example that is there."""
        number = self._where(id)
        del self.rows[number], self.starts[number], self.derived[number]

    def version(self) -> str:
        """Return the version of the dataset, as ``Dataset.version`` works it out."""
        return hashlib.sha256(b"[" + b",".join(self.rows) + b"]").hexdigest()[:16]

    def _where(self, id: str) -> int:
        return bisect_left(self.rows, id, key=id_of)


def row_of(example: Example) -> bytes:
    """Return what a version is worked out from, of one example."""
    return canonical_json(example.content).encode()


def id_of(row: bytes) -> str:
    """Return the id in a line of the index."""
    # the id is text and stands first: what is behind it needs no parser
    end = row.index(b'"', 2)
    if b"\\" not in row[:end]:
        return row[2:end].decode()
    return str(json.loads(row)[0])


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


def read_index(file: Path, content: bytes) -> Index | None:
    """Return the index that was written for exactly this content, or None.

    Args:
        file: The index.
        content: Of the dataset's file.
    """
    try:
        stored = read_bytes(file)
        head, body = _checked(stored)
        if head != _head(content, head["examples"], head["rows"]):
            return None
    except (OSError, ValueError, LookupError, TypeError):
        return None  # none yet, of another version, or damaged: the file itself says everything
    ends = head["rows"], head["rows"] + 8 * head["examples"]
    starts = array("Q")
    starts.frombytes(body[ends[0] : ends[1]])
    return Index(body[: ends[0]].splitlines(), starts, bytearray(body[ends[1] :]))


def _checked(stored: bytes) -> tuple[dict[str, Any], bytes]:
    checked, checksum = stored[:-_CHECKSUM], stored[-_CHECKSUM:]
    if hashlib.sha256(checked).digest() != checksum:
        raise ValueError("it is damaged")
    head, _, body = checked.partition(b"\n")
    return parse_json(head), body


def write_index(file: Path, content: bytes, index: Index) -> None:
    """Write the index of a file, or leave it where the disk refuses: it only makes the next edit faster."""
    rows = b"".join(row + b"\n" for row in index.rows)
    head = json.dumps(_head(content, len(index.rows), len(rows)))
    stored = b"".join((head.encode(), b"\n", rows, index.starts.tobytes(), index.derived))
    try:
        make_private(file.parent)
        checksum = hashlib.sha256(stored).digest()
        write_whole(file, (stored, checksum), mode=PRIVATE, durable=False)
    except OSError:
        return


def _head(content: bytes, examples: int, rows: int) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "file": digest(content),
        "examples": examples,
        "rows": rows,
        "order": sys.byteorder,
    }
