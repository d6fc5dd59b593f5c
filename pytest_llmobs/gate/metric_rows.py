"""What the rows of metrics and of summary scores share: a note of several parts, and the bound ``min_mean``."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.plans import GateRule

ROUNDING = 1e-12
"""What rounding may add to a mean, or take from it."""
ANY_DROP = "rule='mean': any drop beyond max_drop"
"""The note of a row that is red by that rule."""


def held_to_min_mean(row: MetricRow, rule: GateRule, value: float | None, what: str = "mean ") -> MetricRow:
    """Hold a row to ``min_mean``.

    Args:
        row: As it was judged.
        rule: Of its metric.
        value: The mean to hold to the bound, or None where nothing was measured.
        what: Stands before the number in the note.
    """
    bound = rule.min_mean
    # a bound that nothing was held to has not been kept
    if value is None or bound is None:
        return replace(row, verdict="INSUFFICIENT_DATA", red=True)
    if rule.lower_is_better:
        within, side = value <= bound + ROUNDING, "above"
    else:
        within, side = value >= bound - ROUNDING, "below"
    if within:
        return row
    missed = f"{what}{told_apart(value, bound)} is {side} min_mean={bound:g}"
    return replace(row, red=True, missed_bound=True, note=joined(missed, row.note))


def told_apart(value: float, bound: float) -> str:
    """Return a number with as many digits as tell it from a bound that it missed: never 0.9 below 0.9."""
    for digits in range(4, 18):
        text = f"{value:.{digits}g}"
        if float(text) != float(f"{bound:g}"):
            break
    return text


def joined(*notes: str) -> str:
    """Return those notes that say something as one."""
    return "; ".join(filter(None, notes))
