"""Two stored experiments held side by side: which answered better, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import ArgumentError, EvaluatorError
from pytest_llmobs.evaluators.binding.results import repeated
from pytest_llmobs.evaluators.pair_results import PairwiseResult
from pytest_llmobs.evaluators.pairs import BoundPairwise, RunPair, bind_pairwise, compare_pairs
from pytest_llmobs.experiments.preferences import paired_runs
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.ids import new_id
from pytest_llmobs.wording import listed

_NAMED = 3


@dataclass(frozen=True)
class Comparison:
    """What pairwise evaluators say of two stored experiments."""

    before: Experiment
    """The first of the pair: A."""
    after: Experiment
    """The second: B."""
    results: Mapping[str, PairwiseResult]
    """By metric, over all suites that both have."""
    pairs: Sequence[RunPair]
    """Both runs of each trial that was compared, in the order of each result's preferences."""
    id: str
    """A UUID: feedback with what the two were given has it as ``comparison_id``."""


def compare_pair(
    before: Experiment,
    after: Experiment,
    evaluators: Sequence[Any],
    store: Store,
    *,
    draw_order: bool = True,
    concurrency: int = 8,
) -> Comparison:
    """Compare the stored outputs of two experiments by each pairwise evaluator.

    Args:
        before: The first of the pair.
        after: The second.
        evaluators: See ``evaluators.pairs.compare_pairs``.
        store: Has the runs of both.
        draw_order: Draw for each example whose output is shown first; False always shows the first experiment's.
        concurrency: Comparisons at once.

    Raises:
        ArgumentError: They have no suite in common.
        EvaluatorError: An evaluator is none, or misdeclared, or two have one key.
        StoreError: The store can't be read.
    """
    before = aligned(before, after)
    _check_shared(before, after)
    bound = _bound(evaluators)
    pairs: list[RunPair] = []
    for of_suite in paired_runs(before, after, store).values():
        pairs += of_suite
    seed = "" if draw_order else None
    results: dict[str, PairwiseResult] = {}
    for each in bound:
        result = compare_pairs(each, pairs, seed=seed, concurrency=concurrency)
        if result.key in results:  # what it called itself is taken
            result = replace(result, key=each.key)
        results[result.key] = result
    return Comparison(before, after, results, pairs, new_id(real.time_ns()))


def _bound(evaluators: Sequence[Any]) -> list[BoundPairwise]:
    bound = list(map(bind_pairwise, evaluators))
    twice = repeated(each.key for each in bound)
    if twice is not None:
        raise EvaluatorError(
            f"evaluators=[…] has two with the key {twice!r}. Give one of them another: evaluator(key='…')(function)."
        )
    return bound


def _check_shared(before: Experiment, after: Experiment) -> None:
    names = set(map(attrgetter("name"), before.suites))
    if names.isdisjoint(map(attrgetter("name"), after.suites)):
        raise ArgumentError(
            f"{before.name!r} and {after.name!r} have nothing in common to compare: {_suites(before)} here, "
            f"{_suites(after)} there. Give two experiments over the same examples."
        )


def aligned(experiment: Experiment, other: Experiment) -> Experiment:
    """Return an experiment whose only suite has the name of the other's only one.

    Two targets over one dataset are two suites, whose examples are yet the same.
    """
    if len(experiment.suites) != 1 or len(other.suites) != 1:
        return experiment
    name = other.suites[0].name
    trials = tuple(replace(trial, suite=name) for trial in experiment.trials)
    return replace(experiment, suites=(replace(experiment.suites[0], name=name),), trials=trials)


def _suites(experiment: Experiment) -> str:
    return listed([repr(plan.name) for plan in experiment.suites], _NAMED) or "no suite"
