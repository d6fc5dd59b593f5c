"""One suite while it is judged: its metrics, its suspects, and what must run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.gate.evaluator_changes import evaluator_changes, recorded_scores, silent_evaluators
from pytest_llmobs.gate.judged_metric import JudgedMetric, judged_metric
from pytest_llmobs.gate.pairing import SuitePair, pair_suite
from pytest_llmobs.gate.suspects import Finding, Suspect
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.measures.values import Measurements, measure
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial


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
        return any(not metric.enough and metric.rule.rule != "off" for metric in self.metrics)

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
    metrics = [judged_metric(pair, PASS, rule_of(plan, PASS), "")]
    # a test that is gone is told once, not once for each of its metrics
    if not plan.gone:
        for key in sorted(scores):
            metrics.append(judged_metric(pair, key, rule_of(plan, key), changes.get(key, "")))
    return JudgedSuite(pair=pair, metrics=metrics, again=measure(confirmation))
