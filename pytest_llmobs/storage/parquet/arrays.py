"""Python values -> Arrow arrays, without loading pandas.

``pyarrow.array`` looks whether a value is one of pandas', and imports pandas for that where it is installed: 0.3 s of
CPU in every session, for nothing. Values of plain types are laid out here as Arrow wants them (see
https://arrow.apache.org/docs/format/Columnar.html); whatever else a column holds is left to ``pyarrow.array`` and its
checks.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa

_INT32_MAX = (1 << 31) - 1
"""Most bytes that a string array addresses."""


def arrow_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return ``values`` as an array of type ``kind``, as ``pyarrow.array`` would.

    Args:
        values: Numbers, strings, lists of strings or dicts of numbers; None for null.
        kind: int64, float64, a timestamp in microseconds, string, list<string> or map<string, double>.

    Raises:
        pyarrow.ArrowException: A value doesn't fit the type.
        TypeError: A value doesn't fit the type.
        ValueError: A text can't be encoded.
        OverflowError: A number takes more than 64 bits.
    """
    types = set(map(type, values)) - {type(None)}
    if not types:
        return pa.nulls(len(values), kind)
    build = _builder(types, kind)
    if build is None:
        return pa.array(values, kind)
    return build(values, kind)


def binary_array(values: Sequence[bytes | None]) -> pa.Array:
    """Return byte strings as an array; None for null."""
    parts = [value or b"" for value in values]
    return _joined(list(map(len, parts)), b"".join(parts), pa.binary(), values)


def _builder(types: set[type], kind: pa.DataType) -> Callable[[Sequence[Any], pa.DataType], pa.Array] | None:
    """Return what lays out values of exactly these types, or None where Arrow's own conversion is needed.

    By type and not by ``isinstance``: True is no integer, and a subclass may do anything.
    """
    if types == {str} and pa.types.is_string(kind):
        return _strings
    if types == {int} and (pa.types.is_int64(kind) or pa.types.is_timestamp(kind)):
        return _integers
    if types <= {int, float} and pa.types.is_float64(kind):
        return _numbers
    if types == {list} and pa.types.is_list(kind):
        return _lists
    if types == {dict} and pa.types.is_map(kind):
        return _maps
    return None


def _integers(values: Sequence[int | None], kind: pa.DataType) -> pa.Array:
    return _fixed(array("q", _without_nulls(values, 0)), kind, values)


def _numbers(values: Sequence[float | None], kind: pa.DataType) -> pa.Array:
    return _fixed(array("d", _without_nulls(values, 0.0)), kind, values)


def _fixed(data: array[Any], kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [_validity(values), pa.py_buffer(data)])


def _strings(values: Sequence[str | None], kind: pa.DataType) -> pa.Array:
    texts = _without_nulls(values, "")
    text = "".join(texts)
    if text.isascii():  # a letter is a byte, so nothing need be encoded to be counted
        return _joined(list(map(len, texts)), text.encode(), kind, values)
    parts = [part.encode() for part in texts]
    return _joined(list(map(len, parts)), b"".join(parts), kind, values)


def _lists(values: Sequence[list[Any] | None], kind: pa.DataType) -> pa.Array:
    lists = _without_nulls(values, [])
    items = arrow_array(list(chain.from_iterable(lists)), kind.value_type)
    buffers = [_validity(values), _offsets(map(len, lists))]
    return pa.Array.from_buffers(kind, len(values), buffers, children=[items])


def _maps(values: Sequence[dict[str, Any] | None], kind: pa.DataType) -> pa.Array:
    maps = _without_nulls(values, {})
    keys = arrow_array(list(chain.from_iterable(maps)), kind.key_type)
    items = arrow_array(list(chain.from_iterable(map(dict.values, maps))), kind.item_type)
    entries = pa.StructArray.from_arrays([keys, items], fields=[kind.key_field, kind.item_field])
    buffers = [_validity(values), _offsets(map(len, maps))]
    return pa.Array.from_buffers(kind, len(values), buffers, children=[entries])


def _offsets(sizes: Iterable[int]) -> pa.Buffer:
    """Return where each value begins among all that are laid out one after the other, and where the last one ends."""
    return pa.py_buffer(array("i", accumulate(sizes, initial=0)))


def _joined(sizes: Sequence[int], data: bytes, kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    """Return an array of variable size: where each value begins, and all of them one after the other."""
    if len(data) > _INT32_MAX:
        return pa.array(values, kind)
    buffers = [_validity(values), _offsets(sizes), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _without_nulls(values: Sequence[Any], stand_in: Any) -> Sequence[Any]:
    """Return ``values`` with ``stand_in`` where there is None: a null takes up its place all the same."""
    if None not in values:
        return values
    return [stand_in if value is None else value for value in values]


def _validity(values: Sequence[Any]) -> pa.Buffer | None:
    """Return the bits that say which values are there, the first value's lowest; None where all are."""
    if None not in values:
        return None
    digits = ["0" if value is None else "1" for value in reversed(values)]
    bits = int("".join(digits), 2)
    return pa.py_buffer(bits.to_bytes((len(values) + 7) // 8, "little"))
