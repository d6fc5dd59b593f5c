"""Rows in order of their start, read part by part: the parts met first are read first, those that overlap are merged.

Times are turned round where the newest come first, so that the order is always ascending: a part's ``near`` edge is
met before its ``far`` one. A row may be returned once no part that is still to be read may hold an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.parquet import parts as units
from pytest_llmobs.storage.parquet.arrays import empty_table, integer_scalar
from pytest_llmobs.storage.parquet.parallel import Threads
from pytest_llmobs.storage.parquet.parts import Part, has_payloads, width
from pytest_llmobs.storage.parquet.report import ScanReport
from pytest_llmobs.storage.parquet.skimming import Skimmed
from pytest_llmobs.storage.parquet.sought import PROJECT, Sought, schema_of
from pytest_llmobs.storage.parquet.waiting import Waiting

_WHEN = "when"
"""The column that rows are sorted by: their start, turned round where the newest come first."""
_FIRST_BYTES = 1 << 18
"""About as much is read at first, at least a part; then twice as much each time, up to ``WINDOW_BYTES``."""


@dataclass(frozen=True)
class Window:
    """Rows in their order, and where the rest begins."""

    table: pa.Table
    edge: int | None
    """No row that comes after this window started earlier (later, where the newest come first), and none of it or
    before it did not; microseconds. None after the last one."""


class Sweep:
    """One reading of parts in order of time."""

    def __init__(
        self,
        admitted: Sequence[Part],
        columns: Sequence[str],
        sought: Sought,
        report: ScanReport,
        *,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> None:
        """Line the parts up.

        Args:
            admitted: The parts that may match.
            columns: What to read of them, besides what rows are sorted by.
            sought: Which rows.
            report: Takes what is read.
            newest_first: Turn the order round.
            limit: Most rows.
        """
        self._sought, self._report, self._limit = sought, report, limit
        self._newest_first, self._sign = newest_first, -1 if newest_first else 1
        self._threads = Threads()
        skim = None
        if has_payloads(columns) and not sought.is_everything:
            skim = Skimmed(sought, report, self._threads)
        self._waiting = Waiting(admitted, newest_first=newest_first, skim=skim)
        # With what the rows are sorted by; a dict rather than a set keeps the order.
        self._columns = list(dict.fromkeys([*columns, "start_time", "id", PROJECT]))
        self._bytes = min(_FIRST_BYTES, units.WINDOW_BYTES)

    def windows(self) -> Iterator[Window]:
        """Yield the rows window by window, none of them empty.

        Raises:
            StoreError: A file is damaged, and nobody takes what is left out.
            VanishedError: A file is gone.
        """
        with closing(self._threads):
            yield from self._windows()

    def _windows(self) -> Iterator[Window]:
        held = self._sorted([])
        while self._waiting or len(held):
            if self._limit is not None and self._limit <= 0:
                return
            held = self._sorted([held, *self._read(self._take(len(held)))])
            if self._limit is not None:
                held = held.slice(0, self._limit)
            edge = self._waiting.edge
            ready = self._before(held, edge)
            if ready:
                turned = edge if edge is None else edge * self._sign
                yield Window(held.slice(0, ready).drop_columns([_WHEN]), turned)
                held = held.slice(ready)
                if self._limit is not None:
                    self._limit -= ready
            held = self._bounded(held)

    def _take(self, held_rows: int) -> list[tuple[Part, int | None]]:
        """Take the parts that are read next: one, and more as long as they are small or few rows are wanted."""
        taken: list[tuple[Part, int | None]] = []
        rows, size = held_rows, 0.0
        while (following := self._waiting.pop()) is not None:
            taken.append(following)
            part, _ = following
            rows += part.rows
            size += part.rows * width(self._columns, part.source)
            if size >= self._bytes or (self._limit is not None and rows >= self._limit):
                break
        self._bytes = min(self._bytes * 2, units.WINDOW_BYTES)
        return taken

    def _read(self, taken: Sequence[tuple[Part, int | None]]) -> Iterator[pa.Table]:
        self._report.reads([part for part, _ in taken])
        batches = _by_source(taken)
        tables = self._threads.map(self._rows, [together for _, together in batches])
        for (bound, _), table in zip(batches, tables, strict=True):
            when = pc.multiply(table["start_time"].cast(pa.int64()), integer_scalar(self._sign))
            timed = table.append_column(_WHEN, when)
            if bound is not None:
                timed = timed.filter(pc.greater_equal(when, integer_scalar(bound)))
            yield timed

    def _rows(self, together: Sequence[Part]) -> pa.Table:
        source = together[0].source
        if together[0].chosen is not None:
            table = source.chosen(together, self._columns)
            # Of a whole row group few rows stay: what it took is given back before the next one is read.
            pa.default_memory_pool().release_unused()
            return table
        return source.matching(together, self._columns, self._sought)

    def _sorted(self, tables: Sequence[pa.Table]) -> pa.Table:
        if not tables:
            schema = schema_of(self._columns)
            return empty_table(schema.append(pa.field(_WHEN, pa.int64())))
        direction = "descending" if self._newest_first else "ascending"
        # The id as well: runs that start in the same microsecond keep their order from one reading to the next.
        table = pa.concat_tables(tables).combine_chunks()
        return table.sort_by([(_WHEN, "ascending"), ("id", direction)])

    def _before(self, held: pa.Table, edge: int | None) -> int:
        """Return how many of the rows come before all that is still to be read."""
        if edge is None:
            return len(held)
        return int(pc.sum(pc.less(held[_WHEN], integer_scalar(edge))).as_py() or 0)

    def _bounded(self, held: pa.Table) -> pa.Table:
        """Let go of the later half where too much is held, since too many parts overlap: it is read again in time."""
        if held.nbytes <= 2 * units.WINDOW_BYTES:
            return held
        times = held[_WHEN]
        first, middle = times[0].as_py(), times[len(times) // 2].as_py()
        bound = max(middle, first + 1)
        self._waiting.again(bound)
        return held.slice(0, self._before(held, bound))


def _by_source(
    taken: Sequence[tuple[Part, int | None]],
) -> list[tuple[int | None, list[Part]]]:
    """Put parts together that are read at once, with the time from which on they are; where rows are chosen, none."""
    together: dict[tuple[int, ...], tuple[int | None, list[Part]]] = {}
    for number, (part, bound) in enumerate(taken):
        key = (id(part.source), -1 if bound is None else bound) if part.chosen is None else (number,)
        together.setdefault(key, (bound, []))[1].append(part)
    return list(together.values())
