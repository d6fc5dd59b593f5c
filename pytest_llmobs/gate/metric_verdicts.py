"""The verdict on one metric of one suite, and the row that reports it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pytest_llmobs.gate import guards
from pytest_llmobs.gate.judged import JudgedMetric
from pytest_llmobs.gate.metric_rows import ANY_DROP, held_to_min_mean, joined
from pytest_llmobs.gate.pairing import Comparison
from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import metric_mean
from pytest_llmobs.measures.statistics import minimal_detectable_effect, repeats_to_halve, within_spread
from pytest_llmobs.measures.values import why_unscored
from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.wording import count, noun

_LONGEST = 200
"""Characters of an evaluator's error in a note."""


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


def _verdict(judged: JudgedMetric, *, ci: bool, fail_on: str) -> MetricRow:
    rule = judged.rule.rule
    # the order is that of what a reader must mend first: without data no comparison means anything
    if judged.suite.baseline is None:
        return _without_baseline(judged)
    if judged.replaced:
        note = "nothing is left to compare: its examples were edited or replaced since the baseline"
        return _row(judged, judged.first, "NO_BASELINE", note=note)
    if not judged.enough:
        return _row(judged, judged.first, "INSUFFICIENT_DATA", red=judged.needed, note=_lack(judged))
    if rule == "off":
        note = joined("rule='off': shown, never red", judged.changed)
        return _row(judged, judged.first, "NEUTRAL", note=note)
    if judged.changed:
        return _row(judged, judged.first, "REBASELINE", red=ci, note=judged.changed)
    if rule == "mean":
        return _by_mean(judged, fail_on)
    return _by_pairs(judged, fail_on)


def _without_baseline(judged: JudgedMetric) -> MetricRow:
    """Without a baseline nothing is compared; a metric that nobody measured, or only in part, is told."""
    row = _row(judged, judged.first, "NO_BASELINE", note=_pass_rate_interval(judged))
    if not judged.values or (judged.bound and not judged.enough):
        return replace(row, verdict="INSUFFICIENT_DATA", red=judged.needed, note=_lack(judged))
    if judged.enough:
        return row
    return replace(row, note=joined(row.note, _lack(judged)))


def _by_mean(judged: JudgedMetric, fail_on: str) -> MetricRow:
    if guards.dropped(judged.first, judged.rule, strictly=True):
        return _row(judged, judged.first, "REGRESSED", red=True, note=ANY_DROP)
    return _not_regressed(judged, judged.first, fail_on, "", judged.adjusted)


def _by_pairs(judged: JudgedMetric, fail_on: str) -> MetricRow:
    first, second = judged.first, judged.second
    if not judged.tentative:
        return _not_regressed(judged, first, fail_on, "", judged.adjusted)
    if second is None or judged.second_lacks:
        note = judged.second_lacks or "by one run alone, none was made again"
        return _row(judged, first, "REGRESSED", red=True, note=note, p=judged.adjusted)
    p, small = judged.second_adjusted, judged.evidence.small
    runs = "over both runs"
    if small:
        runs = "over fresh repeats"
    if guards.confirmed(second, judged.rule, small, p):
        return _row(judged, second, "REGRESSED", red=True, note=f"confirmed {runs}", p=p)
    return _not_regressed(judged, second, fail_on, f"dropped at first, not confirmed {runs}", p)


def _not_regressed(judged: JudgedMetric, seen: Comparison, fail_on: str, note: str, p: float) -> MetricRow:
    if guards.dropped(seen, judged.rule):
        note = note or f"a drop of {-seen.mean_difference:.3g} that noise could explain"
        return _row(judged, seen, "INCONCLUSIVE", red=fail_on == "inconclusive", note=note, p=p)
    if judged.adjusted_better < guards.LEVEL and guards.rose(seen, judged.rule):
        note = "accept it with --llm-update-baseline"
        return _row(judged, seen, "IMPROVED", note=note, p=judged.adjusted_better)
    return _row(judged, seen, "NEUTRAL", note=note, p=p)


def _row(
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
        return _lack(judged)
    return ""


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


def _pass_rate_interval(judged: JudgedMetric) -> str:
    """Return Wilson's interval of a single pass rate, in words; an empty string for any other metric."""
    values = judged.values
    rate = metric_mean(values)
    if judged.key != PASS or rate is None:
        return ""
    low, high = wilson_interval(rate * len(values), len(values))
    return f"90 % interval {low:.2f} to {high:.2f}"


def _lack(judged: JudgedMetric) -> str:
    """Return what a metric lacks, in words."""
    missing = judged.missing
    if judged.suite.plan.gone:
        return (
            f"its baseline has {missing.expected} {noun(missing.expected, 'example')}, and no such test was "
            "collected: renamed, deleted, or its file skips itself? If it is meant to go: llmobs baseline prune"
        )
    if not missing.expected and not missing.edited:
        return "nothing was evaluated"
    edits = ""
    if missing.edits_too_many:
        total = missing.expected + missing.edited
        edits = f"{missing.edited} of {total} examples were edited since the baseline: record those"
    if not missing.causes:
        return edits
    note = joined(edits, _missing_share(judged))
    if "unscored" in missing.causes:
        note = joined(note, _first_error(judged))
    return note


def _missing_share(judged: JudgedMetric) -> str:
    """Return how much is missing, and why."""
    missing = judged.missing
    unit = "example"
    if judged.paired:
        unit = "pair"
    causes = ", ".join(f"{number} {cause}" for cause, number in missing.causes.items())
    return f"{missing.lacking / missing.expected:.0%} of {count(missing.expected, unit)} missing ({causes})"


def _first_error(judged: JudgedMetric) -> str:
    """Return why the first trial without a score has none, in a line that names its example."""
    for example, trials in sorted(judged.suite.measured.trials.items()):
        for trial in trials:
            score = trial.scores.get(judged.key)
            if score is not None and score.error and not score.exempt:
                return f"{example}: {why_unscored(score)[:_LONGEST]}"
    return ""
