"""What each run of a split came to: feedback and scores by key, latency, cost, whether it failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_llmobs.experiments.splits.assignments import Assignments, ServedRun, started
from pytest_llmobs.feedback.reading import selected
from pytest_llmobs.feedback.selection import Selection
from pytest_llmobs.measures.means import mean

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.store import Store

LATENCY, COST, ERRORS = "latency", "cost", "error rate"
OWN_METRICS = (LATENCY, COST, ERRORS)
"""What every run has, beside what was said of it: seconds, USD, 1 where it raised and 0 where not."""

RunValues = Mapping[str, Mapping[str, float]]
"""Metric -> the id of a served run -> its value."""


def read_values(store: Store, assignments: Assignments, project: str, since: datetime | None) -> RunValues:
    """Return what the runs of a split came to.

    Several records of one key on one run, or on runs below it, count as their mean. Feedback on a run that names no
    user belongs to the only user of its trace. The cost is that of the whole trace; a trace with a model call whose
    price isn't known, and one of several users, have none.
    """
    feedback = selected(store, Selection(), ["run_id", "key", "score"])
    only_run = _only_runs(assignments.runs)
    about, costs = _scan(store, project, since, feedback, only_run)
    gathered: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in _about_runs(feedback, [*assignments.top_of, *about]).to_pylist():
        run_id, score = row["run_id"], row["score"]
        served = assignments.top_of.get(run_id) or only_run.get(about.get(run_id, ""))
        if served is not None and score is not None:
            gathered[row["key"]][served.id].append(score)
    for run in assignments.runs:
        for key, score in run.scores.items():
            gathered[key][run.id].append(score)
    values = _own_values(assignments.runs, only_run, costs)
    for key in sorted(gathered):
        # somebody's own key called latency says what they mean by it
        values[key] = dict(zip(gathered[key], map(mean, gathered[key].values()), strict=True))
    return values


def _about_runs(feedback: pa.Table, run_ids: Sequence[str]) -> pa.Table:
    """Return what was said of some runs; a store may hold a million words about others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return feedback.filter(pc.is_in(feedback["run_id"], value_set=pa.array(run_ids, pa.string())))


def _own_values(
    runs: Sequence[ServedRun], only_run: Mapping[str, ServedRun], costs: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    own: dict[str, dict[str, float]] = {LATENCY: {}, COST: {}, ERRORS: {}}
    for run in runs:
        own[ERRORS][run.id] = float(run.failed)
        if run.latency is not None:
            own[LATENCY][run.id] = run.latency
        if run.trace_id in only_run and run.trace_id in costs:
            own[COST][run.id] = costs[run.trace_id]
    return own


def _only_runs(runs: Iterable[ServedRun]) -> dict[str, ServedRun]:
    """Return the served run of each trace that has one alone."""
    of_traces: dict[str, list[ServedRun]] = defaultdict(list)
    for run in runs:
        of_traces[run.trace_id].append(run)
    only: dict[str, ServedRun] = {}
    for trace_id, served in of_traces.items():
        if len(served) == 1:
            only[trace_id] = served[0]
    return only


def _scan(
    store: Store, project: str, since: datetime | None, feedback: pa.Table, traces: Iterable[str]
) -> tuple[dict[str, str], dict[str, float]]:
    """Return the trace of each run that something was said of, and the cost of each trace, from one scan."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(list(traces), pa.string())
    talked_of = pc.unique(feedback["run_id"].drop_null())
    trace_of: dict[str, str] = {}
    sums: dict[str, float] = defaultdict(float)
    unpriced: set[str] = set()
    columns = ("id", "trace_id", "run_type", "status", "total_cost")
    for table in store.tables(columns, project, ordered=False, **started(since)):
        theirs = table.filter(pc.is_in(table["trace_id"], value_set=wanted))
        about = theirs.filter(pc.is_in(theirs["id"], value_set=talked_of))
        trace_of.update(zip(about["id"].to_pylist(), about["trace_id"].to_pylist(), strict=True))
        _add_costs(theirs, sums, unpriced)
    for trace_id in unpriced:
        sums.pop(trace_id, None)
    return trace_of, sums


def _add_costs(table: Any, sums: dict[str, float], unpriced: set[str]) -> None:
    import pyarrow.compute as pc

    priced = (
        table.filter(pc.is_valid(table["total_cost"])).group_by("trace_id").aggregate([("total_cost", "sum")])
    )
    for row in priced.to_pylist():
        sums[row["trace_id"]] += row["total_cost_sum"]
    is_answered_call = pc.and_(pc.equal(table["run_type"], "llm"), pc.equal(table["status"], "success"))
    lacking = table.filter(pc.and_(is_answered_call, pc.is_null(table["total_cost"])))
    unpriced.update(lacking["trace_id"].unique().to_pylist())
