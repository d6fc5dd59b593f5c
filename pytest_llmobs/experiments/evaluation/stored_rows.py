"""A stored experiment, row by row: what an evaluation yields as it goes on, read back from the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from pytest_llmobs.experiments.evaluation.results_data import EvaluationRow
from pytest_llmobs.experiments.evaluation.scoring_again import kept_scores, promises_of, read_stored
from pytest_llmobs.experiments.stored_trials import trials_by_key
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.store import Store

_AT_ONCE = 100
"""Examples whose runs are read at once."""


@dataclass(frozen=True)
class ExampleRows:
    """One expected example of a suite, and what there is of it."""

    example: Example
    """Its content as far as a trace has it."""
    rows: Sequence[EvaluationRow]
    """One a repeat that ran; empty where none did."""


def rows_by_example(experiment: Experiment, store: Store) -> Iterator[ExampleRows]:
    """Yield every expected example with its rows, in the order of the dataset; runs are read as they are asked for.

    Args:
        experiment: It, with its trials.
        store: Has its runs.

    Raises:
        StoreError: The store can't be read.
    """
    for plan in experiment.suites:
        trials = trials_by_key(experiment, plan.name)
        waiting = iter(_by_example(plan).items())
        while batch := dict(islice(waiting, _AT_ONCE)):
            ran = [trials[key] for key in _keys(batch) if key in trials]
            rows = _rows(ran, experiment, store)
            for example_id, promises in batch.items():
                yield _of_example(promises[0], rows.get(example_id, []))


def _by_example(plan: SuitePlan) -> dict[str, list[ExpectedTrial]]:
    promises: dict[str, list[ExpectedTrial]] = {}
    for expected in plan.expected:
        promises.setdefault(expected.example_id, []).append(expected)
    return promises


def _keys(batch: Mapping[str, Sequence[ExpectedTrial]]) -> Iterator[tuple[str, int]]:
    for example_id, promises in batch.items():
        for expected in promises:
            yield example_id, expected.repeat


def _rows(trials: Sequence[Trial], experiment: Experiment, store: Store) -> dict[str, list[EvaluationRow]]:
    rows: dict[str, list[EvaluationRow]] = {}
    for stored in read_stored(trials, promises_of(experiment.suites), experiment, store):
        trial = stored.trial
        row = EvaluationRow(stored.run, stored.example, trial, kept_scores(trial), resumed=True)
        rows.setdefault(trial.example_id, []).append(row)
    return rows


def _of_example(expected: ExpectedTrial, rows: Sequence[EvaluationRow]) -> ExampleRows:
    for row in rows:
        if row.run.id:
            return ExampleRows(row.example, rows)
    return ExampleRows(Example(expected.example_id, {}, {}, expected.metadata), rows)
