"""The table of metrics: one line a metric, grouped by suite, with the gate's verdict."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.reports.means import unjudged
from pytest_llmobs.reports.terminal.metric_columns import Line, metric_table
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

MOST_ROWS = 40
"""Rows above which suites without anything to read are only counted."""
_MOST_ASIDES = 10
"""Notes on rows that need no attention, above which they are left out."""
_QUIET: tuple[VerdictName, ...] = ("NEUTRAL", "NO_BASELINE", "UNPAIRED")


_UNPAIRED = (
    "UNPAIRED: one number for the suite, without pairs to test; min_mean or rule='mean' of llm_gate gates it"
)


def metric_section(experiment: Experiment, page: Page, *, everything: bool = False) -> list[str]:
    """Return the table's lines and the notes below it.

    Args:
        experiment: A finished experiment.
        page: Where it goes.
        everything: Show every suite and note, however many there are.
    """
    every = table_lines(experiment, page)
    shown = every if everything else worth_showing(every, MOST_ROWS)
    lines = _grouped(shown, experiment.suites, page)
    if left_out := {line.row.suite for line in every} - {line.row.suite for line in shown}:
        suites = count(len(left_out), "more suite")
        metrics = count(len(every) - len(shown), "metric")
        lines += page.wrapped(f"{suites} with {metrics}: nothing to report", "dim")
    measured = {line.row.suite for line in every}
    judged = {row.suite for row in experiment.decision.metrics}
    for plan in experiment.suites:
        if plan.name in measured or plan.left_out or (plan.elsewhere and not plan.expected):
            continue
        lines += page.item(f"{plan.name}: nothing was measured", mark="!", style="yellow")
    for style, note in metric_notes([line.row for line in shown], everything=everything):
        mark = {"red": page.signs.cross, "yellow": "!"}.get(style, page.signs.dot)
        lines += page.item(note, mark=mark, style=style or "dim")
    if any(line.row.verdict == "UNPAIRED" and line.row.suite in judged for line in shown):
        lines += page.item(_UNPAIRED, mark=page.signs.dot, style="dim")
    return lines


def verdict(row: MetricRow, page: Page) -> str:
    """Return the verdict with its sign: ``▼ REGRESSED``."""
    signs = page.signs
    sign = {
        "REGRESSED": signs.down,
        "IMPROVED": signs.up,
        "INCONCLUSIVE": "?",
        "NEUTRAL": signs.flat,
        "NO_BASELINE": signs.dot,
        "UNPAIRED": signs.dot,
    }
    return f"{sign.get(row.verdict, '!')} {row.verdict}"


def row_style(row: MetricRow) -> str:
    """Return the colour a row is painted in: red, yellow, green, or an empty string."""
    if row.red:
        return "red"
    if row.warning:
        return "yellow"
    if row.verdict == "IMPROVED":
        return "green"
    return ""


def table_lines(experiment: Experiment, page: Page) -> list[Line]:
    """Return all lines, suite by suite in the order of the gate."""
    judged = {row.suite for row in experiment.decision.metrics}
    lines = [
        Line(row, verdict(row, page), not row.red and row.verdict in _QUIET)
        for row in experiment.decision.metrics
    ]
    # A recording that was cut short says itself what it left out.
    whole = "measured" if experiment.decision.red else "recorded"
    for row in unjudged(experiment):
        kept = "not gated" if experiment.shard or row.suite in judged else whole
        text = verdict(row, page) if row.warning else f"{page.signs.dot} {kept}"
        lines.append(Line(row, text, quiet=not row.warning))
    order = {suite: number for number, suite in enumerate(dict.fromkeys(line.row.suite for line in lines))}
    return sorted(lines, key=lambda line: order[line.row.suite])


def worth_showing(lines: Sequence[Line], most: int) -> list[Line]:
    """Return all lines, or, where there are more than ``most``, those of suites that have something to report."""
    loud = {line.row.suite for line in lines if not line.quiet}
    return [line for line in lines if len(lines) <= most or line.row.suite in loud]


def _grouped(lines: Sequence[Line], suites: Sequence[SuitePlan], page: Page) -> list[str]:
    if not lines:
        return []
    plans = {plan.name: plan for plan in suites}
    title, rule, *drawn = metric_table(lines, page)
    printed = [page.paint(title, "bold"), page.paint(rule, "dim")]
    suite = None
    for line, text in zip(lines, drawn, strict=True):
        if line.row.suite != suite:
            suite = line.row.suite
            printed.append(_heading(suite, plans.get(suite), page))
        printed.append(page.paint(text, row_style(line.row)))
    return printed


def _heading(suite: str, plan: SuitePlan | None, page: Page) -> str:
    facts = "" if plan is None else f" {page.signs.dot} {_size(plan, page)}"
    name = page.clip_start(page.line(suite), page.width - cells.width(facts))
    return page.paint(name, "cyan") + page.paint(facts, "dim")


def _size(plan: SuitePlan, page: Page) -> str:
    examples = len({trial.example_id for trial in plan.expected})
    size = f"{examples:,} of {count(plan.total, 'example')}" if plan.partial else ""
    return (size or count(examples, "example")) + (
        f" {page.signs.times} {plan.repeat}" if plan.repeat > 1 else ""
    )


def metric_notes(rows: Sequence[MetricRow], *, everything: bool = False) -> list[tuple[str, str]]:
    """Return the rows' notes with their colour, red ones first; equal notes of one suite are said once."""
    said: dict[tuple[str, str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: (not row.red, not row.warning)):
        if row.note:
            said.setdefault((row_style(row), row.suite, row.note), []).append(row.metric)
    asides = sum(style not in ("red", "yellow") for style, _, _ in said)
    several = len({row.suite for row in rows}) > 1
    notes: list[tuple[str, str]] = []
    for (style, suite, note), metrics in said.items():
        where = f"{suite.rpartition('::')[2]} " if several else ""
        if style in ("red", "yellow") or everything or asides <= _MOST_ASIDES:
            notes.append((style, f"{where}{', '.join(metrics)}: {note}"))
    return notes
