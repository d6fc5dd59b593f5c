"""The table of metrics, one for all suites, with what the gate says of red ones below."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.metrics import MetricLine, MetricNote, Standing, standing, urgency
from pytest_llmobs.reports.markdown.inert import code, names, prose
from pytest_llmobs.reports.markdown.room import blocks, fitting
from pytest_llmobs.reports.terminal.metric_columns import columns
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import TextColumn
from pytest_llmobs.wording import count

_SHOWN = ("baseline", "now", "delta", "p", "n", "verdict")
"""Columns of the terminal's table that a pull request needs."""
_LIGHTS = {"red": "🔴", "warning": "🟡", "improved": "🟢", "": ""}
_ORDER: tuple[Standing, ...] = ("red", "warning", "improved", "")
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
    below = []
    for unmeasured in digest.metrics.unmeasured:
        below.append(f"- {code(unmeasured, page)}: nothing was measured")
    for note in sorted(notes, key=urgency):
        if not note.aside:
            metrics = names(note.metrics, page, _MOST_METRICS, _LONGEST_NAME)
            below.append(f"- {metrics}: {prose(note.text, page, _LONGEST_NOTE)}")
    listing = fitting(below, room // 3, _more_notes)
    return blocks([_table(lines, page, room - len(listing) - 2, several=len(suites) > 1), listing])


def _more_notes(number: int) -> str:
    return f"- … {count(number, 'more note')}"


def _table(lines: Sequence[MetricLine], page: Page, room: int, *, several: bool) -> str:
    """Return as many rows as there is room for, red ones first; a row is whole or isn't there."""
    if not lines:
        return ""
    ordered = sorted(lines, key=_rank)
    shown = [column for column in columns(ordered, page) if column.key in _SHOWN and any(column.cells)]
    titles = [prose(column.title, page) for column in shown]
    heading = _row(["suite"] * several + ["metric", *titles])
    rule = _row([":--"] * (1 + several) + list(map(_alignment, shown)))
    rows = []
    for place, line in enumerate(ordered):
        rows.append(_row(_cells(line, shown, place, page, several=several)))
    head = f"{heading}\n{rule}\n"
    # what counts the rest is no row, and stands apart from the table
    return head + fitting(rows, room - len(head), lambda number: f"\n… {count(number, 'more metric')}")


def _alignment(column: TextColumn) -> str:
    if column.right:
        return "--:"
    return ":--"


def _rank(line: MetricLine) -> int:
    return _ORDER.index(standing(line.row))


def _cells(
    line: MetricLine, shown: Sequence[TextColumn], place: int, page: Page, *, several: bool
) -> list[str]:
    row = [code(line.row.metric, page, _LONGEST_NAME)]
    if several:
        row.insert(0, code(line.row.suite, page, _LONGEST_NAME))
    for column in shown:
        row.append(prose(column.cells[place], page))
    row[-1] = f"{_LIGHTS[standing(line.row)]} {row[-1]}".strip()
    return row


def _row(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |"
