"""Examples as the cells of a CSV or TSV, which ``datasets.csv`` reads back as what they are.

A part of the examples (inputs, outputs, metadata) has a column for each of its keys where all its values fit cells:
texts, lists and objects, or a column of numbers or booleans alone. Where one doesn't (a null, a number among texts),
the whole part is one column of JSON objects, so that nothing is lost and nothing changes its type.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.datasets.exchange.parts import PARTS, column, keys_of, stated
from pytest_llmobs.datasets.json_text import decoder
from pytest_llmobs.errors import DatasetError

_NUMBERS = ({int}, {float}, {int, float}, {bool})
"""What the cells of a column may be besides texts, lists and objects: all of them, or none."""
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""What a text has in no cell as it is: a carriage return would be taken for a line's end."""
_FORMULA = ("=", "+", "-", "@", "\t")
"""How a cell begins that spreadsheets work out. As a JSON string it is text to them, and to us the same one."""
_LIST_LIKE = ("[", "{")

Column = tuple[str, list[str]]
"""A header and the cells below it."""


def table_text(rows: Sequence[Mapping[str, Any]], delimiter: str) -> str:
    """Return a table of examples with its header.

    Args:
        rows: The examples as lines of a file have them, of JSON types alone.
        delimiter: What separates cells.

    Raises:
        DatasetError: An example belongs to several splits.
    """
    columns: list[Column] = [("id", column(rows, "id"))]
    for part in PARTS:
        columns += _columns_of(part, column(rows, part, {}))
    for key in stated(rows):
        columns.append((key, [_verbatim(key, row) for row in rows]))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    headers, cells = zip(*columns, strict=True)
    writer.writerow(headers)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue()


def _verbatim(key: str, row: Mapping[str, Any]) -> str:
    value = row.get(key, "")
    if isinstance(value, list):
        raise DatasetError(
            f"example {row['id']!r} belongs to several splits, {abridge(value)}, and the column 'split' of a table "
            "holds one. Use another form: jsonl, json or parquet."
        )
    if key == "split":  # its cells are never taken for anything else
        return str(value)
    return _text_cell(value) if value else ""


def _columns_of(part: str, values: Sequence[Mapping[str, Any]]) -> list[Column]:
    if not any(values):
        if part != "inputs":
            return []
        return [_as_json(part, values)]
    is_needed_everywhere = part == "inputs" and not all(values)
    columns = _flat(part, values)
    if columns is None or is_needed_everywhere:
        return [_as_json(part, values)]
    return columns


def _as_json(part: str, values: Sequence[Mapping[str, Any]]) -> Column:
    cells = []
    for value in values:
        is_left_out = not value and part != "inputs"
        cells.append("" if is_left_out else _json(value))
    return part, cells


def _flat(part: str, values: Sequence[Mapping[str, Any]]) -> list[Column] | None:
    """Return a column for each key of a part; None where a value or a key fits none."""
    columns: list[Column] = []
    for key in keys_of(values):
        if not key or _UNSAFE.search(key) or "\n" in key:
            return None
        cells = _cells([value[key] for value in values if key in value])
        if cells is None:
            return None
        columns.append((f"{part}.{key}", list(_spread(cells, key, values))))
    return columns


def _spread(cells: Iterable[str], key: str, values: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a cell for each object: an empty one where it lacks the key."""
    filled = iter(cells)
    for value in values:
        yield next(filled) if key in value else ""


def _cells(values: Sequence[Any]) -> list[str] | None:
    """Return the cells of a column, or None where it would be read back as something else."""
    types = set(map(type, values))
    if types in _NUMBERS:
        return list(map(_json, values))
    if not types <= {str, list, dict}:
        return None
    return list(map(_cell, values))


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return _text_cell(value)
    return _json(value)


def _text_cell(text: str) -> str:
    """Return a text as it stands, or as a JSON string where the cell would mean something else."""
    if _stands_for_itself(text):
        return text
    return _json(text)


def _stands_for_itself(text: str) -> bool:
    if not text or _UNSAFE.search(text) or text.startswith((*_FORMULA, *_LIST_LIKE)):
        return False
    try:
        decoder.decode(text)
    except (json.JSONDecodeError, RecursionError):
        return True
    except ValueError:  # NaN, or a number that is too large
        return False
    return False


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
