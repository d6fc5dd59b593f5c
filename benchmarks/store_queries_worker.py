"""One measurement of ``store_queries.py`` in a process of its own: ``python store_queries_worker.py FOLDER WHO WHAT``.

Prints as JSON the milliseconds of the first time (the store is opened in it; imports are over) and of later ones, the
megabytes that memory came to at most, and what was found.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from million_runs import START, STEP

WARM = 5
"""Times it is done again."""
ERRORS = 'and(eq(status, "success"), gt(latency, 0.5))'
RATED = 'and(eq(feedback_key, "user_rating"), lt(feedback_score, 0.4))'


def main() -> int:
    folder, who, what = sys.argv[1:]
    measure = QUESTIONS[who](Path(folder))[what]
    times: list[float] = []
    for _ in range(1 + WARM):
        started = time.perf_counter()
        found = measure()
        times.append((time.perf_counter() - started) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"cold": times[0], "warm": sorted(times[1:])[WARM // 2], "peak": peak, "found": found}))
    return 0


def until(folder: Path) -> datetime:
    """Return a time in the middle of the store: pages end there."""
    runs = int(next(folder.glob("*.done")).stem)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START + runs // 8 * STEP)


def middle(folder: Path) -> str:
    """Return the id of a run in the middle of the store."""
    import pyarrow.parquet as pq

    paths = sorted(folder.glob("runs/project=production/*.parquet"))
    ids = pq.read_table(paths[len(paths) // 2], columns=["id", "parent_id"])
    roots = [row["id"] for row in ids.to_pylist() if row["parent_id"] is None]
    return str(roots[len(roots) // 2])


def ours(folder: Path) -> dict[str, Callable[[], Any]]:
    import pyarrow as pa
    import pyarrow.dataset

    from pytest_llmobs.records.conditions import RunFilter
    from pytest_llmobs.storage import stored_runs  # noqa: F401
    from pytest_llmobs.storage.filtering import compilation  # noqa: F401
    from pytest_llmobs.storage.parquet import lookup, query, rows, totals  # noqa: F401
    from pytest_llmobs.storage.store import Store

    store = Store(folder)
    before, id = until(folder), middle(folder)

    def page() -> Any:
        found = store.runs(
            "production", filter=RunFilter(run=RATED), before=before, newest_first=True, limit=100
        )
        ids = [run.id for run in found]
        return [len(ids), ids[-1]]

    def aggregate() -> Any:
        columns = ["name", "latency", "total_cost"]
        tables = list(store.tables(columns, filter=RunFilter(run=ERRORS), ordered=False))
        return grouped(pa.concat_tables(tables))

    return {
        "first row": lambda: next(store.runs(newest_first=True)).id,
        "page": page,
        "read_run": lambda: len(store.read_run(id).child_runs),
        "statistics": lambda: rounded(store.run_stats().latency_p50),
        "aggregate": aggregate,
        "all, no payloads": lambda: sum(map(len, store.tables(["id", "name"], newest_first=True))),
    }


def grouped(table: Any) -> Any:
    """Return the figures of each name, as DuckDB is asked for them."""
    sums = table.group_by("name").aggregate([("latency", "mean"), ("total_cost", "sum"), ([], "count_all")])
    return sorted([row["name"], row["count_all"], rounded(row["latency_mean"])] for row in sums.to_pylist())


def rounded(value: float | None) -> float:
    return round(value or 0.0, 6)


def duckdb(folder: Path) -> dict[str, Callable[[], Any]]:
    import duckdb

    runs = f"read_parquet('{folder}/runs/*/*.parquet', hive_partitioning=true)"
    feedback = f"read_parquet('{folder}/feedback/*.parquet')"
    before, id = until(folder), middle(folder)

    def ask(query: str, *values: Any) -> list[Any]:
        return duckdb.connect().execute(query, values).fetchall()

    def page() -> Any:
        rows = ask(
            f"select * from {runs} where project = 'production' and start_time < ? and id in (select run_id from "
            f"{feedback} where key = 'user_rating' and score < 0.4) order by start_time desc limit 100",
            before,
        )
        return [len(rows), rows[-1][0]]

    def aggregate() -> Any:
        rows = ask(
            f"select name, count(*), avg(latency), sum(total_cost) from {runs} where status = 'success' and "
            "latency > 0.5 group by name"
        )
        return sorted([name, number, rounded(latency)] for name, number, latency, _ in rows)

    statistics = (
        "select count(*), count(*) filter (status = 'error'), quantile_cont(latency, [0.5, 0.99]), min(start_time), "
        "max(start_time), sum(total_tokens), sum(input_tokens), sum(output_tokens), sum(total_cost) from "
    )
    return {
        "first row": lambda: ask(f"select * from {runs} order by start_time desc limit 1")[0][0],
        "page": page,
        "read_run": lambda: len(ask(f"select * from {runs} where trace_id = ?", id)) - 1,
        "statistics": lambda: rounded(ask(statistics + runs)[0][2][0]),
        "aggregate": aggregate,
        "all, no payloads": lambda: len(ask(f"select id, name from {runs} order by start_time desc")),
    }


def pyarrow(folder: Path) -> dict[str, Callable[[], Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    before, id = pa.scalar(until(folder), pa.timestamp("us", "UTC")), middle(folder)
    newest_first = [("start_time", "descending")]

    def runs() -> ds.Dataset:
        return ds.dataset(folder / "runs", format="parquet", partitioning="hive")

    def first_row() -> Any:
        newest = pc.max(runs().to_table(["start_time"])["start_time"])
        return runs().to_table(filter=pc.field("start_time") == newest)["id"][0].as_py()

    def page() -> Any:
        feedback = ds.dataset(folder / "feedback", format="parquet")
        low = (pc.field("key") == "user_rating") & (pc.field("score") < 0.4)
        ids = feedback.to_table(["run_id"], filter=low)["run_id"].combine_chunks()
        where = (pc.field("project") == "production") & (pc.field("start_time") < before)
        found = runs().to_table(filter=where & pc.field("id").isin(ids)).sort_by(newest_first)[:100]
        return [len(found), found["id"][-1].as_py()]

    def statistics() -> Any:
        sums = ["total_tokens", "input_tokens", "output_tokens", "total_cost"]
        table = runs().to_table(["start_time", "latency", "status", *sums])
        pc.sum(pc.equal(table["status"], "error"))
        pc.min_max(table["start_time"])
        for name in sums:
            pc.sum(table[name])
        return rounded(pc.quantile(table["latency"], q=[0.5, 0.99])[0].as_py())

    def aggregate() -> Any:
        where = (pc.field("status") == "success") & (pc.field("latency") > 0.5)
        return grouped(runs().to_table(["name", "latency", "total_cost"], filter=where))

    return {
        "first row": first_row,
        "page": page,
        "read_run": lambda: len(runs().to_table(filter=pc.field("trace_id") == id)) - 1,
        "statistics": statistics,
        "aggregate": aggregate,
        "all, no payloads": lambda: len(
            runs().to_table(["id", "name", "start_time"]).sort_by(newest_first)["id"]
        ),
    }


QUESTIONS: dict[str, Callable[[Path], dict[str, Callable[[], Any]]]] = {
    "ours": ours,
    "duckdb": duckdb,
    "pyarrow": pyarrow,
}

if __name__ == "__main__":
    sys.exit(main())
