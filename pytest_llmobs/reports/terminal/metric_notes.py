"""The notes below the table of metrics: what the gate says of a row, its figures in words, the accepted code today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from operator import attrgetter

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.reports.digest.metrics import (
    MetricLine,
    MetricNote,
    Standing,
    SuiteMetrics,
    standing,
    together,
    urgency,
)
from pytest_llmobs.reports.terminal.extent import Extent
from pytest_llmobs.reports.terminal.metric_columns import shown_columns
from pytest_llmobs.reports.text import figures, metric_words
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.short_names import test_of

STYLES: Mapping[Standing, str] = {"red": "red", "warning": "yellow", "improved": "green", "": ""}
"""Colours of rows and their notes."""
_MOST_FIGURES = 3
"""Metrics whose figures are put into words on a screen; the table has those of the others."""


def note_lines(suites: Sequence[SuiteMetrics], page: Page, extent: Extent) -> Iterator[str]:
    """Yield an item for each note, red ones first; many asides are left out.

    Args:
        suites: Those that are shown.
        page: Where it goes.
        extent: How much is shown.
    """
    notes = said_of(suites, page, extent)
    asides = sum(note.aside for note in notes)
    # no more of them than a quarter of the lines that the table may have
    show_asides = extent.value is None or asides <= extent.value // 4
    marks: Mapping[Standing, str] = {"red": page.signs.cross, "warning": "!"}
    for note in notes:
        if note.aside and not show_asides:
            continue
        text = f"{', '.join(note.metrics)}: {note.text}"
        # a metric of the same name may be in each of them
        if len(suites) > 1:
            text = f"{test_of(note.suite)} {text}"
        mark = marks.get(note.standing, page.signs.dot)
        style = STYLES[note.standing] or "dim"
        if note.standing == "red":  # why the build is red is never cut
            yield from page.item(text, mark=mark, style=style)
        else:
            yield from extent.item(text, page, mark=mark, style=style)


def said_of(suites: Sequence[SuiteMetrics], page: Page, extent: Extent) -> list[MetricNote]:
    """Return all notes on metrics, red ones first: the gate's, and figures that the table has no room for.

    Args:
        suites: Those that are shown.
        page: Where the table goes.
        extent: How much is put into words.
    """
    notes: list[MetricNote] = []
    shown = shown_columns(list(chain.from_iterable(map(attrgetter("lines"), suites))), page)
    for suite in suites:
        notes += suite.notes
        # by kind: the figures of all rows, then what is said of the accepted code
        for kind in zip(*_WORDED[extent](suite.lines, page, shown), strict=True):
            notes += together(suite.suite, kind)
    return sorted(notes, key=urgency)


def _all_in_words(lines: Iterable[MetricLine], page: Page, shown: Set[str]) -> Iterator[Sequence[MetricNote]]:
    for line in lines:
        if line.has_verdict:
            yield _notes(line, _all_figures(line.row, page))


def _page_in_words(
    lines: Iterable[MetricLine], page: Page, shown: Set[str]
) -> Iterator[Sequence[MetricNote]]:
    for line in lines:
        if line.has_verdict:
            yield _notes(line, _red_figures(line.row, page, shown))


def _screen_in_words(
    lines: Iterable[MetricLine], page: Page, shown: Set[str]
) -> Iterator[Sequence[MetricNote]]:
    told = 0
    for line in lines:
        if not line.has_verdict:
            continue
        words = _red_figures(line.row, page, shown)
        told += bool(words)
        if told > _MOST_FIGURES:
            words = ""
        yield _notes(line, words)


_WORDED = {
    Extent.EVERYTHING: _all_in_words,
    Extent.PAGE: _page_in_words,
    Extent.SCREEN: _screen_in_words,
}


def _notes(line: MetricLine, figures_in_words: str) -> Sequence[MetricNote]:
    """Return the notes on a row that the gate didn't write, one a kind; those that are empty included."""
    row = line.row
    notes = []
    for text in (_meaning(row), figures_in_words, metric_words.not_compared(row.control_note)):
        notes.append(MetricNote(row.suite, standing(row), (row.metric,), text))
    for text in (_scale(row), _turned(line)):
        notes.append(MetricNote(row.suite, "", (row.metric,), text))
    return notes


def _meaning(row: MetricRow) -> str:
    """Return what a verdict means and asks for, where its name doesn't say so."""
    if row.verdict == "DRIFTED":
        sides = ", ".join(
            filter(None, (f"now {figures.rate(row.candidate)}", metric_words.accepted_today(row)))
        )
        return f"{sides}: {metric_words.FAILS_ALIKE}"
    return ""


def _after(row: MetricRow) -> str:
    """Return how often the gate looked, and how likely chance is."""
    said = ", ".join(filter(None, (metric_words.probabilities(row), metric_words.passes(row))))
    if not said:
        return ""
    return f": {said}"


def _red_figures(row: MetricRow, page: Page, shown: Set[str]) -> str:
    """Return what a red or doubtful row rests on, as far as the table has no room for it."""
    has_all = "passes" in shown
    if row.verdict == "INCONCLUSIVE" and row.delta is not None:
        if has_all:
            return "the drop may be chance"
        drop = metric_words.amount(abs(row.delta), row)
        return f"it dropped by {drop}, which may be chance{_after(row)}"
    if row.verdict != "REGRESSED" or not row.passes:
        return ""
    if row.same_recordings and "same_recordings" in shown:
        return ""
    accepted = metric_words.accepted_today(row)
    if has_all:
        return accepted
    covered = ", ".join(filter(None, (metric_words.passes(row), metric_words.pairs(row))))
    return _sentence(
        f"{page.signs.delta} of {covered}",
        metric_words.without_noise(row),
        metric_words.probabilities(row),
        "" if "mde" in shown else metric_words.detectable(row),
        accepted,
    )


def _all_figures(row: MetricRow, page: Page) -> str:
    if row.delta is None:
        return ""
    covered = ", ".join(filter(None, (metric_words.passes(row), metric_words.pairs(row))))
    change = metric_words.interval(row, page)
    if row.same_recordings:
        change = metric_words.difference(row.delta, row, page)
    return _sentence(
        f"{page.signs.delta} {change} of {covered}",
        metric_words.without_noise(row),
        metric_words.probabilities(row),
        metric_words.detectable_with_more(row),
        _beside(row),
    )


def _beside(row: MetricRow) -> str:
    if row.verdict == "DRIFTED":  # its meaning has told
        return ""
    return metric_words.accepted_today(row)


def _turned(line: MetricLine) -> str:
    """Return that a rise has a minus, where one is shown."""
    if not line.lower_is_better or line.row.verdict == "NEUTRAL" or line.row.delta is None:
        return ""
    return "lower is better, so that a rise has a minus"


def _scale(row: MetricRow) -> str:
    if row.scale is None:
        return ""
    low, high = row.scale
    return f"its scores from {low:g} to {high:g} are shown as 0 to 1"


def _sentence(*parts: str) -> str:
    return "; ".join(filter(None, parts))
