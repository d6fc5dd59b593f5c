"""The table of metrics: one line a metric, grouped by suite, with the gate's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_llmobs.reports.digest.metrics import (
    MetricLine,
    MetricsDigest,
    SuiteMetrics,
    SuiteSize,
    standing,
)
from pytest_llmobs.reports.terminal.extent import Extent
from pytest_llmobs.reports.terminal.metric_columns import metric_table
from pytest_llmobs.reports.terminal.metric_notes import STYLES, note_lines
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

_UNPAIRED = (
    "UNPAIRED: one number for the suite, without pairs to test; min_mean or rule='mean' of llm_gate gates it"
)


def metric_section(metrics: MetricsDigest, page: Page, extent: Extent = Extent.PAGE) -> list[str]:
    """Return the table's lines and the notes below it.

    Args:
        metrics: Of a finished experiment.
        page: Where it goes.
        extent: How much is shown.
    """
    shown = worth_showing(metrics.suites, extent)
    lines = list(_table(shown, page))
    lines += _left_out(metrics.suites, shown, page)
    for suite in metrics.unmeasured:
        lines += page.item(f"{suite}: nothing was measured", mark="!", style="yellow")
    lines += note_lines(shown, page, extent)
    if any(map(_has_unpaired, shown)):
        lines += page.item(_UNPAIRED, mark=page.signs.dot, style="dim")
    return lines


def worth_showing(suites: Sequence[SuiteMetrics], extent: Extent) -> Sequence[SuiteMetrics]:
    """Return all suites, or, where they have too many metrics, only what has something to report.

    First whole suites go in which nothing happened (a screen has no room for these in any case), then the metrics of
    the others in which nothing happened, then the last of what is left.
    """
    most = extent.value
    loud = [suite for suite in suites if not suite.quiet]
    if most is None or not loud:
        return suites
    if _rows(suites) <= most and extent is not Extent.SCREEN:
        return suites
    if _rows(loud) <= most:
        return loud
    kept = []
    for suite in loud:
        lines = tuple(line for line in suite.lines if not line.quiet)[:most]
        most -= len(lines)
        if lines:
            kept.append(replace(suite, lines=lines))
    return kept


def _rows(suites: Sequence[SuiteMetrics]) -> int:
    return sum(len(suite.lines) for suite in suites)


def _left_out(suites: Sequence[SuiteMetrics], shown: Sequence[SuiteMetrics], page: Page) -> list[str]:
    """Say what the table lacks: whole suites, metrics of those it has, or what it has no room for."""
    metrics = _rows(suites) - _rows(shown)
    if not metrics:
        return []
    fewer_suites = len(suites) - len(shown)
    left_out = count(metrics, "more metric")
    if fewer_suites:
        left_out = f"{count(fewer_suites, 'more suite')} with {count(metrics, 'metric')}"
    return page.wrapped(f"{left_out}: {_why_left_out(suites, shown)}", "dim")


def _why_left_out(suites: Sequence[SuiteMetrics], shown: Sequence[SuiteMetrics]) -> str:
    if _loud_rows(shown) < _loud_rows(suites):
        return "--all shows them"
    return "nothing to report"


def _loud_rows(suites: Sequence[SuiteMetrics]) -> int:
    loud = 0
    for suite in suites:
        loud += sum(not line.quiet for line in suite.lines)
    return loud


def _table(suites: Sequence[SuiteMetrics], page: Page) -> Iterator[str]:
    """Yield the heading, then for each suite its name and its rows."""
    lines: list[MetricLine] = []
    for suite in suites:
        lines += suite.lines
    if not lines:
        return
    heading, rows = metric_table(lines, page)
    yield from heading
    drawn = iter(rows)
    for suite in suites:
        yield _name(suite, page)
        for line in suite.lines:
            yield page.paint(next(drawn), STYLES[standing(line.row)])


def _name(suite: SuiteMetrics, page: Page) -> str:
    facts = ""
    if suite.size is not None:
        facts = f" {page.signs.dot} {size_text(suite.size, page)}"
    name = page.clip_start(page.line(suite.suite), page.width - cells.width(facts))
    return page.paint(name, "cyan") + page.paint(facts, "dim")


def size_text(size: SuiteSize, page: Page) -> str:
    """Return how much of a suite was to run: ``12 of 33 examples × 3``."""
    examples = count(size.examples, "example")
    if size.partial:
        examples = f"{size.examples:,} of {count(size.total, 'example')}"
    if size.repeat > 1:
        return f"{examples} {page.signs.times} {size.repeat}"
    return examples


def _has_unpaired(suite: SuiteMetrics) -> bool:
    verdicts = [line.row.verdict for line in suite.lines]
    return suite.judged and "UNPAIRED" in verdicts
