"""Baseline and candidate side by side: which examples pair, what is missing, and the differences of a metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import mean
from pytest_llmobs.measures.statistics import Interval, cluster_sums, mean_interval
from pytest_llmobs.measures.values import Measurements, Values, measure, score_value
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial

_SAME = 1e-6
"""Differences up to this, relative to the values, are the rounding of means, and of the baseline's six digits."""


class ExamplePair(NamedTuple):
    """One example on both sides."""

    example_id: str
    baseline: Sequence[float]
    candidate: Sequence[float]
    before: float
    """The baseline's mean."""
    after: float
    difference: float
    """``after - before``, sign-turned where lower is better: negative is worse."""
    cluster: Hashable


@dataclass(frozen=True, kw_only=True)
class SuitePair:
    """One suite with its baseline and its trials."""

    plan: SuitePlan
    baseline: Baseline | None
    measured: Measurements
    expected: Mapping[str, ExpectedTrial]
    """By example: the first of its expected trials."""
    repeats: Mapping[str, int]
    """By example: how many trials are expected."""
    comparable: Sequence[str] = ()
    """Examples in both with the same content, sorted."""
    removed: Sequence[str] = ()
    edited: Sequence[str] = ()
    new: Sequence[str] = ()
    _recorded: dict[str, Mapping[str, Sequence[float]]] = field(default_factory=dict, compare=False)

    def recorded(self, metric: str) -> Mapping[str, Sequence[float]]:
        """Return the baseline's values of a metric, by comparable example; without those that have none."""
        if metric not in self._recorded:
            rows = self.baseline.rows if self.baseline else {}
            found = {example: rows[example].values(metric) for example in self.comparable}
            self._recorded[metric] = {example: values for example, values in found.items() if values}
        return self._recorded[metric]

    @property
    def nothing_ran(self) -> bool:
        """True where no trial's scores count."""
        return not self.measured.ran

    def cluster_of(self, example_id: str) -> Hashable:
        """Return an example's cluster; the example itself where the suite has none."""
        if self.plan.cluster_by is None:
            return example_id
        found = self.measured.trials.get(example_id)
        return (found[0].cluster if found else None) or ("", example_id)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One metric on both sides."""

    pairs: Sequence[ExamplePair] = ()
    interval: Interval | None = None
    """Of the mean difference; None without a pair."""
    baseline: float | None = None
    candidate: float | None = None
    clustered: bool = False

    @property
    def units(self) -> Sequence[float]:
        """What the sign-flip test flips: differences, or their sums over clusters."""
        differences = [pair.difference for pair in self.pairs]
        if self.clustered:
            return cluster_sums(differences, [pair.cluster for pair in self.pairs])
        return differences


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What a metric lacks of its expected pairs."""

    expected: int = 0
    """Pairs there should be."""
    share: float = 0.0
    """Part of them that is missing; an example that lacks one of three repeats counts a third."""
    causes: Mapping[str, int] = field(default_factory=dict)
    """What is missing, in words -> how often."""


def pair_suite(plan: SuitePlan, baseline: Baseline | None, trials: Iterable[Trial]) -> SuitePair:
    """Sort the examples of a suite by how they compare with its baseline.

    Args:
        plan: What collection promised.
        baseline: The accepted scores, or None.
        trials: This suite's trials; those of examples that nobody expected are ignored.
    """
    expected: dict[str, ExpectedTrial] = {}
    for trial in plan.expected:
        expected.setdefault(trial.example_id, trial)
    rows = baseline.rows if baseline else {}
    both = sorted(expected.keys() & rows.keys())
    return SuitePair(
        plan=plan,
        baseline=baseline,
        measured=measure(trial for trial in trials if trial.example_id in expected),
        expected=expected,
        repeats=Counter(trial.example_id for trial in plan.expected),
        comparable=[example for example in both if rows[example].hash == expected[example].example_hash],
        edited=[example for example in both if rows[example].hash != expected[example].example_hash],
        # what a selection leaves out is no loss
        removed=[] if plan.partial else sorted(rows.keys() - expected.keys()),
        new=sorted(expected.keys() - rows.keys()) if baseline else [],
    )


def compare_metric(suite: SuitePair, metric: str, values: Values, lower_is_better: bool) -> Comparison:
    """ExamplePair a metric's values with the baseline's.

    Args:
        suite: The suite; without a baseline there are no pairs.
        metric: The metric's key.
        values: The candidate's, by example.
        lower_is_better: Turn the sign.
    """
    sign = -1.0 if lower_is_better else 1.0
    pairs = []
    for example, then in suite.recorded(metric).items():
        now = values.get(example)
        if now:
            before, after = mean(then), mean(now)
            difference = sign * (after - before)
            if abs(difference) <= _SAME * max(abs(before), abs(after), 1.0):
                difference = 0.0
            pairs.append(
                ExamplePair(example, then, now, before, after, difference, suite.cluster_of(example))
            )
    if not pairs:
        return Comparison()
    clustered = suite.plan.cluster_by is not None
    return Comparison(
        pairs=pairs,
        interval=mean_interval(
            [p.difference for p in pairs], [p.cluster for p in pairs] if clustered else None
        ),
        baseline=mean([pair.before for pair in pairs]),
        candidate=mean([pair.after for pair in pairs]),
        clustered=clustered,
    )


def missing_pairs(suite: SuitePair, metric: str, *, candidate_only: bool = False) -> Missing:
    """Count what a metric lacks: examples removed or edited, repeats without a value, rows without a score.

    An example to which the evaluator does not apply, now and in the baseline, is not expected.

    Args:
        suite: The suite.
        metric: The metric's key.
        candidate_only: Look at the expected trials alone, whatever the baseline has.
    """
    rows = suite.baseline.rows if suite.baseline and not candidate_only else {}
    values, exempt = suite.measured.values.get(metric, {}), suite.measured.exempt.get(metric, set())
    causes: Counter[str] = Counter()
    total, lacking = 0, 0.0
    for word, examples in (("removed", suite.removed), ("edited", suite.edited)):
        gone = 0 if candidate_only else sum(bool(rows[example].values(metric)) for example in examples)
        total, lacking = total + gone, lacking + gone
        causes[f"{word} since the baseline"] += gone
    then = suite.recorded(metric)
    for example in suite.expected if candidate_only else suite.comparable:
        recorded = candidate_only or example in then
        found, wanted = len(values.get(example, ())), suite.repeats[example]
        if not found and example in exempt and (candidate_only or not recorded):
            continue
        if not recorded and not found and metric != PASS and not _failed(suite, example, metric):
            continue  # nothing says that the metric applies to this example
        total += 1
        if not recorded:
            lacking += 1
            causes["without a score in the baseline"] += 1
        elif found < wanted:
            lacking += 1 - found / wanted
            causes.update(_causes(suite.measured.trials.get(example, ()), metric, wanted))
    return Missing(expected=total, share=lacking / total if total else 0.0, causes=+causes)


def _failed(suite: SuitePair, example: str, metric: str) -> bool:
    """Tell whether an evaluator raised for an example, rather than said nothing of it."""
    scores = (trial.scores.get(metric) for trial in suite.measured.trials.get(example, ()))
    return any(score is not None and score.score is None and score.value is None for score in scores)


def _causes(trials: Sequence[Trial], metric: str, wanted: int) -> Counter[str]:
    causes = Counter({"never ran": max(0, wanted - len(trials))})
    for trial in trials:
        if trial.status in ("error", "skipped"):
            causes["ended in an error" if trial.status == "error" else "skipped"] += 1
        elif score_value(trial, metric) is None:
            causes["unscored"] += 1
    return causes
