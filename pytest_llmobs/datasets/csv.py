"""CSV and TSV: one example a row; columns ``id``, ``split``, ``inputs.x``, ``outputs.y``, ``metadata.z``.

What a cell means:

- An empty cell leaves its key out.
- A cell with a JSON list or object (``["refund", "invoice"]``) is that list or object.
- Where every filled cell of a column is a JSON number, or every one ``true`` or ``false``, the cells are
  numbers or booleans. A text column that happens to hold ``42`` once stays text.
- A cell that is a JSON string (``"42"``, with its quotes) is that string, so digits can be kept as text.
- Anything else is text as it stands.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, read_text, shown
from pytest_llmobs.errors import DatasetError

_VERBATIM = ("id", "split")
_LISTS = ('["', "['", "[{", '{"', "{'")
_LONGEST_CELL = 2**31 - 1


class Csv:
    """Reads ``.csv`` (commas) and ``.tsv`` (tabs)."""

    suffixes = (".csv", ".tsv")

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row a record, cells decoded as the module says.

        Raises:
            DatasetError: The header is unusable, cells are missing or too many, or quotes are unbalanced.
        """
        records = _records(path)
        if not records:
            return
        (_, header), *body = records
        _check_header(header, path)
        typed = [
            _typed(cells, column) for column, *cells in zip(header, *_cells(body, header, path), strict=True)
        ]
        name = shown(path)
        for (line, cells), values in zip(body, zip(*typed, strict=True), strict=True):
            triples = zip(header, values, cells, strict=True)
            data = {
                column: _meant(value, cell, column, f"{name}:{line}")
                for column, value, cell in triples
                if cell
            }
            yield Row(data, f"{name}:{line}")


def _cells(body: Sequence[tuple[int, list[str]]], header: Sequence[str], path: Path) -> list[list[str]]:
    for line, cells in body:
        if len(cells) != len(header):
            raise DatasetError(
                f"{shown(path)}:{line}: {len(cells)} cells under {len(header)} columns. "
                f'A cell that holds a comma or a quote needs quotes around it: "yes, ""please"""'
            )
    return [cells for _, cells in body]


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Return every record with the line it begins on."""
    lines = io.StringIO(read_text(path), newline="")
    reader = csv.reader(lines, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
    found, begins = [], 1
    usual = csv.field_size_limit(_LONGEST_CELL)
    try:
        for cells in reader:
            if any(cells):
                found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DatasetError(
            f"{shown(path)}:{begins}: broken CSV: {error}. A quote inside a quoted cell is doubled, "
            "and each cell that opens with a quote must close with one."
        ) from None
    finally:
        csv.field_size_limit(usual)
    return found


def _check_header(header: Sequence[str], path: Path) -> None:
    if len(header) == 1 and ";" in header[0]:
        raise DatasetError(
            f"{shown(path)}:1: one column named {header[0]!r}: the cells seem to be separated by semicolons. "
            "Save the file with commas, or as .tsv with tabs."
        )
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise DatasetError(
            f"{shown(path)}:1: the column {twice[0]!r} stands twice in the header. Rename one."
        )


def _meant(value: Any, cell: str, column: str, place: str) -> Any:
    """Refuse what was meant as a list or object: taken as text, it would silently test something else."""
    if value == cell and cell.startswith(_LISTS):
        raise DatasetError(
            f"{place}: {column} looks like a list or object but is no JSON: {cell[:60]}. Write "
            '["refund", "invoice"] with double quotes (each doubled inside a quoted cell); '
            "text that begins so is written as a JSON string."
        )
    return value


def _typed(cells: Sequence[str], column: str) -> list[Any]:
    """Return the values of one column."""
    if column in _VERBATIM:
        return list(cells)
    parsed = [_parsed(cell) for cell in cells]
    scalars = [value for cell, value in zip(cells, parsed, strict=True) if cell]
    for kinds in ((bool,), (int, float)):
        if scalars and all(type(value) in kinds for value in scalars):
            return parsed
    pairs = zip(cells, parsed, strict=True)
    return [value if isinstance(value, list | dict | str) else cell for cell, value in pairs]


def _parsed(cell: str) -> Any:
    try:
        return json.loads(cell, parse_constant=str)
    except (ValueError, RecursionError):
        return cell
