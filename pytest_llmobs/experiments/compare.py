"""Two experiments side by side: a row a metric, and the examples that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmobs.baselines.fresh import without
from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.baselines.renames import follow_renames
from pytest_llmobs.experiments.references import baseline_of
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.gate.pairing import SuitePair, compare_metric, pair_suite
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.records.decisions import MetricRow, PromptChange
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
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


Examples = Mapping[str, Sequence[str]]
"""Suite -> ids."""


@dataclass(frozen=True, kw_only=True)
class ExperimentComparison:
    """What the second of two experiments did otherwise."""

    metrics: Sequence[MetricRow] = ()
    """The verdicts as a gate with one look would give them; bounds such as ``min_mean`` don't count."""
    moved: Sequence[Move] = ()
    """The largest differences first."""
    only_before: Sequence[str] = ()
    """Suites that the second experiment lacks."""
    only_after: Sequence[str] = ()
    added: Examples
    """Examples that only the second experiment has."""
    removed: Examples
    edited: Examples
    prompts: Sequence[PromptChange] = ()
    """The prompts of which the second used other commits, by suite."""


def compare_experiments(before: Experiment, after: Experiment) -> ExperimentComparison:
    """Compare two experiments, the first in the place of the baseline."""
    plans_before, plans_after = _plans(before), _plans(after)
    pairs: list[SuitePair] = []
    shared: list[SuitePlan] = []
    baselines: dict[str, Baseline] = {}
    for name, plan in plans_after.items():
        baseline = baseline_of(before, name)
        if name in plans_before and baseline is not None:
            unbound = _unbound(plan)
            shared.append(unbound)
            baseline = follow_renames(baseline, unbound)
            baselines[name] = baseline
            pairs.append(pair_suite(unbound, baseline, after.trials_of(name)))
    decision = decide(
        shared,
        after.trials,
        baselines,
        Settings(confirm=0),
        suite_scores=after.suite_scores,
    )
    added, removed, edited = _changes(pairs)
    return ExperimentComparison(
        metrics=decision.metrics,
        moved=_moved(pairs),
        only_before=without(plans_before, plans_after),
        only_after=without(plans_after, plans_before),
        added=added,
        removed=removed,
        edited=edited,
        prompts=decision.prompts,
    )


def _plans(experiment: Experiment) -> dict[str, SuitePlan]:
    """Return the suites that were to run, by name."""
    return {plan.name: plan for plan in experiment.suites if plan.expected}


def _unbound(plan: SuitePlan) -> SuitePlan:
    """Return a plan whose gates only say how to compare."""
    gates = []
    for gate in plan.gates:
        gates.append(replace(gate, min_mean=None, must_pass=None, calibrated=None))
    return replace(plan, gates=tuple(gates))


def _changes(pairs: Sequence[SuitePair]) -> tuple[Examples, Examples, Examples]:
    """Return the examples that were added, removed and edited, by suite."""
    added: dict[str, Sequence[str]] = {}
    removed: dict[str, Sequence[str]] = {}
    edited: dict[str, Sequence[str]] = {}
    for pair in pairs:
        name = pair.plan.name
        if pair.new:
            added[name] = pair.new
        if pair.removed:
            removed[name] = pair.removed
        if pair.edited:
            edited[name] = pair.edited
    return added, removed, edited


def _moved(pairs: Sequence[SuitePair]) -> list[Move]:
    """Return the examples whose mean differs, the largest differences first."""
    moves: list[Move] = []
    for pair in pairs:
        moves.extend(_moves(pair))
    return sorted(moves, key=lambda move: (-abs(move.difference), move.suite, move.example_id, move.metric))


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
