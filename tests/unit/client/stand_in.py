from __future__ import annotations

import pyarrow as pa

from pytest_llmobs.records.run_stats import RunStats
from pytest_llmobs.storage.filtering.compilation import compiled
from pytest_llmobs.storage.parquet.rows import to_runs
from pytest_llmobs.storage.parquet.schema import NAMES
from pytest_llmobs.storage.store import Store


class StandInStore(Store):
    def tables(self, columns, project=None, *, filter=None, limit=None, newest_first=False, **filters):
        where = compiled(filter, self, project, filters)
        projects = [project] if isinstance(project, str) else project
        tables = []
        for name in projects if projects is not None else self.projects():
            tables += list(super().tables(list(NAMES), name))
        if not tables:
            return
        table = pa.concat_tables(tables)
        if where.pushdown is not None:
            table = table.filter(where.pushdown)
        if where.mask_columns:
            table = table.filter(where.mask(table))
        order = "descending" if newest_first else "ascending"
        table = table.sort_by([("start_time", order), ("id", order)])
        yield table.select([*columns, "project"]).slice(0, limit)

    def runs(
        self,
        project=None,
        *,
        filter=None,
        limit=None,
        newest_first=False,
        payloads=True,
        columns=None,
        **filters,
    ):
        for table in self.tables(
            columns or list(NAMES), project, filter=filter, limit=limit, newest_first=newest_first, **filters
        ):
            yield from to_runs(table)

    def run_stats(self, project=None, filter=None):
        runs = list(self.runs(project, filter=filter))
        return RunStats(
            run_count=len(runs),
            error_rate=sum(r.error is not None for r in runs) / len(runs) if runs else None,
            latency_p50=runs[0].latency if runs else None,
            total_cost=1.5,
            input_tokens=3,
        )
