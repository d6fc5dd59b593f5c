"""The table of trials, column by column: what the page sorts, filters and searches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from operator import attrgetter
from typing import Any

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import shown_value
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.html.details import answer_of
from pytest_llmobs.reports.html.rows import Row
from pytest_llmobs.reports.html.safe_numbers import safe_number
from pytest_llmobs.reports.html.traces import Traces, parsed
from pytest_llmobs.reports.traced_run import TracedRun

_SEARCHED = 200
"""Characters of a trial's texts that are searched."""
_SHARE = 80
"""Characters of its inputs, and of its answer, among them."""
_SIGNS = str.maketrans("", "", '{}[]"\\')
"""Of JSON: nobody searches for these."""
_COLUMNS = {
    "example": "trial.example_id",
    "repeat": "trial.repeat",
    "look": "look",
    "status": "trial.status",
    "state": "state",
    "latency": "trial.latency",
    "cost": "trial.total_cost",
    "tokens": "trial.total_tokens",
}


def score_names(rows: Iterable[Row]) -> list[str]:
    """Return the metrics that any trial has: ``pass``, those that gate, then the others, as they first appear."""
    gating: dict[str, None] = {PASS: None}
    others: dict[str, None] = {}
    for row in rows:
        for metric, score in row.trial.scores.items():
            (gating if score.gating else others)[metric] = None
    return list(gating | others)


def trial_columns(
    rows: Sequence[Row], suites: Sequence[str], metrics: Sequence[str], traces: Traces
) -> dict[str, Any]:
    """Return the columns."""
    place_of = dict(zip(suites, count(), strict=False))
    cells: dict[str, Callable[[Row], Any]] = {"suite": lambda row: place_of[row.trial.suite]}
    for name, path in _COLUMNS.items():
        cells[name] = attrgetter(path)
    # a digit takes a fifth of what "false" takes, ten thousand times
    cells["red"] = lambda row: int(row.red)
    cells["replayed"] = lambda row: int(row.trial.replayed_calls > 0)
    cells["tags"] = lambda row: _tags(row, traces)
    cells["text"] = lambda row: _text(row, traces)
    columns: dict[str, Any] = {}
    for name, cell in cells.items():
        columns[name] = list(map(cell, rows))
    columns["scores"] = {}
    for metric in metrics:
        columns["scores"][metric] = [_score(row, metric) for row in rows]
    return columns


def _tags(row: Row, traces: Traces) -> list[str]:
    root = traces.root(row.trial.run_id)
    if root is None:
        return []
    return root.tags or []


def _score(row: Row, metric: str) -> float | str | None:
    number = shown_value(row.trial, metric)
    score = row.trial.scores.get(metric)
    if number is None and score is not None and metric != PASS:
        return score.value
    return safe_number(number)


def _text(row: Row, traces: Traces) -> str:
    """Return the beginnings of what went in, what came out and what failed."""
    trial = row.trial
    root = traces.root(trial.run_id)
    inputs = str(dict(trial.inputs)) if trial.inputs else ""
    # of megabytes only the beginning is decoded: a letter takes four bytes at most
    if root is not None and root.inputs is not None:
        inputs = root.inputs[: 4 * _SEARCHED].decode("utf-8", "ignore")
    parts = (
        inputs[:_SEARCHED].translate(_SIGNS)[:_SHARE],
        _answer(trial, root)[:_SHARE],
        trial.message or "",
    )
    return " ".join(filter(None, parts))[:_SEARCHED]


def _answer(trial: Trial, root: TracedRun | None) -> str:
    if trial.output or root is None:
        return trial.output
    return answer_of(parsed(root.outputs))
