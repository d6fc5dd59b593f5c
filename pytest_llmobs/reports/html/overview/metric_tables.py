"""The tables of metrics, a suite each, and what summary evaluators say of suites."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.reports.digest.metrics import MetricsDigest, SuiteMetrics, standing
from pytest_llmobs.reports.terminal.extent import Extent
from pytest_llmobs.reports.terminal.metric_columns import columns
from pytest_llmobs.reports.terminal.metric_notes import said_of
from pytest_llmobs.reports.terminal.metrics import size_text
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import fitted


def metric_tables(metrics: MetricsDigest, page: Page) -> list[dict[str, Any]]:
    """Return each suite's table, those that need attention first.

    It has its columns, its rows with their standing in front, and notes with theirs.
    """
    tables = []
    for suite in sorted(metrics.suites, key=_urgency):
        tables.append(_table(suite, page))
    for name in metrics.unmeasured:
        note = ["warning", "nothing was measured"]
        tables.append({"title": name, "size": "", "quiet": False, "head": [], "rows": [], "notes": [note]})
    return tables


def _urgency(suite: SuiteMetrics) -> int:
    return min(map(attrgetter("rank"), suite.lines), default=2)


def _table(suite: SuiteMetrics, page: Page) -> dict[str, Any]:
    # the metric's name comes without the sign that the terminal has in front of it
    shown = [each for each in fitted(columns(suite.lines, page), page.width, ()) if each.key != "metric"]
    rows = []
    for number, line in enumerate(suite.lines):
        rows.append([standing(line.row), line.row.metric, *(each.cells[number] for each in shown)])
    notes = []
    for note in said_of([suite], page, Extent.PAGE):
        notes.append([note.standing, f"{', '.join(note.metrics)}: {note.text}"])
    return {
        "title": suite.suite,
        "size": size_text(suite.size, page) if suite.size else "",
        "quiet": suite.quiet,
        "head": ["metric", *map(attrgetter("title"), shown)],
        "rows": rows,
        "notes": notes,
    }


def suite_scores(scores: Sequence[SuiteScore]) -> list[dict[str, Any]]:
    """Return the comments and confusion matrices of summary evaluators; their numbers stand among the metrics."""
    told = []
    for score in scores:
        if score.comment or score.matrix:
            text = f"{score.metric}: {score.comment or ''}".rstrip(" :")
            told.append({"suite": score.suite, "text": text, **_matrix(score)})
    return told


def _matrix(score: SuiteScore) -> dict[str, Any]:
    """Return a confusion matrix as a table: expected labels in rows, predicted ones in columns."""
    predicted: dict[str, None] = {}
    for expected in score.matrix:
        predicted.update(dict.fromkeys(score.matrix[expected]))
    labels = sorted(predicted)
    rows = []
    for expected, numbers in score.matrix.items():
        rows.append([expected, *(str(numbers.get(label, 0)) for label in labels)])
    return {"head": ["expected ↓ predicted →", *labels], "rows": rows}
