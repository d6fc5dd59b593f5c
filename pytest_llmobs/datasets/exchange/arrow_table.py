"""Examples as the columns of a Parquet file, which ``datasets.parquet`` reads back as what they are.

A key has a column of its own (``inputs.query``) with a type of Arrow's where all its values are of one. Else the column
holds JSON text, and says so in its metadata: objects of unlike keys, numbers of more than 64 bits, whole numbers among
others. A part that holds a null, which Parquet has for what isn't there, is one such column.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_llmobs.datasets.exchange.parts import PARTS, column, keys_of, stated
from pytest_llmobs.datasets.parquet import JSON_TEXT
from pytest_llmobs.records.examples import canonical_json

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a Parquet file of examples.

    Args:
        rows: The examples as lines of a file have them, of JSON types alone.
    """
    return _file(_table(rows, with_split=True))


def parquet_by_split(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, bytes]:
    """Return a Parquet file of the examples of each split, whose name says it.

    All have the same columns of the same types: Hugging Face's library reads no others as one dataset.
    """
    table = _table(list(chain.from_iterable(groups.values())), with_split=False)
    files: dict[str, bytes] = {}
    start = 0
    for split, rows in groups.items():
        files[split] = _file(table.slice(start, len(rows)))
        start += len(rows)
    return files


def _file(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()


def _table(rows: Sequence[Mapping[str, Any]], *, with_split: bool) -> pa.Table:
    import pyarrow as pa

    ids = pa.array(column(rows, "id"), pa.string())
    columns: dict[str, tuple[pa.Array, bool]] = {"id": (ids, False)}
    for part in PARTS:
        columns |= _columns_of(part, column(rows, part, {}))
    for key in stated(rows):
        if with_split or key != "split":
            columns[key] = (_verbatim(column(rows, key)), False)
    fields, arrays = [], []
    for name, (array, is_json) in columns.items():
        fields.append(pa.field(name, array.type, metadata=JSON_TEXT if is_json else None))
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _verbatim(values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    if list not in map(type, values):
        return pa.array(values, pa.string())
    lists = []
    for value in values:
        lists.append([value] if isinstance(value, str) else value)
    return pa.array(lists, pa.list_(pa.string()))


def _columns_of(part: str, values: Sequence[Mapping[str, Any]]) -> dict[str, tuple[pa.Array, bool]]:
    """Return the columns of a part by their names, and whether each is JSON text."""
    is_needed_everywhere = part == "inputs" and not all(values)
    if is_needed_everywhere or any(map(_is_unfit, values)):
        return {part: (_json_texts(values), True)}
    columns: dict[str, tuple[pa.Array, bool]] = {}
    for key in keys_of(values):
        own = column(values, key)
        array = _typed(own)
        is_json = array is None
        columns[f"{part}.{key}"] = (_json_texts(own) if is_json else array, is_json)
    return columns


def _is_unfit(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has a null, which would not be there any more, or a key that can name no column."""
    return None in value.values() or "" in value


def _json_texts(values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    texts = []
    for value in values:
        texts.append(None if value is None else json.dumps(value, ensure_ascii=False))
    return pa.array(texts, pa.string())


def _typed(values: Sequence[Any]) -> pa.Array | None:
    """Return values as an array of one type; None where they would come back as others."""
    import pyarrow as pa

    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return None
    if not _is_lasting(array.type) or canonical_json(array.to_pylist()) != canonical_json(values):
        return None
    return array


def _is_lasting(kind: Any) -> bool:
    """Tell whether values of a type are the same in a Parquet file; those of an empty struct or list aren't there."""
    from pyarrow import types

    if types.is_list(kind):
        return _is_lasting(kind.value_type)
    if types.is_struct(kind):
        kinds = [field.type for field in kind]
        return bool(kinds) and all(map(_is_lasting, kinds))
    return bool(
        types.is_string(kind) or types.is_boolean(kind) or types.is_int64(kind) or types.is_float64(kind)
    )
