"""Two experiments side by side: a row a metric, and the examples that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.experiments.references import baseline_of
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.gate.pairing import SuitePair, compare_metric, pair_suite
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule, SuitePlan
from pytest_llmobs.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Move:
    """One example whose mean differs between two experiments."""

    suite: str
    example_id: str
    metric: str
    before: Sequence[float]
    """Its values in the first experiment, a repeat each."""
    after: Sequence[float]
    difference: float
    """Negative is worse."""


@dataclass(frozen=True, kw_only=True)
class ExperimentComparison:
    """What the second of two experiments did otherwise."""

    metrics: Sequence[MetricRow] = ()
    """The verdicts as a gate without confirmation would give them; bounds such as ``min_mean`` don't count."""
    moved: Sequence[Move] = ()
    """The largest differences first."""
    only_before: Sequence[str] = ()
    """Suites that the second experiment lacks."""
    only_after: Sequence[str] = ()
    added: Mapping[str, Sequence[str]]
    """Suite -> examples that only the second experiment has."""
    removed: Mapping[str, Sequence[str]]
    edited: Mapping[str, Sequence[str]]


def compare_experiments(before: Experiment, after: Experiment) -> ExperimentComparison:
    """Compare two experiments, the first in the place of the baseline."""
    names = [plan.name for plan in before.suites if plan.expected]
    later = [plan for plan in after.suites if plan.expected]
    shared = [_unbound(plan) for plan in later if plan.name in names]
    baselines = {plan.name: found for plan in shared if (found := baseline_of(before, plan.name)) is not None}
    decision = decide(shared, after.trials, baselines, Settings(confirm=0), suite_scores=after.suite_scores)
    pairs = {
        plan.name: pair_suite(plan, baselines[plan.name], (t for t in after.trials if t.suite == plan.name))
        for plan in shared
    }
    return ExperimentComparison(
        metrics=decision.metrics,
        moved=sorted(
            (move for pair in pairs.values() for move in _moves(pair)),
            key=lambda move: (-abs(move.difference), move.suite, move.example_id, move.metric),
        ),
        only_before=[name for name in names if name not in {plan.name for plan in later}],
        only_after=[plan.name for plan in later if plan.name not in names],
        added={name: pair.new for name, pair in pairs.items() if pair.new},
        removed={name: pair.removed for name, pair in pairs.items() if pair.removed},
        edited={name: pair.edited for name, pair in pairs.items() if pair.edited},
    )


def _unbound(plan: SuitePlan) -> SuitePlan:
    """Return a plan whose gates only say how to compare."""
    gates = [
        GateRule(
            metric=gate.metric, max_drop=gate.max_drop, rule=gate.rule, lower_is_better=gate.lower_is_better
        )
        for gate in plan.gates
    ]
    return replace(plan, gates=tuple(gates))


def _moves(suite: SuitePair) -> Iterator[Move]:
    for metric in sorted({PASS, *suite.measured.values}):
        values = suite.measured.values.get(metric, {})
        for pair in compare_metric(suite, metric, values, rule_of(suite.plan, metric).lower_is_better).pairs:
            if pair.difference:
                yield Move(
                    suite=suite.plan.name,
                    example_id=pair.example_id,
                    metric=metric,
                    before=tuple(pair.baseline),
                    after=tuple(pair.candidate),
                    difference=pair.difference,
                )
