"""Python values -> Arrow arrays, without loading pandas.

``pyarrow.array`` looks whether a value is one of pandas', and imports pandas for that where it is installed: 0.3 s of
CPU in every session, for nothing. Values of plain types are laid out here as Arrow wants them (see
https://arrow.apache.org/docs/format/Columnar.html); whatever else a column holds is left to ``pyarrow.array`` and its
checks.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa


def arrow_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return ``values`` as an array of type ``kind``, as ``pyarrow.array`` would.

    Args:
        values: Numbers, strings, booleans, lists of strings or dicts of numbers; None for null.
        kind: int64, float64, a timestamp in microseconds, string, bool, list<string> or map<string, double>.

    Raises:
        pyarrow.ArrowException: A value doesn't fit the type.
        TypeError: A value doesn't fit the type.
        ValueError: A text can't be encoded.
        OverflowError: A number takes more than 64 bits, or all texts together more than 2 GiB.
    """
    types = set(map(type, values))
    types.discard(type(None))
    if not types:
        return pa.nulls(len(values), kind)
    lay_out = _layout(types, kind)
    if lay_out is None:
        return pa.array(values, kind)
    nulls = [position for position, value in enumerate(values) if value is None]
    filled = list(values)
    # A null takes up its place all the same.
    stand_in = types.pop()()
    for position in nulls:
        filled[position] = stand_in
    return lay_out(filled, kind, _validity(len(values), nulls))


def text_scalar(value: str) -> pa.Scalar:
    """Return a text as a scalar, as ``pyarrow.scalar`` would."""
    return arrow_array([value], pa.string())[0]


def integer_scalar(value: int) -> pa.Scalar:
    """Return a number as a scalar of 64 bits, as ``pyarrow.scalar`` would."""
    return arrow_array([value], pa.int64())[0]


def empty_table(schema: pa.Schema) -> pa.Table:
    """Return a table without rows."""
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def counted(start: int, number: int) -> pa.Array:
    """Return so many whole numbers from ``start`` on."""
    import pyarrow.compute as pc

    ones = pa.repeat(integer_scalar(1), number)
    return pc.add(pc.cumulative_sum(ones), integer_scalar(start - 1))


def binary_array(values: Sequence[bytes]) -> pa.Array:
    """Return byte strings as an array, with null for each empty one."""
    nulls = [position for position, value in enumerate(values) if not value]
    validity = _validity(len(values), nulls)
    return _variable(list(map(len, values)), b"".join(values), pa.binary(), validity)


_Layout = Callable[[Sequence[Any], pa.DataType, pa.Buffer | None], pa.Array]
"""Takes values without nulls, their Arrow type, and the bits that say which of them are there (None: all)."""


def _layout(types: set[type], kind: pa.DataType) -> _Layout | None:
    """Return what lays out values of exactly these types, or None where Arrow's own conversion is needed.

    By type and not by ``isinstance``: True is no integer, and a subclass may do anything.
    """
    if types == {str} and pa.types.is_string(kind):
        return _strings
    if types == {int} and (pa.types.is_int64(kind) or pa.types.is_timestamp(kind)):
        return partial(_fixed, "q")
    if types <= {int, float} and pa.types.is_float64(kind):
        return partial(_fixed, "d")
    if types == {bool} and pa.types.is_boolean(kind):
        return _flags
    if types == {list} and pa.types.is_list(kind):
        return _lists
    if types == {dict} and pa.types.is_map(kind):
        return _maps
    return None


def _fixed(code: str, values: Sequence[float], kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(array(code, values))])


def _strings(values: Sequence[str], kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    text = "".join(values)
    data = text.encode()
    if len(data) == len(text):
        # A letter is a byte, so no value need be encoded to be counted.
        return _variable(list(map(len, values)), data, kind, validity)
    return _variable([len(value.encode()) for value in values], data, kind, validity)


def _flags(values: Sequence[bool], kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    unset = [position for position, value in enumerate(values) if not value]
    return pa.Array.from_buffers(kind, len(values), [validity, _bits(len(values), unset)])


def _lists(values: Sequence[list[Any]], kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    items = arrow_array(list(chain.from_iterable(values)), kind.value_type)
    buffers = [validity, _offsets(list(map(len, values)))]
    return pa.Array.from_buffers(kind, len(values), buffers, children=[items])


def _maps(values: Sequence[dict[str, Any]], kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    keys = arrow_array(list(chain.from_iterable(values)), kind.key_type)
    items = arrow_array(list(chain.from_iterable(map(dict.values, values))), kind.item_type)
    entries = pa.StructArray.from_arrays([keys, items], fields=[kind.key_field, kind.item_field])
    buffers = [validity, _offsets(list(map(len, values)))]
    return pa.Array.from_buffers(kind, len(values), buffers, children=[entries])


def _variable(sizes: list[int], data: bytes, kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    """Return an array whose values, of these sizes in bytes, lie one after the other in ``data``."""
    return pa.Array.from_buffers(kind, len(sizes), [validity, _offsets(sizes), pa.py_buffer(data)])


def _offsets(sizes: list[int]) -> pa.Buffer:
    """Return where each value begins among all that are laid out one after the other, and where the last one ends."""
    # From a list, which is twice as fast as from the iterator.
    return pa.py_buffer(array("i", list(accumulate(sizes, initial=0))))


def _validity(size: int, nulls: Sequence[int]) -> pa.Buffer | None:
    """Return the bits that say which values are there, the first value's lowest; None where all are.

    Args:
        size: The number of values.
        nulls: The positions of those that aren't there.
    """
    if not nulls:
        return None
    return _bits(size, nulls)


def _bits(size: int, unset: Sequence[int]) -> pa.Buffer:
    """Return that many bits, the first one lowest, with zeros at these positions."""
    # Arrow doesn't look at the bits beyond the last value.
    bits = bytearray(b"\xff") * ((size + 7) // 8)
    for position in unset:
        bits[position >> 3] &= ~(1 << (position & 7))
    return pa.py_buffer(bits)
