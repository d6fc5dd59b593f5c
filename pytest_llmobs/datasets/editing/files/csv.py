"""A CSV file that is edited: of a record that changes, the cells that change are written anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import filterfalse
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.datasets.csv import cell_value, rows_of
from pytest_llmobs.datasets.editing.files.base import Finished, pinned_ids
from pytest_llmobs.datasets.editing.files.ends import text_end
from pytest_llmobs.datasets.editing.files.records import Record, Table, line_end, raw_cells, table_of, written
from pytest_llmobs.datasets.editing.files.reread import Remedy, RereadFile, check
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import listed

_PARTS = ("inputs", "outputs", "metadata")
_MODIFIED = "modified_at"
"""Left out where the file has no column for it: that a program changed an example says git as well."""
_REMEDY = Remedy(
    ids="Put a column 'id' into the header first, with an empty cell in every row.",
    others="All cells of a column are of one type: numbers are numbers where every filled cell is one. Keep the "
    "dataset as JSON Lines, or put the text into another column.",
)


class CsvFile(RereadFile):
    """The records of a file, and the examples of them."""

    def __init__(self, content: bytes, path: Path) -> None:
        """Read a file.

        Raises:
            DatasetError: A record is no example.
        """
        super().__init__()
        self._begin(content, path, rows_of)
        self._table = table_of(self._text, path)
        self.keeps_ids = self._table is not None and "id" in self._table.header.cells

    def finish(self) -> Finished:
        """Return the file with the changes.

        Raises:
            DatasetError: A column is missing, or a value would read otherwise.
        """
        wanted = self.examples
        if not self.put and not self.removed:
            return Finished(self._mark + self._text.encode(), self.version())
        if self._table is None:
            raise DatasetError(
                f"{display_path(self._path)} is empty. Write its header first, such as id,split,inputs.query,"
                "outputs.answer"
            )
        content = self._mark + "".join(self._pieces(self._table)).encode()
        check(content, self._path, rows_of, wanted, self.put, _REMEDY)
        return Finished(content, version_of(tuple(wanted.values())))

    def _pieces(self, table: Table) -> Iterator[str]:
        pinned = self._pinned(table)
        position = 0
        for id, record in zip(self._before, table.body, strict=True):
            if id in self.removed:
                yield self._text[position : record.begin]
            elif id in self.put or id in pinned:
                example = self.put.get(id, self._before[id])
                yield self._text[position : record.begin]
                yield self._replaced(example, record, table)
            else:
                continue
            position = record.end
        yield self._text[position:]
        end = text_end(self._text)
        separator = end if self._text and not self._text.endswith(("\n", "\r")) else ""
        for id, example in self.put.items():
            if id not in self._before:
                yield f"{separator}{self._added(example, table)}{end}"
                separator = ""

    def _pinned(self, table: Table) -> set[str]:
        if not self.removed or not self.keeps_ids:
            return set()
        column = table.header.cells.index("id")
        written_ids = {
            id for id, record in zip(self._before, table.body, strict=True) if record.cells[column]
        }
        return pinned_ids(self._before, written_ids, self.put, self.removed)

    def _replaced(self, example: Example, record: Record, table: Table) -> str:
        """Return a record with other cells where they differ."""
        raw = self._text[record.begin : record.end]
        pieces = raw_cells(raw, table.separator)
        is_whole = len(pieces) == len(record.cells)
        if not is_whole:
            pieces = []
        quoted = bool(pieces) and all(piece.startswith('"') for piece in pieces if piece)
        old = self._cells(self._before[example.id], table)
        new = self._cells(example, table)
        for number, cell in enumerate(new):
            is_missing = table.header.cells[number] == "id" and not record.cells[number]
            if not is_whole or cell != old[number] or is_missing:
                piece = written(cell, table.separator, quoted=quoted)
                pieces[number : number + 1] = [piece]
        return f"{table.separator.join(pieces)}{line_end(raw)}"

    def _added(self, example: Example, table: Table) -> str:
        """Return a record, its cells quoted where those of the last record are."""
        last = (table.body or [table.header])[-1]
        pieces = raw_cells(self._text[last.begin : last.end], table.separator)
        quoted = bool(pieces) and all(piece.startswith('"') for piece in pieces if piece)
        cells: list[str] = []
        for cell in self._cells(example, table):
            cells.append(written(cell, table.separator, quoted=quoted))
        return table.separator.join(cells)

    def _cells(self, example: Example, table: Table) -> list[str]:
        """Return the cells of an example, by the header.

        Raises:
            DatasetError: There is no column for something, or no form for a value.
        """
        values = _flat(row_of(example), table.header.cells)
        if not self.keeps_ids:
            values.pop("id")
        columns = {*table.header.cells, _MODIFIED}
        missing = list(filterfalse(columns.__contains__, values))
        if missing:
            raise DatasetError(
                f"{display_path(self._path)} has no column {listed(list(map(repr, missing)), 4)}, which "
                f"{example.id!r} needs. Add it to the header and an empty cell to every row, or keep the dataset as "
                "JSON Lines."
            )
        cells: list[str] = []
        for name in table.header.cells:
            cells.append(self._cell(values.get(name), name, example))
        return cells

    def _cell(self, value: Any, column: str, example: Example) -> str:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.isoformat()
        if column not in ("id", "split") and isinstance(value, str):
            return _text_cell(value)
        if isinstance(value, str):
            return value
        if column == "split":
            raise DatasetError(
                f"{display_path(self._path)}: {example.id!r} belongs to the splits {abridge(value)}, and a cell of a "
                "CSV holds one split. Keep the dataset as JSON Lines."
            )
        return json.dumps(value, ensure_ascii=False)


def _flat(row: Mapping[str, Any], header: list[str]) -> dict[str, Any]:
    """Return an example's values by column: of a part that has a column of its own, the whole part."""
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key not in _PARTS or key in header:
            values[key] = value
            continue
        for name, item in value.items():
            if item is None:
                raise DatasetError(
                    f"{row['id']!r}: {key}.{name} is None, which a cell of a CSV has no form for: an empty one leaves "
                    "its key out. Leave it out, or keep the dataset as JSON Lines."
                )
            values[f"{key}.{name}"] = item
    return values


def _text_cell(text: str) -> str:
    """Return text such that it reads as text: as a JSON string where it looks like a number, a list or nothing."""
    value = cell_value(text)
    has_controls = any(sign < " " and sign not in "\n\t" for sign in text)
    # an empty cell would leave the key out
    if not text or value is not text or text[0] in "[{" or has_controls:
        return json.dumps(text, ensure_ascii=False)
    return text
