"""Which of two experiments answered better, pair by pair: their stored outputs shown to a pairwise evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.evaluators.pairs import PairwiseResult, RunPair, compare_pairs
from pytest_llmobs.experiments.documents import experiment_from_dict
from pytest_llmobs.experiments.suite_scores import root_runs, subject_of
from pytest_llmobs.gate.missing import MOST_MISSING
from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import STORE_FOLDER
from pytest_llmobs.storage.store import Store


@dataclass(frozen=True)
class SuitePreferences:
    """What a pairwise evaluator says of one suite in two experiments."""

    suite: str
    result: PairwiseResult

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 90 % interval of the win rate (Wilson's, over examples); None where nothing was scored."""
        shares = self.result.shares
        if shares:
            return wilson_interval(sum(shares.values()), len(shares))
        return None

    @property
    def lacking(self) -> bool:
        """True where more than 5 % of the pairs have no preference, or there is no pair."""
        pairs = len(self.result.preferences)
        return not pairs or self.result.count(None) > MOST_MISSING * pairs + 1e-9

    @property
    def worse(self) -> bool:
        """True where the second experiment loses: the whole interval of its win rate lies below one half."""
        return self.interval is not None and self.interval[1] < 0.5

    @property
    def better(self) -> bool:
        """True where the second experiment wins: the whole interval of its win rate lies above one half."""
        return self.interval is not None and self.interval[0] > 0.5


def compare_outputs(
    evaluator: Any,
    before: Experiment | str,
    after: Experiment | str,
    store: Store | Path | str = STORE_FOLDER,
    *,
    seed: str = "",
    both_orders: bool = False,
    concurrency: int = 8,
) -> list[SuitePreferences]:
    """Compare the outputs of two experiments pair by pair, suite by suite.

    A pair is one repeat of an example with the same content in both. One without outputs on a side has no
    preference, and is counted.

    Args:
        evaluator: See ``evaluators.pairs.compare_pairs``.
        before: The first experiment, or its name.
        after: The second.
        store: Has the runs of both.
        seed: Another seed shows the pairs in other orders.
        both_orders: Ask in both orders; where the answers disagree it is a tie. Twice the cost.
        concurrency: Comparisons at once.

    Raises:
        EvaluatorError: The evaluator is none, or misdeclared.
        StoreError: An experiment doesn't exist, or the store can't be read.
    """
    store = store if isinstance(store, Store) else Store(store)
    one, other = (
        each if isinstance(each, Experiment) else experiment_from_dict(store.read_experiment(each))
        for each in (before, after)
    )
    found = []
    for plan in other.suites:
        if any(plan.name == then.name for then in one.suites):
            pairs = list(_pairs(plan, one, other, store))
            result = compare_pairs(
                evaluator, pairs, seed=seed, both_orders=both_orders, concurrency=concurrency
            )
            found.append(SuitePreferences(plan.name, result))
    return found


def _pairs(plan: SuitePlan, before: Experiment, after: Experiment, store: Store) -> Iterator[RunPair]:
    then, now = _trials(plan, before), _trials(plan, after)
    shared = [
        trial
        for trial in plan.expected
        if (key := (trial.example_id, trial.repeat)) in then
        and key in now
        and then[key].example_hash == now[key].example_hash
    ]
    keys = [(trial.example_id, trial.repeat) for trial in shared]
    first, second = (
        _runs(store, experiment, [trials[key] for key in keys])
        for experiment, trials in ((before, then), (after, now))
    )
    for trial, key in zip(shared, keys, strict=True):
        yield RunPair(
            subject_of(trial, first.get(then[key].run_id or ""), before),
            subject_of(trial, second.get(now[key].run_id or ""), after),
            repeat=trial.repeat,
        )


def _trials(plan: SuitePlan, experiment: Experiment) -> dict[tuple[str, int], Trial]:
    return {(t.example_id, t.repeat): t for t in experiment.trials if t.suite == plan.name}


def _runs(store: Store, experiment: Experiment, trials: list[Trial]) -> dict[str, Run]:
    return root_runs(store, experiment.name, [trial.run_id for trial in trials if trial.run_id is not None])
