"""The one mean of a metric: over the examples, of each example's mean over its repeats.

So every example weighs the same, however many of its repeats gave a value. ``running_means`` alone is otherwise, and
its name says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import present, shown_value
from pytest_llmobs.records.trials import Trial


def mean(values: Sequence[float]) -> float:
    """Return the mean of at least one value; equal values give exactly that value."""
    first, count = values[0], len(values)
    # most examples give one value again and again
    if values.count(first) == count:
        return first
    return sum(values) / count


def scored_mean(repeats: Iterable[float | None]) -> float | None:
    """Return the mean of an example's repeats that have a value, or None where none has one."""
    scored = present(repeats)
    if not scored:
        return None
    return mean(scored)


def metric_mean(values: Mapping[str, Sequence[float]]) -> float | None:
    """Return the mean over the examples of the mean over their repeats, or None without an example.

    Args:
        values: Example id -> the values of its repeats, at least one each.
    """
    if not values:
        return None
    # in the order of the ids: a sum of floats must not depend on which worker finished first
    return mean([mean(values[example]) for example in sorted(values)])


def running_means(trials: Iterable[Trial]) -> dict[str, float]:
    """Return each metric's plain mean over the trials that have ended so far, for the progress of a session.

    Half-way through, the examples have unequal repeats, and which ones are lacking is chance: weighing them alike
    would promise more than it can keep.
    """
    values: dict[str, list[float]] = {}
    for trial in trials:
        for metric in dict.fromkeys((PASS, *trial.scores)):
            value = shown_value(trial, metric)
            if value is not None:
                values.setdefault(metric, []).append(value)
    return dict(zip(values, map(mean, values.values()), strict=True))
