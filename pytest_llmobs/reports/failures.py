"""Each red verdict as one failure: for pytest's counts and for JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_llmobs.records.decisions import ExampleState, MetricRow
from pytest_llmobs.reports.digest.examples import ExampleDetail
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.text import metric_words as words
from pytest_llmobs.reports.text.figures import rate
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.repeats import is_binary, repeats_text
from pytest_llmobs.wording import count, text_lines

_PAGE = Page(width=100)
_BROKEN: Mapping[ExampleState, str] = {"broken": "broke", "suspect": "was not cleared", "drifted": "drifted"}
"""States of examples that are failed tests where they are red, in words; the largest drops of a metric are none."""
_UNSAID = ("NEUTRAL", "IMPROVED", "NO_BASELINE", "UNPAIRED")
"""Verdicts that are no reason to fail."""
GATE = "llm-gate"
"""Stands in the place of a test's node id where a failure is of no suite."""


@dataclass(frozen=True)
class Failure:
    """One red verdict."""

    nodeid: str
    """The suite, or the one example that broke."""
    headline: str
    """All of it in a line."""
    details: Sequence[str] = ()
    example_id: str = ""
    """Of the example; empty where it is about no single one."""


def failures(digest: Digest) -> Iterator[Failure]:
    """Yield one failure for each broken example, one for each suite with a red metric that none explains; errors."""
    for suite in digest.red_suites:
        explained: set[str] = set()
        for example in suite.examples:
            if example.state in _BROKEN:
                yield _example_failure(example)
                explained.update(row.metric for row in example.rows if row.state in _BROKEN)
        unexplained = [row for row in suite.metrics if row.metric not in explained]
        if unexplained:
            yield _suite_failure(suite.suite, unexplained)
    yield from map(error_failure, digest.experiment.decision.errors)


def error_failure(error: str) -> Failure:
    """Return an error as a failure; its first line is the headline."""
    headline, *details = text_lines(error) or [""]
    return Failure(GATE, headline, details)


def _suite_failure(suite: str, metrics: Sequence[MetricRow]) -> Failure:
    # metrics that are red for one reason, such as an error that hit all trials, share a line
    alike: dict[str, list[str]] = {}
    for row in metrics:
        alike.setdefault(_reason(row), []).append(row.metric)
    headline, *details = (f"{', '.join(names)}{reason}" for reason, names in alike.items())
    if details:
        others = len(metrics) - len(next(iter(alike.values())))
        headline += f" (+{count(others, 'metric')})"
    # notes that several metrics share are said once
    for row in metrics:
        if not _is_in_line(row) and row.note not in details:
            details.append(row.note)
    return Failure(suite, headline, details + _about_accepted_code(metrics))


def _about_accepted_code(metrics: Sequence[MetricRow]) -> list[str]:
    """Return what it did today, or why nobody knows; each reason once."""
    lines: dict[str, None] = {}
    for row in metrics:
        today = words.accepted_today(row)
        if today:
            lines[f"{row.metric}: {today}"] = None
        if row.control_note:
            lines[words.not_compared(row.control_note)] = None
    return list(lines)


def _reason(row: MetricRow) -> str:
    """Return what stands behind the name of a red metric, what explains it first: a drop, or what its note says."""
    if row.verdict in _UNSAID:  # a missed bound is what it is red for
        return f": {_first_line(row)}"
    verdict = f" {row.verdict}"
    if _compares(row):
        change = f"{rate(row.baseline)} -> {rate(row.candidate)}"
        facts = (_drop(row), words.probabilities(row), f"n={row.n}")
        return f"{verdict}: {change} ({', '.join(filter(None, facts))})"
    if _first_line(row):
        return f"{verdict}: {_first_line(row)}"
    return verdict


def _first_line(row: MetricRow) -> str:
    return row.note.partition("\n")[0]


def _drop(row: MetricRow) -> str:
    """Return the difference, and the passes it is of."""
    delta = words.difference(row.delta, row, _PAGE)
    passes = words.passes(row)
    if delta and passes:
        return f"{delta} of {passes}"
    return delta


def _is_in_line(row: MetricRow) -> bool:
    """Tell whether the line of a metric already has all of its note."""
    if _compares(row):
        return not row.note
    return "\n" not in row.note


def _compares(row: MetricRow) -> bool:
    """Tell whether the difference is what makes it red."""
    both = row.baseline is not None and row.candidate is not None
    return both and row.verdict in ("REGRESSED", "DRIFTED", "INCONCLUSIVE")


def _example_failure(example: ExampleDetail) -> Failure:
    metrics = []
    reasons: dict[str, None] = {}
    for row in example.rows:
        metrics.append(row.metric)
        # what is said of several of its metrics is said once
        reasons.update(dict.fromkeys(row.comment.strip().split("\n")))
        if row.control:
            trials = repeats_text(row.control, is_binary(row.control))
            reasons[f"{row.metric}: the accepted code today {trials}"] = None
        reasons[words.not_compared(row.control_note)] = None
    nodeid = example.nodeid or example.suite
    headline = f"{example.example_id} {_BROKEN[example.state]}: {', '.join(metrics)}"
    details = [reason for reason in reasons if reason]
    return Failure(nodeid, headline, details, example.example_id)
