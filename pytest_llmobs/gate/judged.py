"""A suite while it is judged: its trials of all looks, and what its metrics say so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmobs.gate.evaluator_changes import (
    GONE,
    evaluator_changes,
    recorded_scores,
    silent_evaluators,
)
from pytest_llmobs.gate.missing import (
    Missing,
    completed,
    missing_pairs,
    missing_trials,
    missing_values,
)
from pytest_llmobs.gate.pairing import Comparison, SuitePair, compare_metric, pair_suite
from pytest_llmobs.gate.suspects import Finding
from pytest_llmobs.measures.gate_rules import PASS, least_drop, mapped, rule_of
from pytest_llmobs.measures.permutation import Shuffled
from pytest_llmobs.measures.values import Measurements
from pytest_llmobs.records.plans import GateRule, SuitePlan
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline


@dataclass
class JudgedMetric:
    """One metric on its way to a verdict."""

    key: str
    rule: GateRule
    changed: str
    """How its evaluator differs from the baseline's, or an empty string."""
    paired: bool
    """True where there is something to compare it with: a baseline that its own evaluator scored."""
    is_share: bool
    """True where its values lie between 0 and 1 in the baseline, by themselves or mapped by its rule."""
    reach: float
    """How far they reach: 1 for shares, else the range that they have there."""
    comparison: Comparison
    """All passes so far against the baseline."""
    missing: Missing
    test: Shuffled | None = None
    """What the permutation test said at its last look; None where it isn't tested."""
    regressed: bool = False
    """True where guard 1 made it red."""
    drifted: bool = False
    """True where the accepted code fails alike today."""
    control: float | None = None
    """Mean of the accepted code today."""
    control_note: str = ""
    """Why it isn't compared with the accepted code today."""
    not_looked: str = ""
    """Why a further look that it needed did not run, or an empty string."""

    @property
    def epsilon(self) -> float:
        """ε: a smaller drop is no regression."""
        return least_drop(self.rule, self.reach)

    @property
    def enough(self) -> bool:
        """True where no more than may be is missing of what was expected, and something was measured."""
        return bool(self.missing.expected) and not self.missing.too_much and not self.not_looked

    @property
    def replaced(self) -> bool:
        """True where nothing is left to compare, because what the baseline has of it got other content."""
        return self.paired and not self.comparison.pairs and self.missing.replaced

    @property
    def gating(self) -> bool:
        """True where it can be compared example by example, even if some are missing."""
        return not self.changed and self.rule.rule != "off" and bool(self.comparison.pairs)

    @property
    def held_to_drop(self) -> bool:
        """True where a drop of ε, beyond chance, makes it red."""
        return self.gating and self.rule.rule == "paired"

    @property
    def tested(self) -> bool:
        """True where guard 1 looks at it; not where all trials are on recordings of the baseline, without chance."""
        return self.held_to_drop and not self.comparison.sure

    @property
    def bound(self) -> bool:
        """True where a threshold holds, whatever its rule and baseline."""
        return self.rule.min_mean is not None or self.rule.must_pass is not None

    @property
    def needed(self) -> bool:
        """True where what it lacks makes the build red."""
        return self.bound or self.rule.rule != "off"

    @property
    def adjusted(self) -> float:
        """The p of a drop among all tested metrics, at its last look; 1 where it isn't tested."""
        return 1.0 if self.test is None else self.test.adjusted


class FreshPasses(NamedTuple):
    """The further passes of a suite alone."""

    pair: SuitePair
    variances: Mapping[str, float]
    """Tested metric -> V, the variance of Σdᵢ."""


@dataclass(eq=False)  # each is itself alone, however many suites are compared with it
class JudgedSuite:
    """One suite, its metrics and its suspects."""

    plan: SuitePlan
    baseline: Baseline | None
    first: SuitePair
    """The session's own passes, trials that went missing and were run once more included."""
    pair: SuitePair
    """All passes so far."""
    metrics: Sequence[JudgedMetric] = ()
    further: int = 0
    """Passes beyond the session's own."""
    alone: Measurements = field(default_factory=Measurements)
    """What single examples measured that were run by themselves; it enters no mean."""
    drift_is_red: bool = False
    """True where ``llm_fail_on`` says that what the accepted code fails alike is red all the same."""
    control: Measurements = field(default_factory=Measurements)
    """What the accepted code measured today; nothing where it didn't run."""
    findings: list[Finding] = field(default_factory=list)
    fresh: FreshPasses | None = None
    """The further passes alone, once some row has asked for them."""
    retried: set[tuple[str, int]] = field(default_factory=set)
    """Trials that were run once more."""
    passed: list[Trial] = field(default_factory=list)
    """The trials of all passes so far."""

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.plan.name

    @property
    def passes(self) -> int:
        """Passes so far, the session's own included."""
        return self.plan.repeat + self.further

    @property
    def further_repeats(self) -> range:
        """The numbers of its further passes so far; where the next one goes on, it ends.

        They leave out those of the recordings of the baseline: a further pass asks for replies, and is no replay.
        """
        first = 1 + max(self.plan.repeat, self._recorded_before)
        return range(first, first + self.further)

    @cached_property
    def _recorded_before(self) -> int:
        """The last repeat of which the baseline has recordings; 0 where this session looks at none."""
        if self.baseline is None or not any(trial.recording for trial in self.passed):
            return 0
        return max(map(attrgetter("last_repeat"), self.baseline.sessions.values()), default=0)

    @property
    def look(self) -> int:
        """How often guard 1 has looked: once at the session, and after each further pass."""
        return 1 + self.further

    @property
    def tested(self) -> Iterator[JudgedMetric]:
        """The metrics that guard 1 looks at."""
        return filter(attrgetter("tested"), self.metrics)

    @cached_property
    def in_doubt(self) -> Sequence[str]:
        """The examples that further passes run: not those in which, on recordings of the baseline, nothing is chance.

        It is worked out once, before the first of these passes, and holds for all of them.
        """
        sure: set[str] = set()
        by_chance: set[str] = set()
        for metric in self.tested:
            if not metric.comparison.sure_pairs:
                return self.pair.comparable
            for pair in metric.comparison.pairs:
                if pair.sure:
                    sure.add(pair.example_id)
                else:
                    by_chance.add(pair.example_id)
        left_out = sure - by_chance
        return [example for example in self.pair.comparable if example not in left_out]

    @property
    def regressed(self) -> bool:
        """True where guard 1 made one of its metrics red."""
        return any(map(attrgetter("regressed"), self.metrics))

    @property
    def drifted(self) -> bool:
        """True where whatever guard 1 made red fails alike in the accepted code today."""
        red = [metric.drifted for metric in self.metrics if metric.regressed]
        return bool(red) and all(red)

    @property
    def insufficient(self) -> bool:
        """True where the suite is red for lack of data that no further trial could mend."""
        for metric in self.metrics:
            if metric.rule.rule == "off" or metric.enough or metric.replaced:
                continue
            if next(self._retriable(metric), None) is None:
                return True
        return False

    def retriable(self) -> list[tuple[str, int]]:
        """Return the trials, by example and number, that went missing and decide, and were not run once more yet."""
        lost: dict[tuple[str, int], None] = {}
        for metric in self.metrics:
            lost.update(dict.fromkeys(self._retriable(metric)))
        return list(lost)

    def _retriable(self, metric: JudgedMetric) -> Iterator[tuple[str, int]]:
        if metric.paired and metric.rule.rule != "off" and metric.missing.mendable:
            for trial in missing_trials(self.pair, metric.key, self.further_repeats):
                if trial not in self.retried:
                    yield trial

    def add(self, trials: Iterable[Trial], further: int) -> None:
        """Take trials of a further session, and compare all metrics anew.

        Args:
            trials: Of this suite: of a further pass, or those that had gone missing.
            further: How many passes there are now beyond the session's own.
        """
        self.further, self.fresh = further, None
        known = {(trial.example_id, trial.repeat): trial for trial in self.passed}
        mended = False
        for trial in trials:
            key = (trial.example_id, trial.repeat)
            known[key] = completed(known[key], trial) if key in known else trial
            mended = mended or trial.repeat <= self.plan.repeat
        self.passed = list(known.values())
        self.pair = self.pair.with_trials(self.passed, further, self.in_doubt if further else ())
        if mended:
            own = [trial for trial in self.passed if trial.repeat <= self.plan.repeat]
            self.first = self.first.with_trials(own)
        for metric in self.metrics:
            metric.comparison, metric.missing = self.compared(metric.key, metric.rule, metric.changed)

    def further_pair(self) -> SuitePair:
        """Return the further passes alone, against the baseline; of examples that they left out the first ones."""
        in_doubt = set(self.in_doubt)
        fresh = []
        for trial in self.passed:
            if trial.repeat > self.plan.repeat or trial.example_id not in in_doubt:
                fresh.append(trial)
        return self.pair.with_trials(fresh)

    def accepted_values(self, metric: str) -> Mapping[str, Sequence[float]]:
        """Return the accepted code's values of a metric today, by example, mapped; empty where it has none."""
        return mapped(self.control.values.get(metric, {}), rule_of(self.plan, metric))

    def trials_of(self, example: str) -> list[Trial]:
        """Return an example's trials of all looks but the control."""
        return [*self.pair.measured.trials.get(example, ()), *self.alone.trials.get(example, ())]

    def compared(self, key: str, rule: GateRule, changed: str) -> tuple[Comparison, Missing]:
        """Return a metric of all passes so far against the baseline, and what it lacks."""
        comparison = Comparison()
        if self.baseline is not None and not changed:
            comparison = compare_metric(self.pair, key, self.pair.values(key), rule.lower_is_better)
        return comparison, self._missing(key, changed)

    def _missing(self, metric: str, changed: str) -> Missing:
        if changed == GONE and metric != PASS and metric not in self.first.measured.values:
            return Missing(expected=len(self.first.comparable))  # nothing is lost: nobody promised it
        if self.baseline is not None and not changed:
            return missing_pairs(self.pair, metric)
        # nothing to pair with, so that only this run can be short of something
        return missing_values(self.first, metric)


def judged_suite(plan: SuitePlan, baseline: Baseline | None, trials: Sequence[Trial]) -> JudgedSuite:
    """Compare a suite's metrics with its baseline.

    Args:
        plan: What collection promised.
        baseline: The accepted scores; None where there are none, or where they can't be read.
        trials: The suite's in the session.
    """
    pair = pair_suite(plan, baseline, trials)
    suite = JudgedSuite(plan=plan, baseline=baseline, first=pair, pair=pair, passed=list(trials))
    recorded = recorded_scores(pair)
    scores = {*pair.measured.values, *recorded, *silent_evaluators(pair)} - {PASS}
    changes = evaluator_changes(pair, scores, recorded)
    keys = [PASS]
    # a test that is gone is told once, not once for each of its metrics
    if not plan.gone:
        keys += sorted(scores)
    suite.metrics = [_judged_metric(suite, key, changes.get(key, "")) for key in keys]
    return suite


def _judged_metric(suite: JudgedSuite, key: str, changed: str) -> JudgedMetric:
    rule = rule_of(suite.plan, key)
    comparison, missing = suite.compared(key, rule, changed)
    low, high = _recorded_range(suite.pair, key)
    is_share = low >= 0 and high <= 1
    reach = 1.0
    if not is_share:
        # where all values are one number their range is unknown, and the number's own size stands for it
        reach = high - low or abs(high)
    return JudgedMetric(
        key=key,
        rule=rule,
        changed=changed,
        paired=suite.baseline is not None and not changed,
        is_share=is_share,
        reach=reach,
        comparison=comparison,
        missing=missing,
    )


def _recorded_range(suite: SuitePair, metric: str) -> tuple[float, float]:
    """Return the lowest and the highest value in the baseline, on the scale of the rule; without any, 0 and 1."""
    values = list(chain.from_iterable(suite.recorded(metric).values()))
    if not values:
        return 0.0, 1.0
    return min(values), max(values)
