"""The table of metrics: one line a metric, grouped by suite, with the gate's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.reports.digest.metrics import (
    MetricLine,
    MetricNote,
    MetricsDigest,
    Standing,
    SuiteMetrics,
    SuiteSize,
    standing,
    urgency,
)
from pytest_llmobs.reports.terminal.metric_columns import metric_table
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

MOST_ROWS = 40
"""Rows above which suites without anything to read are only counted."""
_MOST_ASIDES = 10
"""Notes on rows that need no attention, above which they are left out."""
_STYLES: Mapping[Standing, str] = {"red": "red", "warning": "yellow", "improved": "green", "": ""}
_UNPAIRED = (
    "UNPAIRED: one number for the suite, without pairs to test; min_mean or rule='mean' of llm_gate gates it"
)


def metric_section(metrics: MetricsDigest, page: Page, *, everything: bool = False) -> list[str]:
    """Return the table's lines and the notes below it.

    Args:
        metrics: Of a finished experiment.
        page: Where it goes.
        everything: Show every suite and note, however many there are.
    """
    shown: Sequence[SuiteMetrics] = metrics.suites
    if not everything:
        shown = worth_showing(metrics.suites, MOST_ROWS)
    lines = list(_table(shown, page))
    lines += _left_out(metrics.suites, shown, page)
    for suite in metrics.unmeasured:
        lines += page.item(f"{suite}: nothing was measured", mark="!", style="yellow")
    lines += _notes(shown, page, everything)
    if any(map(_has_unpaired, shown)):
        lines += page.item(_UNPAIRED, mark=page.signs.dot, style="dim")
    return lines


def worth_showing(suites: Sequence[SuiteMetrics], most: int) -> Sequence[SuiteMetrics]:
    """Return all suites, or, where they have more than ``most`` metrics, those that have something to report."""
    # whole suites: a metric that is left out of the middle of one would look unmeasured
    if _rows(suites) <= most:
        return suites
    return [suite for suite in suites if not suite.quiet]


def _rows(suites: Sequence[SuiteMetrics]) -> int:
    return sum(len(suite.lines) for suite in suites)


def _left_out(suites: Sequence[SuiteMetrics], shown: Sequence[SuiteMetrics], page: Page) -> list[str]:
    if len(shown) == len(suites):
        return []
    more_suites = count(len(suites) - len(shown), "more suite")
    metrics = count(_rows(suites) - _rows(shown), "metric")
    return page.wrapped(f"{more_suites} with {metrics}: nothing to report", "dim")


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
            yield page.paint(next(drawn), _STYLES[standing(line.row)])


def _name(suite: SuiteMetrics, page: Page) -> str:
    facts = ""
    if suite.size is not None:
        facts = f" {page.signs.dot} {_size(suite.size, page)}"
    name = page.clip_start(page.line(suite.suite), page.width - cells.width(facts))
    return page.paint(name, "cyan") + page.paint(facts, "dim")


def _size(size: SuiteSize, page: Page) -> str:
    examples = count(size.examples, "example")
    if size.partial:
        examples = f"{size.examples:,} of {count(size.total, 'example')}"
    if size.repeat > 1:
        return f"{examples} {page.signs.times} {size.repeat}"
    return examples


def _notes(suites: Sequence[SuiteMetrics], page: Page, everything: bool) -> Iterator[str]:
    """Yield an item for each note, red ones first; many asides are left out."""
    notes: list[MetricNote] = []
    for suite in suites:
        notes += suite.notes
    show_asides = everything or sum(note.aside for note in notes) <= _MOST_ASIDES
    marks: Mapping[Standing, str] = {"red": page.signs.cross, "warning": "!"}
    for note in sorted(notes, key=urgency):
        if note.aside and not show_asides:
            continue
        text = f"{', '.join(note.metrics)}: {note.text}"
        # a metric of the same name may be in each of them
        if len(suites) > 1:
            text = f"{note.suite.rpartition('::')[2]} {text}"
        mark = marks.get(note.standing, page.signs.dot)
        yield from page.item(text, mark=mark, style=_STYLES[note.standing] or "dim")


def _has_unpaired(suite: SuiteMetrics) -> bool:
    verdicts = [line.row.verdict for line in suite.lines]
    return suite.judged and "UNPAIRED" in verdicts
