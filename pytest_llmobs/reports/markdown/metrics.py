"""The table of metrics, one for all suites, with what the gate says of red ones below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.metrics import (
    STANDINGS,
    MetricLine,
    MetricNote,
    SuiteMetrics,
    standing,
    together,
    urgency,
)
from pytest_llmobs.reports.markdown import lights
from pytest_llmobs.reports.markdown.inert import code, names, prose
from pytest_llmobs.reports.markdown.room import blocks, fitting
from pytest_llmobs.reports.terminal.metric_columns import columns, verdict_text
from pytest_llmobs.reports.text.metric_words import not_compared
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.short_names import test_of
from pytest_llmobs.reports.text.table import TextColumn

_SHOWN = ("baseline", "now", "delta")
"""Columns of the terminal's table that a pull request needs between verdict and suite; a phone shows the first few."""
_LONGEST_NAME = 60
_MOST_METRICS = 10
_LONGEST_NOTE = 500


def metrics_section(digest: Digest, page: Page, room: int) -> str:
    """Return the table, what was not measured, and notes on what is red or to be read.

    Args:
        digest: Of a finished experiment.
        page: What the terminal's cells are made for.
        room: Characters; rows in which nothing happened are left out first.
    """
    suites = digest.metrics.suites
    lines: list[MetricLine] = []
    notes: list[MetricNote] = []
    for suite in suites:
        lines += suite.lines
        notes += suite.notes
        notes += _not_compared(suite)
    below = []
    for unmeasured in digest.metrics.unmeasured:
        below.append(f"- {code(unmeasured, page)}: nothing was measured")
    for note in sorted(notes, key=urgency):
        if not note.aside:
            metrics = names(note.metrics, page, _MOST_METRICS, _LONGEST_NAME)
            below.append(f"- {metrics}: {prose(note.text, page, _LONGEST_NOTE)}")
    listing = fitting(below, room // 3, "note")
    return blocks([_table(lines, page, room - len(listing) - 2, several=len(suites) > 1), listing])


def _not_compared(suite: SuiteMetrics) -> list[MetricNote]:
    """Return why red metrics are not compared with the accepted code today, equal reasons as one."""
    notes = []
    for line in suite.lines:
        text = not_compared(line.row.control_note)
        notes.append(MetricNote(suite.suite, standing(line.row), (line.row.metric,), text))
    return together(suite.suite, notes)


def _table(lines: Sequence[MetricLine], page: Page, room: int, *, several: bool) -> str:
    """Return as many rows as there is room for, red ones first; a row is whole or isn't there."""
    if not lines:
        return ""
    ordered = sorted(lines, key=_rank)
    suites = _short_names(ordered)
    shown = [column for column in columns(ordered, page) if column.key in _SHOWN and any(column.cells)]
    titles = [prose(column.title, page) for column in shown]
    heading = _row(["verdict", "metric", *titles, *["suite"] * several])
    rule = _row([":--", ":--", *map(_alignment, shown), *[":--"] * several])
    rows = []
    for place, line in enumerate(ordered):
        suite = suites[line.row.suite] if several else None
        rows.append(_row(_cells(line, shown, place, page, suite)))
    head = f"{heading}\n{rule}\n"
    # what counts the rest is no row, and stands apart from the table
    return head + fitting(rows, room - len(head), "metric", mark="\n")


def _alignment(column: TextColumn) -> str:
    if column.right:
        return "--:"
    return ":--"


def _rank(line: MetricLine) -> int:
    return STANDINGS.index(standing(line.row))


def _short_names(lines: Sequence[MetricLine]) -> dict[str, str]:
    """Return for each suite the name of its test, or all of its node id where another one is called alike."""
    suites = dict.fromkeys(line.row.suite for line in lines)
    tests = Counter(map(test_of, suites))
    shown = {}
    for suite in suites:
        shown[suite] = test_of(suite) if tests[test_of(suite)] == 1 else suite
    return shown


def _cells(
    line: MetricLine, shown: Sequence[TextColumn], place: int, page: Page, suite: str | None
) -> list[str]:
    verdict = f"{lights.STANDINGS[standing(line.row)]} {verdict_text(line, page)}".strip()
    row = [_unbroken(prose(verdict, page)), code(line.row.metric, page, _LONGEST_NAME)]
    for column in shown:
        cell = prose(column.cells[place], page)
        row.append(_unbroken(cell) if column.key == "delta" else cell)
    if suite is not None:
        row.append(code(suite, page, _LONGEST_NAME))
    return row


def _unbroken(text: str) -> str:
    """Return a text that a narrow table keeps in one line."""
    return text.replace(" ", "\u00a0")


def _row(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |"
