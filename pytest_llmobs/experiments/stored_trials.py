"""Trials together again with their runs, which the store has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.measures.model_calls import model_calls, output_text
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_line import nest


def read_traces(store: Store, project: str, ids: Sequence[str]) -> Mapping[str, Sequence[Run]]:
    """Return the runs of some traces, by the trace's id; a trace that isn't stored is absent.

    Args:
        store: Has the runs, sealed.
        project: Theirs.
        ids: Of traces, that is of root runs.

    Raises:
        StoreError: The store can't be read.
    """
    traces: dict[str, list[Run]] = defaultdict(list)
    if ids:
        for run in store.runs(project, trace_id=list(ids)):
            traces[run.trace_id].append(run)
    return traces


def trials_by_key(experiment: Experiment, suite: str) -> dict[tuple[str, int], Trial]:
    """Return the trials of a suite by example id and repeat, without those of further sessions."""
    return {(trial.example_id, trial.repeat): trial for trial in experiment.trials_of(suite)}


def root_runs(store: Store, project: str, trials: Iterable[Trial]) -> dict[str, Run]:
    """Return the root runs of trials by their ids, each with everything below it.

    Raises:
        StoreError: The store can't be read.
    """
    ids = [trial.run_id for trial in trials if trial.run_id is not None]
    roots: dict[str, Run] = {}
    for trace_id, trace in read_traces(store, project, ids).items():
        root, below = _split(trace, trace_id)
        if root is not None:
            roots[root.id] = nest(root, below)
    return roots


def _split(trace: Sequence[Run], root_id: str | None) -> tuple[Run | None, list[Run]]:
    """Return a trace's root run, or None where it isn't stored, and the runs below it."""
    root: Run | None = None
    below = []
    for run in trace:
        if run.id == root_id:
            root = run
        else:
            below.append(run)
    return root, below


def recalled(
    trials: Sequence[Trial], store: Store, project: str, examples: Collection[tuple[str, str]]
) -> tuple[Trial, ...]:
    """Return the trials, those of some examples with ``calls``, ``inputs`` and ``output`` from their traces.

    Args:
        trials: As ``experiment_from_dict`` gives them.
        store: Has their runs.
        project: The experiment's.
        examples: ``(suite, example id)`` of the trials to complete: all of ten thousand would be a lot of text.

    Raises:
        StoreError: The store can't be read.
    """
    ids = []
    for trial in trials:
        if trial.run_id is not None and (trial.suite, trial.example_id) in examples:
            ids.append(trial.run_id)
    traces = read_traces(store, project, ids)
    completed = []
    for trial in trials:
        trace = traces.get(trial.run_id or "", ())
        completed.append(_completed(trial, trace))
    return tuple(completed)


def _completed(trial: Trial, trace: Sequence[Run]) -> Trial:
    root, below = _split(trace, trial.run_id)
    if root is None:
        return trial
    return replace(trial, calls=model_calls(below), inputs=root.inputs, output=output_text(root.outputs))


def subject_of(expected: ExpectedTrial, run: Run | None, experiment: Experiment) -> Subject:
    """Return a stored trial as evaluators see it; one that never ran has an error for a run, and no outputs."""
    if run is None:
        run = _missing_run(experiment)
    outputs = run.outputs
    if run.error:
        outputs = None
    reference = run.columns.get("reference_outputs", {})
    example = Example(expected.example_id, run.inputs, reference, expected.metadata)
    return Subject(run, example, run.inputs, outputs, reference)


def _missing_run(experiment: Experiment) -> Run:
    return Run(
        id="",
        trace_id="",
        parent_id=None,
        name="",
        run_type="chain",
        project=experiment.name,
        start_time=datetime.fromisoformat(experiment.started),
        end_time=None,
        status="error",
        error="The trial never ran, or its trace is not stored.",
    )
