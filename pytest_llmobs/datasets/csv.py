"""CSV and TSV: one example a row; columns ``id``, ``split``, ``inputs.x``, ``outputs.y``, ``metadata.z``.

A ``.csv`` whose header has no comma may have semicolons or tabs between its cells, as spreadsheets write it where the
comma is the decimal sign; so may one that begins with a line ``sep=;``. Numbers with a decimal comma stay text.

What a cell means:

- An empty cell leaves its key out; a column without a name, as spreadsheets write them, is left out where it is empty.
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
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, abridge, read_text
from pytest_llmobs.datasets.json_text import UnsafeJsonError, decoder
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path

_VERBATIM = ("id", "split")
_LISTS = ('["', "['", "[{", '{"', "{'")
_LONGEST_CELL = 2**31 - 1
_DELIMITERS = (",", ";", "\t")
_STATED = re.compile(r'"?sep=([^\n\r"])"?\r?\n', re.IGNORECASE)
"""The line by which Excel is told what separates the cells."""
_END = re.compile(r"[\r\n]")


class Csv:
    """Reads ``.csv`` (commas) and ``.tsv`` (tabs)."""

    suffixes = (".csv", ".tsv")

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row a record, cells decoded as the module says.

        Raises:
            DatasetError: The header is unusable, cells are missing or too many, or quotes are unbalanced.
        """
        return rows_of(read_text(path), path)

    def every_row(self, path: Path) -> Iterator[Row | DatasetError]:
        """Yield what ``rows`` does, and in the place of a record that makes no row what is wrong with it.

        Raises:
            DatasetError: The header is unusable, or quotes are unbalanced: nobody knows where records end.
        """
        return _every_row(read_text(path), path)


def rows_of(text: str, path: Path) -> Iterator[Row]:
    """Yield one row a record of the text of a file.

    Raises:
        DatasetError: The header is unusable, cells are missing or too many, or quotes are unbalanced.
    """
    for row in _every_row(text, path):
        if isinstance(row, DatasetError):
            raise row
        yield row


def _every_row(text: str, path: Path) -> Iterator[Row | DatasetError]:
    lines, records = _read_records(text, path)
    if not records:
        return
    header, *body = records
    del lines[0]
    _check_header(header, path)
    name = display_path(path)
    fitting: list[tuple[str, list[str]]] = []
    for line, cells in zip(lines, body, strict=True):
        place = f"{name}:{line}"
        if len(cells) == len(header):
            fitting.append((place, cells))
        else:
            yield _misfit(cells, len(header), place)
    for (place, cells), values in zip(
        fitting, _typed_rows(header, [cells for _, cells in fitting]), strict=True
    ):
        try:
            fields = _fields(header, cells, values, place)
        except DatasetError as error:
            yield error
        else:
            yield Row(fields, place)


def _misfit(cells: Sequence[str], width: int, place: str) -> DatasetError:
    return DatasetError(
        f"{place}: {len(cells)} cells under {width} columns. "
        f'A cell that holds a separator or a quote needs quotes around it: "yes, ""please"""'
    )


def _read_records(text: str, path: Path) -> tuple[list[int], list[list[str]]]:
    """Return the lines that records begin on, and the records."""
    delimiter, skipped = separator(text, path)
    reader = csv.reader(io.StringIO(text[skipped:], newline=""), delimiter=delimiter, strict=True)
    return _records_of(reader, 2 if skipped else 1, path)


def separator(text: str, path: Path) -> tuple[str, int]:
    """Return what stands between the cells of a text, and the length of the line before the header that says so.

    Raises:
        DatasetError: It may be one or another.
    """
    stated = _STATED.match(text)
    if stated is not None:
        return stated[1], stated.end()
    if path.suffix.lower() == ".tsv":
        return "\t", 0
    return _delimiter(_END.split(text.lstrip("\r\n"), maxsplit=1)[0], path), 0


def _delimiter(header: str, path: Path) -> str:
    """Return what separates cells: the comma, unless the header has none and something else splits it."""
    others = []
    for delimiter in _DELIMITERS:
        if len(_split(header, delimiter)) > 1:
            if delimiter == ",":
                return delimiter
            others.append(delimiter)
    if len(others) > 1:
        raise DatasetError(
            f"{display_path(path)}:1: the header {header!r} has semicolons and tabs. Say what separates the cells "
            "in a first line: sep=;"
        )
    return others[0] if others else ","


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return []


def _records_of(reader: Any, line: int, path: Path) -> tuple[list[int], list[list[str]]]:
    """Return the lines that records begin on, and the records that aren't blank.

    Args:
        reader: Reads the text.
        line: The line that it begins on.
        path: For messages.
    """
    above = line - 1
    begins: list[int] = []
    records: list[list[str]] = []
    with long_cells():
        try:
            for cells in reader:
                if any(cells):
                    begins.append(line)
                    records.append(cells)
                line = above + reader.line_num + 1
        except csv.Error as error:
            raise DatasetError(
                f"{display_path(path)}:{line}: broken CSV: {error}. A quote inside a quoted cell is doubled, "
                "and each cell that opens with a quote must close with one."
            ) from None
    return begins, records


@contextmanager
def long_cells() -> Iterator[None]:
    """Lift the limit of a cell's length inside the ``with`` block: it is the whole process's."""
    usual = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _check_header(header: Sequence[str], path: Path) -> None:
    for column in sorted(header):
        # spreadsheets write empty columns behind the last one
        if column and header.count(column) > 1:
            raise DatasetError(
                f"{display_path(path)}:1: the column {column!r} stands twice in the header. Rename one."
            )


def _typed_rows(header: Sequence[str], rows: Sequence[list[str]]) -> Iterator[tuple[Any, ...]]:
    """Return the values of each row, typed column by column."""
    columns = map(_typed_column, header, zip(*rows, strict=True))
    return zip(*columns, strict=True)


def _typed_column(column: str, cells: Sequence[str]) -> list[Any]:
    if column in _VERBATIM:
        return list(cells)
    parsed = list(map(cell_value, cells))
    types = {type(value) for cell, value in zip(cells, parsed, strict=True) if cell}
    # Typed as a whole or not at all: a column of texts may happen to hold ``42`` once.
    if types in ({bool}, {int}, {float}, {int, float}):
        return parsed
    values: list[Any] = []
    for cell, value in zip(cells, parsed, strict=True):
        if isinstance(value, list | dict | str | UnsafeJsonError):
            values.append(value)
        else:
            values.append(cell)
    return values


def _fields(header: Sequence[str], cells: Sequence[str], values: Sequence[Any], place: str) -> dict[str, Any]:
    """Return a row's values by column, those of empty cells left out."""
    fields: dict[str, Any] = {}
    for column, cell, value in zip(header, cells, values, strict=True):
        if cell:
            if not column:
                raise DatasetError(
                    f"{place}: the cell {abridge(cell)} stands in a column without a name. Name it in the header."
                )
            _refuse_broken_json(cell, value, column, place)
            fields[column] = value
    return fields


def _refuse_broken_json(cell: str, value: Any, column: str, place: str) -> None:
    """Refuse what was meant as a list or object: taken as text, it would silently test something else."""
    if isinstance(value, UnsafeJsonError):
        raise DatasetError(f"{place}: {column}: {value}.")
    if value == cell and cell.startswith(_LISTS):
        raise DatasetError(
            f"{place}: {column} looks like a list or object but is no JSON: {cell[:60]}. Write "
            '["refund", "invoice"] with double quotes (each doubled inside a quoted cell); '
            "text that begins so is written as a JSON string."
        )


def cell_value(cell: str) -> Any:
    """Return the JSON value of a cell, the cell itself where it is none, or what must not stand in a JSON value."""
    try:
        return _decode(cell)
    except UnsafeJsonError as error:
        if cell.startswith(("[", "{")):
            return error
        # A number that is too large is still a number, and refused as one; the cell NaN is text.
        return json.loads(cell, parse_constant=str)
    except (ValueError, RecursionError):
        return cell


_decode = decoder.decode
