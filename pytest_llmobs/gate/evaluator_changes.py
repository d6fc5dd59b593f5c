"""Which metrics can't be compared, because their evaluator is not the one that scored the baseline."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from pytest_llmobs.gate.pairing import SuitePair

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline

GONE = "its evaluator is gone from the marker"
"""How a metric changed that the baseline has and the marker no longer names."""
CHANGED = "its evaluator changed since the baseline"
"""How one changed that both have."""
NEW = "new since the baseline: nothing to compare with"
"""How one changed that the baseline lacks."""


def recorded_scores(pair: SuitePair) -> set[str]:
    """Return the scores that some row of the baseline has."""
    recorded: set[str] = set()
    for row in pair.rows.values():
        recorded.update(row.scores)
    return recorded


def silent_evaluators(pair: SuitePair) -> set[str]:
    """Return the evaluators that failed in every trial; one that names its scores otherwise is missing from some."""
    measured = pair.measured
    return {key for key in pair.plan.metrics if measured.errors.get(key, 0) >= measured.ran > 0}


def evaluator_changes(pair: SuitePair, scores: Set[str], recorded: Set[str]) -> dict[str, str]:
    """Return each score whose evaluator is not the one that scored the baseline -> the difference in words.

    Args:
        pair: A suite and its baseline; without one nothing is compared, so nothing has changed.
        scores: All scores of the suite but ``pass``, now and then.
        recorded: Those that the baseline has.
    """
    if pair.baseline is None:
        return {}
    owners = _owners(pair, pair.baseline)
    # an evaluator may name its scores otherwise; then any change among such evaluators counts for all such scores
    unnamed = owners - scores
    unnamed_changed = any(_has_changed(pair, pair.baseline, evaluator) for evaluator in unnamed)
    changes = {}
    for score in scores:
        if score not in recorded:
            changes[score] = NEW
        elif score in owners:
            changes[score] = _change(pair, pair.baseline, score)
        elif unnamed_changed:
            changes[score] = CHANGED
    return changes


def _owners(pair: SuitePair, baseline: Baseline) -> set[str]:
    """Return all evaluators that the marker or the baseline names."""
    owners = {*pair.plan.metrics, *baseline.metrics}
    for row in baseline.rows.values():
        owners.update(row.versions)
    return owners


def _change(pair: SuitePair, baseline: Baseline, evaluator: str) -> str:
    """Return how an evaluator of the baseline differs now, or an empty string."""
    if evaluator not in pair.plan.metrics:
        return GONE
    then, now = _versions(pair, baseline, evaluator), pair.plan.metrics[evaluator]
    if then == {now}:
        return ""
    words = ", ".join(sorted(version[:8] or "none" for version in then))
    return f"{CHANGED} ({words} -> {now[:8]})"


def _has_changed(pair: SuitePair, baseline: Baseline, evaluator: str) -> bool:
    return _versions(pair, baseline, evaluator) != {pair.plan.metrics.get(evaluator, "")}


def _versions(pair: SuitePair, baseline: Baseline, evaluator: str) -> set[str]:
    """Return the versions that scored the rows to compare with; the baseline's own where there is no such row."""
    versions = {baseline.version(baseline.rows[example], evaluator) for example in pair.comparable}
    return versions or {baseline.metrics.get(evaluator, "")}
