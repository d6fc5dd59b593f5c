"""The columns of the table of metrics, and what gives way on a narrow page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import Column, Step, Table, draw, drop, fitted, squeeze, swap

_LEVEL = "90 % CI"


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    row: MetricRow
    verdict: str
    """With its sign: ``▼ REGRESSED``."""
    quiet: bool
    """True where it may be left out of a long table."""


def metric_table(lines: Sequence[Line], page: Page) -> list[str]:
    """Return titles, rule and one drawn line for each of ``lines``."""
    return draw(fitted(columns(lines, page), page.width, _steps(lines, page)), page)


def columns(lines: Sequence[Line], page: Page) -> Table:
    """Return the whole table, nothing shortened; columns nobody has a value for fall out when it is fitted."""
    rows = [line.row for line in lines]
    return [
        Column("metric", "  metric", [f"{_mark(row, page)} {page.line(row.metric)}" for row in rows]),
        Column("baseline", "baseline", [figures.rate(row.baseline) for row in rows], right=True),
        Column("candidate", "candidate", [figures.rate(row.candidate) for row in rows], right=True),
        Column(
            "delta", _title(rows, f"[{_LEVEL}]", page), [_interval(row, page) for row in rows], right=True
        ),
        Column("p", "p", [figures.probability(row.p) for row in rows], right=True),
        Column("mde", "MDE (half at)", [_detectable(row, page) for row in rows], right=True),
        Column("n", "n", [_pairs(row) for row in rows], right=True),
        Column("verdict", "verdict", [line.verdict for line in lines]),
    ]


def _steps(lines: Sequence[Line], page: Page) -> list[Step]:
    """What gives way, in this order, until the table fits the page.

    The repeats that would halve the detectable drop go, the interval is written with its half width, titles get
    short, the longest verdict is abbreviated, long metric names lose their middle; then the p-value goes, the
    detectable drop, the interval, the number of pairs; names shrink; on the narrowest pages only difference and
    verdict stay.
    """
    rows = [line.row for line in lines]
    delta, signs = page.signs.delta, page.signs
    halves = [_half_width(row, page) for row in rows]
    plain = [figures.signed(row.delta, page) for row in rows]
    short = [line.verdict.removesuffix("_DATA") for line in lines]
    return [
        swap(Column("mde", "MDE", [figures.rate(row.mde) for row in rows], right=True)),
        swap(Column("delta", _title(rows, f"{signs.plusminus}{_LEVEL}", page), halves, right=True)),
        swap(
            Column("baseline", "base", [figures.rate(row.baseline) for row in rows], right=True),
            Column("candidate", "now", [figures.rate(row.candidate) for row in rows], right=True),
        ),
        swap(Column("verdict", "verdict", short)),
        squeeze("metric", 16, page.width, page),
        drop("p"),
        drop("mde"),
        swap(Column("delta", delta, plain, right=True)),
        drop("n"),
        squeeze("metric", 8, page.width, page),
        drop("baseline"),
        drop("candidate"),
    ]


def _mark(row: MetricRow, page: Page) -> str:
    if row.red:
        return page.signs.cross
    if row.warning:
        return "!"
    return " "


def _detectable(row: MetricRow, page: Page) -> str:
    """Return the smallest drop that would be found, and the repeats (K) that would halve it."""
    repeats = f" ({row.mde_repeats}{page.signs.times})" if row.mde is not None and row.mde_repeats else ""
    return figures.rate(row.mde) + repeats


def _title(rows: Sequence[MetricRow], interval: str, page: Page) -> str:
    """Return the title of the differences; it speaks of an interval only where there is one."""
    if any(row.low is not None for row in rows):
        return f"{page.signs.delta} {interval}"
    return page.signs.delta


def _pairs(row: MetricRow) -> str:
    if row.n < row.expected:
        return f"{row.n}/{row.expected}"
    if row.n:
        return f"{row.n}"
    return ""


def _interval(row: MetricRow, page: Page) -> str:
    delta = figures.signed(row.delta, page)
    if row.low is None or row.high is None:
        return delta
    return f"{delta} [{figures.signed(row.low, page)}, {figures.signed(row.high, page)}]"


def _half_width(row: MetricRow, page: Page) -> str:
    delta = figures.signed(row.delta, page)
    if row.low is None or row.high is None:
        return delta
    return f"{delta} {page.signs.plusminus}{figures.rate((row.high - row.low) / 2)}"
