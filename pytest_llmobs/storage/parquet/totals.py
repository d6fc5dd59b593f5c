"""Sums, shares and percentiles of runs, gathered from one scan."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.records.run_stats import RunStats
from pytest_llmobs.storage.parquet.arrays import text_scalar

SUMS = ("total_tokens", "input_tokens", "output_tokens", "total_cost", "input_cost", "output_cost")
"""Columns that are added up."""
STATS_COLUMNS = ("start_time", "latency", "status", *SUMS, "time_to_first_token")
"""What statistics are made of."""
TRACE_COLUMNS = ("start_time", "latency", "status", *SUMS, "parent_id")
"""What statistics of traces are made of."""


class Totals:
    """What runs come to, table by table."""

    def __init__(self, *, traces: bool = False) -> None:
        """Begin with no runs.

        Args:
            traces: Count traces, by their root runs: what is added up is yet that of every run in them.
        """
        self._traces = traces
        self._runs = self._errors = 0
        self._sums: dict[str, Any] = {}
        self._first = self._last = None
        # A percentile needs all of them: 8 bytes a run. A root run has no cost of its own.
        names = ("latency",) if traces else ("latency", "time_to_first_token", "total_cost")
        self._values: dict[str, list[pa.ChunkedArray]] = {name: [] for name in names}

    def add(self, table: pa.Table) -> None:
        """Take in runs with the columns of ``STATS_COLUMNS``; where traces count, with those of ``TRACE_COLUMNS``."""
        for name in SUMS:
            added = pc.sum(table[name]).as_py()
            if added is not None:
                self._sums[name] = self._sums.get(name, 0) + added
        if self._traces:
            table = table.filter(pc.is_null(table["parent_id"]))
        self._count(table)

    def _count(self, table: pa.Table) -> None:
        self._runs += len(table)
        self._errors += pc.sum(pc.equal(table["status"], text_scalar("error"))).as_py() or 0
        for name, columns in self._values.items():
            columns.append(table[name])
        span = pc.min_max(table["start_time"])
        self._first = min(filter(None, (self._first, span["min"].as_py())), default=None)
        self._last = max(filter(None, (self._last, span["max"].as_py())), default=None)

    def stats(self) -> RunStats:
        """Return what the runs come to."""
        if not self._runs:
            return RunStats(**self._sums)
        latency_p50, latency_p99 = self._percentiles("latency")
        first_token_p50, first_token_p99 = self._percentiles("time_to_first_token")
        cost_p50, cost_p99 = self._percentiles("total_cost")
        return RunStats(
            run_count=self._runs,
            error_rate=self._errors / self._runs,
            latency_p50=latency_p50,
            latency_p99=latency_p99,
            first_token_p50=first_token_p50,
            first_token_p99=first_token_p99,
            cost_p50=cost_p50,
            cost_p99=cost_p99,
            first_start_time=self._first,
            last_start_time=self._last,
            **self._sums,
        )

    def _percentiles(self, name: str) -> tuple[float | None, float | None]:
        """Return the median of a column, and what 99 of 100 runs don't exceed."""
        chunks = list(chain.from_iterable(column.chunks for column in self._values.get(name, ())))
        median, slowest = pc.quantile(pa.chunked_array(chunks, pa.float64()), q=[0.5, 0.99]).to_pylist()
        return median, slowest
