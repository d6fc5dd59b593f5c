"""The table of metrics: one line a metric, grouped by suite, with the gate's verdict."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmobs.records.experiments import Experiment, MetricRow, SuitePlan, VerdictName
from pytest_llmobs.reports import cells, figures
from pytest_llmobs.reports.page import Page
from pytest_llmobs.reports.table import Column, Step, Table, draw, drop, fitted, squeeze, swap

MOST_ROWS = 40
"""Rows above which suites without anything to read are only counted."""
_QUIET: tuple[VerdictName, ...] = ("NEUTRAL", "NO_BASELINE")


def metric_section(experiment: Experiment, page: Page, *, everything: bool = False) -> list[str]:
    """Return the table's lines and the notes below it.

    Args:
        experiment: A finished experiment.
        page: Where it goes.
        everything: Show every suite and note, however many there are.
    """
    rows = experiment.decision.metrics
    shown = list(rows) if everything or len(rows) <= MOST_ROWS else _worth_a_line(rows)
    lines = _grouped(shown, experiment.suites, page)
    if left_out := {row.suite for row in rows} - {row.suite for row in shown}:
        suites = figures.count(len(left_out), "more suite")
        metrics = figures.count(len(rows) - len(shown), "metric")
        lines += page.wrapped(f"{suites} with {metrics}: nothing to report", "dim")
    empty = [plan.name for plan in experiment.suites if plan.name not in {row.suite for row in rows}]
    lines += [page.paint(f"{page.line(name)}: no metric was judged", "yellow") for name in empty]
    return lines + _notes(shown, page, everything=everything)


def verdict(row: MetricRow, page: Page) -> str:
    """Return the verdict with its sign: ``▼ REGRESSED``."""
    signs = page.signs
    sign = {
        "REGRESSED": signs.down,
        "IMPROVED": signs.up,
        "INCONCLUSIVE": "?",
        "NEUTRAL": signs.flat,
        "NO_BASELINE": signs.dot,
    }
    return f"{sign.get(row.verdict, '!')} {row.verdict}"


def row_style(row: MetricRow) -> tuple[str, ...]:
    """Return the colour a row is painted in: red, yellow, green or none."""
    if row.red:
        return ("red",)
    if row.warning:
        return ("yellow",)
    return ("green",) if row.verdict == "IMPROVED" else ()


def _worth_a_line(rows: Sequence[MetricRow]) -> list[MetricRow]:
    loud = {row.suite for row in rows if row.red or row.verdict not in _QUIET}
    return [row for row in rows if row.suite in loud]


def _grouped(rows: Sequence[MetricRow], suites: Sequence[SuitePlan], page: Page) -> list[str]:
    if not rows:
        return []
    plans = {plan.name: plan for plan in suites}
    ordered = sorted(rows, key=lambda row: list(dict.fromkeys(r.suite for r in rows)).index(row.suite))
    title, rule, *drawn = draw(fitted(_table(ordered, page), page.width, _steps(ordered, page)), page)
    lines = [page.paint(title, "bold"), page.paint(rule, "dim")]
    suite = None
    for row, line in zip(ordered, drawn, strict=True):
        if row.suite != suite:
            suite = row.suite
            lines.append(_heading(suite, plans.get(suite), page))
        lines.append(page.paint(line, *row_style(row)))
    return lines


def _heading(suite: str, plan: SuitePlan | None, page: Page) -> str:
    facts = "" if plan is None else f" {page.signs.dot} {_size(plan, page)}"
    name = page.clip_start(page.line(suite), page.width - cells.width(facts))
    return page.paint(name, "cyan") + page.paint(facts, "dim")


def _size(plan: SuitePlan, page: Page) -> str:
    examples = len({trial.example_id for trial in plan.expected})
    size = f"{examples:,} of {figures.count(plan.total, 'example')}" if plan.partial else ""
    return (size or figures.count(examples, "example")) + (
        f" {page.signs.times} {plan.repeat}" if plan.repeat > 1 else ""
    )


def _table(rows: Sequence[MetricRow], page: Page) -> Table:
    """Build the whole table; columns nobody has a value for fall out when it is fitted."""
    return [
        Column("metric", "  metric", [f"{_mark(row, page)} {page.line(row.metric)}" for row in rows]),
        Column("baseline", "baseline", [figures.rate(row.baseline) for row in rows], right=True),
        Column("candidate", "candidate", [figures.rate(row.candidate) for row in rows], right=True),
        Column("delta", f"{page.signs.delta} [90 % CI]", [_interval(row, page) for row in rows], right=True),
        Column("p", "p", [figures.probability(row.p) for row in rows], right=True),
        Column("mde", "MDE", [figures.rate(row.mde) for row in rows], right=True),
        Column("n", "n", [_pairs(row) for row in rows], right=True),
        Column("verdict", "verdict", [verdict(row, page) for row in rows]),
    ]


def _steps(rows: Sequence[MetricRow], page: Page) -> list[Step]:
    """What gives way, in this order, until the table fits the page.

    The interval is written with its half width, titles get short, the longest verdict is abbreviated, long
    metric names lose their middle; then the p-value goes, the detectable drop, the interval, the number of
    pairs; names shrink; on the narrowest pages only difference and verdict stay.
    """
    delta, signs = page.signs.delta, page.signs
    halves = [_half_width(row, page) for row in rows]
    plain = [figures.signed(row.delta, page) for row in rows]
    short = [verdict(row, page).removesuffix("_DATA") for row in rows]
    return [
        swap(Column("delta", f"{delta} {signs.plusminus}90 % CI", halves, right=True)),
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
    return page.signs.cross if row.red else "!" if row.warning else " "


def _pairs(row: MetricRow) -> str:
    if row.n < row.expected:
        return f"{row.n}/{row.expected}"
    return f"{row.n}" if row.n else ""


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


def _notes(rows: Sequence[MetricRow], page: Page, *, everything: bool) -> list[str]:
    """Return the notes of the rows, red ones first; equal notes of one suite are said once."""
    said: dict[tuple[bool, str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: (not row.red, not row.warning)):
        if row.note and (everything or row.red or row.warning):
            said.setdefault((row.red, row.suite, row.note), []).append(row.metric)
    several = len({row.suite for row in rows}) > 1
    lines: list[str] = []
    for (red, suite, note), metrics in said.items():
        where = f"{suite.rpartition('::')[2]} " if several else ""
        text = f"{where}{', '.join(metrics)}: {note}"
        lines += page.item(text, mark=page.signs.cross if red else "!", style="red" if red else "yellow")
    return lines
