"""What a metric's row says in words: differences in points, the largest drop left open, p-values, the accepted code."""

from __future__ import annotations

import math

from pytest_llmobs.measures.drops import MORE_PASSES, MORE_REPEATS
from pytest_llmobs.measures.means import present
from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

NOT_COMPARED = "not compared with the accepted code today"
FAILS_ALIKE = "the accepted code fails alike today; record a baseline, or wait"
SAME_RECORDINGS = "same recordings, no noise"
SURE = " (95 %)"
"""How sure a bound of a drop is: the interval's lower end has 5 % below it."""
_TENTHS = 1000
"""Tenths of a point between 0 and 1."""
_ROUNDING = 1e-6
"""What rounding may have added to a number of tenths."""


def in_points(row: MetricRow) -> bool:
    """Return True where differences are told in points (pp).

    Rows of version 0.1 and of summary evaluators don't say whether they lie between 0 and 1: their means do.
    """
    means = present((row.baseline, row.candidate))
    return row.unit and all(0 <= mean <= 1 for mean in means)


def amount(value: float | None, row: MetricRow) -> str:
    """Return a size in the metric's measure: ``6.1 pp`` between 0 and 1, else ``0.125``; empty where it is unknown.

    Nothing but zero is shown as zero, and ``>100 pp`` says that even the whole range is too little.
    """
    if value is None:
        return ""
    if not in_points(row):
        return _plain(value)
    if 0 < value * _TENTHS < 0.5:
        return "<0.1 pp"
    if value > 1:
        return ">100 pp"
    return f"{_hundredths(value)} pp"


def without_noise(row: MetricRow) -> str:
    """Return that nothing of a difference is chance; an empty string where some of it may be."""
    return SAME_RECORDINGS if row.same_recordings else ""


def difference(value: float | None, row: MetricRow, page: Page, *, measure: bool = True) -> str:
    """Return a difference with its sign: ``−12.0 pp``, ``+0.125``; without ``pp`` where ``measure`` is False."""
    if value is None:
        return ""
    size = figures.rate(abs(value))
    if in_points(row):
        size = _hundredths(abs(value))
    sign = ""
    # what is shown as zero has no sign, whatever its last digits are
    if size.strip("0."):
        sign = page.signs.minus if value < 0 else "+"
    if in_points(row) and measure:
        return f"{sign}{size} pp"
    return sign + size


def interval(row: MetricRow, page: Page) -> str:
    """Return the difference with its interval: ``−12.0 pp [−18.0, −6.0]``; without one where there is none.

    On the same recordings it says so in place of the interval: ``−12.0 pp, same recordings, no noise``.
    """
    delta = difference(row.delta, row, page)
    if row.same_recordings:
        return f"{delta}, {SAME_RECORDINGS}"
    if not has_interval(row):
        return delta
    low, high = (difference(end, row, page, measure=False) for end in (row.low, row.high))
    return f"{delta} [{low}, {high}]"


def has_interval(row: MetricRow) -> bool:
    """Return True where a row has an interval; one without width, as version 0.1 had them, tells nothing."""
    return row.low is not None and row.high is not None and row.low < row.high


def no_drop(row: MetricRow, *, lower_is_better: bool = False) -> str:
    """Return the largest drop that a row leaves open: ``no drop beyond 2.0 pp (95 %)``.

    ``no drop (95 %)`` where it leaves none, ``any drop is possible`` where it leaves all; empty without an interval.
    """
    word = "drop"
    if lower_is_better:
        word = "rise"
    if row.low is None or not has_interval(row):
        return ""
    if row.low >= 0:
        return f"no {word}{SURE}"
    bound = -row.low
    if in_points(row) and bound < 1:  # rounded down, it would claim too much
        bound = math.ceil(bound * _TENTHS - _ROUNDING) / _TENTHS
    if bound == math.inf or (in_points(row) and bound >= 1):
        return f"any {word} is possible"
    return f"no {word} beyond {amount(bound, row)}{SURE}"


def probabilities(row: MetricRow) -> str:
    """Return both p-values: ``p .002, p of 3 .006``; the first alone where one metric was tested."""
    if row.p is None or row.verdict == "IMPROVED":  # they are those of a drop
        return ""
    own = f"p {figures.probability(row.p)}"
    if row.p_adjusted is None or row.tests < 2:
        return own
    return f"{own}, p of {row.tests} {figures.probability(row.p_adjusted)}"


def passes(row: MetricRow) -> str:
    """Return what the figures cover: ``3 fresh passes``, ``1 pass``; empty where nobody counted."""
    if not row.passes:
        return ""
    if row.fresh:
        return count(row.passes, "fresh pass", "fresh passes")
    return count(row.passes, "pass", "passes")


def pairs(row: MetricRow) -> str:
    """Return how many examples were compared: ``36 examples``, ``34 of 36 examples``."""
    if row.n < row.expected:
        return f"{row.n:,} of {count(row.expected, 'example')}"
    return count(row.n, "example")


def detectable(row: MetricRow) -> str:
    """Return the drop that is usually found: ``MDE 6.1 pp``; empty where nobody knows."""
    if not row.mde:
        return ""
    return f"MDE {amount(row.mde, row)}"


def detectable_with_more(row: MetricRow) -> str:
    """Return the same with what more would make of it: ``MDE 6.1 pp (5.2 pp with 10 baseline passes)``."""
    usual = detectable(row)
    more = []
    if row.mde_more_passes:
        more.append(f"{amount(row.mde_more_passes, row)} with {MORE_PASSES} baseline passes")
    if row.mde_more_repeats:
        more.append(f"{amount(row.mde_more_repeats, row)} with --llm-repeat {MORE_REPEATS}")
    if not usual or not more:
        return usual
    return f"{usual} ({', '.join(more)})"


def accepted_today(row: MetricRow) -> str:
    """Return what the accepted code did today: ``the accepted code today 0.962``; empty where it didn't run."""
    if row.control is None:
        return ""
    return f"the accepted code today {figures.rate(row.control)}"


def not_compared(note: str) -> str:
    """Return why there is no such figure, or an empty string."""
    if not note:
        return ""
    return f"{NOT_COMPARED}: {note}"


def _hundredths(value: float) -> str:
    """Return points with one decimal; from 100 on it would only take room."""
    points = f"{value * 100:.1f}"
    if len(points) > len("99.9"):
        return f"{value * 100:.0f}"
    return points


def _plain(value: float) -> str:
    text = figures.rate(value)
    if value and not text.strip("0."):
        return f"{value:.1g}"
    return text
