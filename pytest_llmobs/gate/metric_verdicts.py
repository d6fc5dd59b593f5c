"""The verdict on one metric of one suite, and the line that reports it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pytest_llmobs.gate import guards
from pytest_llmobs.gate.guards import DropEvidence
from pytest_llmobs.gate.pairing import Comparison, Missing, SuitePair, compare_metric, missing_pairs
from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import metric_mean
from pytest_llmobs.measures.statistics import minimal_detectable_effect, repeats_to_halve, within_spread
from pytest_llmobs.measures.values import Values, why_unscored
from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.records.plans import GateRule

MOST_MISSING = 0.05
"""Part of the expected pairs that may be missing."""

_LONGEST = 200
"""Characters of an evaluator's error in a note."""

GONE = "its evaluator is gone from the marker"
"""How a metric changed that the baseline has and the marker no longer names."""


@dataclass
class JudgedMetric:
    """One metric on its way to a verdict."""

    suite: SuitePair
    metric: str
    rule: GateRule
    first: Comparison
    missing: Missing
    changed: str = ""
    """How its evaluator differs from the baseline's, or an empty string."""
    evidence: DropEvidence = field(default_factory=lambda: DropEvidence(False, 1.0, 1.0))
    second: Comparison | None = None
    """Both runs pooled, or the fresh repeats alone where the noise rule applies; None without a second look."""
    second_p: float = 1.0
    adjusted: float = 1.0
    """Holm's p of a drop in the first run."""
    adjusted_better: float = 1.0
    second_adjusted: float = 1.0
    tentative: bool = False
    lacking: str = ""
    """What the confirming session failed to deliver, or an empty string."""

    @property
    def enough(self) -> bool:
        """True where at most 5 % of what was expected is missing, and something was measured."""
        return bool(self.missing.expected) and self.missing.share <= MOST_MISSING + 1e-9

    @property
    def compared(self) -> bool:
        """True where guard 1 looks at it."""
        return (
            self.enough
            and not self.changed
            and self.rule.rule == "paired"
            and self.first.interval is not None
        )

    @property
    def bound(self) -> bool:
        """True where a threshold holds, whatever its rule and baseline."""
        return self.rule.min_mean is not None or self.rule.must_pass is not None

    @property
    def needed(self) -> bool:
        """True where what it lacks makes the build red."""
        return self.bound or self.rule.rule != "off"

    @property
    def gating(self) -> bool:
        """True where guard 2 may look at it: its scores are comparable, even if some are missing."""
        return not self.changed and self.rule.rule != "off" and bool(self.first.pairs)


def metric_case(suite: SuitePair, metric: str, rule: GateRule, changed: str) -> JudgedMetric:
    """Compare a metric with the baseline and count what it lacks."""
    values = suite.measured.values.get(metric, {})
    alone = suite.baseline is None or bool(changed)
    first = Comparison() if alone else compare_metric(suite, metric, values, rule.lower_is_better)
    if metric != PASS and metric not in suite.measured.values and changed == GONE:
        missing = Missing(expected=len(suite.comparable))  # nothing is lost: nobody promised it
    else:
        missing = missing_pairs(suite, metric, candidate_only=alone)
    case = JudgedMetric(suite=suite, metric=metric, rule=rule, first=first, missing=missing, changed=changed)
    if case.compared:
        case.evidence = guards.examine(first)
    return case


def look_again(case: JudgedMetric, whole: Values) -> None:
    """Give a case the values of its suite's second run.

    Args:
        case: A case whose suite was run again as a whole.
        whole: The metric's values in that run, by example.
    """
    first = case.suite.measured.values.get(case.metric, {})
    small = case.evidence.small
    values = (
        whole if small else {example: [*first.get(example, ()), *whole.get(example, ())] for example in first}
    )
    case.second = compare_metric(case.suite, case.metric, values, case.rule.lower_is_better)
    average = case.second.interval.mean if case.second.interval else 0.0
    if small:
        case.second_p = guards.against_noise(case.second, average) if case.second.pairs else 1.0
    else:
        case.second_p = guards.examine(case.second).worse


def metric_row(case: JudgedMetric, *, ci: bool, fail_on: str) -> MetricRow:
    """Return the row of a metric.

    Args:
        case: The metric, judged.
        ci: Whether a changed evaluator is red.
        fail_on: ``llm_fail_on``.
    """
    row = _verdict(case, ci=ci, fail_on=fail_on)
    if case.rule.min_mean is None:
        return row
    # over every expected example, new ones included
    return bounded(row, case.rule, metric_mean(case.suite.measured.values.get(case.metric, {})))


def bounded(row: MetricRow, rule: GateRule, found: float | None, what: str = "mean ") -> MetricRow:
    """Hold a row to ``min_mean``.

    Args:
        row: As it was judged.
        rule: Of its metric.
        found: The mean to hold to the bound, or None where nothing was measured.
        what: Stands before the number in the note.
    """
    bound, lower = rule.min_mean, rule.lower_is_better
    if found is None or bound is None:
        return replace(row, verdict="INSUFFICIENT_DATA", red=True)
    if (found <= bound + 1e-12) if lower else (found >= bound - 1e-12):
        return row
    side = "above" if lower else "below"
    return replace(
        row,
        red=True,
        note="; ".join(filter(None, (f"{what}{found:.4g} is {side} min_mean={bound:g}", row.note))),
    )


def _verdict(case: JudgedMetric, *, ci: bool, fail_on: str) -> MetricRow:
    if case.suite.baseline is None:
        return _alone(case)
    if not case.enough:
        return _row(case, case.first, "INSUFFICIENT_DATA", red=case.needed, note=_lack(case))
    if case.changed:
        return _row(case, case.first, "REBASELINE", red=ci and case.rule.rule != "off", note=case.changed)
    if case.rule.rule == "off":
        return _row(case, case.first, "NEUTRAL", note="rule='off': shown, never red")
    if case.rule.rule == "mean":
        return _by_mean(case, fail_on)
    return _by_pairs(case, fail_on)


def _alone(case: JudgedMetric) -> MetricRow:
    """Without a baseline nothing is compared; a metric that nobody measured, or only in part, is told."""
    row = _row(case, case.first, "NO_BASELINE", note=_rate(case))
    values = case.suite.measured.values.get(case.metric)
    if not values or (case.bound and not case.enough):
        return replace(row, verdict="INSUFFICIENT_DATA", red=case.needed, note=_lack(case))
    if case.enough:
        return row
    return replace(row, note="; ".join(filter(None, (row.note, _lack(case)))))


def _by_mean(case: JudgedMetric, fail_on: str) -> MetricRow:
    if guards.dropped(case.first, case.rule, strictly=True):
        return _row(case, case.first, "REGRESSED", red=True, note="rule='mean': any drop beyond max_drop")
    return _unregressed(case, case.first, fail_on, "")


def _by_pairs(case: JudgedMetric, fail_on: str) -> MetricRow:
    if not case.tentative:
        return _unregressed(case, case.first, fail_on, "")
    if case.second is None or case.lacking:
        note = case.lacking or "not confirmed by a second run"
        return _row(case, case.first, "REGRESSED", red=True, note=note, p=case.adjusted)
    kind = "over fresh repeats" if case.evidence.small else "over both runs"
    if guards.confirmed(case.second, case.rule, case.evidence.small, case.second_adjusted):
        return _row(
            case, case.second, "REGRESSED", red=True, note=f"confirmed {kind}", p=case.second_adjusted
        )
    return _unregressed(
        case, case.second, fail_on, f"dropped at first, not confirmed {kind}", case.second_adjusted
    )


def _unregressed(
    case: JudgedMetric, seen: Comparison, fail_on: str, note: str, p: float | None = None
) -> MetricRow:
    p = case.adjusted if p is None else p
    if guards.dropped(seen, case.rule):
        words = note or f"a drop of {-_mean_of(seen):.3g} that noise could explain"
        return _row(case, seen, "INCONCLUSIVE", red=fail_on == "inconclusive", note=words, p=p)
    if case.adjusted_better < guards.LEVEL and guards.rose(seen, case.rule):
        return _row(
            case, seen, "IMPROVED", note="accept it with --llm-update-baseline", p=case.adjusted_better
        )
    return _row(case, seen, "NEUTRAL", note=note, p=p)


def _row(
    case: JudgedMetric,
    seen: Comparison,
    verdict: VerdictName,
    *,
    red: bool = False,
    note: str = "",
    p: float | None = None,
) -> MetricRow:
    """Fill in a row; the note ends with what the numbers can't show."""
    interval = seen.interval
    measurable = interval is not None and interval.df > 0
    values = case.suite.measured.values.get(case.metric, {})
    return MetricRow(
        suite=case.suite.plan.name,
        metric=case.metric,
        verdict=verdict,
        baseline=seen.baseline,
        candidate=seen.candidate if seen.pairs else metric_mean(values),
        delta=interval.mean if interval else None,
        low=interval.low if interval and measurable else None,
        high=interval.high if interval and measurable else None,
        p=None if case.evidence.small or not case.compared else p,
        mde=minimal_detectable_effect(interval.standard_error) if interval and measurable else None,
        mde_repeats=_halving(seen) if measurable else None,
        n=len(seen.pairs) if case.suite.baseline is not None and not case.changed else len(values),
        expected=case.missing.expected,
        red=red,
        note="; ".join(
            part
            for part in (
                note,
                _lack(case) if verdict != "INSUFFICIENT_DATA" and case.missing.causes and seen.pairs else "",
            )
            if part
        ),
    )


def _mean_of(seen: Comparison) -> float:
    if seen.interval:
        return seen.interval.mean
    return 0.0


def _halving(seen: Comparison) -> int | None:
    if seen.interval is None:
        return None
    n = len(seen.pairs)
    groups: list[Sequence[float]] = [side for pair in seen.pairs for side in (pair.baseline, pair.candidate)]
    spread, df = within_spread(groups)
    before, after = (n / sum(1 / len(side) for side in sides) for sides in (groups[::2], groups[1::2]))
    return repeats_to_halve(seen.interval.standard_error, spread if df else None, before, after, n)


def _rate(case: JudgedMetric) -> str:
    """Return Wilson's interval of a single pass rate, in words."""
    values = case.suite.measured.values.get(case.metric, {})
    rate = metric_mean(values)
    if case.metric != PASS or rate is None:
        return ""
    low, high = wilson_interval(rate * len(values), len(values))
    return f"90 % interval {low:.2f} to {high:.2f}"


def _lack(case: JudgedMetric) -> str:
    missing = case.missing
    if case.suite.plan.gone:
        return (
            f"its baseline has {missing.expected} example{'s' * (missing.expected != 1)}, and no such test was "
            "collected: renamed, deleted, or its file skips itself? If it is meant to go: llmobs baseline prune"
        )
    if not missing.expected:
        return "nothing was evaluated"
    causes = ", ".join(f"{count} {cause}" for cause, count in missing.causes.items())
    why = _first_error(case) if "unscored" in missing.causes else ""
    return f"{missing.share:.0%} of {missing.expected} pairs missing ({causes})" + (f"; {why}" if why else "")


def _first_error(case: JudgedMetric) -> str:
    """Return why the first trial without a score has none, in a line that names its example."""
    for example, trials in sorted(case.suite.measured.trials.items()):
        for trial in trials:
            score = trial.scores.get(case.metric)
            if score is not None and score.error and not score.exempt:
                return f"{example}: {why_unscored(score)[:_LONGEST]}"
    return ""
