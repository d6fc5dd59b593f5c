"""The index of a page: all that it shows before a single trial is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.html.columns import score_names, trial_columns
from pytest_llmobs.reports.html.rows import Row
from pytest_llmobs.reports.html.table import quick_filters, table_columns
from pytest_llmobs.reports.html.traces import Traces
from pytest_llmobs.reports.json import plain_document
from pytest_llmobs.reports.plots.pictures import pictures
from pytest_llmobs.reports.text.short_names import short_suites

CHUNK = 50
"""Trials whose details are packed, and read, together."""


def index(digest: Digest, rows: Sequence[Row], traces: Traces, context: Context) -> dict[str, Any]:
    """Return the index, but for the overview's words, and for its gaps, which show once all details are told.

    Args:
        digest: The finished experiment.
        rows: In the order of the table.
        traces: Of the trials.
        context: Has the evidence.
    """
    # a damaged record may have trials of a suite that it has no plan of
    suites = dict.fromkeys([*digest.experiment.suite_names, *map(attrgetter("trial.suite"), rows)])
    metrics = score_names(rows)
    trials = trial_columns(rows, list(suites), metrics, traces)
    return {
        "version": 1,
        "report": plain_document(digest),
        "chunk_size": CHUNK,
        "part": None,
        "gaps": [],
        "metrics": metrics,
        "suites": list(suites),
        "trials": trials,
        "table": {
            "columns": table_columns(trials, metrics),
            "quick": quick_filters(trials),
            "suites": list(short_suites(suites).values()),
        },
        "missing": list(_missing(digest, rows)),
        "plots": pictures(digest, context),
    }


def _missing(digest: Digest, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield the trials that collection promised and that never ran."""
    ran = set()
    for row in rows:
        if row.look != "control":
            ran.add((*row.key, row.trial.repeat))
    for plan in digest.experiment.suites:
        for expected in plan.expected:
            if (plan.name, expected.example_id, expected.repeat) not in ran:
                yield {"suite": plan.name, "example": expected.example_id, "repeat": expected.repeat}
