"""A suite and its metrics while they are judged: what both runs say, before there is a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.gate import guards
from pytest_llmobs.gate.evaluator_changes import (
    GONE,
    evaluator_changes,
    recorded_scores,
    silent_evaluators,
)
from pytest_llmobs.gate.guards import DropEvidence
from pytest_llmobs.gate.missing import Missing, missing_pairs, missing_values
from pytest_llmobs.gate.pairing import Comparison, SuitePair, compare_metric, pair_suite
from pytest_llmobs.gate.suspects import Finding, Suspect
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.measures.values import Measurements, Values, measure
from pytest_llmobs.records.plans import GateRule, SuitePlan
from pytest_llmobs.records.trials import Trial


@dataclass
class JudgedMetric:
    """One metric on its way to a verdict."""

    suite: SuitePair
    key: str
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
    second_lacks: str = ""
    """What the confirming session failed to deliver, or an empty string."""

    @property
    def values(self) -> Values:
        """Its values in the first run, by example."""
        return self.suite.values(self.key)

    @property
    def paired(self) -> bool:
        """True where there is something to compare it with: a baseline that its own evaluator scored."""
        return _is_paired(self.suite, self.changed)

    @property
    def enough(self) -> bool:
        """True where no more than may be is missing of what was expected, and something was measured."""
        return bool(self.missing.expected) and not self.missing.too_much

    @property
    def replaced(self) -> bool:
        """True where nothing is left to compare, because what the baseline has of it got other content."""
        return self.paired and bool(self.values) and self.missing.replaced

    @property
    def compared(self) -> bool:
        """True where guard 1 looks at it."""
        return self.enough and self.rule.rule == "paired" and self.gating

    @property
    def fresh_repeats(self) -> int:
        """The repeats of its suite that a second look at it takes."""
        if self.evidence.small:
            return guards.SMALL_REPEATS
        return self.suite.plan.repeat

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


@dataclass
class JudgedSuite:
    """One suite, its metrics and its suspects."""

    pair: SuitePair
    metrics: Sequence[JudgedMetric]
    again: Measurements
    """What the confirming session measured."""
    suspects: Sequence[Suspect] = ()
    fresh_repeats: int = 0
    """Repeats of the whole suite that guard 1 asks for; 0 where it asks for none."""
    not_rerun: str = ""
    """Why suspects are not run again one by one, or an empty string."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.pair.plan.name

    @property
    def insufficient(self) -> bool:
        """True where the suite is red for lack of data, so that no second look could save it."""
        for metric in self.metrics:
            if metric.rule.rule != "off" and not (metric.enough or metric.replaced):
                return True
        return False

    @property
    def compared(self) -> Iterator[JudgedMetric]:
        """The metrics that guard 1 looks at."""
        return filter(attrgetter("compared"), self.metrics)

    @property
    def tentative(self) -> Iterator[JudgedMetric]:
        """The metrics whose first run calls for a second look."""
        return filter(attrgetter("tentative"), self.metrics)

    @property
    def gating(self) -> Iterator[JudgedMetric]:
        """The metrics that guard 2 looks at."""
        return filter(attrgetter("gating"), self.metrics)

    @property
    def tests(self) -> int:
        """n·G: pairs of all metrics that guard 2 looks at."""
        return sum(len(metric.first.pairs) for metric in self.gating)


def judged_suite(
    plan: SuitePlan,
    baseline: Baseline | None,
    trials: Sequence[Trial],
    confirmation: Sequence[Trial],
) -> JudgedSuite:
    """Compare a suite's metrics with its baseline.

    Args:
        plan: What collection promised.
        baseline: The accepted scores; None where there are none, or where they can't be read.
        trials: The suite's in the first run.
        confirmation: Its trials of the confirming session.
    """
    pair = pair_suite(plan, baseline, trials)
    recorded = recorded_scores(pair)
    scores = {*pair.measured.values, *recorded, *silent_evaluators(pair)} - {PASS}
    changes = evaluator_changes(pair, scores, recorded)
    metrics = [_judged_metric(pair, PASS, rule_of(plan, PASS), "")]
    # a test that is gone is told once, not once for each of its metrics
    if not plan.gone:
        for key in sorted(scores):
            metrics.append(_judged_metric(pair, key, rule_of(plan, key), changes.get(key, "")))
    return JudgedSuite(pair=pair, metrics=metrics, again=measure(confirmation))


def _judged_metric(suite: SuitePair, key: str, rule: GateRule, changed: str) -> JudgedMetric:
    """Compare a metric with the baseline and count what it lacks."""
    first = Comparison()
    if _is_paired(suite, changed):
        first = compare_metric(suite, key, suite.values(key), rule.lower_is_better)
    missing = _missing(suite, key, changed)
    judged = JudgedMetric(suite=suite, key=key, rule=rule, first=first, missing=missing, changed=changed)
    if judged.compared:
        judged.evidence = guards.examine(first)
    return judged


def look_again(judged: JudgedMetric, fresh: Values) -> None:
    """Give a metric the values of its suite's second run.

    Args:
        judged: A metric whose suite was run again as a whole.
        fresh: Its values in that run, by example.
    """
    lower_is_better = judged.rule.lower_is_better
    if judged.evidence.small:
        # the first run's values picked this metric for a second look: fresh ones alone are unbiased
        second = compare_metric(judged.suite, judged.key, fresh, lower_is_better)
        if second.pairs:
            judged.second_p = guards.against_noise(second, second.mean_difference)
    else:
        pooled = _pooled(judged.values, fresh)
        second = compare_metric(judged.suite, judged.key, pooled, lower_is_better)
        judged.second_p = guards.examine(second).worse
    judged.second = second


def _pooled(first: Values, fresh: Values) -> Values:
    """Return the values of both runs together, of the examples that the first has."""
    pooled = {}
    for example, values in first.items():
        pooled[example] = values + fresh.get(example, [])
    return pooled


def _is_paired(suite: SuitePair, changed: str) -> bool:
    return suite.baseline is not None and not changed


def _missing(suite: SuitePair, metric: str, changed: str) -> Missing:
    if changed == GONE and metric != PASS and metric not in suite.measured.values:
        return Missing(expected=len(suite.comparable))  # nothing is lost: nobody promised it
    if _is_paired(suite, changed):
        return missing_pairs(suite, metric)
    # nothing to pair with, so that only this run can be short of something
    return missing_values(suite, metric)
