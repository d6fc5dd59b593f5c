"""Which of two experiments answered better, pair by pair: their stored outputs shown to a pairwise evaluator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from pytest_llmobs.evaluators.pair_results import PairwiseResult
from pytest_llmobs.evaluators.pairs import RunPair, compare_pairs
from pytest_llmobs.experiments.stored import read_experiment
from pytest_llmobs.experiments.stored_trials import root_runs, subject_of, trials_by_key
from pytest_llmobs.gate.missing import too_many
from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
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
        return not pairs or too_many(self.result.count(None), pairs)

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
    seed: str | None = "",
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
        seed: Another seed shows the pairs in other orders; None always the first experiment's output first.
        both_orders: Ask in both orders; where the answers disagree it is a tie. Twice the cost.
        concurrency: Comparisons at once.

    Raises:
        EvaluatorError: The evaluator is none, or misdeclared.
        StoreError: An experiment doesn't exist, or the store can't be read.
    """
    if not isinstance(store, Store):
        store = Store(store)
    first, second = _experiment(before, store), _experiment(after, store)
    compare = partial(compare_pairs, evaluator, seed=seed, both_orders=both_orders, concurrency=concurrency)
    preferences = []
    for suite, pairs in paired_runs(first, second, store).items():
        preferences.append(SuitePreferences(suite, compare(pairs)))
    return preferences


def paired_runs(before: Experiment, after: Experiment, store: Store) -> dict[str, list[RunPair]]:
    """Return, by suite that both experiments have, both runs of each trial that both have with the same content.

    Args:
        before: The first experiment.
        after: The second.
        store: Has the runs of both.

    Raises:
        StoreError: The store can't be read.
    """
    names = set(map(attrgetter("name"), before.suites))
    pairs = {}
    for plan in after.suites:
        if plan.name in names:
            pairs[plan.name] = _pairs(plan, before, after, store)
    return pairs


def _experiment(named: Experiment | str, store: Store) -> Experiment:
    if isinstance(named, Experiment):
        return named
    return read_experiment(named, store)


def _pairs(plan: SuitePlan, before: Experiment, after: Experiment, store: Store) -> list[RunPair]:
    trials_before, trials_after = trials_by_key(before, plan.name), trials_by_key(after, plan.name)
    shared, firsts, seconds = [], [], []
    for expected in plan.expected:
        key = expected.example_id, expected.repeat
        first, second = trials_before.get(key), trials_after.get(key)
        if first is not None and second is not None and first.example_hash == second.example_hash:
            shared.append(expected)
            firsts.append(first)
            seconds.append(second)
    # the runs of each side at once: the store reads a file for one as for all of them
    runs_before = root_runs(store, before.name, firsts)
    runs_after = root_runs(store, after.name, seconds)
    pairs = []
    for expected, first, second in zip(shared, firsts, seconds, strict=True):
        pair = RunPair(
            subject_of(expected, runs_before.get(first.run_id or ""), before),
            subject_of(expected, runs_after.get(second.run_id or ""), after),
            repeat=expected.repeat,
        )
        pairs.append(pair)
    return pairs
