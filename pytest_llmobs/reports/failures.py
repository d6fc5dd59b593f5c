"""Each red verdict as one failure: for pytest's counts and for JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pytest_llmobs.records.decisions import ExampleRow, MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.text.figures import rate, signed
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import listed

_PAGE = Page(width=100)
_MOST = 10
"""Broken examples named in one failure."""


@dataclass(frozen=True)
class Failure:
    """One red verdict."""

    nodeid: str
    """The suite, or the one example that broke."""
    headline: str
    """All of it in a line."""
    details: Sequence[str] = field(default_factory=tuple)


def failures(experiment: Experiment) -> list[Failure]:
    """Return one failure for each suite with a red metric, else one for each broken example; and the errors."""
    decision = experiment.decision
    red_metrics: dict[str, list[MetricRow]] = {}
    for row in decision.metrics:
        if row.red:
            red_metrics.setdefault(row.suite, []).append(row)
    broken: dict[str, list[ExampleRow]] = {}
    for example in decision.examples:
        if example.red:
            broken.setdefault(example.suite, []).append(example)
    found = [_suite_failure(suite, rows, broken.get(suite, [])) for suite, rows in red_metrics.items()]
    for suite, rows in broken.items():
        if suite not in red_metrics:
            found.extend(_example_failures(rows))
    found.extend(Failure("llm-gate", *_split(error)) for error in decision.errors)
    return found


def _suite_failure(suite: str, rows: Sequence[MetricRow], broken: Sequence[ExampleRow]) -> Failure:
    lines = [_metric_line(row) for row in rows]
    names = list(dict.fromkeys(row.example_id for row in broken))
    notes = [row.note for row in rows if row.note and ("\n" in row.note or _compares(row))]
    details = [*lines[1:], *dict.fromkeys(notes)]
    if names:
        details.append(f"broken: {listed(names, _MOST)}")
    others = len(lines) - 1
    more = f" (+{others} metric{'s' * (others > 1)})" if others else ""
    return Failure(suite, lines[0] + more, details)


def _metric_line(row: MetricRow) -> str:
    if not _compares(row):
        note = row.note.partition("\n")[0]
        return f"{row.metric} {row.verdict}" + (f": {note}" if note else "")
    change = f"{rate(row.baseline)} -> {rate(row.candidate)} ({signed(row.delta, _PAGE)}, n={row.n})"
    return f"{row.metric} {row.verdict}: {change}"


def _compares(row: MetricRow) -> bool:
    return row.baseline is not None and row.candidate is not None


def _example_failures(rows: Sequence[ExampleRow]) -> Iterator[Failure]:
    by_example: dict[str, list[ExampleRow]] = {}
    for row in rows:
        by_example.setdefault(row.example_id, []).append(row)
    for example_id, group in by_example.items():
        metrics = ", ".join(row.metric for row in group)
        details = [row.comment for row in group if row.comment]
        yield Failure(group[0].nodeid or group[0].suite, f"{example_id} broke: {metrics}", details)


def _split(error: str) -> tuple[str, Sequence[str]]:
    first, *rest = error.splitlines() or [""]
    return first, rest
