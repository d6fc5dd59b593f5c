"""Arrays, tables and their scalars: small ones with their values, others by type and shape."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from pytest_llmobs.tracing.snapshot.stored import bases_of, class_attribute, name_of

MAX_CELLS = 1_000
"""Values of an array or a table that are kept."""
_BEGINNING = 10
"""Values of a longer one that are shown."""
_LIBRARIES = frozenset({"numpy", "pandas", "polars", "pyarrow", "torch", "tensorflow", "jax", "jaxlib"})
_PANDAS_SCALARS = frozenset({"Timestamp", "Timedelta", "NaTType", "NAType", "Period", "Interval"})
_PLAIN = (bool, int, float, complex, str, bytes)
_WRITTEN_AS_TEXT = "mM"
"""Kinds of numpy's dates and durations: as Python's, they would lose their unit."""


def values_of(value: Any) -> Any:
    """Return a small array as lists, a scalar as Python's, a small table with its cells; None for all else.

    What is returned is still to be walked: cells may hold anything.
    """
    kind = type(value)
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and _is_made_of(kind, numpy, "generic"):
        return _scalar(value)
    if numpy is not None and _is_made_of(kind, numpy, "ndarray"):
        return _array(numpy, value)
    module, name = name_of(kind)
    if pandas is None or module.partition(".")[0] != "pandas":
        return None
    if name in _PANDAS_SCALARS:
        return str(value)
    if name == "DataFrame" and _is_made_of(kind, pandas, name):
        return _table(pandas, value)
    if name == "Series" and _is_made_of(kind, pandas, name):
        return _column(pandas, value)
    return None


def _is_made_of(kind: type, module: ModuleType, name: str) -> bool:
    base = vars(module).get(name)
    return any(one is base for one in bases_of(kind))


def _scalar(value: Any) -> Any:
    if value.dtype.kind in _WRITTEN_AS_TEXT:
        return str(value)
    item = value.item()
    if type(item) in _PLAIN:
        return item
    if isinstance(item, tuple):  # a row with named fields
        return list(item)
    return float(item)  # of more digits than Python's


def _array(numpy: ModuleType, value: Any) -> Any:
    plain = numpy.ndarray
    is_small = plain.size.__get__(value) <= MAX_CELLS
    if not is_small:
        first = plain.ravel(plain.__getitem__(value, (slice(_BEGINNING),) * min(value.ndim, 1)))[:_BEGINNING]
        return {**(_description(value)), "first": first.tolist()}
    if value.dtype.kind in _WRITTEN_AS_TEXT:
        return plain.tolist(plain.astype(value, "U"))
    if name_of(type(value))[0].partition(".")[0] == "numpy":
        return value.tolist()  # a masked one says what is masked
    return plain.tolist(value)


def _table(pandas: ModuleType, value: Any) -> dict[str, Any]:
    rows, columns = value.shape
    shown = value.iloc[: max(1, MAX_CELLS // max(1, columns)), :MAX_CELLS]
    cells = shown.to_dict("split")
    described = {**_description(value), "columns": cells["columns"], "rows": cells["data"]}
    if len(shown) < rows:
        described["rows"].append(f"<cut: {rows - len(shown):,} of {rows:,} rows>")
    return _with_index(pandas, described, shown)


def _column(pandas: ModuleType, value: Any) -> dict[str, Any]:
    shown = value.iloc[:MAX_CELLS]
    described = {**_description(value), "name": value.name, "values": shown.tolist()}
    if len(shown) < len(value):
        described["values"].append(f"<cut: {len(value) - len(shown):,} of {len(value):,} values>")
    return _with_index(pandas, described, shown)


def _with_index(pandas: ModuleType, described: dict[str, Any], shown: Any) -> dict[str, Any]:
    if not isinstance(shown.index, pandas.RangeIndex):
        described["index"] = shown.index.tolist()
    return described


def description_of(value: Any) -> dict[str, Any] | None:
    """Return type and shape of what an array library made, or None for all else."""
    if name_of(type(value))[0].partition(".")[0] not in _LIBRARIES:
        return None
    return _description(value)


def _description(value: Any) -> dict[str, Any]:
    kind = type(value)
    shape = getattr(value, "shape", None)
    described = {"type": ".".join(name_of(kind)), "shape": shape}
    if class_attribute(kind, "dtype") is not None:  # a table answers with its column of that name
        described["dtype"] = str(value.dtype)
    return described
