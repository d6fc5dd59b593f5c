"""The verdict on one metric of one suite."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmobs.gate import guards
from pytest_llmobs.gate.judged_metric import JudgedMetric
from pytest_llmobs.gate.metric_rows import joined, lack, metric_row, pass_rate_interval
from pytest_llmobs.gate.pairing import Comparison
from pytest_llmobs.measures.means import metric_mean
from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.plans import GateRule


def metric_verdict(judged: JudgedMetric, *, ci: bool, fail_on: str) -> MetricRow:
    """Return the row of a metric with its verdict.

    Args:
        judged: The metric, after both runs.
        ci: Whether a changed evaluator is red.
        fail_on: ``llm_fail_on``.
    """
    row = _verdict(judged, ci=ci, fail_on=fail_on)
    if judged.rule.min_mean is None:
        return row
    # over every expected example, new ones included
    return held_to_min_mean(row, judged.rule, metric_mean(judged.values))


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
        within, side = value <= bound + 1e-12, "above"
    else:
        within, side = value >= bound - 1e-12, "below"
    if within:
        return row
    return replace(row, red=True, note=joined(f"{what}{value:.4g} is {side} min_mean={bound:g}", row.note))


def _verdict(judged: JudgedMetric, *, ci: bool, fail_on: str) -> MetricRow:
    rule = judged.rule.rule
    # the order is that of what a reader must mend first: without data no comparison means anything
    if judged.suite.baseline is None:
        return _without_baseline(judged)
    if not judged.enough:
        return metric_row(judged, judged.first, "INSUFFICIENT_DATA", red=judged.needed, note=lack(judged))
    if judged.changed:
        red = ci and rule != "off"
        return metric_row(judged, judged.first, "REBASELINE", red=red, note=judged.changed)
    if rule == "off":
        return metric_row(judged, judged.first, "NEUTRAL", note="rule='off': shown, never red")
    if rule == "mean":
        return _by_mean(judged, fail_on)
    return _by_pairs(judged, fail_on)


def _without_baseline(judged: JudgedMetric) -> MetricRow:
    """Without a baseline nothing is compared; a metric that nobody measured, or only in part, is told."""
    row = metric_row(judged, judged.first, "NO_BASELINE", note=pass_rate_interval(judged))
    if not judged.values or (judged.bound and not judged.enough):
        return replace(row, verdict="INSUFFICIENT_DATA", red=judged.needed, note=lack(judged))
    if judged.enough:
        return row
    return replace(row, note=joined(row.note, lack(judged)))


def _by_mean(judged: JudgedMetric, fail_on: str) -> MetricRow:
    if guards.dropped(judged.first, judged.rule, strictly=True):
        note = "rule='mean': any drop beyond max_drop"
        return metric_row(judged, judged.first, "REGRESSED", red=True, note=note)
    return _not_regressed(judged, judged.first, fail_on, "", judged.adjusted)


def _by_pairs(judged: JudgedMetric, fail_on: str) -> MetricRow:
    first, second = judged.first, judged.second
    if not judged.tentative:
        return _not_regressed(judged, first, fail_on, "", judged.adjusted)
    if second is None or judged.second_lacks:
        note = judged.second_lacks or "not confirmed by a second run"
        return metric_row(judged, first, "REGRESSED", red=True, note=note, p=judged.adjusted)
    p, small = judged.second_adjusted, judged.evidence.small
    runs = "over both runs"
    if small:
        runs = "over fresh repeats"
    if guards.confirmed(second, judged.rule, small, p):
        return metric_row(judged, second, "REGRESSED", red=True, note=f"confirmed {runs}", p=p)
    return _not_regressed(judged, second, fail_on, f"dropped at first, not confirmed {runs}", p)


def _not_regressed(judged: JudgedMetric, seen: Comparison, fail_on: str, note: str, p: float) -> MetricRow:
    if guards.dropped(seen, judged.rule):
        note = note or f"a drop of {-seen.mean_difference:.3g} that noise could explain"
        return metric_row(judged, seen, "INCONCLUSIVE", red=fail_on == "inconclusive", note=note, p=p)
    if judged.adjusted_better < guards.LEVEL and guards.rose(seen, judged.rule):
        note = "accept it with --llm-update-baseline"
        return metric_row(judged, seen, "IMPROVED", note=note, p=judged.adjusted_better)
    return metric_row(judged, seen, "NEUTRAL", note=note, p=p)
