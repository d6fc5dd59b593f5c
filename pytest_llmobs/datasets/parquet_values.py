"""The values of a Parquet column as JSON has them, whatever their type, and whether or not pandas is installed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.errors import DatasetError


class _UnfitError(Exception):
    """A value that can't be taken; ``str(error)`` says why."""


def column_values(array: Any, column: str, above: int, name: str) -> list[Any]:
    """Return the values of one column.

    Args:
        array: Arrow's array.
        column: Its name, for messages.
        above: Rows of the file that lie above it.
        name: What messages call the file.

    Raises:
        DatasetError: One of them can't be read; the message names column, type and row.
    """
    if _is_plain(array.type):
        try:
            return list(array.to_pylist())
        except Exception:  # a text that is no UTF-8: looked for below
            pass
    values = []
    for row, scalar in enumerate(array, above + 1):
        try:
            values.append(_value(scalar))
        # Whatever Arrow raises: it differs with the type, the version and what else is installed.
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise DatasetError(
                f"{name}, row {row}: the column {column!r} of type {array.type} can't be read: {reason}. "
                "Write it as text or as a number."
            ) from None
    return values


def _is_plain(kind: Any) -> bool:
    """Return True where Arrow's own conversion gives JSON types, always the same."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_float16(kind):
        return False
    if types.is_struct(kind):
        return all(_is_plain(kind.field(at).type) for at in range(kind.num_fields))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _is_plain(kind.value_type)
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    is_text = types.is_string(kind) or types.is_large_string(kind)
    return bool(
        is_text
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or kind == pa.null()
    )


def _value(scalar: Any) -> Any:
    """Return one value, with everything in it."""
    import pyarrow as pa

    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.DictionaryScalar):
        return _value(scalar.value)
    if isinstance(scalar, pa.MapScalar):
        return _members(scalar)
    if isinstance(scalar, pa.StructScalar):
        return {key: _value(scalar[at]) for at, key in enumerate(_keys(scalar))}
    if isinstance(scalar, pa.ListScalar | pa.LargeListScalar | pa.FixedSizeListScalar):
        return [_value(item) for item in scalar.values]
    if isinstance(scalar, pa.ExtensionScalar):
        return _extension(scalar)
    for kind, convert in _conversions():
        if isinstance(scalar, kind):
            return convert(scalar)
    return scalar.as_py()  # bytes too: the loader refuses them by name


def _keys(scalar: Any) -> list[str]:
    keys = [field.name for field in scalar.type]
    if len(set(keys)) < len(keys):
        raise _UnfitError(f"a key stands twice among {keys!r}")
    return keys


def _members(scalar: Any) -> dict[Any, Any]:
    members: dict[Any, Any] = {}
    for entry in scalar.values:
        key = _value(entry[0])
        if key in members:
            raise _UnfitError(f"the key {abridge(key)} is given twice in one map")
        members[key] = _value(entry[1])
    return members


def _extension(scalar: Any) -> Any:
    """Return a UUID as text, and any other type of somebody's as what it is stored as."""
    if scalar.type.extension_name == "arrow.uuid":
        return str(scalar.as_py())
    return _value(scalar.value)


@cache
def _conversions() -> list[tuple[Any, Callable[[Any], Any]]]:
    import pyarrow as pa

    return [
        (pa.TimestampScalar, _timestamp),
        (pa.Time64Scalar, _time),
        (pa.Time32Scalar | pa.Date32Scalar | pa.Date64Scalar, _iso_format),
        (pa.Decimal128Scalar | pa.Decimal256Scalar, _decimal),
        (pa.HalfFloatScalar, lambda scalar: float(scalar.as_py())),
        (pa.DurationScalar, _duration),
    ]


def _iso_format(scalar: Any) -> str:
    return str(scalar.as_py().isoformat())


def _timestamp(scalar: Any) -> str:
    """Return ISO 8601 text, to the nanosecond where there are any: Python's own times end at microseconds."""
    import pyarrow as pa

    if scalar.type.unit != "ns":
        return _iso_format(scalar)
    micros, nanos = divmod(scalar.value, 1000)
    moment = pa.scalar(micros, pa.timestamp("us", scalar.type.tz)).as_py()
    if not nanos:
        return str(moment.isoformat())
    text = moment.isoformat(timespec="microseconds")
    date, _, time = text.partition("T")
    return f"{date}T{time[:15]}{nanos:03}{time[15:]}"


def _time(scalar: Any) -> str:
    import pyarrow as pa

    if scalar.type.unit != "ns":
        return _iso_format(scalar)
    micros, nanos = divmod(scalar.value, 1000)
    moment = pa.scalar(micros, pa.time64("us")).as_py()
    if not nanos:
        return str(moment.isoformat())
    return f"{moment.isoformat(timespec='microseconds')}{nanos:03}"


def _decimal(scalar: Any) -> float:
    exact: Decimal = scalar.as_py()
    number = float(exact)
    if Decimal(repr(number)) != exact:
        raise _UnfitError(f"{exact} has more digits than a number keeps")
    return number


def _duration(scalar: Any) -> Any:
    raise _UnfitError("JSON has no form for a duration")
