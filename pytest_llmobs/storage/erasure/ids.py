"""Ids that are looked for in columns: many, and each time only those that may be there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.parquet.arrays import arrow_array


class Ids:
    """A set of ids, sorted: they sort by time, so that a row group may hold few of them."""

    def __init__(self, ids: Iterable[str]) -> None:
        """Take ids; each once."""
        self._sorted = sorted(ids)

    def __bool__(self) -> bool:
        return bool(self._sorted)

    def may_be_between(self, lowest: str, highest: str) -> bool:
        """Tell whether one of them lies in a range, its ends included."""
        first = bisect_left(self._sorted, lowest)
        return first < len(self._sorted) and self._sorted[first] <= highest

    def among(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return which values of a column of texts are among them; a null isn't."""
        span = pc.min_max(column)
        lowest, highest = span["min"].as_py(), span["max"].as_py()
        if lowest is None:
            return pc.is_in(column, value_set=self._array.slice(0, 0))
        # The set that is_in makes of them each time is as small as that.
        first = bisect_left(self._sorted, lowest)
        end = bisect_right(self._sorted, highest)
        return pc.is_in(column, value_set=self._array.slice(first, end - first))

    @cached_property
    def _array(self) -> pa.Array:
        return arrow_array(self._sorted, pa.string())
