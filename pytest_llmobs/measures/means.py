"""The one mean of a metric: over the examples, of each example's mean over its repeats.

So every example weighs the same, however many of its repeats gave a value. ``values.running_means`` alone is
otherwise, and its name says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def mean(values: Sequence[float]) -> float:
    """Return the mean of at least one value; equal values give exactly that value."""
    first, count = values[0], len(values)
    # most examples give one value again and again
    if values.count(first) == count:
        return first
    return sum(values) / count


def present(repeats: Iterable[float | None]) -> list[float]:
    """Return the values of those repeats that have one."""
    return [value for value in repeats if value is not None]


def scored_mean(repeats: Iterable[float | None]) -> float | None:
    """Return the mean of an example's repeats that have a value, or None where none has one."""
    scored = present(repeats)
    if not scored:
        return None
    return mean(scored)


def counts_missing(scores: Iterable[float]) -> bool:
    """Tell whether 0 may stand for a missing score: all others lie within 0..1."""
    return all(0 <= score <= 1 for score in scores)


def metric_mean(values: Mapping[str, Sequence[float]]) -> float | None:
    """Return the mean over the examples of the mean over their repeats, or None without an example.

    Args:
        values: Example id -> the values of its repeats, at least one each.
    """
    if not values:
        return None
    # in the order of the ids: a sum of floats must not depend on which worker finished first
    return mean([mean(values[example]) for example in sorted(values)])
