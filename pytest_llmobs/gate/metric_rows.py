"""The line that reports a metric: its numbers, and in a note what they can't show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_llmobs.gate.judged_metric import JudgedMetric
from pytest_llmobs.gate.pairing import Comparison
from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import metric_mean
from pytest_llmobs.measures.statistics import minimal_detectable_effect, repeats_to_halve, within_spread
from pytest_llmobs.measures.values import why_unscored
from pytest_llmobs.records.decisions import MetricRow, VerdictName

_LONGEST = 200
"""Characters of an evaluator's error in a note."""


def metric_row(
    judged: JudgedMetric,
    seen: Comparison,
    verdict: VerdictName,
    *,
    red: bool = False,
    note: str = "",
    p: float | None = None,
) -> MetricRow:
    """Fill in the row of a metric.

    Args:
        judged: The metric.
        seen: What the verdict was reached by: the first run, or both.
        verdict: Its verdict.
        red: Whether the build fails.
        note: What else to tell; what is missing is added.
        p: Holm's p, of a test between examples.
    """
    candidate = seen.candidate
    if not seen.pairs:
        candidate = metric_mean(judged.values)
    if judged.evidence.small or not judged.compared:
        p = None
    # a verdict for lack of data says what is missing by itself
    if verdict != "INSUFFICIENT_DATA":
        note = joined(note, _lost_pairs(judged, seen))
    return MetricRow(
        suite=judged.suite.plan.name,
        metric=judged.key,
        verdict=verdict,
        baseline=seen.baseline,
        candidate=candidate,
        p=p,
        n=len(seen.pairs) if judged.paired else len(judged.values),
        expected=judged.missing.expected,
        red=red,
        note=note,
        **_uncertainty(seen),
    )


def _lost_pairs(judged: JudgedMetric, seen: Comparison) -> str:
    """Return what is missing beside the pairs that there are, or an empty string."""
    if seen.pairs and judged.missing.causes:
        return lack(judged)
    return ""


def joined(*notes: str) -> str:
    """Return those notes that say something as one."""
    return "; ".join(filter(None, notes))


def _uncertainty(seen: Comparison) -> dict[str, Any]:
    """Return the fields of a row that tell how large the difference is and how well it is known."""
    interval = seen.interval
    if interval is None:
        return {}
    if interval.df == 0:  # one example, or one cluster, says nothing of what another would
        return {"delta": interval.mean}
    return {
        "delta": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "mde": minimal_detectable_effect(interval.standard_error),
        "mde_repeats": _repeats_to_halve(seen, interval.standard_error),
    }


def _repeats_to_halve(seen: Comparison, standard_error: float) -> int | None:
    groups: list[Sequence[float]] = []
    for pair in seen.pairs:
        groups += (pair.baseline, pair.candidate)
    spread, df = within_spread(groups)
    return repeats_to_halve(
        standard_error,
        spread if df else None,
        _mean_repeats(groups[::2]),
        _mean_repeats(groups[1::2]),
        len(seen.pairs),
    )


def _mean_repeats(sides: Sequence[Sequence[float]]) -> float:
    """Return the harmonic mean of the repeats: it is 1/K that adds up to the error."""
    return len(sides) / sum(1 / len(repeats) for repeats in sides)


def pass_rate_interval(judged: JudgedMetric) -> str:
    """Return Wilson's interval of a single pass rate, in words; an empty string for any other metric."""
    values = judged.values
    rate = metric_mean(values)
    if judged.key != PASS or rate is None:
        return ""
    low, high = wilson_interval(rate * len(values), len(values))
    return f"90 % interval {low:.2f} to {high:.2f}"


def lack(judged: JudgedMetric) -> str:
    """Return what a metric lacks, in words."""
    missing = judged.missing
    if judged.suite.plan.gone:
        return (
            f"its baseline has {missing.expected} example{'s' * (missing.expected != 1)}, and no such test was "
            "collected: renamed, deleted, or its file skips itself? If it is meant to go: llmobs baseline prune"
        )
    if not missing.expected:
        return "nothing was evaluated"
    causes = ", ".join(f"{count} {cause}" for cause, count in missing.causes.items())
    note = f"{missing.share:.0%} of {missing.expected} pairs missing ({causes})"
    if "unscored" in missing.causes:
        note = joined(note, _first_error(judged))
    return note


def _first_error(judged: JudgedMetric) -> str:
    """Return why the first trial without a score has none, in a line that names its example."""
    for example, trials in sorted(judged.suite.measured.trials.items()):
        for trial in trials:
            score = trial.scores.get(judged.key)
            if score is not None and score.error and not score.exempt:
                return f"{example}: {why_unscored(score)[:_LONGEST]}"
    return ""
