"""Baseline and candidate side by side: which examples pair, and the differences of a metric."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_llmobs.gate.replays.pairs import Replays, replays_of
from pytest_llmobs.measures.gate_rules import mapped, rule_of
from pytest_llmobs.measures.means import mean
from pytest_llmobs.measures.values import Measurements, measure
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline, BaselineRow

_SAME = 1e-6
"""Differences up to this, relative to the values, are the rounding of means, and of the baseline's six digits."""


class ExamplePair(NamedTuple):
    """One example on both sides."""

    example_id: str
    baseline: Sequence[float]
    candidate: Sequence[float]
    before: float
    """The baseline's mean; of trials on its own recordings what it has on these."""
    after: float
    difference: float
    """``after - before``, sign-turned where lower is better: negative is worse."""
    cluster: Hashable
    replayed: float = 0.0
    """The part of ``difference`` that trials on recordings of the baseline make: nothing of it is chance."""
    sure: bool = False
    """True where all its trials are such."""


@dataclass(frozen=True, kw_only=True)
class SuitePair:
    """One suite with its baseline and its trials."""

    plan: SuitePlan
    baseline: Baseline | None
    measured: Measurements
    expected: Mapping[str, ExpectedTrial]
    """By example: the first of its expected trials."""
    repeats: Mapping[str, int]
    """By example: how many trials are expected, those of further passes included."""
    comparable: Sequence[str] = ()
    """Examples in both with the same content, sorted."""
    removed: Sequence[str] = ()
    edited: Sequence[str] = ()
    new: Sequence[str] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Examples that are to run and have another name in the baseline -> that name."""
    _recorded: dict[str, Mapping[str, Sequence[float]]] = field(default_factory=dict, compare=False)
    _values: dict[str, Mapping[str, Sequence[float]]] = field(default_factory=dict, compare=False)
    _replays: dict[str, Mapping[str, Replays]] = field(default_factory=dict, compare=False)

    @property
    def rows(self) -> Mapping[str, BaselineRow]:
        """The baseline's rows by example; empty without a baseline."""
        return _rows_of(self.baseline)

    def recorded(self, metric: str) -> Mapping[str, Sequence[float]]:
        """Return the baseline's values of a metric, by comparable example; without those that have none.

        With ``llm_gate(scale=…)`` they are mapped to 0..1, as everything that the gate looks at.
        """
        if metric not in self._recorded:
            rows, recorded = self.rows, {}
            for example in self.comparable:
                values = rows[example].values(metric)
                if values:
                    recorded[example] = values
            self._recorded[metric] = mapped(recorded, rule_of(self.plan, metric))
        return self._recorded[metric]

    def values(self, metric: str) -> Mapping[str, Sequence[float]]:
        """Return the candidate's values of a metric, by example, mapped; empty where it has none."""
        if metric not in self._values:
            self._values[metric] = mapped(self.measured.values.get(metric, {}), rule_of(self.plan, metric))
        return self._values[metric]

    def replays(self, metric: str) -> Mapping[str, Replays]:
        """Return the candidate's trials on recordings of the baseline, by example, of those that have any."""
        if metric not in self._replays:
            rows = {}
            for example in self.comparable:
                if self.rows[example].recordings:
                    rows[example] = self.rows[example]
            self._replays[metric] = replays_of(rows, self.measured.trials, rule_of(self.plan, metric))
        return self._replays[metric]

    def chance_values(self, metric: str) -> Mapping[str, Sequence[float]]:
        """Return the candidate's values of a metric, by example, without those on recordings of the baseline."""
        replays = self.replays(metric)
        if not replays:
            return self.values(metric)
        values = {}
        for example, all_values in self.values(metric).items():
            others = replays[example].others if example in replays else all_values
            if others:
                values[example] = others
        return values

    def with_trials(
        self, trials: Iterable[Trial], further: int = 0, examples: Iterable[str] = ()
    ) -> SuitePair:
        """Return the suite with other trials; what its baseline has of each metric needn't be gathered again.

        Args:
            trials: This suite's.
            further: Passes beyond those that the plan promised.
            examples: Those that had these passes.
        """
        repeats = Counter(map(attrgetter("example_id"), self.plan.expected))
        if further:
            for example in examples:
                repeats[example] += further
        return replace(
            self, measured=_measured(trials, self.expected), repeats=repeats, _values={}, _replays={}
        )

    def cluster_of(self, example_id: str) -> Hashable:
        """Return an example's cluster; the example itself where the suite has none."""
        if self.plan.cluster_by is None:
            return example_id
        trials = self.measured.trials.get(example_id)
        if trials and trials[0].cluster:
            return trials[0].cluster
        return ("", example_id)  # a tuple: no value of the metadata is equal to it


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One metric on both sides."""

    pairs: Sequence[ExamplePair] = ()
    baseline: float | None = None
    """Mean over the pairs; None without one."""
    candidate: float | None = None
    mean_difference: float = 0.0
    """d̄, the mean of the differences; 0 without a pair."""
    replayed_difference: float = 0.0
    """The part of d̄ that trials on recordings of the baseline make."""
    sure_pairs: int = 0
    """Pairs all of whose trials are such."""

    @property
    def sure(self) -> bool:
        """True where there is nothing else, so that chance has no part in the difference."""
        return 0 < self.sure_pairs == len(self.pairs)


def pair_suite(plan: SuitePlan, baseline: Baseline | None, trials: Iterable[Trial]) -> SuitePair:
    """Sort the examples of a suite by how they compare with its baseline.

    Args:
        plan: What collection promised.
        baseline: The accepted scores, or None.
        trials: This suite's trials; those of examples that nobody expected are ignored.
    """
    expected = _first_expected(plan)
    rows = _rows_of(baseline)
    comparable, edited = [], []
    for example in sorted(expected.keys() & rows.keys()):
        if rows[example].hash == expected[example].example_hash:
            comparable.append(example)
        else:
            edited.append(example)
    removed: list[str] = []
    if not plan.partial:  # what a selection leaves out is no loss
        removed = sorted(rows.keys() - expected.keys())
    new: list[str] = []
    if baseline is not None:
        new = sorted(expected.keys() - rows.keys())
    return SuitePair(
        plan=plan,
        baseline=baseline,
        measured=_measured(trials, expected),
        expected=expected,
        repeats=Counter(map(attrgetter("example_id"), plan.expected)),
        comparable=comparable,
        edited=edited,
        removed=removed,
        new=new,
        renamed=_renamed(baseline, expected),
    )


def _measured(trials: Iterable[Trial], expected: Container[str]) -> Measurements:
    return measure(trial for trial in trials if trial.example_id in expected)


def _first_expected(plan: SuitePlan) -> dict[str, ExpectedTrial]:
    """Return by example the first of its expected trials, which stands for the others: they differ in the repeat."""
    expected: dict[str, ExpectedTrial] = {}
    for trial in plan.expected:
        expected.setdefault(trial.example_id, trial)
    return expected


def _renamed(baseline: Baseline | None, expected: Container[str]) -> dict[str, str]:
    if baseline is None:
        return {}
    return {new: old for new, old in baseline.renamed.items() if new in expected}


def _rows_of(baseline: Baseline | None) -> Mapping[str, BaselineRow]:
    if baseline is None:
        return {}
    return baseline.rows


def compare_metric(
    suite: SuitePair, metric: str, values: Mapping[str, Sequence[float]], lower_is_better: bool
) -> Comparison:
    """Pair a metric's values with the baseline's.

    Args:
        suite: The suite; without a baseline there are no pairs.
        metric: The metric's key.
        values: The candidate's, by example, mapped as ``SuitePair.values`` has them.
        lower_is_better: Turn the sign.
    """
    pairs = []
    replays = suite.replays(metric)
    for example, then in suite.recorded(metric).items():
        now = values.get(example)
        if not now:
            continue
        cluster = suite.cluster_of(example)
        if example in replays:
            pair = _replayed_pair(example, then, now, replays[example], lower_is_better)
            pairs.append(pair._replace(cluster=cluster))
            continue
        before, after = mean(then), mean(now)
        difference = _difference(before, after, lower_is_better)
        pairs.append(ExamplePair(example, then, now, before, after, difference, cluster))
    if not pairs:
        return Comparison()
    return Comparison(
        pairs=pairs,
        baseline=mean(_column(pairs, "before")),
        candidate=mean(_column(pairs, "after")),
        mean_difference=_mean_of(pairs, "difference"),
        replayed_difference=_mean_of(pairs, "replayed") if replays else 0.0,
        sure_pairs=sum(_column(pairs, "sure")) if replays else 0,
    )


def _replayed_pair(
    example: str, then: Sequence[float], now: Sequence[float], replays: Replays, lower_is_better: bool
) -> ExamplePair:
    """Return an example of which trials are on recordings of the baseline: each is held against its own."""
    usual, trials = mean(then), len(replays.pairs) + len(replays.others)
    replayed = [_difference(pair.then, pair.now, lower_is_better) for pair in replays.pairs]
    others = [_difference(usual, value, lower_is_better) for value in replays.others]
    return ExamplePair(
        example,
        then,
        now,
        before=math.fsum([*map(attrgetter("then"), replays.pairs), usual * len(others)]) / trials,
        after=mean(now),
        difference=math.fsum([*replayed, *others]) / trials,
        cluster=example,
        replayed=math.fsum(replayed) / trials,
        sure=not others,
    )


def _mean_of(pairs: Sequence[ExamplePair], name: str) -> float:
    return math.fsum(_column(pairs, name)) / len(pairs)


def _column(pairs: Sequence[ExamplePair], name: str) -> list[Any]:
    return list(map(attrgetter(name), pairs))


def _difference(before: float, after: float, lower_is_better: bool) -> float:
    """Return by how much a mean got better, as means that were rounded tell it."""
    difference = before - after if lower_is_better else after - before
    if abs(difference) <= _SAME * max(abs(before), abs(after), 1.0):
        return 0.0
    return difference
