"""Scans over many files: filters, time order, and never more than a window of rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.listing import PATIENCE
from pytest_llmobs.storage.parquet.ordered import Sweep
from pytest_llmobs.storage.parquet.parts import Part, Source
from pytest_llmobs.storage.parquet.report import ScanReport
from pytest_llmobs.storage.parquet.sought import Sought
from pytest_llmobs.storage.parquet.unordered import read_unordered

Listing = Callable[[], Sequence[Source]]
"""Lists the sources as they are now."""

LastingListing = Callable[[], Sequence[Source] | None]
"""Lists them such that they can be read although they are merged meanwhile; None where they are too many."""


@dataclass(frozen=True)
class Scan:
    """What one scan returns of the sources it is given."""

    columns: Sequence[str]
    sought: Sought
    limit: int | None = None
    """Most rows."""
    newest_first: bool = False
    """Turns the order round."""
    report: ScanReport | None = None
    """Takes what the scan did."""

    def in_order(self, listing: Listing) -> Iterator[pa.Table]:
        """Yield the matching rows in order of their start, in tables of a row or more, with their project.

        Sources are read as far as rows are asked for. Where a file vanishes because another process merges it, the
        rest is read from a new listing.

        Raises:
            StoreError: A file is unreadable or of a newer schema.
            VanishedError: Files keep vanishing.
        """
        # What was yielded is excluded from the rest by its time, so a new listing repeats and misses nothing.
        failures, limit = 0, self.limit
        edge: int | None = None
        report = self.report or ScanReport()
        while limit is None or limit > 0:
            rest = self._from(edge)
            try:
                parts = self._parts(listing(), rest, report)
                sweep = Sweep(parts, self.columns, rest, report, newest_first=self.newest_first, limit=limit)
                for window in sweep.windows():
                    failures, edge = 0, window.edge
                    if limit is not None:
                        limit -= len(window.table)
                    report.rows += len(window.table)
                    yield window.table
                return
            except VanishedError:
                failures += 1
                if failures == PATIENCE:
                    raise

    def in_any_order(self, lasting: LastingListing, listing: Listing) -> Iterator[pa.Table]:
        """Yield the matching rows in no order, in tables of a row or more; many times faster than in order.

        Args:
            lasting: Lists sources that can be read although they are merged meanwhile.
            listing: Lists them where those are too many: then they are read in order, which can be taken up again.

        Raises:
            StoreError: A file is unreadable or of a newer schema.
            VanishedError: Files kept vanishing while they were listed.
        """
        report, left = self.report or ScanReport(), self.limit
        sources = persistently(lasting)
        if sources is None:
            yield from self._in_order_after_all(listing)
            return
        _begin(report, sources, self.sought)
        for table in read_unordered(sources, self.columns, self.sought, report):
            part = table.slice(0, left)
            if left is not None:
                left -= len(part)
            if len(part):
                report.rows += len(part)
                yield part
            if left == 0:
                return

    def _from(self, edge: int | None) -> Sought:
        """Return what is sought from a start time on, microseconds; None for all of it."""
        if edge is None:
            return self.sought
        moment = pa.scalar(edge, pa.timestamp("us", "UTC"))
        start = pc.field("start_time")
        return self.sought.within(start <= moment if self.newest_first else start >= moment, "start_time")

    def _in_order_after_all(self, listing: Listing) -> Iterator[pa.Table]:
        for table in self.in_order(listing):
            yield table.select(list(self.columns))

    def _parts(self, sources: Sequence[Source], sought: Sought, report: ScanReport) -> list[Part]:
        _begin(report, sources, sought)
        parts: list[Part] = []
        for source in sources:
            admitted = source.parts(sought)
            report.admits(source, admitted)
            parts += admitted
        return parts


def _begin(report: ScanReport, sources: Sequence[Source], sought: Sought) -> None:
    sealed = [source for source in sources if source.is_sealed]
    unsealed = [source for source in sources if not source.is_sealed]
    report.begins(sealed, unsealed, sought)


def persistently(listing: LastingListing) -> Sequence[Source] | None:
    """List sources, again where files vanish in the middle of it.

    Raises:
        VanishedError: They keep vanishing.
    """
    for _ in range(PATIENCE - 1):
        try:
            return listing()
        except VanishedError:
            continue
    return listing()
