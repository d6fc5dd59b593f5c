r"""The file of a kept version: JSON lines, a head and then its rows.

A row that another version has, too, isn't written again: ``[3, 9]`` stands for rows 3 to 8 of the version that the head
calls ``parent``, in its order. ``null`` stands where a row was erased, so that every row keeps its number, and what was
copied from here stays right::

    {"version":"5c1f…","parent":"91ab…","depth":1,"changes":1,"checksum":"…"}
    [0,2]
    {"id":"add-seats","inputs":{"query":"How do I add seats?"}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.versions.row_lines import RowLines
from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import parse_json, read_bytes
from pytest_llmobs.records.examples import Example

ERASED = "null"
"""In place of a row that was erased."""
_FEW = 8
"""Rows that are looked for one by one."""
_COPY = "["
"""Begins what stands for rows of the parent."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class KeptVersion:
    """What the file of a version holds."""

    version: str
    """The hash of the examples, as they were when it was kept."""
    pieces: Sequence[str]
    """Lines: a row, a range of the parent's rows, or ``null``."""
    parent: str = ""
    """The version whose rows are referred to; empty where all are here."""
    depth: int = 0
    """How many other versions must be read to read this one."""
    changes: int = 0
    """Rows that differ along all of these."""
    erased_at: str = ""
    """When rows were erased last, as ISO time; empty for never."""

    def rows(self, of_parent: Sequence[str]) -> list[str]:
        """Return every row.

        Args:
            of_parent: The parent's.
        """
        if not self.parent:
            return list(self.pieces)
        rows: list[str] = []
        for piece in self.pieces:
            if piece.startswith(_COPY):
                start, stop = json.loads(piece)
                rows += of_parent[start:stop]
            else:
                rows.append(piece)
        return rows

    def text(self) -> str:
        """Return the text of the file."""
        body = "".join([f"{piece}\n" for piece in self.pieces])
        head: dict[str, Any] = {"version": self.version}
        if self.parent:
            head |= {"parent": self.parent, "depth": self.depth, "changes": self.changes}
        if self.erased_at:
            head["erased"] = self.erased_at
        head["checksum"] = _checksum(body.encode())
        return f"{_encode(head)}\n{body}"

    def without(self, lines: Iterable[int], now: datetime) -> KeptVersion:
        """Return this with some of its lines erased."""
        pieces = list(self.pieces)
        for line in lines:
            pieces[line] = ERASED
        return replace(self, pieces=pieces, erased_at=now.astimezone(UTC).isoformat())


def read_kept(file: Path, *, checked: bool = True) -> KeptVersion:
    """Return what the file of a version holds.

    Args:
        file: Its path.
        checked: Make sure that it is as it was written, which takes as long as reading it.

    Raises:
        FileNotFoundError: There is none.
        StoreError: It can't be read, or isn't as it was written.
    """
    try:
        content = read_bytes(file)
        pieces = RowLines(content)
        behind_head = content.index(b"\n") + 1
        head = parse_json(content[:behind_head])
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise _damaged(file, str(error)) from None
    if not isinstance(head, dict) or (
        checked and head.get("checksum") != _checksum(memoryview(content)[behind_head:])
    ):
        raise _damaged(file, "it isn't as it was written")
    return KeptVersion(
        version=head.get("version", ""),
        pieces=pieces,
        parent=head.get("parent", ""),
        depth=head.get("depth", 0),
        changes=head.get("changes", 0),
        erased_at=head.get("erased", ""),
    )


def _checksum(body: bytes | memoryview) -> str:
    return f"{crc32(body):08x}"


def _damaged(file: Path, reason: str) -> StoreError:
    return StoreError(
        f"{str(file)!r} is damaged: {reason}. Delete it: the version is kept again where its data is used again, and "
        "what was committed is in git."
    )


def row_text(example: Example) -> str:
    """Return an example as one line. Equal examples give equal lines, whoever writes them."""
    row = row_of(example)
    line = _encode(row)
    try:
        line.encode()
    except UnicodeEncodeError:  # halves of characters have no form in UTF-8
        return _encode_ascii(row)
    return line


def key_of(row: str) -> str:
    """Return the id of a row, as its JSON text; the row itself where it was erased."""
    if row == ERASED:
        return row
    # a quotation mark within the id has a backslash before it
    key = row[len('{"id":') : row.index(',"inputs":')]
    if "\\" in key:  # which there are several ways to write
        return _encode(json.loads(key))
    return key


def parsed(rows: Sequence[str], name: str) -> list[Mapping[str, Any]]:
    """Return rows as objects, without those that were erased.

    Raises:
        StoreError: They are no JSON.
    """
    kept = ",".join(filter(ERASED.__ne__, rows))
    try:
        objects: list[Mapping[str, Any]] = parse_json(f"[{kept}]")
    except ValueError as error:
        raise StoreError(f"{name} is damaged: {error}.") from None
    return objects


@dataclass(frozen=True)
class Delta:
    """How a version is told by another one."""

    pieces: Sequence[str]
    """Rows, and ranges of the other's rows."""
    new: int
    """Rows that the other hasn't."""
    gone: int
    """Rows of the other's that it hasn't."""
    rows: int
    """All that it has."""

    @property
    def changes(self) -> int:
        """Rows that differ."""
        return self.new + self.gone


def delta(base: Sequence[str], rows: Sequence[str]) -> Delta:
    """Return how a version is told by another one.

    Args:
        base: All rows of the other one.
        rows: All of its own.
    """
    places = {row: number for number, row in enumerate(base)}
    pieces: list[str] = []
    start = stop = new = 0
    for row in rows:
        place = places.get(row, -1)
        if place != stop:
            _add_range(pieces, start, stop)
            start = stop = max(place, 0)
        if place < 0:
            pieces.append(row)
            new += 1
        else:
            stop += 1
    _add_range(pieces, start, stop)
    return Delta(pieces, new, gone=len(base) - (len(rows) - new), rows=len(rows))


def edited(chain: Sequence[KeptVersion], put: Mapping[str, str], removed: Iterable[str]) -> Delta:
    """Return how a version is told by the one that was edited: what changed stands where it stood, the rest behind.

    Args:
        chain: The other one, and behind it those that it is told by.
        put: Rows that were added or changed, by their keys.
        removed: Keys of rows that were taken out.
    """
    gone = dict.fromkeys(removed)
    every_place, rows = places_in(chain, [*gone, *put])
    places = {key: place for key, place in every_place.items() if key in put}
    new: dict[int, str | None] = dict.fromkeys(every_place.values())
    for key, place in places.items():
        new[place] = put[key]
    pieces: list[str] = []
    start = 0
    for place in sorted(new):
        _add_range(pieces, start, place)
        row = new[place]
        if row is not None:
            pieces.append(row)
        start = place + 1
    _add_range(pieces, start, rows)
    pieces += [row for key, row in put.items() if key not in places]
    return Delta(pieces, len(put), gone=len(new), rows=rows + len(put) - len(new))


def rows_of(chain: Sequence[KeptVersion]) -> list[str]:
    """Return every row of a version, given with those behind it that it is told by."""
    rows: list[str] = []
    for kept in reversed(chain):
        rows = kept.rows(rows)
    return rows


def places_in(chain: Sequence[KeptVersion], keys: Iterable[str]) -> tuple[dict[str, int], int]:
    """Return the numbers of the rows that have these keys, and how many rows there are.

    Few are looked for in the text, which is never taken apart for it.
    """
    wanted = dict.fromkeys(keys)
    whole = chain[-1].pieces
    if len(wanted) > _FEW or not all(map(_is_plain, wanted)) or not isinstance(whole, RowLines):
        rows = rows_of(chain)
        every = {key_of(row): place for place, row in enumerate(rows)}
        return {key: every[key] for key in wanted if key in every}, len(rows)
    starts = {f'{{"id":{key},': key for key in wanted}
    places: dict[str, int] = {}
    for start, key in starts.items():
        place = whole.beginning(start)
        if place is not None:
            places[key] = place
    rows_before = len(whole)
    for kept in reversed(chain[:-1]):
        places, rows_before = _moved(places, kept.pieces, starts)
    return places, rows_before


def _moved(
    places: Mapping[str, int], pieces: Sequence[str], starts: Mapping[str, str]
) -> tuple[dict[str, int], int]:
    """Return where rows of a parent stand in a version that is told by it, and how many rows that has.

    Args:
        places: Their numbers in the parent, by key.
        pieces: The version's.
        starts: How a row begins that has one of the keys -> that key.
    """
    moved: dict[str, int] = {}
    rows = 0
    for piece in pieces:
        if piece.startswith(_COPY):
            start, stop = json.loads(piece)
            for key, place in places.items():
                if start <= place < stop:
                    moved[key] = rows + place - start
            rows += stop - start
            continue
        found = starts.get(piece[: piece.find(',"inputs":') + 1])
        if found is not None:
            moved[found] = rows
        rows += 1
    return moved, rows


def _is_plain(key: str) -> bool:
    """Tell whether there is one way alone to write a key."""
    return key.isascii() and "\\" not in key


def _add_range(pieces: list[str], start: int, stop: int) -> None:
    if stop > start:
        pieces.append(f"[{start},{stop}]")
