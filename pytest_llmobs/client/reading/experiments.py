"""What a stored experiment came to, as LangSmith's scripts read it: figures, and examples with their runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypedDict

from pytest_llmobs.client.reading.details import with_feedback
from pytest_llmobs.client.reading.query import read_filter
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score

if TYPE_CHECKING:
    from pytest_llmobs.experiments.evaluation.results_data import EvaluationRow
    from pytest_llmobs.experiments.evaluation.stored_rows import ExampleRows
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.records.feedback import FeedbackStats
    from pytest_llmobs.records.projects import Project
    from pytest_llmobs.storage.store import Store

_RUN_STATS = (
    "run_count",
    "latency_p50",
    "latency_p99",
    "total_tokens",
    "prompt_tokens",
    "completion_tokens",
    "last_run_start_time",
    "total_cost",
    "prompt_cost",
    "completion_cost",
    "error_rate",
)


@dataclass(frozen=True)
class ExampleWithRuns(Example):
    """An example, and its runs in one experiment."""

    runs: Sequence[Run] = ()
    """One a repeat, with ``feedback_stats``; empty where it never ran."""


class ExperimentSummary(TypedDict):
    """What ``get_experiment_results`` returns."""

    feedback_stats: Mapping[str, FeedbackStats]
    """What feedback says of the experiment and of its runs, by key; scores of evaluators included."""
    run_stats: Mapping[str, Any]
    """Figures under LangSmith's names: ``run_count``, ``latency_p50`` …"""
    examples_with_runs: Iterator[ExampleWithRuns]
    """In the order of the dataset, each read when it is asked for."""


IsWanted = Callable[[str], bool]
"""Tells of a run's id whether the run is wanted."""


def summary_of(project: Project, examples: Iterator[ExampleWithRuns]) -> ExperimentSummary:
    """Return the figures of an experiment, whose project was read with its figures, and its examples."""
    return {
        "feedback_stats": project.feedback_stats,
        "run_stats": {name: getattr(project, name) for name in _RUN_STATS},
        "examples_with_runs": examples,
    }


def examples_with_runs(
    experiment: Experiment, store: Store, is_wanted: IsWanted | None
) -> Iterator[ExampleWithRuns]:
    """Yield the examples of an experiment with their runs.

    Args:
        experiment: It.
        store: Has its runs.
        is_wanted: Leaves out other runs, and examples that are left without one; None for all of them.

    Raises:
        StoreError: The store can't be read.
    """
    from pytest_llmobs.experiments.evaluation.stored_rows import rows_by_example

    for found in rows_by_example(experiment, store):
        runs = [row.run for row in found.rows if row.run.id and (is_wanted is None or is_wanted(row.run.id))]
        if is_wanted is not None and not runs:
            continue
        known = {each.name: getattr(found.example, each.name) for each in fields(Example)}
        yield ExampleWithRuns(**known, runs=tuple(with_feedback(store, runs)))


def wanted_runs(store: Store, name: str, filters: Any) -> IsWanted | None:
    """Return what tells which runs of an experiment LangSmith's ``filters`` admit; None where they admit all.

    Args:
        store: Has the runs.
        name: The experiment's.
        filters: Experiment -> filters, all of which hold; those of other experiments say nothing here.

    Raises:
        ArgumentError: It isn't such a mapping.
        FilterError: A filter can't be understood.
    """
    if filters is None:
        return None
    if not isinstance(filters, Mapping):
        raise ArgumentError(
            f"filters={shortened(filters)} must be a dict: the experiment's name -> a list of filters."
        )
    ids: set[str] | None = None
    for text in filters.get(name, ()):
        wanted = read_filter({"is_root": True, "filter": text})
        found = set(map(attrgetter("id"), store.runs(name, filter=wanted, columns=["id"])))
        ids = found if ids is None else ids & found
    return None if ids is None else ids.__contains__


def rows_with_feedback(found: ExampleRows, store: Store) -> list[EvaluationRow]:
    """Return an example's rows, with the means of further feedback among their scores."""
    runs = with_feedback(store, [row.run for row in found.rows])
    rows = []
    for row, run in zip(found.rows, runs, strict=True):
        further: dict[str, Score] = {}
        for key, stats in run.feedback_stats.items():
            if key not in row.scores and stats.avg is not None:
                further[key] = Score(key, stats.avg)
        rows.append(replace(row, scores={**row.scores, **further}))
    return rows
