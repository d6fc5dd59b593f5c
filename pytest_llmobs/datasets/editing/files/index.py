r"""Where each example of a JSON Lines file lies, so that one is changed without a look at the others.

The index of a file lies in the store; it is a cache, which anybody may delete. It holds the SHA-256 of the file, and is
trusted for those bytes alone: whoever edits the file by hand makes it worthless, as does a program that is killed
between writing the file and its index.

Behind a line of JSON come blocks of columns, in the order of the ids, and a checksum: what a version is worked out from
(a line an example), how long each of these lines is (4 bytes), where the example's line begins in the file (8 bytes),
and whether its id is derived (a byte). None is taken apart to change one example.
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_bytes, write_whole
from pytest_llmobs.records.examples import Example, canonical_json

_SCHEMA = 2
_CHECKSUM = 32
"""Bytes of a SHA-256."""
WORTHWHILE = 1 << 16
"""Bytes of a file from which on it has an index: a smaller one is read faster than its index is written."""


class Entry(NamedTuple):
    """What the index says of one example."""

    row: bytes
    """``Example.content`` as canonical JSON (id, hashes and splits), and a line end."""
    start: int
    """Offset of the example's line in the file."""
    derived: bool
    """True where the file leaves the id to us."""


@dataclass(frozen=True)
class Index:
    """The examples of a file, a column each for what is known of them, sorted by id."""

    rows: bytes
    """Those of all entries, one behind the other."""
    sizes: array[int]
    """Bytes of each row."""
    starts: array[int]
    """Offsets of the examples' lines in the file."""
    derived: bytes
    """1 where the file leaves the id to us."""
    known_version: str = ""
    """The version, where it was worked out before."""

    @classmethod
    def of(cls, entries: Mapping[str, Entry]) -> Index:
        """Return the index of examples, given by their ids."""
        columns = _Columns()
        for id in sorted(entries):
            columns.add(entries[id])
        return columns.index()

    def __len__(self) -> int:
        """Return how many examples there are."""
        return len(self.sizes)

    def id(self, number: int) -> str:
        """Return the id of an example."""
        return id_of(self.rows[self.bounds[number] : self.bounds[number + 1]])

    def position(self, id: str) -> int | None:
        """Return the number of an example in the columns, or None."""
        number = self._where(id)
        return number if self._has(number, id) else None

    def beginning(self, prefix: str) -> Iterator[int]:
        """Yield the numbers of the examples whose id begins so."""
        number = self._where(prefix)
        while number < len(self) and self.id(number).startswith(prefix):
            yield number
            number += 1

    def changed(self, entries: Mapping[str, Entry | None], starts: array[int]) -> Index:
        """Return the index with other entries.

        Args:
            entries: By id, those that are added or replaced; None of an example that goes.
            starts: Where the lines of all that are here begin now.
        """
        columns = _Columns()
        copied = 0
        for id in sorted(entries):
            number = self._where(id)
            columns.copy(self, copied, number, starts)
            entry = entries[id]
            if entry is not None:
                columns.add(entry)
            copied = number + self._has(number, id)
        columns.copy(self, copied, len(self), starts)
        return columns.index()

    def version(self) -> str:
        """Return the version of the dataset, as ``Dataset.version`` works it out."""
        return self.known_version or self._hashed

    @cached_property
    def _hashed(self) -> str:
        # a row has no line end within it
        joined = self.rows[:-1].replace(b"\n", b",")
        return hashlib.sha256(b"[%b]" % joined).hexdigest()[:16]

    @cached_property
    def bounds(self) -> array[int]:
        """Where each row begins, and where the last one ends."""
        return array("Q", accumulate(self.sizes, initial=0))

    def _where(self, id: str) -> int:
        return bisect_left(range(len(self)), id, key=self.id)

    def _has(self, number: int, id: str) -> bool:
        return number < len(self) and self.id(number) == id


class _Columns:
    """The columns of an index as they grow."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._sizes, self._starts, self._derived = array("I"), array("Q"), bytearray()

    def add(self, entry: Entry) -> None:
        """Append an entry."""
        self._rows.append(entry.row)
        self._sizes.append(len(entry.row))
        self._starts.append(entry.start)
        self._derived.append(entry.derived)

    def copy(self, index: Index, first: int, behind: int, starts: array[int]) -> None:
        """Append entries of an index, whose lines begin elsewhere now."""
        self._rows.append(index.rows[index.bounds[first] : index.bounds[behind]])
        self._sizes += index.sizes[first:behind]
        self._starts += starts[first:behind]
        self._derived += index.derived[first:behind]

    def index(self) -> Index:
        """Return the index."""
        return Index(b"".join(self._rows), self._sizes, self._starts, bytes(self._derived))


def entry_of(example: Example, start: int, *, derived: bool = False) -> Entry:
    """Return what the index says of an example whose line begins at ``start``."""
    return Entry(canonical_json(example.content).encode() + b"\n", start, derived)


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
        if head != _head(content, head["examples"], head["rows"], head["version"]):
            return None
    except (OSError, ValueError, LookupError, TypeError):
        return None  # none yet, of another version, or damaged: the file itself says everything
    sizes, starts = array("I"), array("Q")
    columns = _Slices(body)
    rows = columns.next(head["rows"])
    sizes.frombytes(columns.next(sizes.itemsize * head["examples"]))
    starts.frombytes(columns.next(starts.itemsize * head["examples"]))
    return Index(rows, sizes, starts, columns.next(head["examples"]), head["version"])


class _Slices:
    """A block of bytes that is taken apart from its front."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._at = 0

    def next(self, size: int) -> bytes:
        """Return so many bytes."""
        self._at += size
        return bytes(self._content[self._at - size : self._at])


def _checked(stored: bytes) -> tuple[dict[str, Any], memoryview]:
    checked = memoryview(stored)[:-_CHECKSUM]
    if hashlib.sha256(checked).digest() != stored[-_CHECKSUM:]:
        raise ValueError("it is damaged")
    behind_head = stored.index(b"\n") + 1
    return parse_json(stored[:behind_head]), checked[behind_head:]


def write_index(file: Path, content: bytes, index: Index) -> None:
    """Write the index of a file, or leave it where the disk refuses: it only makes the next edit faster."""
    head = json.dumps(_head(content, len(index), len(index.rows), index.version()))
    columns = (index.rows, index.sizes.tobytes(), index.starts.tobytes(), index.derived)
    pieces = (head.encode(), b"\n", *columns)
    checksum = hashlib.sha256()
    for piece in pieces:
        checksum.update(piece)
    try:
        make_private(file.parent)
        write_whole(file, (*pieces, checksum.digest()), mode=PRIVATE, durable=False)
    except OSError:
        return


def _head(content: bytes, examples: int, rows: int, version: str) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "file": digest(content),
        "version": version,
        "examples": examples,
        "rows": rows,
        "order": sys.byteorder,
        "sizes": array("I").itemsize,
    }
