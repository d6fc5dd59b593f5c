"""Where the records of a CSV file begin and end, and the cells of one record, as they stand there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pytest_llmobs.datasets.csv import long_cells, separator


class Record(NamedTuple):
    """One record that isn't blank."""

    begin: int
    end: int
    """Behind the record's line end, if it has one."""
    cells: list[str]


class Table(NamedTuple):
    """A CSV file whose text makes sense."""

    separator: str
    header: Record
    body: list[Record]


def table_of(text: str, path: Path) -> Table | None:
    """Return the records of a file that was read without complaint; None where it has no header.

    Args:
        text: With its line ends as they are, without the mark of UTF-8.
        path: Its suffix says what stands between the cells.
    """
    between, skipped = separator(text, path)
    with long_cells():
        records = list(_records(text, skipped, between))
    if not records:
        return None
    return Table(between, records[0], records[1:])


def _records(text: str, begin: int, between: str) -> Iterator[Record]:
    end = begin

    def lines() -> Iterator[str]:
        nonlocal end
        for line in io.StringIO(text[begin:], newline=""):
            end += len(line)
            yield line

    start = begin
    for cells in csv.reader(lines(), delimiter=between, strict=True):
        if any(cells):
            yield Record(start, end, cells)
        start = end


def raw_cells(record: str, between: str) -> list[str]:
    """Return the cells of a record as they are written, with their quotes."""
    separating = re.escape(between)
    pattern = re.compile(rf'("(?:[^"]|"")*"|[^{separating}\r\n]*)({separating}|\r\n|\n|\r|$)')
    cells: list[str] = []
    position = 0
    while True:
        match = pattern.match(record, position)
        if match is None:
            return []
        cells.append(match[1])
        if match[2] != between:
            return cells
        position = match.end()


def written(cell: str, between: str, *, quoted: bool) -> str:
    """Return a cell as it is written.

    Args:
        cell: Its text.
        between: What separates cells.
        quoted: Quote it, whether or not it needs it.
    """
    if quoted or cell[:1] in ("\ufeff", "\x00") or any(sign in cell for sign in (between, '"', "\n", "\r")):
        doubled = cell.replace('"', '""')
        return f'"{doubled}"'
    return cell


def line_end(record: str) -> str:
    r"""Return how a record ends: ``\r\n``, ``\n``, ``\r``, or not at all."""
    for end in ("\r\n", "\n", "\r"):
        if record.endswith(end):
            return end
    return ""
