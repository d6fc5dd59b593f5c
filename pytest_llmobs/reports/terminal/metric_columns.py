"""The columns of the table of metrics, and what gives way on a narrow page."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from pytest_llmobs.measures.drops import MORE_PASSES, MORE_REPEATS
from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.reports.digest.metrics import MetricLine
from pytest_llmobs.reports.text import figures, metric_words
from pytest_llmobs.reports.text.metric_words import SURE
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import (
    Step,
    Table,
    TextColumn,
    column,
    draw_painted,
    drop,
    fitted,
    squeeze,
    swap,
)


def metric_table(lines: Sequence[MetricLine], page: Page) -> tuple[list[str], list[str]]:
    """Return the painted heading, and one drawn row for each of ``lines``."""
    return draw_painted(fitted(columns(lines, page), page.width, _steps(lines, page)), page)


def shown_columns(lines: Sequence[MetricLine], page: Page) -> Set[str]:
    """Return the keys of the columns that a page has room for: what they show, no note need say.

    The passes are among them where all rows cover the session's own, so that there is nothing to show, and
    ``same_recordings`` where the differences have room to say so.
    """
    shown = fitted(columns(lines, page), page.width, _steps(lines, page))
    keys = {each.key for each in shown}
    has_own_p = _p_title(_rows(lines)) in [each.title for each in shown]
    if has_own_p and not any(map(_passes, lines)):
        keys.add("passes")
    for each in shown:
        if each.key == "delta" and any(metric_words.SAME_RECORDINGS in cell for cell in each.cells):
            keys.add("same_recordings")
    return keys


def columns(lines: Sequence[MetricLine], page: Page) -> Table:
    """Return the whole table, nothing shortened; columns nobody has a value for fall out when it is fitted."""
    rows = _rows(lines)
    figure = _figure_columns(rows)
    return [
        column("metric", "  metric", rows, lambda row: f"{_mark(row, page)} {page.line(row.metric)}"),
        figure("baseline", "baseline", _baseline),
        figure("now", "now", _candidate),
        column("delta", _title(rows, page), lines, lambda line: _change(line, page)),
        figure("p", _p_title(rows), _both_p),
        figure("mde", _detectable_title(rows), _detectable_with_more),
        column("passes", "passes", lines, _passes, right=True),
        figure("n", "n", _pairs),
        column("verdict", "verdict", lines, lambda line: verdict_text(line, page)),
    ]


def _steps(lines: Sequence[MetricLine], page: Page) -> list[Step]:
    """What gives way, in this order, until the table fits the page.

    What more passes and repeats would find goes, the number of pairs where none is missing, p-values of rows in which
    nothing happened, the passes, which the notes tell too, and how sure a bound is; the longest verdict is
    abbreviated; of two p-values the one that decided stays; long names lose their middle; then what is usually found
    goes, the intervals, the p-value, and the number of pairs; names shrink; on the narrowest pages only difference and
    verdict stay.
    """
    rows = _rows(lines)
    figure = _figure_columns(rows)
    short_verdicts = column(
        "verdict", "verdict", lines, lambda line: verdict_text(line, page).removesuffix("_DATA")
    )
    return [
        swap(figure("mde", "MDE", _detectable)),
        swap(figure("n", "n", _lacking_pairs)),
        swap(figure("p", _p_title(rows), _loud_p)),
        swap(figure("baseline", "base", _baseline)),
        drop("passes"),
        swap(
            column(
                "delta", _short_title(rows, page), lines, lambda line: _change(line, page).removesuffix(SURE)
            )
        ),
        swap(short_verdicts),
        swap(figure("p", _deciding_p_title(rows), _deciding_p)),
        squeeze("metric", 20, page.width, page),
        drop("mde"),
        squeeze("metric", 16, page.width, page),
        swap(figure("delta", page.signs.delta, lambda row: metric_words.difference(row.delta, row, page))),
        drop("p"),
        drop("n"),
        squeeze("metric", 8, page.width, page),
        drop("baseline"),
        drop("now"),
    ]


def _rows(lines: Sequence[MetricLine]) -> list[MetricRow]:
    return [line.row for line in lines]


def _figure_columns(
    rows: Sequence[MetricRow],
) -> Callable[[str, str, Callable[[MetricRow], str]], TextColumn]:
    """Return what makes a column of figures of these rows."""

    def figure(key: str, title: str, cell: Callable[[MetricRow], str]) -> TextColumn:
        return column(key, title, rows, cell, right=True)

    return figure


def verdict_text(line: MetricLine, page: Page) -> str:
    """Return the verdict with its sign (``▼ REGRESSED``), or why there is none."""
    if line.label:
        return f"{page.signs.dot} {line.label}"
    signs = {
        "REGRESSED": page.signs.down,
        "DRIFTED": page.signs.alike,
        "IMPROVED": page.signs.up,
        "INCONCLUSIVE": "?",
        "NEUTRAL": page.signs.flat,
        "NO_BASELINE": page.signs.dot,
        "UNPAIRED": page.signs.dot,
    }
    return f"{signs.get(line.row.verdict, '!')} {line.row.verdict}"


def _baseline(row: MetricRow) -> str:
    return figures.rate(row.baseline)


def _candidate(row: MetricRow) -> str:
    return figures.rate(row.candidate)


def _mark(row: MetricRow, page: Page) -> str:
    if row.red:
        return page.signs.cross
    if row.warning:
        return "!"
    return " "


def _title(rows: Sequence[MetricRow], page: Page) -> str:
    """Return the title of the differences; it speaks of an interval only where one is shown."""
    if any(metric_words.has_interval(row) and row.verdict != "NEUTRAL" for row in rows):
        return f"{page.signs.delta} [90 % CI]"
    return page.signs.delta


def _short_title(rows: Sequence[MetricRow], page: Page) -> str:
    """Return the same for bounds that don't say how sure they are; beside intervals they are their lower ends."""
    title = _title(rows, page)
    if title == page.signs.delta and any(map(metric_words.has_interval, rows)):
        return title + SURE
    return title


def _change(line: MetricLine, page: Page) -> str:
    """Return the difference with its interval; of a NEUTRAL row what it leaves open, which is all it can say."""
    left_open = ""
    if line.row.verdict == "NEUTRAL" and not line.label:
        left_open = metric_words.no_drop(line.row, lower_is_better=line.lower_is_better)
    return left_open or metric_words.interval(line.row, page)


def _p_title(rows: Sequence[MetricRow]) -> str:
    tests = _tests(rows)
    if tests:
        return f"p (of {tests})"
    return "p"


def _deciding_p_title(rows: Sequence[MetricRow]) -> str:
    tests = _tests(rows)
    if tests:
        return f"p of {tests}"
    return "p"


def _tests(rows: Sequence[MetricRow]) -> int:
    """Return among how many metrics p-values were adjusted; 0 where none was."""
    return max((row.tests for row in rows if row.p_adjusted is not None), default=0)


def _both_p(row: MetricRow) -> str:
    """Return the metric's own p, and behind it the one among all metrics, which decided."""
    if row.verdict == "IMPROVED":  # it is the p of a drop
        return ""
    own = figures.probability(row.p)
    if row.p_adjusted is None:
        return own
    return f"{own} ({figures.probability(row.p_adjusted)})"


def _loud_p(row: MetricRow) -> str:
    if row.verdict == "NEUTRAL":
        return ""
    return _both_p(row)


def _deciding_p(row: MetricRow) -> str:
    if row.verdict in ("NEUTRAL", "IMPROVED"):
        return ""
    return figures.probability(row.p if row.p_adjusted is None else row.p_adjusted)


def _detectable_title(rows: Sequence[MetricRow]) -> str:
    if any(row.mde_more_passes or row.mde_more_repeats for row in rows):
        return f"MDE ({MORE_PASSES} passes, K={MORE_REPEATS})"
    return "MDE"


def _detectable(row: MetricRow) -> str:
    """Return the smallest drop that is usually found; 0 would be a claim that nothing escapes."""
    if not row.mde:
        return ""
    return metric_words.amount(row.mde, row)


def _detectable_with_more(row: MetricRow) -> str:
    """Return the same with what more baseline passes and more repeats would make of it."""
    usual = _detectable(row)
    if not usual or not (row.mde_more_passes or row.mde_more_repeats):
        return usual
    more = []
    for value in (row.mde_more_passes, row.mde_more_repeats):
        more.append(metric_words.amount(value, row).removesuffix(" pp") or "-")
    return f"{usual} ({', '.join(more)})"


def _passes(line: MetricLine) -> str:
    """Return the passes that a row's figures cover, where these aren't simply the session's."""
    row = line.row
    if row.fresh:
        return f"{row.passes} fresh"
    if line.looked_again:
        return f"{row.passes}"
    return ""


def _pairs(row: MetricRow) -> str:
    if row.n < row.expected:
        return f"{row.n}/{row.expected}"
    if row.n:
        return f"{row.n}"
    return ""


def _lacking_pairs(row: MetricRow) -> str:
    if row.n < row.expected:
        return _pairs(row)
    return ""
